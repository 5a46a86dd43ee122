#!/usr/bin/env python3
"""Measures how embq reads large PyTorch and safetensors files: time and peak memory of `inspect` and `convert`, and `cp` beside it.

    python3 Benchmarks/import_speed.py [--mib 1024] [--folder FOLDER] [--rounds 5]

Standard library only. The files are made in a temporary folder and removed. `cp` and `convert` take turns, so that a
busy machine disturbs them alike; both are timed until the data is on the disk. Exit status 1: a limit is missed.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
SPARE = 60 * 1000**2    # bytes that a command may take beside its tensors
SHAPES = [("safetensors, 16 MiB", 16, "large.safetensors", []), ("PyTorch, 16 MiB", 16, "large.pt", []),
          ("PyTorch, 128 MiB, half transposed", 128, "large.pt", ["--transposed"]),
          ("PyTorch, 64 KiB", 0.0625, "large.pt", [])]


def run(*command):
    """Seconds, and peak bytes of the process itself: a small process starts it, so Python's memory is not in it."""
    code = ("import os,sys\np=os.posix_spawn(sys.argv[1],sys.argv[1:],os.environ,file_actions=[(os.POSIX_SPAWN_OPEN,1,"
            "'/dev/null',os.O_WRONLY,0),(os.POSIX_SPAWN_OPEN,2,'/dev/null',os.O_WRONLY,0)])\n"
            "_,s,u=os.wait4(p,0)\nprint(u.ru_maxrss)\nsys.exit(s!=0)")
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-S", "-c", code, *map(str, command)], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return seconds, int(done.stdout) * 1024


def sync(path):
    start = time.perf_counter()
    with open(path, "rb") as file:
        os.fsync(file.fileno())
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mib", type=int, default=1024, help="size of each file")
    parser.add_argument("--folder", help="where the files are made (default: the system's folder for such)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--embq", type=pathlib.Path, default=ROOT / ".build" / "release" / "embq")
    options = parser.parse_args()
    missed = False
    print(f"{options.mib} MiB a file, best of {options.rounds} rounds, load {os.getloadavg()[0]:.1f}")
    print(f"{'tensors of':36} {'inspect':>8} {'peak':>7} {'convert':>8} {'peak':>7} {'cp':>7} {'of cp':>6}")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        folder = pathlib.Path(folder)
        copy, output = folder / "copy", folder / "out.safetensors"
        for title, size, name, more in SHAPES:
            source = folder / name
            subprocess.run([sys.executable, ROOT / "Benchmarks" / "make_large.py", source, "--mib", str(options.mib),
                            "--tensor-mib", str(size), *more], check=True, stdout=subprocess.DEVNULL)
            sync(source)
            rows = []
            for _ in range(options.rounds):
                inspect = run(options.embq, "inspect", source)
                copied = run("/bin/cp", source, copy)[0] + sync(copy)
                copy.unlink()
                converted = run(options.embq, "convert", source, "-o", output)
                output.unlink()
                rows.append((*inspect, *converted, copied))
            # The best round is the one that others disturbed least.
            inspect, inspect_peak, convert, convert_peak, cp = map(min, zip(*rows))
            limit = 1.3 * size * 2**20 + SPARE
            missed |= inspect_peak > SPARE or convert_peak > limit
            print(f"{title:36} {inspect * 1000:5.0f} ms {inspect_peak / 1e6:4.0f} MB {convert:6.2f} s "
                  f"{convert_peak / 1e6:4.0f} MB {cp:5.2f} s {cp / convert:6.0%}")
            source.unlink()
    if missed:
        sys.exit("a limit of memory is missed")


main()
