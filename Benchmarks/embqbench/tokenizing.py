"""Section o: the runtime's tokenizer beside Hugging Face's, on one thread."""
import os
import shutil
import statistics
import subprocess
import time
from pathlib import Path

from tokenizers import Tokenizer, __version__

from . import kinds
from .program import ROOT, Failure, fixture_task, texts

ROUNDS = 9
MINIMUM_RATIO = 2.0


def tokenizing(report, program, task, folder):
    """The section."""
    report.section("p", f"Tokenizers on one thread, {task.name}",
        "Tokens of the test rows per second of processor time, for a tokenizer of each kind with "
        f"{kinds.VOCABULARY:,} tokens at most, trained on the calibration rows. {ROUNDS} rounds: embq's C runtime "
        "(Benchmarks/tokenize.c, clang -O2, one call a text), then Hugging Face tokenizers "
        f"{__version__} (encode_batch_fast, which finds no offsets; TOKENIZERS_PARALLELISM=false), first with a cache "
        "of words as a new tokenizer has it, then (again) with all rows in it. embq has no cache. No loading, nothing "
        "is cut. Medians; the ratios are the medians of the rounds' ratios. Limits: all ids equal, "
        f"{MINIMUM_RATIO:g} times as fast as the first pass.")
    tool = build(folder)
    rows, sentences = [], texts(task.test)
    for kind in kinds.KINDS:
        ours = Ours(program, tool, kind, texts(task.calibration), folder)
        rows.append(_measure(report, kind, ours, sentences))
    report.line()
    report.table("kinds", ["kind", "vocabulary", "ids", "embq, M/s", "tokenizers, M/s", "ratio", "again", "differ"],
                 [row[0] for row in rows])
    for row, ratio in rows:
        report.limit(f"{row[0]}: ids equal Hugging Face's", row[-1] == 0,
                     f"{row[-1]} of {len(sentences):,} rows differ")
        report.limit(f"{row[0]}: at least {MINIMUM_RATIO:g} times as fast", ratio >= MINIMUM_RATIO,
                     f"{ratio:.2f} times")


def _measure(report, kind, ours, sentences):
    """The row of the table, and the ratio."""
    figures = {"embq": [], "tokenizers": [], "again": []}
    different, count, vocabulary = 0, 0, 0
    for number in range(ROUNDS):
        seconds, ids = ours.run(sentences)
        theirs = load(ours.path)
        first, encodings = timed(theirs, sentences)
        again, _ = timed(theirs, sentences)
        for name, value in (("embq", seconds), ("tokenizers", first), ("again", again)):
            figures[name].append(value)
        if number == 0:
            different = sum(a != b.ids for a, b in zip(ids, encodings))
            count, vocabulary = sum(map(len, ids)), theirs.get_vocab_size()
    report.put(f"{kind}: seconds", figures)
    ratio, again = (statistics.median(b / a for a, b in zip(figures["embq"], figures[name]))
                    for name in ("tokenizers", "again"))
    rates = [f"{count / 1e6 / statistics.median(figures[name]):.2f}" for name in ("embq", "tokenizers")]
    return [kind, vocabulary, count, *rates, f"{ratio:.2f}", f"{again:.2f}", different], ratio


def load(path):
    """A new tokenizer of the library's, which cuts and pads nothing."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def timed(tokenizer, sentences):
    """Seconds of the processor and encodings of the library, on one thread."""
    before = os.environ.get("TOKENIZERS_PARALLELISM")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        began = time.process_time()
        encodings = tokenizer.encode_batch_fast(sentences)
        seconds = time.process_time() - began
    finally:
        os.environ.pop("TOKENIZERS_PARALLELISM")
        if before is not None:
            os.environ["TOKENIZERS_PARALLELISM"] = before
    return seconds, encodings


class Ours:
    """A tokenizer of a kind, and what tokenize.c makes of texts with it."""

    def __init__(self, program, tool, kind, rows, folder):
        name = "".join(letter for letter in kind if letter.isalnum())
        self.path, self._tool, self._artifact = folder / f"{name}.json", tool, folder / f"{name}.embq"
        kinds.train(kind, rows, self.path)
        # Weights that never saw it: the artifact brings the tokenizer's tables.
        task = fixture_task()
        program.run("quantize", task.checkpoint, "--tokenizer", self.path, "--data", task.calibration, "-o",
                    self._artifact)

    def run(self, sentences, passes=3):
        """Seconds of the median pass, and the ids."""
        done = subprocess.run([str(self._tool), str(self._artifact), str(passes)], capture_output=True, check=False,
                              input="".join(text + "\n" for text in sentences).encode())
        if done.returncode != 0:
            raise Failure(f"tokenize.c: {done.stderr.decode(errors='replace').strip()}")
        times, *lines = done.stdout.decode().splitlines()
        ids = [[int(number) for number in line.split()] for line in lines]
        if len(ids) != len(sentences):
            raise Failure(f"tokenize.c: {len(ids)} lines for {len(sentences)} texts")
        return statistics.median(float(number) for number in times.split()) / 1e9, ids


def build(folder):
    """Compiles tokenize.c with the runtime, as the program's own is."""
    sources, tool = ROOT / "Sources" / "CEmbqRuntime", Path(folder) / "tokenize"
    swift = shutil.which("swift")
    clang = shutil.which("clang") or (str(Path(swift).resolve().with_name("clang")) if swift else "clang")
    command = [clang, "-std=c11", "-O2", "-DEMBQ_HOST_SIMD", f"-I{sources}", f"-I{sources / 'include'}",
               *map(str, sorted(sources.glob("*.c"))), str(ROOT / "Benchmarks" / "tokenize.c"), "-o", str(tool)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        raise Failure(f"clang: {done.stderr.decode(errors='replace').strip()}")
    return tool
