#!/usr/bin/env python3
"""Writes the folders beside this script, and cases.json: what the libraries give for them. See README.md.

pip install transformers sentence-transformers tokenizers peft torch safetensors onnx onnxruntime h5py
python3 make.py
"""

import json
import pathlib
import shutil
import sys

import checkpoints
import classifier
import library
import pairs
import parts
import refused
import sentence
import sentence_texts
import tokens

HERE = pathlib.Path(__file__).parent


def shared():
    """The files that several folders link to."""
    shutil.rmtree(parts.SHARED, ignore_errors=True)
    files = {
        "encoder.json": parts.bert_config(),
        "tokenizer.json": parts.tokenizer_json(),
        "tokenizer-cased.json": parts.tokenizer_json(lowercase=False),
        "tokenizer-short.json": parts.tokenizer_json(words=parts.WORDS[: checkpoints.SHORT]),
        "encoder.safetensors": parts.weights("BertModel", parts.bert_config(), seed=1),
    }
    for name, labels in {"classifier": 3, "one": 1}.items():
        files[name + ".safetensors"] = parts.weights(
            classifier.CLASSIFIER,
            parts.bert_config(num_labels=labels, **(parts.SMALL if labels == 1 else {})),
            seed=10 + labels,
        )
    for name, content in files.items():
        parts.write(parts.SHARED / name, content)


def rounded(value):
    return (
        [rounded(v) for v in value]
        if isinstance(value, list)
        else round(value, 5) if isinstance(value, float) else value
    )


def main():
    for old in HERE.iterdir():
        if old.is_dir() and old.name != "__pycache__":
            shutil.rmtree(old)
    shared()
    cases, answers, problems = [], {}, []

    def add(
        name,
        kind,
        files,
        inputs,
        why,
        *,
        accept_refusal=False,
        answer_of=None,
        base=None,
        onnx=False,
        quantize=False,
        prompt_name=None,
        refusal=None,
        note=None,
        known=None,
        reported=None,
        similarity=False,
    ):
        folder = parts.write_folder(name, files)
        case = {
            "name": name,
            "kind": kind,
            "inputs": inputs,
            "expected": [],
            "extra": [],
            "why": why,
            "accept_refusal": accept_refusal or refusal is not None,
        }
        try:
            if known:
                case["expected"] = known
            elif refusal:
                case |= {"refusal": refusal, "library": library.refusal(folder, kind, inputs)}
            elif onnx:
                case["expected"] = checkpoints.runtime(folder / "model.onnx", inputs, folder)
            elif base:
                case["extra"] = ["--adapter", name, "BASE", base]
                case["expected"] = library.answer(HERE / base, kind, inputs, adapter=folder)
            elif answer_of:
                case |= {"expected": None, "answer_of": answer_of}
            else:
                case["expected"] = library.answer(folder, kind, inputs, prompt_name=prompt_name)
        except Exception as error:
            problems.append(f"{name}: {type(error).__name__}: {str(error)[:300]}")
        if quantize:
            case["extra"] = ["QUANTIZE"]
        if prompt_name:
            case["options"] = ["--prompt", prompt_name]
        if note:
            case["note"] = note
        if reported:
            case["reported"] = reported
        if similarity:
            case["similarity"] = rounded(library.similarity(folder, inputs))
        answers[name] = case["expected"]
        cases.append(case)

    for module in (sentence, sentence_texts, classifier, pairs, tokens, checkpoints, refused):
        module.folders(add)
    for case in cases:
        if case["expected"] is None:
            case["expected"] = answers[case.pop("answer_of")]
        case["expected"] = rounded(case["expected"])
    parts.link_duplicates()
    special = [case for case in cases if "options" in case or case["kind"] in ("pair-scores", "inspect")]
    for name, chosen in {"cases.json": [c for c in cases if c not in special], "options.json": special}.items():
        text = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in chosen)
        (HERE / name).write_text(f"[\n{text}\n]\n", encoding="utf8")
    (HERE / "versions.json").write_text(json.dumps(library.versions(), indent=1) + "\n")
    print(len(cases), "folders", *problems, sep="\n")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
