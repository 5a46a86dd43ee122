#!/usr/bin/env python3
"""The estimate of a sentence's instructions on Cortex-M4, gcc -O2: counts them by QEMU, step by step, and writes
Sources/EmbqArtifact/InstructionCost+Table.swift; or compares `embq inspect` with what whole sentences take.

    Tests/device/kernels/instructions.py [CHECKPOINTS DATA]            writes the table
    Tests/device/kernels/instructions.py --check [CHECKPOINTS DATA]    compares, and fails above the limits

Without arguments it takes the fixtures. With them also the families of the EmbBERT paper in their published sizes, from
CHECKPOINTS/*-snips, calibrated on DATA/snips/train.tsv.
A step is one operation on one or two positions. Its instructions are fitted, for each kind of operation, by

    a + b * elements + c * multiply-accumulates + d * (tokens * heads)

with numbers that are not negative. ProgramWork.swift has the same definitions of these.
"""
import collections
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from macs import Program

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
HERE = ROOT / "Tests/device/kernels"
RUNTIME = ROOT / "Sources/CEmbqRuntime"
TABLE = ROOT / "Sources/EmbqArtifact/InstructionCost+Table.swift"
EMBQ = os.environ.get("EMBQ", str(ROOT / ".build/release/embq"))
CORE = ["-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"]
COMPILE = ["arm-none-eabi-gcc", "-std=c11", "-O2", *CORE, "-ffreestanding", "-ffunction-sections", "-fdata-sections",
           f"-I{HERE}", f"-I{RUNTIME}", f"-I{RUNTIME}/include"]
LENGTHS = (5, 23, 64)  # odd ones have a step of a single position
WHOLE = (16, 64, 256)
LIMIT = 10  # percent, of the trained model and of checkpoints
SMALL_LIMIT = 25  # of fixtures with rows of 16 to 64 numbers
BEGIN = 0


def run(*command, **options):
    options = {"stderr": subprocess.PIPE, **options}
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"instructions: {' '.join(map(str, command))}\n{done.stdout[-2000:]}{(done.stderr or str())[-2000:]}")
    return done.stdout


# ---- Counting ----------------------------------------------------------------------------------------------------------


class Board:
    def __init__(self, work):
        self.work = work
        run("gcc", "-O2", "-shared", "-fPIC", HERE / "icount.c", "-o", work / "icount.so")
        objects = work / "runtime"
        objects.mkdir()
        sources = [path for path in RUNTIME.glob("embq_*.c") if not path.stem.endswith(("_x86", "_watch"))]
        run(*COMPILE, "-c", *sources, cwd=objects)
        run(*COMPILE, "-c", HERE / "board.c", HERE.parent / "memory.c", cwd=objects)
        self.runtime = sorted(objects.glob("*.o"))

    def counts(self, folder, tokens, *defines):
        """What the program prints, and the instructions of each region."""
        image, symbols, out = (folder / name for name in ("image", "symbols", "counts"))
        run(*COMPILE, f"-DTOKENS={tokens}", *defines, f"-I{folder / 'c'}", "-nostdlib", "-T", HERE / "board.ld",
            "-Wl,--gc-sections,--defsym=CODE_SIZE=4M,--defsym=DATA_SIZE=4M,--defsym=CODE_START=0,--defsym=DATA_START=0x20000000",
            HERE / "steps.c", folder / "c/model.c", *self.runtime, "-lgcc", "-o", image)
        symbols.write_text(run("arm-none-eabi-nm", "-S", image))
        printed = run("qemu-system-arm", "-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none",
                      "-semihosting-config", "enable=on,target=native", "-kernel", image,
                      "-plugin", f"file={self.work / 'icount.so'},symbols={symbols},out={out}", timeout=600,
                      stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL).splitlines()
        regions = [int(line.split()[2]) for line in out.read_text().splitlines() if line.startswith("region ")]
        assert printed[-1] == "end", printed[-5:]
        return [tuple(map(int, line.split())) for line in printed[:-1]], regions


def models(arguments):
    """Names, checkpoints and options of `embq quantize`; True if its rows are small."""
    tiny = ROOT / "Fixtures/embbert-tiny"
    snips = ROOT / "Fixtures/embbert-snips", ["--data", ROOT / "Fixtures/snips-own/calibration.tsv"]
    yield "embbert-snips", *snips, False
    for budget in ("300kB", "200kB", "150kB"):
        yield f"embbert-snips, {budget}", snips[0], [*snips[1], "--budget", budget], False
    for folder in sorted((ROOT / "Fixtures/families").iterdir()):
        if folder.is_dir():
            yield folder.name, folder, ["--tokenizer", tiny / "tokenizer.json", "--data", tiny / "data.tsv"], True
    if arguments:
        for folder in sorted(pathlib.Path(arguments[0]).glob("[!h]*-snips")):
            name = f"released {folder.name}"
            options = ["--data", pathlib.Path(arguments[1]) / "snips/train.tsv", "--samples", "64"]
            yield name, folder, options, False
            for share in ("0.7", "0"):
                yield f"{name}, {share}", folder, [*options, "--budget", share], False


