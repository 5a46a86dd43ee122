#!/usr/bin/env python3
"""What must hold of a folder, and of a file, that embq replaces.

- After a signal at any moment, the folder has all files of one version and nothing else, and no temporary file is left.
- After a kill at any system call that changes the folder the same holds: at once where folders are exchanged, else after
  the next run, whatever becomes of that run.
- Of several writers at a time, each writes all or nothing.
- Other files stay, permissions stay, a name may be as long as the file system allows, and what a killed process left is
  removed while what a living one uses is not.

strace delays or kills at a system call. Random choices come from a seed, which is printed.
"""
import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

EMBQ = os.environ["EMBQ"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "Fixtures/embbert-tiny"
DATA = str(MODEL / "data.tsv")
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
# What changes a folder, beside making files: see fsync below.
CHANGES = ["mkdir", "link", "rename", "renameat2", "unlink", "rmdir"]


def fail(text):
    sys.exit(f"replacing: {text}")


def run(*arguments, **options):
    return subprocess.run([EMBQ, *map(str, arguments)], **{**QUIET, **options})


def must(*arguments):
    result = subprocess.run([EMBQ, *map(str, arguments)], capture_output=True, text=True)
    if result.returncode != 0:
        fail(f"embq {' '.join(map(str, arguments))}: {result.stderr}")


def content(folder):
    """Every file with the digest of its bytes, every folder; what is staged is named apart."""
    found = {}
    for path in sorted(folder.rglob("*")) if folder.exists() else []:
        name = str(path.relative_to(folder))
        found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
    return found


def staged(folder):
    return [str(path) for path in folder.rglob(".embq*")]


class Case:
    """A command that writes a folder in one of two versions."""

    def __init__(self, work, name, own=()):
        self.work = work
        self.name = name
        # Files that are not embq's, and stay.
        self.own = {file: hashlib.sha256(file.encode()).hexdigest() for file in own}
        self.versions = []
        for version in range(2):
            target = work / f"{name}-reference-{version}" / "out"
            self.prepare(target.parent)
            must(*self.command(version, target))
            self.versions.append(content(target))
        old, new = self.versions
        if old.keys() != new.keys() or sum(old[file] != new[file] for file in old) < 4:
            fail(f"{name}: the versions must differ in some files of the same names")

    def prepare(self, parent):
        """A folder around the target, which is there only when it holds files of the user's."""
        shutil.rmtree(parent, ignore_errors=True)
        parent.mkdir()
        for file in self.own:
            place = parent / "out" / file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.encode())

    def command(self, version, target):
        # Files of the same names, of which those differ that come first and last and some between.
        layout = ["--layout", "cmake", "--name", "model", "--license", ["MIT", "GPL-2.0"][version]]
        if self.name == "package":
            observer = ["mse", "minmax"][version]
            return ["package", MODEL, "--data", DATA, "--test", DATA, "--observer", observer, *layout, "-o", target]
        return ["export", self.work / f"{version}.embq", *layout, "--c", target]

    def fresh(self, parent):
        """The folder with the first version in it."""
        self.prepare(parent)
        must(*self.command(0, parent / "out"))

    def finish(self, target):
        """A run that fails, but not before it has completed what another left."""
        if self.name == "package":
            run("package", self.work / "missing", "--data", DATA, "--test", DATA, "-o", target)
        else:
            run("export", self.work / "missing.embq", "--c", target)

    def check(self, target, what, missing=False):
        """Gives the version that the folder has."""
        found = content(target)
        if missing and not found:
            return None
        if found not in self.versions:
            nearest = min(self.versions, key=lambda version: len(version.items() ^ found.items()))
            difference = sorted(dict(nearest.items() ^ found.items()))
            fail(f"{self.name}: {what}: the folder is mixed: {len(difference)} paths: {difference[:6]}")
        return self.versions.index(found)


def tidy(case, parent, what):
    left = staged(parent)
    if left:
        fail(f"{case.name}: {what}: {left} is left")


def strace(*options):
    return ["strace", "-f", "-qq", "-o", "/dev/null", *options]


# ---- Signals --------------------------------------------------------------------------------------------------------


