#!/usr/bin/env python3
"""Looks at reports in a real browser: at several widths, light and dark, and on paper.

    Tests/report/check.py REPORT.html…

Fails when something overflows, is cut off, empty, unreadable or unnamed, is loaded from elsewhere, or when a picture of
the page is blank. First it damages a page in each of these ways and checks that it is found. `--pictures DIR` keeps
what the browser shows.
"""

import argparse
import pathlib
import re
import sys
import tempfile
import time

import png
from browser import Browser, BrowserError, find

HERE = pathlib.Path(__file__).resolve().parent
FINDINGS = (HERE / "findings.js").read_text()
WIDTHS = (360, 1280)  # CSS pixels: a phone, a desk
PAPER = 688  # CSS pixels between the margins of a page of A4
SCHEMES = ("light", "dark")
MINIMUM_TEXT = 8.5  # pixels: a smaller label in a drawing cannot be read
SHOWN = 12  # findings printed of one layout


def look(browser, path, pictures=None):
    """Sentences on what is wrong with one page."""
    problems = [f"{path.stem}: {complaint}" for complaint in browser.open(path)]
    browser.answered()
    layouts = [(width, scheme, "screen") for width in WIDTHS for scheme in SCHEMES] + [(PAPER, "dark", "print")]
    for width, scheme, media in layouts:
        browser.show(width, scheme, media)
        # On paper a drawing may be smaller: it is sharp, and can be held closer.
        found = browser.run(f"{FINDINGS}({MINIMUM_TEXT if media == 'screen' else 6})")
        where = f"{path.stem}, {width} pixels, {scheme if media == 'screen' else 'paper'}"
        problems += [f"{where}: {finding}" for finding in found[:SHOWN]]
        if len(found) > SHOWN:
            problems.append(f"{where}: {len(found) - SHOWN} more")
        # Two layouts show what any would: the narrowest light and the widest dark; and paper, which is never dark.
        if media == "print" or (width, scheme) in ((WIDTHS[0], "light"), (WIDTHS[-1], "dark")):
            is_dark = media == "screen" and scheme == "dark"
            problems += [f"{where}: {problem}" for problem in blank(browser, width, is_dark)]
        if pictures:
            height = browser.run("document.documentElement.scrollHeight")
            name = f"{path.stem}-{width}-{scheme if media == 'screen' else 'paper'}.png"
            (pictures / name).write_bytes(browser.picture(width, height))
    document = browser.pdf()
    if pictures:
        (pictures / f"{path.stem}.pdf").write_bytes(document)
    pages = len(re.findall(rb"/Type\s*/Page\b", document))
    if not document.startswith(b"%PDF") or not 1 <= pages <= 40:
        problems.append(f"{path.stem}: the PDF has {pages} pages")
    return problems


def blank(browser, width, is_dark):
    """Sections that show one colour alone, and a ground that is not the scheme's."""
    scale = 1 / 8
    height = min(browser.run("document.documentElement.scrollHeight"), 6000)
    boxes = browser.run(
        "Array.from(document.querySelectorAll('header, .verdict, .tiles, section')).filter("
        " (element) => element.checkVisibility()).map((element) => {"  # on paper nothing can be tried
        " const box = element.getBoundingClientRect(); return [element.id || element.className || element.tagName,"
        " box.left, box.top + scrollY, box.right, box.bottom + scrollY]; })")
    _, rows_there, rows = png.decode(browser.picture(width, height, scale))
    problems = []
    for name, left, top, right, bottom in boxes:
        part = [row[int(left * scale):int(right * scale)] for row in rows[int(top * scale):int(bottom * scale)]]
        colours = {pixel for row in part for pixel in row}
        if bottom * scale <= rows_there and len(colours) < 8:
            problems.append(f"{name} is blank: {len(colours)} colours")
    edge = [pixel for row in rows for pixel in (row[0], row[-1])]
    ground = sum(max(edge, key=edge.count)) / 3
    if (ground < 60) != is_dark or 60 <= ground <= 220:
        problems.append(f"the ground has a brightness of {ground:.0f} of 255")
    return problems


