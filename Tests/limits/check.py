#!/usr/bin/env python3
"""What embq does on a machine with limits. strace lets system calls fail as they do at a limit."""
import json
import os
import pathlib
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time

EMBQ = os.environ["EMBQ"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = str(ROOT / "Fixtures/embbert-tiny")
DATA = MODEL + "/data.tsv"
HDF5 = str(ROOT / "Fixtures/hdf5/valid/all_types.h5")
KERAS = str(ROOT / "Fixtures/keras/valid/model.keras")
# The loader's status when it cannot open a library.
NOT_STARTED = 127
# Longer than any of these runs takes: a run that hangs is ended.
PATIENCE = 60


def fail(text):
    sys.exit(f"limits: {text}")


def run(*arguments, inject=None, files=None):
    command = [EMBQ, *map(str, arguments)]
    if inject:
        call = inject.split(":")[0]
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={inject}", *command]
    limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))) if files else None
    try:
        return subprocess.run(
            command, capture_output=True, text=True, preexec_fn=limit, stdin=subprocess.DEVNULL, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        fail(f"embq {' '.join(map(str, arguments))} hangs with {inject or files}")


def require_sentence(result, what, *texts):
    """Status 1 and a sentence with these words."""
    if result.returncode != 1 or not result.stderr.startswith("embq: error: "):
        fail(f"{what}: status {result.returncode}: {result.stderr}")
    for text in texts:
        if text not in result.stderr:
            fail(f"{what}: no {text!r} in: {result.stderr}")


def threads(work):
    """Fewer threads, or none, give the same bytes."""
    expected = work / "expected.embq"
    run("quantize", MODEL, "--data", DATA, "-o", expected)
    for first in (1, 2, 4):
        out = work / f"from-{first}.embq"
        result = run(
            "quantize", MODEL, "--data", DATA, "--threads", 8, "-o", out, inject=f"clone3,clone:error=EAGAIN:when={first}+")
        if result.returncode != 0 or out.read_bytes() != expected.read_bytes():
            fail(f"no thread from the {first}. on: status {result.returncode}: {result.stderr}")
    result = run("inspect", HDF5, inject="clone3,clone,vfork:error=EAGAIN")
    require_sentence(result, "no process", "cannot be started", "Allow more processes")


def descriptors(work):
    """A sentence, or the work is done."""
    commands = [
        ["inspect", HDF5], ["inspect", KERAS], ["inspect", MODEL], ["convert", MODEL, "-o", work / "few.h5"],
        ["quantize", MODEL, "--data", DATA, "-o", work / "few.embq"],
        ["package", MODEL, "--data", DATA, "--test", DATA, "-o", work / "few"], ["verify", work / "expected.embq"],
    ]
    refused = 0
    for files in range(3, 18):
        for command in commands:
            result = run(*command, files=files)
            if result.returncode == NOT_STARTED or result.returncode == 0:
                continue
            require_sentence(result, f"{files} descriptors, {command[0]}", "(ulimit -n)")
            refused += 1
    if refused < 10:
        fail(f"only {refused} runs met the limit of descriptors")
    left = [path for path in work.iterdir() if path.name.startswith(".embq")]
    if left:
        fail(f"{left} is left where descriptors were few")


ADVICE = [
    ("mkdir:error=ENOSPC", "Make room there"), ("mkdir:error=EDQUOT", "Make room there"),
    ("mkdir:error=EROFS", "The file system is read-only"), ("mkdir:error=EACCES", "Allow writing it and its folder"),
    ("mkdir:error=ENAMETOOLONG", "Choose a shorter name"), ("mkdir:error=ELOOP", "Check the links on the path"),
    ("mkdir:error=ENOENT", "Make the folder that it is to lie in"), ("mkdir:error=ENOTDIR", "a part of it is no folder"),
    ("fsync:error=ENOSPC", "Make room there"), ("fsync:error=EIO", "Check the disk"),
    ("rename:error=EISDIR", "Choose another name"), ("rename:error=EBUSY", "Another program uses it"),
]


def advice(work):
    """The advice fits the reason, and nothing is left."""
    out = work / "advice"
    out.mkdir()
    for inject, text in ADVICE:
        result = run("quantize", MODEL, "--data", DATA, "-o", out / "model.embq", inject=inject)
        require_sentence(result, inject, text)
        if list(out.iterdir()):
            fail(f"{inject}: {list(out.iterdir())} is left")


def exchange(work):
    """Where folders cannot be exchanged, files are replaced one by one."""
    out = work / "exchange"
    for error in ("EINVAL", "EXDEV", "EBUSY", "ENOSYS"):
        inject = f"renameat2:error={error}"
        for observer in ("mse", "minmax"):
            result = run(
                "package", MODEL, "--data", DATA, "--test", DATA, "--observer", observer, "-o", out,
                inject=inject if out.exists() else None)
            if result.returncode != 0 or run("verify", out).returncode != 0:
                fail(f"{inject}: status {result.returncode}: {result.stderr}")
        if [path for path in out.rglob(".embq*")]:
            fail(f"{inject}: a journal is left")


def shrinking(work):
    """A file that is cut while it is read."""
    path, out = work / "large.safetensors", work / "half.safetensors"
    size = 200 << 20
    header = json.dumps({"a": {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}}).encode()
    header += b" " * (-len(header) % 8)
    told = 0
    for step in range(8):
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(header)) + header)
            file.truncate(8 + len(header) + size)
        process = subprocess.Popen(
            [EMBQ, "convert", str(path), "--dtype", "f16", "-o", str(out)], stderr=subprocess.PIPE, text=True)
        time.sleep(0.02 + 0.03 * step)
        os.truncate(path, 4096)
        errors = process.communicate()[1]
        if process.returncode == 1 and "became shorter while it was read" in errors:
            told += 1
        elif process.returncode != 0:
            # Before it was mapped, it is a short file like any other.
            require_sentence(subprocess.CompletedProcess([], process.returncode, "", errors), "a short file", str(path))
        left = [name for name in os.listdir(work) if name.startswith(".embq")]
        if left or process.returncode != 0 and out.exists():
            fail(f"a file that was cut: {left or out} is left")
        out.unlink(missing_ok=True)
    if told == 0:
        fail("no file was cut while it was read")


def main():
    if not shutil.which("strace"):
        fail('strace is missing: run "make setup"')
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="embq-limits-") as name:
        for check in (threads, descriptors, advice, exchange, shrinking):
            check(pathlib.Path(name))
    print("  threads, descriptors, disks, cut files".ljust(58) + f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
