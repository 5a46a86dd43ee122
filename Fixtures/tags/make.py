"""Writes the small tagger of this folder, its data, and what transformers and seqeval make of them.

    pip install torch==2.13.0 transformers==5.24.0 tokenizers==0.23.3 safetensors==0.7.0 seqeval==1.2.2
    python3 Fixtures/tags/make.py

A BertForTokenClassification of two layers, trained for some seconds on sentences made of templates: rooms, colours,
numbers, times and places with BIO tags. golden.json has, for each text, its ids, the bytes of each of its tokens, the
logits of all ids and the labels; for the sentences of test.conll the ids of is_split_into_words and the scores.
"""
import json
import os
import random

import numpy as np
import torch
from seqeval.metrics import accuracy_score, f1_score
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertForTokenClassification, BertTokenizerFast

HERE = os.path.dirname(os.path.abspath(__file__))
SLOTS = {
    "room": ["kitchen", "bedroom", "living room", "garage", "hall", "dining room", "Küche", "attic"],
    "colour": ["red", "blue", "warm white", "green", "violet", "deep orange"],
    "number": ["4", "twenty", "seven", "21.5", "one hundred", "80"],
    "time": ["at 7 pm", "tomorrow", "tonight at nine", "in ten minutes", "on Friday"],
    "place": ["São Paulo", "Zürich", "New York", "Kyōto", "the café", "Lake Garda", "Rome"],
}
TEMPLATES = [
    "turn the lamp in the {room} {colour}",
    "please set the {room} to {number} degrees {time}",
    "what will the weather be like in {place} {time} ?",
    "wake me {time}",
    "dim the {room} to {number} percent",
    "book a table for {number} at {place} {time}",
    "is the window in the {room} open ?",
    "make the {room} and the {room} {colour} , please",
    "how far is it from {place} to {place} ?",
    "play something quiet in the {room} {time}",
    "thank you !",
    "it's too dark in the {room}",
]
TEXTS = [
    "Turn the lamp in the Küche warm white, please!",
    "weather in São Paulo — tomorrow?",
    "it's   too dark in the living room",
    "wake me in ten minutes 😀 東京",
    "cafe\u0301 at 7 pm [SEP] Zu\u0308rich\u200b.",
    "",
    "xyzzyplughxyzzyplugh " + "a" * 120 + " kitchen",
    "turn " * 70,
]


def sentence(generator):
    words, tags = [], []
    for part in generator.choice(TEMPLATES).split():
        if part.startswith("{"):
            filler = generator.choice(SLOTS[part[1:-1]]).split()
            words += filler
            tags += [("B-" if i == 0 else "I-") + part[1:-1] for i in range(len(filler))]
        else:
            words.append(part)
            tags.append("O")
    return words, tags


def write(name, data):
    with open(os.path.join(HERE, name), "w", encoding="utf8") as file:
        file.write("\n".join("".join(f"{w}\t{t}\n" for w, t in zip(*row)) for row in data))


def encoded(tokenizer, data, labels):
    batch = tokenizer([w for w, _ in data], is_split_into_words=True, truncation=True, padding=True, return_tensors="pt")
    targets = torch.full_like(batch.input_ids, -100)
    for row, (_, tags) in enumerate(data):
        last = None
        for at, word in enumerate(batch.word_ids(row)):
            if word is not None and word != last:
                targets[row, at] = labels.index(tags[word])
            last = word
    return batch, targets


def predicted(model, tokenizer, words, labels):
    batch = tokenizer(words, is_split_into_words=True, truncation=True, return_tensors="pt")
    with torch.no_grad():
        best = model(**batch).logits[0].argmax(-1).tolist()
    tags = ["O"] * len(words)
    seen = set()
    for at, word in enumerate(batch.word_ids(0)):
        if word is not None and word not in seen:
            seen.add(word)
            tags[word] = labels[best[at]]
    return batch.input_ids[0].tolist(), tags


def main():
    generator = random.Random(7)
    torch.manual_seed(7)
    torch.set_num_threads(1)
    train = [sentence(generator) for _ in range(800)]
    test = [sentence(generator) for _ in range(80)]
    # A sentence longer than the model's positions: its last words are cut off.
    test.append((["dim", "the"] + ["very"] * 60 + ["garage", "now"], ["O", "O"] + ["O"] * 60 + ["B-room", "O"]))
    write("calibration.conll", train[:120])
    write("test.conll", test)
    labels = ["O"] + [p + s for s in sorted(SLOTS) for p in ("B-", "I-")]

    trained = BertWordPieceTokenizer(lowercase=True)
    trained.train_from_iterator([" ".join(w) for w, _ in train], vocab_size=200, min_frequency=1, show_progress=False)
    vocabulary = sorted(trained.get_vocab(), key=trained.get_vocab().get)
    tokenizer = BertTokenizerFast(vocab={t: i for i, t in enumerate(vocabulary)}, model_max_length=48)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
        max_position_embeddings=48, num_labels=len(labels), id2label=dict(enumerate(labels)),
        label2id={l: i for i, l in enumerate(labels)},
    )  # fmt: skip
    model = BertForTokenClassification(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    for step in range(150):
        batch, targets = encoded(tokenizer, generator.sample(train, 64), labels)
        logits = model(**batch).logits
        loss = torch.nn.functional.cross_entropy(logits.view(-1, len(labels)), targets.view(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    model.save_pretrained(HERE)
    tokenizer.save_pretrained(HERE)

    golden = {"texts": [], "words": []}
    for text in TEXTS:
        batch = tokenizer(text, truncation=True, return_offsets_mapping=True, return_tensors="pt")
        offsets = batch.pop("offset_mapping")[0].tolist()
        with torch.no_grad():
            logits = model(**batch).logits[0].numpy()
        ids = batch.input_ids[0].tolist()
        size = lambda count: len(text[:count].encode())
        golden["texts"].append({
            "text": text, "ids": ids, "spans": [[size(a), size(b)] for a, b in offsets[1:-1]],
            "labels": [labels[i] for i in logits.argmax(-1)[1:-1]],
            "logits": [[round(float(x), 5) for x in row] for row in logits] if len(ids) < 30 else [],
        })  # fmt: skip
    answers = [predicted(model, tokenizer, words, labels) for words, _ in test]
    golden["words"] = [ids for ids, _ in answers]
    wanted, found = [t for _, t in test], [t for _, t in answers]
    golden["span_f1"], golden["token_accuracy"] = f1_score(wanted, found), accuracy_score(wanted, found)
    with open(os.path.join(HERE, "golden.json"), "w", encoding="utf8") as file:
        json.dump(golden, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")
    print(golden["span_f1"], golden["token_accuracy"], len(vocabulary))


main()
