"""Measures embq: exactness, accuracy, memory, time. Benchmarks/README.md explains each line.

    make bench CHECKPOINTS=folder DATA=folder [MINILM=folder] [JSON=file] [ONLY=sections]

Without the folders it measures what lies in Fixtures/ and says what it left out. Exit status 1: a limit is missed, or a
command failed.
"""
import argparse
import sys
import tempfile
from functools import cached_property
from pathlib import Path

from embqbench import (
    accuracy, budget, comparison, cost, families, methods, observers, onnx, smallest, tokenizing,
)  # fmt: skip
from embqbench.program import ROOT, Failure, Program, find_tasks, fixture_task
from embqbench.references import References
from embqbench.report import Report

SAMPLES = 512


class Bench:
    """What the sections measure, and where they report it."""

    def __init__(self, report, options, folder):
        self.report, self.options, self.folder = report, options, folder
        self.program = Program(options.embq)
        if options.checkpoints:
            self.tasks, skipped = find_tasks(options.checkpoints, options.data)
            self.export = onnx.find_model(options.checkpoints)
        else:
            self.tasks, skipped, self.export = [fixture_task()], [], None
            report.omit("tasks other than snips, golden logits, onnxruntime",
                        "they are not in the repository: make bench CHECKPOINTS=folder DATA=folder")
        for name, why in skipped:
            report.omit(name, why)
        if not self.tasks:
            raise Failure(f"no EmbBERT checkpoint with data in {options.checkpoints}")
        if self.first.name != "snips":
            self.export = None

    @property
    def first(self):
        return self.tasks[0]

    @cached_property
    def artifacts(self):
        return accuracy.quantize(self.program, self.tasks, self.folder, SAMPLES)

    @cached_property
    def encoder(self):
        return families.encoder(self.options.minilm, self.options.data, self.folder)

    @cached_property
    def references(self):
        return References(self.program, self.folder)

    def families(self):
        if self.options.checkpoints and families.has_families(self.options.checkpoints, self.options.data):
            families.families(self.report, self.program, self.options.checkpoints, self.options.data, self.folder,
                              SAMPLES)
        else:
            self.report.omit("the paper's families", "no family-snips in CHECKPOINTS with snips/test.tsv in DATA")

    def sentences(self):
        if self.encoder:
            families.sentences(self.report, self.program, self.encoder, self.folder, SAMPLES)
        else:
            self.report.omit("sentence embeddings", "MINILM or DATA names no folder, or there is no stsb in DATA")

    def quantizers(self):
        if self.export:
            comparison.quantizers(self.report, self.program, self.references, self.tasks, self.artifacts, self.folder,
                                  SAMPLES, self.export)
        else:
            self.report.omit("onnxruntime's quantizers", "there is no formats/onnx/model.onnx in CHECKPOINTS")


SECTIONS = {
    "a": lambda b: accuracy.reference(b.report, b.references, b.tasks),
    "b": lambda b: accuracy.tokenizer(b.report, b.program, b.tasks, b.options.data),
    "c": lambda b: accuracy.quantized(b.report, b.program, b.references, b.tasks, b.artifacts, SAMPLES),
    "d": lambda b: accuracy.memory(b.report, b.program, b.tasks, b.artifacts),
    "e": lambda b: cost.package(b.report, b.program, b.first, b.folder, SAMPLES),
    "f": lambda b: cost.speed(b.report, b.program, b.first, b.artifacts[b.first.name], b.export, b.folder),
    "g": lambda b: cost.identity(b.report, b.first, b.artifacts[b.first.name], b.folder),
    "h": Bench.families,
    "i": lambda b: families.sizes(b.report, b.program, b.folder),
    "j": Bench.sentences,
    "k": Bench.quantizers,
    "l": lambda b: budget.budget(b.report, b.program, b.tasks, b.folder, SAMPLES),
    "m": lambda b: methods.methods(b.report, b.program, b.tasks, b.encoder, b.folder, SAMPLES),
    "n": lambda b: observers.observers(b.report, b.program, b.references, b.tasks, b.folder, SAMPLES),
    "o": lambda b: smallest.smallest(b.report, b.program, b.folder, b.options.minilm),
    "p": lambda b: tokenizing.tokenizing(b.report, b.program, b.first, b.folder),
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", type=Path, help="folder of checkpoints named NAME-TASK")
    parser.add_argument("--data", type=Path, help="folder of tasks, each with train.tsv and test.tsv")
    parser.add_argument("--minilm", type=Path, help="folder of sentence-transformers/all-MiniLM-L6-v2")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--embq", type=Path, default=ROOT / ".build" / "release" / "embq")
    parser.add_argument("--only", default="".join(SECTIONS), help="sections to run, such as cdf")
    parsed = parser.parse_args()
    if unknown := set(parsed.only) - set(SECTIONS):
        parser.error(f"--only {parsed.only}: there is no section {', '.join(sorted(unknown))}")
    if (parsed.checkpoints is None) != (parsed.data is None):
        parser.error("give --checkpoints and --data together")
    for folder in (parsed.checkpoints, parsed.data, parsed.minilm):
        if folder and not folder.is_dir():
            parser.error(f"{folder} is no folder")
    return parsed


def measure(report, options, folder):
    bench = Bench(report, options, folder)
    for key, section in SECTIONS.items():
        if key in options.only:
            section(bench)


def main():
    options = arguments()
    report = Report()
    facts = report.machine
    report.line(f"{facts['processor']}, {facts['processors']} processors ({', '.join(facts['simd']) or 'no AVX2'}), "
                f"{facts['system']}, load {facts['load_before']:.1f} before the start")
    try:
        with tempfile.TemporaryDirectory(prefix="embq-bench-") as folder:
            measure(report, options, Path(folder))
    except Failure as failure:
        report.line()
        report.limit("every command works", False, str(failure))
    return report.finish(options.json)


if __name__ == "__main__":
    sys.exit(main())
