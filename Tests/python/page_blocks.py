"""The fenced blocks of the documentation's pages, and a shell that runs what they show.

The word after ``` says what is done with a block:

    sh              run as a script, which must succeed
    sh not-run      not run: its tools cannot be installed for the tests
    console         a command after `$ `, continued after `\\`, then exactly what it prints (both streams). `…` stands
                    for other text, on a line of its own for any lines. A command may fail if it prints an error of
                    embq, or if the next command is `echo $?`
    LANGUAGE PATH   written to PATH, for the commands after it
    LANGUAGE        read only

A page's blocks run in their order, in a temporary folder that has Fixtures/ and `embq` in PATH.

EMBQ_RECORD=1 writes what was printed into the page, in place of what differs.
"""
import os
import re
import subprocess
import tempfile

ERRORS = ("embq: ", "Error: ")
SHELL = "set -uo pipefail; export LC_ALL=C.UTF-8\n"


class Block:
    def __init__(self, info, text, start):
        language, _, self.path = info.partition(" ")
        self.language, self.text, self.start = language, text, start
        self.runs = info in ("sh", "console")
        self.is_written = bool(self.path) and self.path != "not-run"


def blocks(text):
    """The fenced blocks of a page's text; `start` is where the text of the block begins."""
    pattern = r"^```([^\n`]*)\n(.*?)^```$"
    return [Block(m[1].strip(), m[2], m.start(2)) for m in re.finditer(pattern, text, re.MULTILINE | re.DOTALL)]


def commands(console):
    """Pairs of a command and what it prints."""
    found = []
    continued = False
    for line in console.splitlines():
        if continued:
            found[-1][0] += "\n" + line
        elif line.startswith("$ "):
            found.append([line[2:], []])
        elif found:
            found[-1][1].append(line)
        else:
            raise ValueError(f"a console block begins with {line!r} instead of a command")
        continued = found and not found[-1][1] and line.endswith("\\")
    return found


def matches(expected, printed):
    """True if what was printed has these lines; `…` stands for anything."""
    pattern = ""
    for line in expected:
        pattern += r"(?:[^\n]*\n)*?" if line.strip() == "…" else ".*?".join(map(re.escape, line.split("…"))) + "\n"
    return re.fullmatch(pattern, "".join(line + "\n" for line in printed)) is not None


def recorded(expected, printed):
    """What was printed, with the `…` of a page whose lines differ from it only in numbers."""
    aligned = align(expected, printed)
    if aligned is not None:
        return aligned
    return [next((known for known in expected if is_elided(known, line)), line) for line in printed]


def align(expected, printed):
    """The lines that the page gets; None if more than numbers differ."""
    if not expected:
        return None if printed else []
    if expected[0].strip() == "…":
        rests = (align(expected[1:], printed[count:]) for count in range(len(printed) + 1))
        rest = next((rest for rest in rests if rest is not None), None)
        return None if rest is None else [expected[0], *rest]
    if not printed:
        return None
    if is_elided(expected[0], printed[0]):
        line = expected[0]
    elif without_numbers(expected[0]) == without_numbers(printed[0]):
        line = printed[0]
    else:
        return None
    rest = align(expected[1:], printed[1:])
    return None if rest is None else [line, *rest]


def is_elided(known, line):
    return "…" in known and known.strip() != "…" and matches([known], [line])


def without_numbers(line):
    return re.sub(r" *[0-9][0-9.,]*", "#", line)


class Folder:
    """Runs a page's blocks."""

    def __init__(self, root, program):
        self.temporary = tempfile.TemporaryDirectory(prefix="embq-pages-")
        self.path = self.temporary.name
        os.symlink(os.path.join(root, "Fixtures"), os.path.join(self.path, "Fixtures"))
        tools = os.path.join(self.path, ".tools")
        os.mkdir(tools)
        os.symlink(program, os.path.join(tools, "embq"))
        self.environment = dict(os.environ, PATH=tools + os.pathsep + os.environ["PATH"])
        self.status = 0

    def write(self, path, text):
        path = os.path.join(self.path, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, script):
        """The exit status and what was printed, both streams in their order."""
        done = subprocess.run(
            ["bash", "-c", SHELL + f"(exit {self.status})\n" + script], cwd=self.path, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False)
        self.status = done.returncode
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def close(self):
        self.temporary.cleanup()


def failures(text, folder):
    """What does not do as a page's text says, a line each, and the text as it should be."""
    found, pieces, end = [], [], 0
    for block in blocks(text):
        if block.is_written:
            folder.write(block.path, block.text)
        elif block.language == "sh" and block.runs:
            folder.status = 0
            status, printed = folder.run("set -e\n" + block.text)
            if status != 0:
                found.append(f"status {status} of\n{block.text}{printed}")
        elif block.language == "console":
            shown, folder.status = [], 0
            listed = commands(block.text)
            for at, (command, expected) in enumerate(listed):
                status, printed = folder.run(command)
                lines = printed.splitlines()
                is_shown = any(line.startswith(ERRORS) for line in lines)
                if status != 0 and not is_shown and (at + 1 == len(listed) or listed[at + 1][0] != "echo $?"):
                    found.append(f"status {status} of\n$ {command}\n{printed}")
                if not matches(expected, lines):
                    found.append(f"$ {command}\nexpected\n" + "\n".join(expected) + "\nprinted\n" + printed)
                    expected = recorded(expected, lines)
                shown += ["$ " + command, *expected]
            pieces += [text[end:block.start], "".join(line + "\n" for line in shown)]
            end = block.start + len(block.text)
    return found, "".join(pieces) + text[end:]
