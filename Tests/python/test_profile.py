"""What a calibration profile keeps of its data, and that parts of a file give the bytes of the whole: by hashlib."""
import hashlib
import json
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
EMBQ = os.environ.get("EMBQ", os.path.join(ROOT, ".build", "release", "embq"))
TINY = os.path.join(ROOT, "Fixtures", "embbert-tiny")


def embq(folder, *arguments, status=0):
    """Standard output of the program, run in a folder."""
    done = subprocess.run([EMBQ, *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == status, (arguments, done.stderr)
    return done.stdout if status == 0 else done.stderr


def digest(rows):
    """The sum modulo 2^256 of the rows' SHA-256, as Schemas/calibration.proto says."""
    numbers = (int.from_bytes(hashlib.sha256(b"\0".join(field.encode() for field in row)).digest(), "big")
               for row in rows)
    return f"{sum(numbers) % 2**256:064x}"


@unittest.skipUnless(os.path.exists(EMBQ), "embq is not built")
class Profile(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        with open(os.path.join(TINY, "data.tsv"), encoding="utf-8") as file:
            self.header, *lines = file.read().splitlines()
        self.rows = [line.split("\t") for line in lines]
        self.assertEqual(self.header, "label\ttext")

    def calibrate(self, name, rows, *options):
        with open(os.path.join(self.folder.name, name + ".tsv"), "w", encoding="utf-8") as file:
            file.write("\n".join([self.header, *("\t".join(row) for row in rows)]) + "\n")
        embq(self.folder.name, "calibrate", TINY, "--data", name + ".tsv", *options, "-o", name)
        return self.read(name)

    def read(self, name):
        with open(os.path.join(self.folder.name, name), "rb") as file:
            return file.read()

    def test_the_data_s_digest_is_the_sum_of_its_rows_digests(self):
        self.calibrate("whole", self.rows)
        summary = json.loads(embq(self.folder.name, "inspect", "whole", "--json"))
        self.assertEqual(summary["data_sha256"], digest(self.rows))
        self.assertEqual((summary["kept"], summary["sentences"]), (len(self.rows), len(self.rows)))

    def test_parts_in_any_order_are_the_whole_and_a_profile_gives_the_data_s_artifact(self):
        whole = self.calibrate("whole", self.rows)
        self.assertEqual(self.calibrate("back", self.rows[::-1]), whole)
        for name, rows in [("a", self.rows[:7]), ("b", self.rows[7:31]), ("c", self.rows[31:])]:
            self.calibrate(name, rows)
        for order in ["abc", "cab", "bca"]:
            embq(self.folder.name, "calibrate", "--merge", *order, "-o", "merged")
            self.assertEqual(self.read("merged"), whole)
        for goal in [[], ["--budget", "16kB"]]:
            embq(self.folder.name, "quantize", TINY, "--profile", "merged", *goal, "-o", "profile.embq")
            embq(self.folder.name, "quantize", TINY, "--data", "whole.tsv", *goal, "-o", "data.embq")
            self.assertEqual(self.read("profile.embq"), self.read("data.embq"))

    def test_without_sentences_a_profile_holds_no_text_and_rounding_is_refused_by_name(self):
        self.assertLess(len(self.calibrate("bare", self.rows, "--no-sentences")), len(self.calibrate("kept", self.rows)))
        self.assertEqual(json.loads(embq(self.folder.name, "inspect", "bare", "--json"))["kept"], 0)
        error = embq(self.folder.name, "quantize", TINY, "--profile", "bare", "-o", "bare.embq", status=1)
        self.assertIn("bias-correction and error-feedback", error)
        self.assertFalse(os.path.exists(os.path.join(self.folder.name, "bare.embq")))


if __name__ == "__main__":
    unittest.main()
