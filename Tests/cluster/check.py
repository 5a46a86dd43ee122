"""Runs Benchmarks/cluster/Snakefile whole, and killed and resumed, and compares with single runs of embq.

    check.py EMBQ
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SNAKEFILE = ROOT / "Benchmarks/cluster/Snakefile"
MODEL, DATA = ROOT / "Fixtures/embbert-snips", ROOT / "Fixtures/snips-own"
BUDGET = "200kB"
SLURM = ["--executor", "slurm", "--jobs", "4", "--default-resources", "mem_mb=500", "runtime=10",
         "--slurm-init-seconds-before-status-checks", "5", "--slurm-status-command", "squeue", "--slurm-no-account"]
SECONDS = 600


def fail(text):
    sys.exit(f"cluster: {text}")


def snakemake(folder, *options):
    """A workflow that has begun, in a group of processes of its own."""
    folder.mkdir(exist_ok=True)
    with open(folder / "said.txt", "ab") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", "--snakefile", SNAKEFILE, "--configfile", folder.parent / "sweep.json",
             "--directory", folder, *options], stdout=said, stderr=said, start_new_session=True)


def finish(process, folder):
    if process.wait(timeout=SECONDS) != 0:
        fail(f"the workflow failed:\n{(folder / 'said.txt').read_text()[-3000:]}")


def interrupted(folder, *options):
    """Kills a workflow once it has a profile and not yet a table, and resumes it."""
    process = snakemake(folder, *options)
    end = time.monotonic() + SECONDS
    while not (folder / "snips/all/profile.embqcal").exists():
        if process.poll() is not None or time.monotonic() > end:
            fail(f"the workflow ended before it was killed:\n{(folder / 'said.txt').read_text()[-3000:]}")
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if (folder / "table.tsv").exists():
        fail("the workflow was killed too late to tell anything")
    finish(snakemake(folder, *options, "--unlock"), folder)
    finish(snakemake(folder, *options, "--rerun-incomplete"), folder)


def main(embq):
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        (work / "sweep.json").write_text(json.dumps({
            "embq": embq, "methods": ["all"], "budgets": ["none", BUDGET], "shards": {"calibration": 3, "evaluation": 2},
            "models": {"snips": {"checkpoint": str(MODEL), "calibration": str(DATA / "calibration.tsv"),
                                 "test": str(DATA / "test.tsv"), "task": "snips-own"}}}))

        def run(*arguments):
            return subprocess.run([embq, *arguments], check=True, capture_output=True, cwd=work).stdout

        run("calibrate", MODEL, "--data", DATA / "calibration.tsv", "-o", "profile.embqcal")
        run("quantize", MODEL, "--data", DATA / "calibration.tsv", "--budget", BUDGET, "-o", f"{BUDGET}.embq")
        one = json.loads(run("evaluate", f"{BUDGET}.embq", "--data", DATA / "test.tsv", "--json"))
        ways = [("one machine", ["--cores", "2"])]
        if shutil.which("sinfo") and subprocess.run(["sinfo"], capture_output=True).returncode == 0:
            ways.append(("Slurm", SLURM))
        else:
            print("  Slurm                 does not answer here: left out")
        for name, options in ways:
            folder = work / name.replace(" ", "-")
            start = time.monotonic()
            interrupted(folder, *options)
            for file in ("profile.embqcal", f"{BUDGET}.embq"):
                if (folder / "snips/all" / file).read_bytes() != (work / file).read_bytes():
                    fail(f"{name}: {file} has other bytes than one run gives")
            merged = json.loads((folder / f"snips/all/{BUDGET}.json").read_text())
            different = [key for key in one if "second" not in key and merged.get(key) != one[key]]
            if different:
                fail(f"{name}: merged predictions give other values: {', '.join(different)}")
            rows = (folder / "table.tsv").read_text().splitlines()
            if len(rows) != 3 or one["artifact_sha256"] not in rows[2]:
                fail(f"{name}: the table does not list both artifacts, the smaller one last")
            print(f"  {name:22}killed and resumed: the bytes of one run, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