def exported(work, name, checkpoint, options):
    """The folder of a model; None where nothing fits its budget."""
    folder = work / "".join(c for c in name if c.isalnum())
    folder.mkdir()
    command = [EMBQ, "quantize", checkpoint, *options, "-o", folder / "model.embq"]
    if options[-1] in ("0.7", "0"):
        # A share of what it takes in 8 bits; none of it is the smallest form, which comes nearest to one byte.
        at = command.index(options[-1])
        run(*command[:at - 1], *command[at + 1:])
        whole = json.loads(run(EMBQ, "inspect", folder / "model.embq", "--json"))["footprint"]["total_256"]
        command[at] = max(1, int(float(options[-1]) * whole))
        tried = json.loads(subprocess.run([str(word) for word in [*command, "--json"]], stdout=subprocess.PIPE,
                                          stderr=subprocess.DEVNULL).stdout or "{}")
        if "error" in tried:
            command[at] = tried["error"]["nearest"]["bytes"]
    run(*command)
    run(EMBQ, "export", folder / "model.embq", "--c", folder / "c")
    return folder


# ---- Fitting -----------------------------------------------------------------------------------------------------------


def solve(matrix, values):
    """A small system of linear equations; None if it is singular."""
    size = len(values)
    rows = [row[:] + [value] for row, value in zip(matrix, values)]
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(rows[r][i]))
        if abs(rows[pivot][i]) < 1e-9:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(size):
            if r != i:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i])]
    return [rows[i][size] / rows[i][i] for i in range(size)]


def fit(samples):
    """Numbers that are not negative, with the least squares of the errors, each over the root of the count."""
    best = None
    shapes = len({f for f, _ in samples})
    choices = [chosen for size in range(1, min(4, shapes) + 1) for chosen in itertools.combinations(range(4), size)]
    if shapes == 1:
        # Of one shape others follow only by proportion.
        choices = [(2,) if all(f[2] for f, _ in samples) else (1,)]
    for chosen in choices:
        matrix = [[sum(f[i] * f[j] / y for f, y in samples) for j in chosen] for i in chosen]
        found = solve(matrix, [sum(f[i] for f, _ in samples) for i in chosen])
        if found is None or min(found) < 0:
            continue
        numbers = [0.0] * 4
        for i, value in zip(chosen, found):
            numbers[i] = value
        error = sum((sum(a * b for a, b in zip(numbers, f)) - y) ** 2 / y for f, y in samples)
        if best is None or error < best[0] - 1e-6 * max(best[0], 1):
            best = error, numbers
    return best[1]


def collect(board, work, arguments):
    samples = collections.defaultdict(list)
    for name, checkpoint, options, is_small in models(arguments):
        folder = exported(work, name, checkpoint, options)
        program = Program(folder / "model.embq")
        for tokens in sorted({min(length, program.longest) for length in (LENGTHS if name.startswith("embbert-snips") else LENGTHS[:2])}):
            steps, regions = board.counts(folder, tokens)
            samples[BEGIN, 0, 1].append(((1, tokens, 0, 0), regions[0]))
            done = collections.Counter()
            for (at, count), instructions in zip(steps, regions[1:], strict=True):
                kind, words = program.operation(at)
                first = tokens - done[at] - count if program.is_backwards(at) else done[at]
                done[at] += count
                samples[kind, program.variant(kind, words), count].append(
                    (program.features(at, tokens, range(first, first + count)), instructions))
        print(f"  {name}", flush=True)
    return samples


HEAD = """extension InstructionCost {
    /// Kind of operation, its variant, positions of a step; then hundredths of an instruction: for a step, for a number that
    /// it gives, for a multiply-accumulate, for a token of a head. Kind 0 begins a run, with tokens as its numbers. Written by
    /// Tests/device/kernels/instructions.py: Cortex-M4, gcc -O2.
    static let table = \"\"\"
"""


def write(samples):
    lines = []
    for key in sorted(samples):
        lines.append("        " + " ".join(map(str, [*key, *(round(100 * number) for number in fit(samples[key]))])))
    TABLE.write_text(HEAD + "\n".join(lines) + "\n        \"\"\"\n}\n")


# ---- Comparing ---------------------------------------------------------------------------------------------------------


def compare(board, work, arguments):
    worst = {True: 0.0, False: 0.0}
    print(f"{'model':<34}{'tokens':>7}{'MACs':>14}{'counted':>14}{'estimated':>14}{'':>9}")
    for name, checkpoint, options, is_small in models(arguments):
        folder = exported(work, name, checkpoint, options)
        inspected = json.loads(run(EMBQ, "inspect", folder / "model.embq", "--json"))["footprint"]["work"]
        for tokens in WHOLE:
            if str(tokens) not in inspected:
                continue
            said = inspected[str(tokens)]
            _, (counted,) = board.counts(folder, tokens, "-DWHOLE")
            error = 100 * (said["instructions_m4"] / counted - 1)
            worst[is_small] = max(worst[is_small], abs(error))
            print(f"{name:<34}{tokens:>7}{said['macs']:>14,}{counted:>14,}{said['instructions_m4']:>14,}{error:>+8.1f}%",
                  flush=True)
    print(f"at most {worst[False]:.1f} % off; fixtures with small rows {worst[True]:.1f} %")
    if worst[False] > LIMIT or worst[True] > SMALL_LIMIT:
        sys.exit(f"instructions: the limits are {LIMIT} % and {SMALL_LIMIT} %")


def main():
    arguments = sys.argv[1:]
    checks = arguments[:1] == ["--check"]
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        board = Board(work)
        if checks:
            compare(board, work, arguments[1:])
        else:
            write(collect(board, work, arguments))


main()
