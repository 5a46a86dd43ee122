"""A report for people, line by line as it is measured, and the same numbers as JSON."""
import json
import os
import platform
import sys
import textwrap
import time


class Report:
    def __init__(self):
        self.machine = machine()
        self.sections = {}
        self.missed = []      # limits that do not hold: (name, what was found)
        self.held = []
        self.left_out = []    # what was not measured, and why
        self._current = None
        self._began = time.perf_counter()    # the report, or its current section

    def section(self, key, title, how):
        """Begins a section; `how` says how its figures are measured."""
        self._end_section()
        self._current = self.sections.setdefault(key, {"title": title, "how": how})
        self.line(f"\n{key}. {title}")
        self.note(how)
        self.line()

    def _end_section(self):
        seconds, self._began = time.perf_counter() - self._began, time.perf_counter()
        if self._current:
            self.put("seconds", seconds)
            self.line(f"   took {seconds:.0f} s")

    def note(self, text):
        """A paragraph."""
        for line in textwrap.wrap(text, 116, break_on_hyphens=False):
            self.line(f"   {line}")

    def line(self, text=""):
        print(text)
        sys.stdout.flush()

    def put(self, name, value):
        self._current[name] = value

    def table(self, name, header, rows):
        """Prints columns and keeps the rows. The first column is text, the others are flush right."""
        cells = [[_text(value) for value in row] for row in rows]
        widths = [max(len(line[i]) for line in [header, *cells]) for i in range(len(header))]
        for line in [header, *cells]:
            padded = [cell.ljust(width) if i == 0 else cell.rjust(width)
                      for i, (cell, width) in enumerate(zip(line, widths))]
            self.line("   " + "  ".join(padded).rstrip())
        self.put(name, [dict(zip(header, row)) for row in rows])

    def limit(self, name, holds, found):
        """A limit that decides the exit status."""
        self.line(f"   {'holds ' if holds else 'MISSED'}  {name}: {found}")
        (self.held if holds else self.missed).append((name, found))

    def omit(self, what, why):
        """Says what was not measured."""
        self.line(f"   left out: {what}: {why}")
        self.left_out.append((what, why))

    def finish(self, path):
        """Prints the verdict, writes the JSON, gives the exit status."""
        self._end_section()
        total = sum(section["seconds"] for section in self.sections.values())
        self.line(f"\n{len(self.sections)} sections took {total:.0f} s")
        self.line(f"\nLimits: {len(self.held)} hold, {len(self.missed)} missed")
        for name, found in self.missed:
            self.line(f"   MISSED  {name}: {found}")
        if self.left_out:
            self.line("Left out:")
            for what, why in self.left_out:
                self.line(f"   {what}: {why}")
        if path:
            document = {"machine": self.machine, "sections": self.sections, "left_out": _named(self.left_out, "why"),
                        "held": _named(self.held, "found"), "missed": _named(self.missed, "found")}
            with open(path, "w", encoding="utf-8") as file:
                json.dump(document, file, indent=2, sort_keys=True, default=float)
                file.write("\n")
        return 1 if self.missed else 0


def _named(pairs, second):
    return [{"name": name, second: value} for name, value in pairs]


def _text(value):
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def machine():
    """The machine that the figures are from."""
    names = []
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            lines = file.read().splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        flags = next((line for line in lines if line.startswith("flags")), "").split()
    else:
        flags = []
    simd = [name for name in ("avx2", "avx512f", "avx_vnni", "avx512_vnni") if name in flags]
    return {"processor": names[0] if names else platform.machine(), "processors": os.cpu_count(), "simd": simd,
            "system": f"{platform.system()} {platform.machine()}", "python": platform.python_version(),
            "load_before": os.getloadavg()[0]}
