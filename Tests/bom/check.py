#!/usr/bin/env python3
"""Packages models in several layouts and checks what the packages say of themselves, with libraries that embq does not
have:

- bom.cdx.json is valid against the schema of CycloneDX 1.7, and lists every file of the folder with its SHA-256, but
  itself, manifest.json and model.sig;
- README.md is a model card to huggingface_hub: metadata, evaluation results, and the text behind them;
- manifest.json has its own digest, and follows Schemas/manifest.schema.json.

    Tests/bom/check.py EMBQ
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import uuid

import jsonschema
import yaml
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation import make_schemabased_validator
from huggingface_hub import EvalResult, ModelCard
from huggingface_hub.repocard_data import eval_results_to_model_index, model_index_to_eval_results

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FIXTURES = ROOT / "Fixtures"
EMBQ = str(pathlib.Path(sys.argv[1]).resolve())
SCHEMA = json.loads((ROOT / "Schemas/manifest.schema.json").read_text())
UNLISTED = {"bom.cdx.json", "manifest.json", "model.sig"}
TASKS = {"text-classification", "token-classification", "sentence-similarity", "fill-mask"}


def offline(*_):
    raise AssertionError("the checks must not use the network")


socket.socket.connect = offline


def require(holds, *what):
    if not holds:
        sys.exit("bom: " + " ".join(map(str, what)))


def package(checkpoint, data, folder, *options, epoch=None):
    environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    if epoch is not None:
        environment["SOURCE_DATE_EPOCH"] = epoch
    done = subprocess.run(
        [EMBQ, "package", str(checkpoint), "--data", str(data), "--test", str(data), "-o", str(folder), *options],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    require(done.returncode == 0, folder, done.stderr)
    verified = subprocess.run(
        [EMBQ, "verify", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    require(verified.returncode == 0, folder, verified.stderr)


def check_bill(folder):
    text = (folder / "bom.cdx.json").read_text()
    fault = make_schemabased_validator(OutputFormat.JSON, SchemaVersion.V1_7).validate_str(text)
    require(fault is None, folder, "bom.cdx.json is not valid CycloneDX 1.7:", fault)
    bill = json.loads(text)
    require(bill["specVersion"] == "1.7", folder, "another version of CycloneDX")
    serial = uuid.UUID(bill["serialNumber"])
    require(serial.variant == uuid.RFC_4122 and serial.version == 8, folder, "the serial number", serial)
    files = {part["name"]: part["hashes"] for part in bill["components"] if part["type"] == "file"}
    there = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    require(set(files) == set(there) - UNLISTED, folder, "other files:", set(files) ^ (set(there) - UNLISTED))
    for name, hashes in files.items():
        digest = hashlib.sha256(there[name].read_bytes()).hexdigest()
        require(hashes == [{"alg": "SHA-256", "content": digest}], folder, name, "has another digest")
    model = bill["metadata"]["component"]
    require(model["type"] == "machine-learning-model" and model["hashes"] == files["model.embq"], folder, "the model")
    runtime = [part for part in bill["components"] if part["name"] == "embq-runtime"]
    require(len(runtime) == 1 and runtime[0]["licenses"], folder, "the runtime")
    metrics = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    require(all(float(metric["value"]) <= 1 or metric["type"] == "sqnr_db" for metric in metrics), folder, metrics)
    datasets = {part["bom-ref"]: part for part in bill["components"] if part["type"] == "data"}
    used = {data["ref"] for data in model["modelCard"]["modelParameters"]["datasets"]}
    require(used == set(datasets), folder, "data sets:", used)
    return bill


def check_card(folder):
    text = (folder / "README.md").read_text()
    card = ModelCard(text)
    require(card.data.library_name == "embq" and card.data.pipeline_tag in TASKS, folder, card.data.to_dict())
    require(card.data.license, folder, "the card has no licence")
    require("## Footprint" in card.text and "## What was not checked" in card.text, folder, "the card's text is cut")
    # The library puts results that it can read into eval_results, and leaves others where they are.
    results = card.data.eval_results or []
    metadata = yaml.safe_load(text.split("---\n")[1])
    require("model-index" in metadata, folder, "the card has no results")
    require(results and all(isinstance(result, EvalResult) for result in results), folder, "results are not readable")
    name, again = model_index_to_eval_results(eval_results_to_model_index(card.data.model_name, results))
    require(name == card.data.model_name and again == results, folder, "results change when they are written again")
    return card


def check_values(folder, bill, card):
    """The bill, the card and the manifest have the same numbers."""
    manifest = json.loads((folder / "manifest.json").read_text())["evaluation"]
    metrics = bill["metadata"]["component"]["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    results = [result.metric_value for result in card.data.eval_results]
    listed = [float(metric["value"]) for metric in metrics]
    require(listed == results, folder, "the bill and the card have other values")
    if "score" in manifest:
        require([float(metric["value"]) for metric in metrics[:2]] == [manifest["score"], manifest["reference_score"]],
                folder, "the manifest has other scores")
        bounds = metrics[0]["confidenceInterval"]
        bounds = [float(bounds["lowerBound"]), float(bounds["upperBound"])]
        require(bounds == manifest["score_interval"], folder, bounds)


def check_manifest(folder):
    text = (folder / "manifest.json").read_bytes()
    manifest = json.loads(text)
    jsonschema.Draft202012Validator(SCHEMA).validate(manifest)
    digest = manifest["manifest_sha256"]
    emptied = re.sub(rb'("manifest_sha256" : ")[0-9a-f]{64}"', rb'\1"', text)
    require(hashlib.sha256(emptied).hexdigest() == digest, folder, "manifest.json has another digest of itself")


def check(folder):
    bill, card = check_bill(folder), check_card(folder)
    check_values(folder, bill, card)
    check_manifest(folder)
    return bill, card


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def main():
    tiny = FIXTURES / "embbert-tiny"
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        for layout in ["plain", "arduino", "platformio", "zephyr", "esp-idf", "cmake"]:
            package(tiny, tiny / "data.tsv", work / layout, "--layout", layout)
            bill, card = check(work / layout)
            require(card.data.license == "unknown" and "timestamp" not in bill["metadata"], layout)
        package(tiny, tiny / "data.tsv", work / "again")
        require(tree(work / "again") == tree(work / "plain"), "the same inputs give other bytes")

        # A checkpoint with a card of its own, data without labels, texts with marks, a tagger and an encoder.
        named = work / "named"
        shutil.copytree(tiny, named)
        (named / "README.md").write_text("---\nlicense: mit\nbase_model:\n- owner/parent\n---\n# Named\n")
        package(named, named / "data.tsv", work / "from-named", epoch="1700000000")
        bill, card = check(work / "from-named")
        require(card.data.license == "mit" and card.data.base_model == ["owner/parent"], card.data.to_dict())
        require(bill["metadata"]["timestamp"] == "2023-11-14T22:13:20Z", bill["metadata"].get("timestamp"))
        model = bill["metadata"]["component"]
        require(model["licenses"] == [{"expression": "MIT"}], model["licenses"])
        require(model["pedigree"]["ancestors"][0]["name"] == "owner/parent", model)
        (work / "plain.tsv").write_text("text\nrain in oslo\nsun\n")
        package(tiny, work / "plain.tsv", work / "unlabelled")
        check(work / "unlabelled")
        hostile = "--- | `x` <b> \"q\": [a](b) \\"
        package(tiny, tiny / "data.tsv", work / "hostile", f"--task={hostile}", "--license", "LicenseRef-Own")
        _, card = check(work / "hostile")
        require(card.data.license == "other" and card.data.license_name == "LicenseRef-Own", card.data.to_dict())
        require(card.data.eval_results[0].dataset_name == hostile, card.data.eval_results[0].dataset_name)
        tags = FIXTURES / "tags"
        package(tags, next(tags.glob("*.conll")), work / "tagger")
        _, card = check(work / "tagger")
        require(card.data.pipeline_tag == "token-classification", card.data.pipeline_tag)
        encoder = work / "encoder"
        shutil.copytree(FIXTURES / "families/hf-encoder", encoder)
        shutil.copy(tiny / "tokenizer.json", encoder)
        pairs = "label\ttext_a\ttext_b\n1\train in oslo\tsnow\n0\train\tsun\n0.5\tsun\tsun at noon\n"
        (work / "pairs.tsv").write_text(pairs)
        package(encoder, work / "pairs.tsv", work / "from-encoder")
        _, card = check(work / "from-encoder")
        require(card.data.pipeline_tag == "sentence-similarity", card.data.pipeline_tag)
    print("bom: CycloneDX's library reads every bill, Hugging Face's every card; both have the manifest's numbers")


main()
