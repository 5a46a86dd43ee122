#!/usr/bin/env python3
"""Measures what a compiler takes for a large model by each kind of arrays: processor seconds and peak memory of compiling
what `embq export --arrays` writes, as firmware for Cortex-M4 does.

    python3 Benchmarks/compile_arrays.py MODEL [--data FILE] [--rounds 3] [--compiler arm-none-eabi-gcc ...]

MODEL is an .embq artifact, or a checkpoint that is quantized first, on --data and without methods. Standard library
only. The runtime's files are not compiled: they are the same for all. Peak memory is that of the largest process that
the compiler starts.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
ARRAYS = {"one": [], "sections": [], "incbin": [], "object": ["--target", "arm"]}
CORE = ["-mcpu=cortex-m4", "-mthumb", "-std=c11", "-O2", "-ffreestanding", "-ffunction-sections", "-fdata-sections"]


def run(*command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"failed: {' '.join(map(str, command))}\n{done.stderr}")


def measured(command, folder):
    """Processor seconds, and peak bytes of the largest process. A process of its own waits for them: others are not in
    it, and other work of the machine is not in the seconds."""
    code = ("import os,resource,subprocess,sys\n"
            "done=subprocess.run(sys.argv[1:])\n"
            "used=resource.getrusage(resource.RUSAGE_CHILDREN)\n"
            "print(used.ru_utime+used.ru_stime,used.ru_maxrss)\nsys.exit(done.returncode)")
    done = subprocess.run([sys.executable, "-S", "-c", code, *map(str, command)], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"failed: {' '.join(map(str, command))}\n{done.stderr}")
    seconds, peak = done.stdout.split()[-2:]
    return float(seconds), int(peak) * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "Fixtures/snips-own/calibration.tsv")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--compiler", nargs="+", default=["arm-none-eabi-gcc"])
    parser.add_argument("--embq", type=pathlib.Path, default=ROOT / ".build/release/embq")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        artifact = options.model
        if artifact.suffix != ".embq":
            artifact = folder / "model.embq"
            run(options.embq, "quantize", options.model, "--data", options.data, "--samples", 16, "--methods", "none", "-o", artifact)
        version = subprocess.run([options.compiler[0], "--version"], stdout=subprocess.PIPE, text=True).stdout.splitlines()[0]
        print(f"{artifact.stat().st_size:,} bytes of artifact; {version}; median of {options.rounds}, load {os.getloadavg()[0]:.1f}")
        print(f"{'arrays':10}{'files':>14}{'export':>10}{'compile':>10}{'peak':>12}")
        for arrays, more in ARRAYS.items():
            output = folder / arrays
            command = [options.embq, "export", artifact, "--arrays", arrays, *more, "--c", output]
            exporting, _ = measured(command, folder)
            files = [path for path in output.iterdir() if path.name.startswith("model")]
            size = sum(path.stat().st_size for path in files)
            sources = [path.name for path in files if path.suffix in (".c", ".S")]
            rounds = sorted(measured([*options.compiler, *CORE, "-c", *sources], output) for _ in range(options.rounds))
            seconds, peak = rounds[len(rounds) // 2]
            print(f"{arrays:10}{size:>14,}{exporting:>8.2f} s{seconds:>8.2f} s{peak / 1e6:>9.0f} MB", flush=True)


main()
