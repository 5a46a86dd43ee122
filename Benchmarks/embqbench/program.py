"""The embq program, and the files it is measured on."""
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Failure(Exception):
    """A command that did not work, with its own words."""


@dataclass
class Task:
    """A checkpoint with the data it was trained for."""
    name: str
    checkpoint: Path
    calibration: Path    # TSV
    test: Path           # TSV

    @property
    def golden(self):
        """Reference logits, or None."""
        path = self.checkpoint / "golden.npz"
        return path if path.exists() else None

    @property
    def metrics(self):
        """The scores of the reference, or None."""
        path = self.checkpoint / "metrics.json"
        return json.loads(path.read_text()) if path.exists() else None


class Program:
    """Runs embq."""

    def __init__(self, path):
        self.path = Path(path)
        if not self.path.exists():
            raise Failure(f"{path} is missing: make build")

    def run(self, *arguments, stdin=None):
        """What the command prints, as bytes."""
        command = [str(self.path), *map(str, arguments)]
        done = subprocess.run(command, input=stdin, capture_output=True, check=False)
        if done.returncode != 0:
            reason = done.stderr.decode(errors="replace").strip()
            raise Failure(f"embq {arguments[0]}: status {done.returncode}: {reason}")
        return done.stdout

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json"))

    def listed(self, verb, pattern, what):
        """The words that a verb's --help lists: those of the pattern's group, between commas."""
        found = re.search(pattern, " ".join(self.run(verb, "--help").decode().split()))
        if not found:
            raise Failure(f"embq {verb} --help does not list {what} as expected: {pattern}")
        return found[1].split(", ")

    def measure(self, folder, *arguments):
        """Wall seconds and peak memory of a run."""
        errors = Path(folder) / "stderr.txt"
        script = Path(__file__).with_name("measure.py")
        done = subprocess.run([sys.executable, "-I", "-S", str(script), str(errors), str(self.path.resolve()),
                               *map(str, arguments)], capture_output=True, check=True)
        usage = json.loads(done.stdout)
        if usage["status"] != 0:
            reason = errors.read_text(errors="replace").strip()
            raise Failure(f"embq {arguments[0]}: status {usage['status']}: {reason}")
        return usage


def fixture_task():
    """What lies in the repository."""
    data = ROOT / "Fixtures" / "snips-own"
    return Task("snips", ROOT / "Fixtures" / "embbert-snips", data / "calibration.tsv", data / "test.tsv")


def find_tasks(checkpoints, data):
    """Every EmbBERT checkpoint `NAME-TASK` whose task has data, SNIPS first, and what had to be skipped."""
    tasks, skipped = [], []
    for config in sorted(Path(checkpoints).glob("*/config.json")):
        folder = config.parent
        if json.loads(config.read_text()).get("model_type") != "EmbBERT":
            continue
        name = folder.name.split("-", 1)[-1]
        task = Task(name, folder, Path(data) / name / "train.tsv", Path(data) / name / "test.tsv")
        if task.calibration.exists() and task.test.exists():
            tasks.append(task)
        else:
            skipped.append((folder.name, f"there is no train.tsv and test.tsv in the data's folder {name}"))
    return sorted(tasks, key=lambda task: (task.name != "snips", task.name)), skipped


def texts(path):
    """The texts of a TSV as models see them: a pair is `A [SEP] B`."""
    lines = Path(path).read_bytes().decode("utf-8").split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    return [" [SEP] ".join(line.removesuffix("\r").split("\t")[1:]) for line in lines[1:]]


def labels(path):
    """The labels of a TSV."""
    lines = Path(path).read_bytes().decode("utf-8").split("\n")
    return [line.split("\t", 1)[0] for line in lines[1:] if line]
