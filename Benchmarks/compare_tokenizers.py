"""Compares ids with Hugging Face tokenizers on each row of each file of a folder, for a tokenizer of each kind.

    .venv/bin/python Benchmarks/compare_tokenizers.py [--embq PROGRAM] [FOLDER]

FOLDER has folders with .tsv files (a header; the first column is a label, all others are texts) and .conll files (a
word, a tab and its tag per line); without it, Fixtures/snips-own. The tokenizers are trained on 10,000 rows that are
spread over all. Exit status 1: a row differs.
"""
import argparse
import sys
import tempfile
from pathlib import Path

from embqbench import kinds, tokenizing
from embqbench.program import ROOT, Program, texts

TRAINING_ROWS = 10_000


def sentences(path):
    """The texts of a file."""
    if path.suffix == ".tsv":
        return texts(path)
    found = path.read_text(encoding="utf-8").split("\n\n")
    return [" ".join(line.split("\t")[0] for line in text.split("\n") if line) for text in found if text]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "Fixtures" / "snips-own")
    parser.add_argument("--embq", type=Path, default=ROOT / ".build" / "release" / "embq")
    options = parser.parse_args()
    files = {path: sentences(path) for path in sorted(options.folder.rglob("*.*")) if path.suffix in (".tsv", ".conll")}
    if not files:
        parser.error(f"there is no .tsv and no .conll file in {options.folder}")
    rows = [text for texts_of_file in files.values() for text in texts_of_file]
    step = max(1, len(rows) // TRAINING_ROWS)
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="embq-rows-") as folder:
        tool = tokenizing.build(folder)
        for kind in kinds.KINDS:
            ours = tokenizing.Ours(Program(options.embq), tool, kind, rows[::step], Path(folder))
            theirs, different, count = tokenizing.load(ours.path), 0, 0
            for path, found in files.items():
                ids = ours.run(found, passes=1)[1]
                for text, mine, encoding in zip(found, ids, theirs.encode_batch(found)):
                    count += len(mine)
                    # Without padding the mask is all ones, and one text has one type.
                    if mine == encoding.ids and set(encoding.attention_mask) <= {1} and set(encoding.type_ids) <= {0}:
                        continue
                    different += 1
                    if different == 1:
                        print(f"   {path}: {text!r}\n   {mine}\n   {encoding.ids}")
            print(f"{kind}: {len(rows):,} rows of {len(files)} files, {count:,} ids, {different} rows differ",
                  flush=True)
            wrong += different
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
