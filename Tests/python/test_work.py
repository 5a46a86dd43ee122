"""The work of a sentence that `embq inspect` gives: its multiply-accumulates, by the format's page and by a formula."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EMBQ = os.environ.get("EMBQ", str(ROOT / ".build/release/embq"))
TINY = ROOT / "Fixtures/embbert-tiny"
FAMILIES = ROOT / "Fixtures/families"
sys.path.insert(0, str(ROOT / "Tests/device/kernels"))
from macs import Program  # noqa: E402


@unittest.skipUnless(os.path.exists(EMBQ), "embq is not built")
class Work(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.artifact = pathlib.Path(folder.name) / "model.embq"

    def work(self, checkpoint, *options):
        if not (checkpoint / "tokenizer.json").exists():
            options = ("--tokenizer", str(TINY / "tokenizer.json"), *options)
        subprocess.run([EMBQ, "quantize", str(checkpoint), "--data", str(TINY / "data.tsv"), *options, "--quiet", "-o",
                        str(self.artifact)], check=True)
        shown = subprocess.run([EMBQ, "inspect", str(self.artifact), "--json"], check=True, stdout=subprocess.PIPE).stdout
        return {int(tokens): found for tokens, found in json.loads(shown)["footprint"]["work"].items()}

    def test_multiply_accumulates_are_those_of_the_program(self):
        for name in ("embbert", "bert", "mamba", "hf-encoder", "embbert-pretraining"):
            for options in ((), ("--methods", "none")):
                with self.subTest(name, options=options):
                    work = self.work(FAMILIES / name, *options)
                    program = Program(self.artifact)
                    self.assertGreater(len(work), 1)
                    for tokens, found in work.items():
                        self.assertEqual(found["macs"], program.macs(tokens))

    def test_an_embedder_has_two_products_for_each_number_and_its_head(self):
        checkpoint = FAMILIES / "nanoembedder"
        config = json.loads((checkpoint / "config.json").read_text())
        width, reduced = config["hidden_size"], config["reduced_embedding"]
        labels = config.get("num_labels") or len(config["id2label"])
        for tokens, found in self.work(checkpoint, "--methods", "none").items():
            self.assertEqual(found["macs"], tokens * 2 * width * reduced + width * labels)

    def test_longer_sentences_take_more(self):
        work = sorted(self.work(FAMILIES / "embbert").items())
        for (_, shorter), (_, longer) in zip(work, work[1:]):
            self.assertLess(shorter["macs"], longer["macs"])
            self.assertLess(shorter["instructions_m4"], longer["instructions_m4"])
            self.assertLess(longer["macs"], longer["instructions_m4"])


if __name__ == "__main__":
    unittest.main()
