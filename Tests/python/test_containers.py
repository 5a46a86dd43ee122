"""What `embq convert` writes, read by the packages that the formats are of: numpy, h5py and safetensors.

Without them (`pip install numpy h5py safetensors`) only zipfile reads the archives.
"""
import os
import struct
import subprocess
import tempfile
import unittest
import zipfile

try:
    import h5py
    import numpy
    from safetensors.numpy import load_file, save_file
except ImportError as missing:
    h5py, absent = None, str(missing)

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAM = os.path.join(ROOT, ".build", "release", "embq")
MODEL = os.path.join(ROOT, "Fixtures", "embbert-snips", "model.safetensors")


def setUpModule():
    global folder
    if not os.path.exists(PROGRAM):
        raise unittest.SkipTest(".build/release/embq is not built: swift build -c release --product embq")
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)


def convert(source, name, *options):
    path = os.path.join(folder.name, name)
    done = subprocess.run([PROGRAM, "convert", source, "-o", path, *options], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return path


class Archive(unittest.TestCase):
    def test_zipfile_finds_every_entry_whole_stored_and_of_a_fixed_date(self):
        with zipfile.ZipFile(convert(MODEL, "model.npz")) as archive:
            self.assertIsNone(archive.testzip())
            self.assertEqual(archive.namelist(), sorted(archive.namelist()))
            for entry in archive.infolist():
                self.assertEqual(entry.compress_type, zipfile.ZIP_STORED)
                self.assertEqual(entry.date_time, (1980, 1, 1, 0, 0, 0))
                data = archive.read(entry)
                self.assertEqual((data[:8], (10 + struct.unpack("<H", data[8:10])[0]) % 64), (b"\x93NUMPY\1\0", 0))


@unittest.skipIf(h5py is None, "" if h5py else f"needs numpy, h5py and safetensors: {absent}")
class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Every type that all three have, with NaNs of several kinds, a single number, and one without values."""
        random = numpy.random.default_rng(11)
        cls.tensors = {"flag": numpy.array([True, False, True]), "single": numpy.array(2.5, "<f4"),
                       "none": numpy.zeros((3, 0, 2), "<f8"), "layer.ü.weight": numpy.ones((2, 3), "<f2")}
        for type in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"):
            width = int(type[1])
            bits = random.integers(0, 256, (4, 7, width), dtype=numpy.uint8)
            cls.tensors[f"bits.{type}"] = bits.view("<" + type).reshape(4, 7)
        cls.tensors["nan"] = numpy.array([0x7F800001, 0xFFC0BEEF, 0x80000000, 0xFF800000], "<u4").view("<f4")
        cls.path = os.path.join(folder.name, "tensors.safetensors")
        save_file(cls.tensors, cls.path)

    def equal(self, found, expected):
        self.assertEqual(sorted(found), sorted(expected))
        for name, array in expected.items():
            other = found[name]
            self.assertEqual((other.dtype, other.shape), (array.dtype, array.shape), name)
            self.assertEqual(other.tobytes(), array.tobytes(), name)

    def arrays(self, path):
        if path.endswith(".npz"):
            with numpy.load(path, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        found = {}
        with h5py.File(path) as file:
            file.visititems(lambda name, item: found.update({name.replace("/", "."): item[()]})
                            if isinstance(item, h5py.Dataset) else None)
        return {name: numpy.asarray(value) for name, value in found.items()}

    def test_every_type_is_read_as_safetensors_gives_it(self):
        for source in (self.path, MODEL):
            for name in ("out.npz", "out.h5"):
                self.equal(self.arrays(convert(source, name)), load_file(source))

    def test_a_chain_of_conversions_changes_no_bit(self):
        path = self.path
        for name in ("1.npz", "2.h5", "3.npz", "4.safetensors", "5.h5", "6.safetensors"):
            path = convert(path, name)
        self.equal(load_file(path), self.tensors)

    def test_what_numpy_writes_is_written_again_with_the_same_arrays(self):
        path = os.path.join(folder.name, "numpy.npz")
        numpy.savez(path, **self.tensors)
        self.equal(self.arrays(convert(path, "again.npz")), self.tensors)

    def test_an_entry_is_what_numpy_save_writes(self):
        with zipfile.ZipFile(convert(self.path, "save.npz")) as archive:
            for name, array in self.tensors.items():
                with archive.open(name + ".npy") as entry, tempfile.TemporaryFile() as file:
                    numpy.save(file, array)
                    file.seek(0)
                    self.assertEqual(entry.read(), file.read(), name)

    def test_conversions_round_as_numpy_does(self):
        floats = {name: array for name, array in self.tensors.items() if array.dtype.kind == "f"}
        # Without infinities, and without what would become one.
        finite = {name: numpy.asarray(numpy.clip(numpy.nan_to_num(array), -60000, 60000), array.dtype)
                  for name, array in floats.items()}
        path = os.path.join(folder.name, "finite.safetensors")
        save_file(finite, path)
        for option, type in (("f32", "<f4"), ("f16", "<f2")):
            expected = {name: array.astype(type) for name, array in finite.items()}
            for name in ("narrow.npz", "narrow.h5"):
                self.equal(self.arrays(convert(path, name, "--dtype", option)), expected)


if __name__ == "__main__":
    unittest.main()