def interrupt(case, worker, count, seed):
    """Sends a signal at a random moment, `count` times."""
    chance = random.Random(seed)
    parent = case.work / f"{case.name}-signals-{worker}"
    case.fresh(parent)
    target = parent / "out"
    started = time.monotonic()
    must(*case.command(0, target))
    duration = time.monotonic() - started
    ended = 0
    for number in range(count):
        # Every fourth with renaming slowed down: the signal comes while files are moved.
        slow = number % 4 == 3
        command = [EMBQ, *map(str, case.command(number % 2, target))]
        if slow:
            delay = ["-e", "trace=rename,renameat2", "-e", "inject=rename,renameat2:delay_enter=40000:delay_exit=20000"]
            # strace passes a signal on only when it does not watch itself.
            command = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", *delay, *command]
        process = subprocess.Popen(command, **QUIET)
        time.sleep(chance.uniform(0, 1.1) * (duration * 2.5 + 0.06 if slow else duration))
        name = chance.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
        process.send_signal(name)
        status = process.wait()
        ended += status == -name
        if status not in (0, -name):
            fail(f"{case.name}: signal {number} of seed {seed}: status {status}")
        what = f"signal {number} of seed {seed}"
        case.check(target, what)
        tidy(case, parent, what)
    return ended


# ---- Kills ----------------------------------------------------------------------------------------------------------


def kill_at_each(case, call):
    """Kills at the first, the second, … such call until a run comes through. Gives how often it was killed."""
    parent = case.work / f"{case.name}-kill-{call}"
    target = parent / "out"
    case.fresh(parent)
    kills = 0
    while True:
        version = case.check(target, "before a kill")
        command = case.command(1 - version, target)
        inject = f"inject={call}:signal=KILL:when={kills + 1}"
        status = run_traced(command, call, inject)
        what = f"killed at {call} {kills + 1}"
        if status == 0:
            break
        if status not in (-signal.SIGKILL, 128 + signal.SIGKILL):
            fail(f"{case.name}: {what}: status {status}")
        kills += 1
        if not case.own:
            # Exchanged: whole at once. What was staged lies beside it.
            case.check(target, what)
        case.finish(target)
        case.check(target, what + ", then another run")
    tidy(case, parent, f"a run after kills at {call}")
    return kills


def run_traced(command, call, inject):
    return subprocess.run(
        [*strace("-e", f"trace={call}", "-e", inject), EMBQ, *map(str, command)], **QUIET).returncode


def kill_new(case):
    """A folder that was not there is whole or not there."""
    parent = case.work / f"{case.name}-kill-new"
    kills = 0
    for call in ["mkdir", "rename", "renameat2"]:
        number = 0
        while True:
            case.prepare(parent)
            number += 1
            status = run_traced(
                case.command(0, parent / "out"), call, f"inject={call}:signal=KILL:when={number}")
            if status == 0:
                break
            kills += 1
            case.check(parent / "out", f"new, killed at {call} {number}", missing=True)
    return kills


# ---- Several at a time ----------------------------------------------------------------------------------------------


def race(case, writers, rounds):
    parent = case.work / f"{case.name}-race-{writers}"
    target = parent / "out"
    for number in range(rounds):
        # Onto nothing, then onto what the last round left.
        if number % 2 == 0:
            case.prepare(parent)
        # Slowed down, each by another time, so that they come between each other.
        processes = []
        for index in range(writers):
            delay = 500 + 400 * index
            traced = strace("-e", "trace=rename,renameat2", "-e", f"inject=rename,renameat2:delay_exit={delay}")
            command = [*traced, EMBQ, *map(str, case.command(index % 2, target))]
            processes.append(subprocess.Popen(command, **{**QUIET, "stderr": subprocess.PIPE}))
        for process in processes:
            _, errors = process.communicate()
            if process.returncode != 0:
                fail(f"{case.name}: one of {writers} writers: {errors.decode()}")
        case.check(target, f"{writers} writers")
        tidy(case, parent, f"{writers} writers")


# ---- Names, permissions, what is left -------------------------------------------------------------------------------


def names_and_permissions(work):
    place = work / "names"
    place.mkdir()
    long = place / ("n" * 250 + ".embq")
    for _ in range(2):
        must("quantize", MODEL, "--data", DATA, "-o", long)
    must("export", long, "--c", place / ("f" * 255))
    raw = os.fsencode(place) + b"/\xff\xfe.embq"
    if subprocess.run([EMBQ, "quantize", str(MODEL), "--data", DATA, "-o", raw], **QUIET).returncode != 0:
        fail("a name that is no UTF-8 cannot be written")
    if subprocess.run([EMBQ, "verify", raw], **QUIET).returncode != 0:
        fail("a name that is no UTF-8 cannot be read")
    if sorted(os.listdir(os.fsencode(place))) != sorted([os.fsencode(long.name), b"f" * 255, b"\xff\xfe.embq"]):
        fail(f"names: {os.listdir(os.fsencode(place))}")
    package = work / "permissions"
    must("package", MODEL, "--data", DATA, "--test", DATA, "-o", package)
    modes = {"model.embq": 0o600, "model.c": 0o640, "report.html": 0o604, ".": 0o750}
    for name, mode in modes.items():
        (package / name).chmod(mode)
    must("package", MODEL, "--data", DATA, "--test", DATA, "-o", package)
    (package / "own.txt").write_text("mine")
    must("export", package / "model.embq", "--c", package)
    must("quantize", MODEL, "--data", DATA, "-o", package / "model.embq")
    for name, mode in modes.items():
        found = (package / name).stat().st_mode & 0o777
        if found != mode:
            fail(f"permissions of {name} were {mode:o} and are {found:o}")