# Each damage to a page, and what has to be said about it.
DAMAGES = [
    ("</main>", "<p style='width:2000px'>wide</p></main>", "leaves the page"),
    ("</main>", "<p style='white-space:nowrap'>" + "long " * 300 + "</p></main>", "overflows by"),
    ("</main>", "<div style='overflow:hidden;width:50px'><p style='width:90px'>cut</p></div></main>", "overflows by"),
    ("</main>", "<section id='none'><h2>Nothing</h2></section></main>", "shows nothing"),
    ("</main>", "<h2> </h2></main>", "is empty"),
    ("</main>", "<h2>a</h2><h4>b</h4></main>", "jumps from h2"),
    ("</main>", "<p style='color:#777'>pale</p></main>", "has a contrast of"),
    ("</main>", "<svg class='x' role='img' width='9' height='9'><title>t</title><path d='M0 0h9'/></svg></main>", "is 9 by 9"),
    ("</main>", "<svg viewBox='0 0 99 99' width='99'><path d='MNaN 0h9'/></svg></main>", "no number"),
    ("</main>", "<svg viewBox='0 0 99 99' width='99'><title>t</title></svg></main>", "draws nothing"),
    ("</main>", "<svg viewBox='0 0 99 99' width='99'><path d='M0 0'/></svg></main>", "has no title"),
    ("</main>", "<svg role='img' viewBox='0 0 99 99' width='99'><title>t</title><path d='M0 0'/>"
     "<text x='95' y='50'>outside</text></svg></main>", "leaves its drawing"),
    ("</main>", "<svg role='img' viewBox='0 0 99 99' width='99'><title>t</title><path d='M0 0'/>"
     "<text x='50' y='50'>one</text><text x='52' y='52'>two</text></svg></main>", "lies over"),
    ("</main>", "<svg role='img' viewBox='0 0 990 99' width='300'><title>t</title><path d='M0 0'/>"
     "<text x='500' y='50'>tiny</text></svg></main>", "pixels high"),
    ("</main>", "<table><tr><th>a</th></tr></table></main>", "has no scope"),
    ("</main>", "<table><caption>c</caption><thead><tr><th scope='col'>a</th></tr></thead><tbody><tr>"
     "<th scope='row'>b</th><td>c</td></tr></tbody></table></main>", "2 cells under 1 titles"),
    ("</main>", "<a href='#nowhere'>go</a></main>", "leads nowhere"),
    ("</main>", "<div class='wide'><p>x</p></div></main>", "by keyboard"),
    ("</main>", "<img src='https://example.invalid/x.png'></main>", "something runs or is loaded"),
    ("</main>", "<script>1</script></main>", "logs "),
    ("</main>", "<script>1</script></main>", "something runs or is loaded"),
    ("</main>", "<p onclick='1'>x</p></main>", "something runs or is loaded"),
    ("<style>", "<style>@media (prefers-color-scheme: dark) { body { background: #fff !important } }", "brightness"),
    ("<style>", "<style>.verdict, .verdict * { color: transparent !important; background: none !important;"
     " border-color: transparent !important }", "is blank"),
]


def check_itself(browser, folder, page):
    """Damages that are not found; all of them, if the page is not fine to begin with."""
    source = page.read_text()
    copy = folder / "damaged.html"
    missed = []
    for mark, replacement, expected in DAMAGES:
        if mark not in source:
            missed.append(f"the page has no {mark}")
            continue
        copy.write_text(source.replace(mark, replacement, 1))
        problems = [f"{complaint}" for complaint in browser.open(copy)]
        browser.show(360, "dark")
        browser.answered()
        problems += browser.run(f"{FINDINGS}({MINIMUM_TEXT})")
        if expected in ("brightness", "is blank"):
            problems += blank(browser, 360, True)
        if not any(expected in problem for problem in problems):
            missed.append(f"not found: {replacement[:80]} ({expected})")
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", nargs="+", type=pathlib.Path)
    parser.add_argument("--pictures", type=pathlib.Path, metavar="DIR", help="keep pictures and PDFs here")
    options = parser.parse_args()
    start = time.monotonic()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    problems = []
    with tempfile.TemporaryDirectory() as folder, Browser(find()) as browser:
        for report in options.reports:
            problems += look(browser, report, options.pictures)
        smallest = min(options.reports, key=lambda path: path.stat().st_size)
        problems += check_itself(browser, pathlib.Path(folder), smallest)
    for problem in problems:
        print(problem, file=sys.stderr)
    layouts = len(WIDTHS) * len(SCHEMES) + 1
    print(
        f"report: {len(options.reports)} reports in {layouts} layouts and as PDF, {len(DAMAGES)} damages: "
        f"{len(problems)} problems, {time.monotonic() - start:.0f} s")
    return 1 if problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrowserError as error:
        print(f"report: {error}", file=sys.stderr)
        sys.exit(1)
