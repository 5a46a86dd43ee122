"""Writes tags.json: the spans of random tags and their scores, by seqeval.

    pip install seqeval==1.2.2
    python3 Fixtures/golden/make_tags.py

Each set has sentences of expected and predicted tags, the spans of each (label, first word, last word), and the micro F1,
precision, recall and accuracy of the set. Tags follow each other in any order, as a model may answer: BIO and IOBES, with and
without labels, and names that are neither.
"""
import json
import os
import random
import warnings

from seqeval.metrics import accuracy_score, f1_score, precision_score, recall_score
from seqeval.metrics.sequence_labeling import get_entities

warnings.filterwarnings("ignore")
SCHEMES = {
    "BIO": [p + "-" + t for p in "BI" for t in ("room", "time")] + ["O"],
    "IOBES": [p + "-" + t for p in "BIES" for t in ("room", "time", "a-b")] + ["O"],
    "bare": ["B", "I", "E", "S", "O"],
    "names": ["room", "time", "O", "Other", "B-room", "I-time", "U-room", "B_room", "-", "É-a"],
    "rare": ["O"] * 12 + ["B-x", "I-x", "I-y"],
    "none": ["O"],
}


def main():
    generator = random.Random(11)
    sets = []
    for name, tags in SCHEMES.items():
        expected, predicted = [], []
        for _ in range(30 if name != "none" else 3):
            row = [generator.choice(tags) for _ in range(generator.randint(1, 9))]
            expected.append(row)
            predicted.append([t if generator.random() < 0.7 else generator.choice(tags) for t in row])
        sets.append({
            "name": name, "expected": expected, "predicted": predicted,
            "spans": [[list(e) for e in get_entities(row)] for row in expected + predicted],
            "f1": float(f1_score(expected, predicted)), "precision": float(precision_score(expected, predicted)),
            "recall": float(recall_score(expected, predicted)), "accuracy": float(accuracy_score(expected, predicted)),
        })  # fmt: skip
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "tags.json"), "w", encoding="utf8") as file:
        json.dump(sets, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


main()
