#!/usr/bin/env python3
"""Writes Sources/EmbqArtifact/RuntimeCode+Table.swift: what each part of the runtime takes on Cortex-M4 with gcc -Os.

    Tests/device/code.py [--check]    --check: only compares, and exits 1 if a size differs by more than 1 %

Every function and constant has a section of its own there, and its relocations name the others that it needs, as a linker
with --gc-sections sees them: a model's code is all that its roots lead to. libgcc's functions are among them.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RUNTIME = ROOT / "Sources/CEmbqRuntime"
TABLE = ROOT / "Sources/EmbqArtifact/RuntimeCode+Table.swift"
TOOLS = "arm-none-eabi-"
CORE = ["-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mthumb", "-mfloat-abi=hard"]
COMPILE = [TOOLS + "gcc", "-std=c11", "-Os", *CORE, "-ffreestanding", "-ffunction-sections", "-fdata-sections"]
# What firmware calls, as the examples do, and the parts that models choose from.
ROOTS = re.compile(
    r"embq_(open_with|open_sections|run_text|run_tags|check|check_count|check_sha256|best|label|status_text"
    r"|operation_\w+|tokenizer_(bpe|merges|wordpiece|unigram|conditions|steps|places)|text_[a-z]+)")


def run(*command, cwd=None):
    return subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout


class Objects:
    """Sections of object files, by file and index: bytes, and what they refer to."""

    def __init__(self):
        self.sizes, self.uses, self.symbols, self.named = {}, {}, {}, {}

    def add(self, path):
        text = run(TOOLS + "readelf", "-SrsW", str(path))
        sections = {}
        for index, name, kind, size, flags, align in re.findall(
                r"^\s*\[\s*(\d+)\] (\S+)\s+(PROGBITS|ARM_EXIDX)\s+\w+ \w+ (\w+) \w+\s+([A-Z]*)\s+\d+\s+\d+\s+(\d+)$", text, re.M):
            if "A" in flags and kind == "PROGBITS":
                sections[int(index)] = name
                step = max(int(align), 4 if "X" in flags else 1)
                self.sizes[path, int(index)] = -(-int(size, 16) // step) * step
                self.uses[path, int(index)] = set()
        locals_ = {}
        for value, kind, bind, index, name in re.findall(
                r"^\s*\d+: (\w+)\s+\S+ (\w+)\s+(\w+)\s+\w+\s+(\w+)\s*(\S*)$", text, re.M):
            if not index.isdigit() or int(index) not in sections:
                continue
            if bind == "LOCAL":
                locals_[name] = (path, int(index))
            else:
                self.symbols[name] = (path, int(index))
            if kind == "SECTION":
                locals_[sections[int(index)]] = (path, int(index))
        blocks = re.split(r"^Relocation section '\.rel(\S+)' .*$", text, flags=re.M)
        by_name = {name: index for index, name in sections.items()}
        for name, block in zip(blocks[1::2], blocks[2::2]):
            if name not in by_name:
                continue
            for target in re.findall(r"^\w+\s+\w+\s+R_ARM_\w+\s+\w+\s+(\S+)", block, re.M):
                self.uses[path, by_name[name]].add(locals_.get(target, target))

    def resolved(self):
        return {at: {self.symbols.get(use, use) if isinstance(use, str) else use for use in uses}
                for at, uses in self.uses.items()}


def table():
    objects = Objects()
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        run(*COMPILE, f"-I{RUNTIME / 'include'}", "-c", *map(str, sorted(RUNTIME.glob("*.c"))), cwd=work)
        (work / "size.c").write_text('#include "embq.h"\nchar model[sizeof(embq_model)];\n')
        run(*COMPILE, f"-I{RUNTIME / 'include'}", "-c", "size.c", cwd=work)
        model = int(next(line.split()[1] for line in run(TOOLS + "nm", "-S", "size.o", cwd=work).splitlines()
                         if line.endswith(" model")), 16)
        (work / "size.o").unlink()
        library = work / "library"
        library.mkdir()
        run(TOOLS + "ar", "x", run(*COMPILE, "-print-libgcc-file-name").strip(), cwd=library)
        for path in [*sorted(work.glob("*.o")), *sorted(library.glob("_*.o"))]:
            objects.add(path)
    uses = objects.resolved()
    roots = {name: at for name, at in objects.symbols.items() if ROOTS.fullmatch(name)}
    numbers, order, waiting = {}, [], [roots[name] for name in sorted(roots)]
    while waiting:
        at = waiting.pop(0)
        if at in numbers or at not in objects.sizes:
            continue
        numbers[at] = len(order)
        order.append(at)
        waiting += sorted((use for use in uses[at] if not isinstance(use, str)), key=str)
    lines = [" ".join(map(str, [objects.sizes[at], *sorted(numbers[use] for use in uses[at] if use in numbers)]))
             for at in order]
    return model, lines, {name: numbers[at] for name, at in sorted(roots.items())}


def written(model, lines, roots):
    compiler = run(TOOLS + "gcc", "--version").splitlines()[0].split()[-2:]
    version = next((word for word in compiler if re.match(r"\d+\.\d+", word)), compiler[-1])
    sections = "\n".join("        " + line for line in lines)
    names = "\n".join(f"        {name} {number}" for name, number in roots.items())
    return f'''// Written by Tests/device/code.py: do not edit. arm-none-eabi-gcc {version}, Cortex-M4, -Os.
extension RuntimeCode {{
    /// Bytes of `embq_model` where addresses have 32 bits.
    package static let modelSize = {model}

    /// A section in each line: its bytes, and the sections that it needs, by their lines.
    static let sections = """
{sections}
        """

    /// What firmware can refer to: a symbol and its section in each line.
    static let symbols = """
{names}
        """
}}
'''


def sizes(text):
    """What each symbol of a table leads to, in bytes."""
    sections, symbols = (part.strip().splitlines() for part in re.findall(r'"""\n(.*?)"""', text, re.S))
    sections = [[int(word) for word in line.split()] for line in sections]
    found = {}
    for line in symbols:
        name, number = line.split()
        seen, waiting = set(), [int(number)]
        while waiting:
            at = waiting.pop()
            if at not in seen:
                seen.add(at)
                waiting += sections[at][1:]
        found[name] = sum(sections[at][0] for at in seen)
    return found


def main():
    text = written(*table())
    if sys.argv[1:] == ["--check"]:
        old, new = sizes(TABLE.read_text()), sizes(text)
        wrong = [name for name in new if abs(old.get(name, 0) - new[name]) > max(16, new[name] / 100)]
        if wrong or set(old) != set(new):
            sys.exit(f"device: other sizes of {', '.join(wrong) or 'the runtime'}: run Tests/device/code.py")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        TABLE.write_text(text)


main()
