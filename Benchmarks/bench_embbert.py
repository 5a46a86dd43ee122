"""Measures embq: exactness, accuracy, memory, time. Benchmarks/README.md explains each line.

    make bench CHECKPOINTS=folder DATA=folder [MINILM=folder] [JSON=file]

Without the folders it measures what lies in Fixtures/ and says what it left out. Exit status 1: a limit is missed, or a
command failed.
"""
import argparse
import sys
import tempfile
from pathlib import Path

from embqbench import accuracy, cost, families, onnx
from embqbench.program import ROOT, Failure, Program, find_tasks, fixture_task
from embqbench.report import Report

SECTIONS = "abcdefghij"
SAMPLES = 512


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", type=Path, help="folder of checkpoints named NAME-TASK")
    parser.add_argument("--data", type=Path, help="folder of tasks, each with train.tsv and test.tsv")
    parser.add_argument("--minilm", type=Path, help="folder of sentence-transformers/all-MiniLM-L6-v2")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--embq", type=Path, default=ROOT / ".build" / "release" / "embq")
    parser.add_argument("--only", default=SECTIONS, help="sections to run, such as cdf")
    parsed = parser.parse_args()
    if (parsed.checkpoints is None) != (parsed.data is None):
        parser.error("give --checkpoints and --data together")
    for folder in (parsed.checkpoints, parsed.data, parsed.minilm):
        if folder and not folder.is_dir():
            parser.error(f"{folder} is no folder")
    return parsed


def measure(report, options, folder):
    program = Program(options.embq)
    if options.checkpoints:
        tasks, skipped = find_tasks(options.checkpoints, options.data)
        onnx_model = onnx.find_model(options.checkpoints)
    else:
        tasks, skipped, onnx_model = [fixture_task()], [], None
    for name, why in skipped:
        report.omit(name, why)
    if not options.checkpoints:
        report.omit("tasks other than snips, golden logits, onnxruntime",
                    "they are not in the repository: make bench CHECKPOINTS=folder DATA=folder")
    if not tasks:
        raise Failure(f"no EmbBERT checkpoint with data in {options.checkpoints}")
    if tasks[0].name != "snips":
        onnx_model = None
    wanted = set(options.only)
    if "a" in wanted:
        accuracy.reference(report, program, tasks, folder)
    if "b" in wanted:
        accuracy.tokenizer(report, program, tasks, options.data)
    artifacts = {}
    if "c" in wanted:
        artifacts = accuracy.quantized(report, program, tasks, folder, SAMPLES, onnx_model)
    elif wanted & set("dfg"):
        artifacts = accuracy.quantize(program, tasks, folder, SAMPLES)
    if "d" in wanted:
        accuracy.memory(report, program, tasks, artifacts)
    if "e" in wanted:
        cost.package(report, program, tasks[0], folder, SAMPLES)
    if "f" in wanted:
        cost.speed(report, program, tasks[0], artifacts[tasks[0].name], onnx_model, folder)
    if "g" in wanted:
        cost.identity(report, tasks[0], artifacts[tasks[0].name], folder)
    if "h" in wanted:
        if options.checkpoints and families.has_families(options.checkpoints, options.data):
            families.families(report, program, options.checkpoints, options.data, folder, SAMPLES)
        else:
            report.omit("the paper's families", "no family-snips in CHECKPOINTS with snips/test.tsv in DATA")
    if "i" in wanted:
        families.sizes(report, program, folder)
    if "j" in wanted:
        if options.minilm and options.data:
            families.sentences(report, program, options.minilm, options.data, folder, SAMPLES)
        else:
            report.omit("sentence embeddings", "MINILM and DATA name no folders")


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
