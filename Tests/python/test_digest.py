"""The digest in an exported header, compared by the exported C before a model is opened: for each kind of arrays."""
import hashlib
import os
import pathlib
import platform
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EMBQ = os.environ.get("EMBQ", str(ROOT / ".build/release/embq"))
TINY = ROOT / "Fixtures/embbert-tiny"
COMPILE = ["cc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-ffunction-sections", "-fdata-sections"]
ARRAYS = {"one": [], "sections": [], "incbin": []}
if platform.machine() == "x86_64":
    ARRAYS["object"] = ["--target", "x86-64"]
CHECKSUM = 6
OPENS = """
#include "embq.h"
#include "model.h"
int main(void)
{
    embq_model model;
    const embq_status status = %s;
    return (int)(status == EMBQ_OK ? embq_model_open(&model) : status);
}
"""


def run(*command, cwd=None):
    done = subprocess.run([str(word) for word in command], cwd=cwd, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def change_array(source, name):
    """The first byte of an array, changed in the text of a C file."""
    text = source.read_text()
    changed, count = re.subn(rf"({name}\[\w+\] = {{\n)(\d+),", lambda found: f"{found[1]}{int(found[2]) ^ 1},", text)
    assert count == 1, name
    source.write_text(changed)


def change_last(path, content):
    """The last byte of the model in a file."""
    bytes_ = path.read_bytes()
    at = bytes_.index(content) + len(content) - 1
    path.write_bytes(bytes_[:at] + bytes([bytes_[at] ^ 1]) + bytes_[at + 1:])


@unittest.skipUnless(os.path.exists(EMBQ), "embq is not built")
class Digest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        work = tempfile.TemporaryDirectory()
        cls.addClassCleanup(work.cleanup)
        cls.work = pathlib.Path(work.name)
        run(EMBQ, "quantize", TINY, "--data", TINY / "data.tsv", "-o", cls.work / "tiny.embq", "--quiet")
        cls.artifact = (cls.work / "tiny.embq").read_bytes()
        for arrays, options in ARRAYS.items():
            folder = cls.work / arrays
            run(EMBQ, "export", cls.work / "tiny.embq", "--arrays", arrays, *options, "--c", folder, "--quiet")
        sources = sorted((cls.work / "one").glob("embq_*.c"))
        run(*COMPILE, "-c", *sources, cwd=cls.work)
        run("ar", "rcs", "libruntime.a", *sorted(cls.work.glob("embq_*.o")), cwd=cls.work)

    def built(self, arrays, status):
        folder = self.work / arrays
        (folder / "opens.c").write_text(OPENS % status)
        files = ["opens.c", "model.c", *(name for name in ("model_data.S", "model_data.o") if (folder / name).exists())]
        run(*COMPILE, "-I.", *files, self.work / "libruntime.a", "-Wl,--gc-sections", "-o", "opens", cwd=folder)
        return folder / "opens"

    def answer(self, arrays):
        return subprocess.run([self.built(arrays, "embq_model_verify()")], check=False).returncode

    def test_model_is_verified_and_a_changed_byte_is_found(self):
        for arrays in ARRAYS:
            with self.subTest(arrays=arrays):
                self.assertEqual(self.answer(arrays), 0)
                if arrays == "incbin":
                    change_last(self.work / arrays / "model_data.embq", self.artifact)
                elif arrays == "object":
                    change_last(self.work / arrays / "model_data.o", self.artifact)
                else:
                    change_array(self.work / arrays / "model.c", "wght" if arrays == "sections" else "embq_model_data")
                self.assertEqual(self.answer(arrays), CHECKSUM)

    def test_header_has_the_digest_of_the_artifact(self):
        for arrays in ARRAYS:
            with self.subTest(arrays=arrays):
                header = (self.work / arrays / "model.h").read_text()
                words = re.search(r"#define EMBQ_MODEL_SHA256 \{(.*?)\}", header, re.S)[1]
                digest = bytes(int(word, 16) for word in re.findall(r"0x([0-9a-f]{2})", words))
                if arrays == "sections":
                    self.assertEqual(len(digest), 32)
                else:
                    self.assertEqual(digest, hashlib.sha256(self.artifact).digest())

    def test_firmware_that_does_not_call_it_has_none_of_it(self):
        for call, is_there in (("EMBQ_OK", False), ("embq_model_verify()", True)):
            symbols = run("nm", self.built("one", call))
            self.assertEqual("embq_check_sha256" in symbols, is_there, call)


if __name__ == "__main__":
    unittest.main()
