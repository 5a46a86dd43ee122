#!/usr/bin/env python3
"""Compares a real sentence encoder, in fp32 and in int8, with the library that it was made for. See README.md.

    python3 Benchmarks/encoders.py wordllama site-packages/wordllama data/stsb --budget 5MB
"""
import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = 512


def wordllama(folder, texts):
    from wordllama import WordLlama

    # Of the package's folder and of the cache of downloads: the same layout.
    return WordLlama.load(cache_dir=folder.resolve(), disable_download=True).embed(texts)


def model2vec(folder, texts):
    from model2vec import StaticModel

    return StaticModel.from_pretrained(str(folder)).encode(texts)


def sentence_transformers(folder, texts):
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu").encode(texts, show_progress_bar=False)


def onnx(folder, texts):
    """The mean of the tokens, which the graph makes itself: the first output with a row for each sentence."""
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"])
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"))
    names = [value.name for value in session.get_inputs()]
    rows = []
    for text in texts:
        found = tokenizer.encode(text)
        values = {"input_ids": found.ids, "attention_mask": found.attention_mask, "token_type_ids": found.type_ids}
        answers = session.run(None, {name: np.array([values[name]], np.int64) for name in names})
        rows.append([answer for answer in answers if answer.ndim == 2][-1][0])
    return np.array(rows)


LIBRARIES = {"wordllama": wordllama, "model2vec": model2vec, "sentence-transformers": sentence_transformers,
             "onnx": onnx}


def cosines(a, b):
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return (a * b).sum(axis=1) / np.maximum(norms, 1e-30)


class Encoder:
    def __init__(self, options):
        self.program, self.folder = options.embq, options.folder
        self.calibration = options.data / "train.tsv"
        with open(options.data / "test.tsv", encoding="utf8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        self.scores = [float(row["label"]) for row in rows]
        self.texts = [row["text_a"] for row in rows] + [row["text_b"] for row in rows]

    def embq(self, *arguments, stdin=None):
        done = subprocess.run([self.program, *map(str, arguments)], input=stdin, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stderr)
        return done.stdout

    def embeddings(self, model):
        printed = self.embq("run", model, "-", "--json", stdin="".join(text + "\n" for text in self.texts))
        return np.array([result["embedding"] for result in json.loads(printed)["results"]])

    def spearman(self, vectors):
        half = len(self.scores)
        return 100 * spearmanr(cosines(vectors[:half], vectors[half:]), self.scores)[0]

    def quantized(self, artifact, fp32, budget):
        extra = ["--budget", budget] if budget else []
        self.embq("quantize", self.folder, "--data", self.calibration, "--samples", SAMPLES, "-o", artifact, *extra)
        int8 = self.embeddings(artifact)
        near = cosines(int8, fp32)
        footprint = json.loads(self.embq("inspect", artifact, "--json"))["footprint"]
        print(f"{budget or 'int8'}: Spearman {self.spearman(int8):.2f}, cosine with fp32 {near.mean():.5f} "
              f"(smallest {near.min():.5f}); weights {footprint['weights']:,}, tables {footprint['tables']:,}, "
              f"tokenizer {footprint['tokenizer']:,}, arena for 128 tokens {footprint['arena']['128']:,} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", choices=LIBRARIES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("data", type=Path, help="folder of STS-B: train.tsv and test.tsv")
    parser.add_argument("--budget", action="append", default=[], help="weights of few bits too, to fit this size")
    parser.add_argument("--embq", type=Path, default=ROOT / ".build" / "release" / "embq")
    options = parser.parse_args()
    encoder = Encoder(options)
    expected = np.asarray(LIBRARIES[options.library](options.folder, encoder.texts), np.float64)
    fp32 = encoder.embeddings(options.folder)
    print(f"{options.library}: {len(encoder.scores):,} pairs, Spearman {encoder.spearman(expected):.2f}")
    print(f"fp32: Spearman {encoder.spearman(fp32):.2f}, largest difference {np.abs(fp32 - expected).max():.1e}, "
          f"smallest cosine {cosines(fp32, expected).min():.7f}")
    with tempfile.TemporaryDirectory() as folder:
        for budget in [None, *options.budget]:
            encoder.quantized(Path(folder) / "model.embq", fp32, budget)


if __name__ == "__main__":
    main()