def stale_and_living(case):
    """What a killed run left goes with the next one; what a living run has stays until it is done."""
    parent = case.work / f"{case.name}-stale"
    case.fresh(parent)
    target = parent / "out"
    run_traced(case.command(1, target), "renameat2", "inject=renameat2:signal=KILL:when=1")
    if not [path for path in staged(parent) if ".embq.tmp-" in path]:
        fail(f"{case.name}: a killed run left nothing to sweep")
    delay = ["-e", "trace=renameat2", "-e", "inject=renameat2:delay_enter=1500000"]
    living = subprocess.Popen([*strace(*delay), EMBQ, *map(str, case.command(1, target))], **QUIET)
    old = set(staged(parent))
    for _ in range(500):
        time.sleep(0.01)
        mine = [path for path in parent.glob(".embq.tmp-*/new/README.md") if str(path.parents[1]) not in old]
        if mine:
            break
    else:
        fail(f"{case.name}: nothing is staged")
    must("quantize", MODEL, "--data", DATA, "-o", parent / "other.embq")
    if not mine[0].exists():
        fail(f"{case.name}: the files of a living run were swept")
    if staged(parent) != [str(mine[0].parents[1])]:
        fail(f"{case.name}: what a killed run left stays: {staged(parent)}")
    if living.wait() != 0:
        fail(f"{case.name}: the living run failed")
    case.check(target, "beside another run")
    tidy(case, parent, "two runs")


def temporary_folder(work):
    """A signal leaves nothing in the temporary folder."""
    folder = work / "tmp"
    folder.mkdir()
    keras = ROOT / "Fixtures/keras"
    model = next(keras.rglob("*.keras"))
    environment = {**os.environ, "TMPDIR": str(folder)}
    for number in range(40):
        process = subprocess.Popen([EMBQ, "inspect", str(model)], env=environment, **QUIET)
        time.sleep(0.001 * number)
        process.send_signal(signal.SIGTERM)
        process.wait()
        if list(folder.iterdir()):
            fail(f"a signal left {list(folder.iterdir())}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--signals", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = parser.parse_args()
    if not shutil.which("strace"):
        fail('strace is missing: run "make setup"')
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="embq-replacing-") as name:
        work = pathlib.Path(name)
        must("quantize", MODEL, "--data", DATA, "-o", work / "0.embq")
        must("quantize", ROOT / "Fixtures/families/bert", "--tokenizer", MODEL / "tokenizer.json", "--data", DATA,
             "-o", work / "1.embq")
        package, export = Case(work, "package"), Case(work, "export")
        beside = Case(work, "beside", own=["notes.txt", "src/main.rs"])
        workers = min(4, 2 * (os.cpu_count() or 1))
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            cases = [package, export, beside, export]
            shares = [(options.signals + workers - 1 - index) // workers for index in range(workers)]
            ended = list(pool.map(
                lambda index: interrupt(cases[index % 4], index, shares[index], options.seed + index), range(workers)))
            print(f"  {sum(shares)} signals (seed {options.seed}), {sum(ended)} ended embq".ljust(58) + "nothing lost")
            points = [(case, call) for case in (export, beside, package) for call in CHANGES]
            # Each file that is made is followed by one.
            points.append((beside, "fsync"))
            kills = sum(pool.map(lambda point: kill_at_each(*point), points)) + kill_new(export) + kill_new(package)
        print(f"  {kills} kills, at each call that changes the folder".ljust(58) + "nothing mixed")
        for writers in (2, 4, 8):
            for case in (package, export, beside):
                race(case, writers, 4)
        print("  2, 4 and 8 writers at a time".ljust(58) + "one writer's whole")
        names_and_permissions(work)
        stale_and_living(export)
        temporary_folder(work)
        print("  names, permissions, what a killed run left".ljust(58) + f"{time.monotonic() - started:.0f} s in all")


if __name__ == "__main__":
    main()
