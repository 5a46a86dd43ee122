#!/usr/bin/env python3
"""Types into reports that run their model, in a real browser, and compares what they answer with the host and with Python.

    Tests/report/live.py PROGRAM FOLDER [--all] [--pictures DIR]

Packages small models of every kind with PROGRAM into FOLDER. Each text of the check vectors is typed: tokens and every
logit equal what the artifact records. Other texts are what `embq run` answers for them, bit for bit. For the shortest text
`Tests/python/embq_interpreter.py`, which follows the format's page alone, gives the same logits and counts the same
multiply-accumulates, and its reader the same arena.
"""

import argparse
import json
import pathlib
import struct
import subprocess
import sys
import time

from browser import Browser, BrowserError, find

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "python"))
import embq_interpreter  # noqa: E402
import embq_reader  # noqa: E402

# The page on the tokenizer's section has Unigram tables too, which this reader has no need of.
embq_reader.read_tokenizer_header = lambda *_: None

FIXTURES = ROOT / "Fixtures"
SNIPS = FIXTURES / "snips-own" / "calibration.tsv"
# Whether a model takes a second text; of the others the tokenizer's template tells.
SECOND = {"labels": False, "tags": False, "pairs": True, "embedding": True, "static": True}
# What HTML, JavaScript or a text's own markup would take for something else, a text of no word, and one that is cut.
HOSTILE = [
    "<img src=x onerror=\"document.title='broken'\"> </textarea><script>document.title = 'broken'</script>",
    "\u202eمرحبا &amp; 漢字 👩‍👩‍👧‍👦 ${document.title} \u0301\u0301",
    "   \n\t ",
    "rain in oslo, " * 600,
]


def models(folder, everything):
    """Names, checkpoints, options and test data of `embq package`: of each kind of answer, tokenizer and weights."""
    lines = [line.split("\t")[1] for line in SNIPS.read_text().splitlines()[1:41]]
    texts, pairs = folder / "texts.tsv", folder / "pairs.tsv"
    texts.write_text("text\n" + "".join(line + "\n" for line in lines))
    scored = (f"{index % 6}\t{a}\t{b}\n" for index, (a, b) in enumerate(zip(lines, lines[1:])))
    pairs.write_text("label\ttext_a\ttext_b\n" + "".join(scored))
    folders, families = FIXTURES / "folders", FIXTURES / "families"
    tiny = ["--tokenizer", FIXTURES / "embbert-tiny" / "tokenizer.json"]
    tags = FIXTURES / "tags"
    any_text = ["--data", texts]
    chosen = [
        ("labels", FIXTURES / "embbert-snips", ["--data", SNIPS], texts),
        ("number", folders / "cls-regression", any_text, texts),
        ("embedding", folders / "st-pool-mean", any_text, pairs),
        ("tags", tags, ["--data", tags / "calibration.conll"], tags / "test.conll"),
        ("multi-label", folders / "cls-multilabel", any_text, texts),
        ("pairs", folders / "pairs", any_text, texts),
    ]
    if not everything:
        return chosen
    return chosen + [
        ("few-bits", FIXTURES / "embbert-snips", ["--data", SNIPS, "--budget", "200kB"], texts),
        ("scan", families / "mamba", any_text + tiny, texts),
        ("convolution", families / "embbert", any_text + tiny, texts),
        ("identity", folders / "ce-identity", any_text, texts),
        ("static", folders / "st-static", any_text, pairs),
        ("dot", folders / "st-similarity-dot", any_text, pairs),
        ("bytes", with_tokenizer(folder, "bert", "GPT-2"), any_text, texts),
        ("unigram", with_tokenizer(folder, "bert", "XLM-RoBERTa with a character map"), any_text, texts),
    ]


def with_tokenizer(folder, family, name):
    """A family's fixture with another tokenizer and as many rows of its token table as that has tokens."""
    cases = json.loads((FIXTURES / "tokenizer" / "pipelines.json").read_text())["cases"]
    tokenizer = next(case["tokenizer"] for case in cases if case["name"] == name)
    vocabulary = max([len(tokenizer["model"]["vocab"])] + [1 + token["id"] for token in tokenizer["added_tokens"]])
    source, folder = FIXTURES / "families" / family, folder / f"{family} {name}"
    folder.mkdir(exist_ok=True)
    config = json.loads((source / "config.json").read_text())
    old, config["vocab_size"] = config["vocab_size"], vocabulary
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    data = (source / "model.safetensors").read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    header, content, at = json.loads(data[8:8 + size]), b"", 0
    for entry in (header[key] for key in sorted(header) if key != "__metadata__"):
        start, end = (8 + size + offset for offset in entry["data_offsets"])
        tensor = data[start:end]
        if entry["shape"][0] == old:
            row = len(tensor) // old
            tensor = (tensor * (vocabulary // old + 1))[:vocabulary * row]
            entry["shape"][0] = vocabulary
        entry["data_offsets"] = [at, at + len(tensor)]
        content, at = content + tensor, at + len(tensor)
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + content)
    return folder


def embq(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"embq {' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout


class Page:
    """A report whose model runs."""

    def __init__(self, browser, report):
        self.browser = browser
        complaints = browser.open(report)
        if complaints:
            raise BrowserError(f"{report}: {complaints}")
        browser.answered()

    def type(self, *texts):
        """Types into the boxes as a keyboard does."""
        for box, text in zip(("live-first", "live-second"), texts):
            self.browser.run(f"document.getElementById('{box}').focus(); document.execCommand('selectAll')")
            self.browser.call("Input.insertText", text=text)
            if not text:
                self.browser.run("document.execCommand('delete')")
            typed = self.browser.run(f"document.getElementById('{box}').value")
            if typed != text:
                raise BrowserError(f"{text[:40]!r} was typed, {typed[:40]!r} stands there")
        self.browser.run("document.activeElement.dispatchEvent(new Event('change', { bubbles: true }))")
        return self.browser.answered()

    def numbers(self, selector, value):
        found = self.browser.run(f"Array.from(document.querySelectorAll('{selector}'), (e) => {value}).join(' ')")
        return [int(word) for word in found.split()]

    def logits(self, name="first"):
        return self.numbers(f"[data-logits={name}]", "e.textContent")

    def ids(self):
        """Of both texts, one behind the other, where there are two embeddings."""
        return self.numbers(".token", "e.dataset.id")

    def facts(self):
        """Tokens, multiply-accumulates and arena of the first text."""
        return self.numbers("#live-answer dl:first-of-type dd", "e.textContent.replaceAll(',', '')")[:3]

    def elements(self):
        """Elements that no answer should make."""
        return self.browser.run(
            "[document.querySelectorAll('script, img, iframe, #live-answer a').length, document.title]")


class Counting(embq_interpreter.Interpreter):
    """The interpreter, counting the products of matrices, attention, convolutions and scans."""

    def run(self, ids, types=()):
        self.products, plain = 0, embq_interpreter.dot

        def counted(a, b):
            if a is not b:  # a norm's sum of squares is none
                self.products += len(b)
            return plain(a, b)

        embq_interpreter.dot = counted
        try:
            return super().run(ids, types)
        finally:
            embq_interpreter.dot = plain

    def scan(self, o, p):
        self.products += 3 * len(self.read(o, "in", p)) * len(self.read(o, "write", p))
        super().scan(o, p)


def signed(number):
    return (number + 2**31) % 2**32 - 2**31


def checksum(logits, width):
    """Of a tagger's logits, as the check vectors record it."""
    sums = [0] * width
    for start in range(0, len(logits), width):
        sums = [sum * 31 + logit for sum, logit in zip(sums, logits[start:start + width])]
    return [signed(sum) for sum in sums]


def bits(numbers):
    """Numbers of `embq run --json`, in fp32."""
    return [struct.pack("<f", number) for number in numbers]


class Checker:
    def __init__(self, browser, program, name, folder, pictures):
        self.browser, self.program, self.name, self.pictures = browser, program, name, pictures
        self.model = folder / "model.embq"
        self.report = folder / "report.html"
        self.artifact = embq_reader.Artifact.at(self.model)
        self.tags = self.artifact.model.task == 6
        self.embeds = self.artifact.model.task == 3
        self.problems, self.logits = [], 0

    def expect(self, what, found, expected):
        if found != expected:
            self.problems.append(f"{self.name}: {what}: {str(found)[:120]}, not {str(expected)[:120]}")

    def check(self):
        page = Page(self.browser, self.report)
        before = page.elements()
        for check in self.artifact.checks:
            self.recorded(page, check)
        self.counted(page)
        for text in HOSTILE:
            self.hosted(page, text)
            self.expect(f"elements after {text[:20]!r}", page.elements(), before)
        second = self.browser.run("document.getElementById('live-second').checkVisibility()")
        if self.name in SECOND:
            self.expect("the second box is there", second, SECOND[self.name])
        if self.name == "pairs":
            self.paired(page)
        if self.embeds:
            self.similar(page)
        self.too_long(page)
        return self.problems

    def recorded(self, page, check):
        text = check.text.decode() if isinstance(check.text, bytes) else check.text
        page.type(text, *([""] if self.embeds else []))
        found = page.logits()
        self.logits += len(found)
        ids = list(check.ids)
        while ids and ids[-1] == self.artifact.model.pad:  # not run
            ids.pop()
        self.expect(f"ids of {text!r}", page.ids(), ids)
        if self.tags:
            found = checksum(found, self.artifact.model.outputs)
        self.expect(f"logits of {text!r}", found, list(check.logits)[:4096])

    def counted(self, page):
        """The shortest check vector that has a word, on Python's integers."""
        check = min((c for c in self.artifact.checks if c.text), key=lambda c: len(c.ids))
        text = check.text.decode() if isinstance(check.text, bytes) else check.text
        interpreter = Counting(self.artifact.model)
        self.expect("Python's logits", interpreter.run(list(check.ids)), list(check.logits))
        page.type(text, *([""] if self.embeds else []))
        count = len(check.ids)
        self.expect(
            f"tokens, multiply-accumulates and arena of {text!r}", page.facts(),
            [count, interpreter.products, self.artifact.model.arena_size(count)])

    def run_host(self, text, *options):
        done = subprocess.run(
            [self.program, "run", str(self.model), "--json", *options, "--", text], capture_output=True, text=True)
        return json.loads(done.stdout)["results"][0] if done.returncode == 0 else None

    def hosted(self, page, text):
        said = page.type(text, *([""] if self.embeds else []))
        result = self.run_host(text)
        if result is None:
            self.expect(f"the page on {text[:20]!r}", "cannot be run" in said, True)
            return
        found = page.logits()
        self.logits += len(found)
        if self.tags:
            tags = self.browser.run(
                "Array.from(document.querySelectorAll('#live-answer tbody tr'), (row) => row.cells[1].textContent)")
            self.expect(f"tags of {text[:20]!r}", tags, [token["label"] for token in result["tokens"]])
            return
        expected = result["embedding" if self.embeds else "logits"]
        self.expect(f"logits of {text[:20]!r}", bits(v / 65536 for v in found), bits(expected))
        cut = self.browser.run("Boolean(document.querySelector('#live-answer .problem'))")
        if len(text) > 5000 and len(page.ids()) == self.artifact.model.max_length:
            self.expect("a text that is cut is said to be", cut, True)

    def paired(self, page):
        for first, second in (("rain in oslo", "will it snow?"), (HOSTILE[0], HOSTILE[1]), (HOSTILE[3], "snow")):
            page.type(first, second)
            result = self.run_host(f"{first}\t{second}", "--pairs")
            self.expect("logits of a pair", bits(v / 65536 for v in page.logits()), bits(result["logits"]))

    def similar(self, page):
        page.type("rain in oslo", "will it snow in bergen?")
        result = json.loads(embq(
            self.program, "run", self.model, "--json", "--similarity", "rain in oslo", "will it snow in bergen?"))
        (value,) = [v for key, v in result["results"][0].items() if key not in ("first", "second")]
        shown = self.browser.run("document.querySelector('#live-answer .result').textContent")
        self.expect("similarity", shown, f"similarity {value:.4f}")
        for name, text in (("first", "rain in oslo"), ("second", "will it snow in bergen?")):
            expected = self.run_host(text)["embedding"]
            self.expect(f"{name} embedding", bits(v / 65536 for v in page.logits(name)), bits(expected))
        page.type("rain", "")

    def too_long(self, page):
        """More than the page takes is said, and the page goes on."""
        self.browser.run("document.getElementById('live-first').value = 'a '.repeat(40000)")
        self.browser.run("document.getElementById('live-first').dispatchEvent(new Event('change'))")
        time.sleep(0.05)
        self.expect("a text of 80,000 bytes", "80,000 bytes is too long" in self.browser.answered(), True)
        self.expect("a text after it", page.type("play some jazz").startswith("Done"), True)
        if self.pictures:
            for width, scheme in ((390, "light"), (1280, "dark")):
                self.browser.show(width, scheme)
                height = self.browser.run("document.getElementById('live').getBoundingClientRect().bottom + scrollY")
                picture = self.browser.picture(width, int(height) + 20)
                (self.pictures / f"live-{self.name}-{width}-{scheme}.png").write_bytes(picture)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--all", action="store_true", help="more models")
    parser.add_argument("--only", metavar="NAME", help="one model")
    parser.add_argument("--pictures", type=pathlib.Path, metavar="DIR", help="keep pictures here")
    options = parser.parse_args()
    start = time.monotonic()
    for folder in (options.folder, options.pictures):
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
    problems, logits, count = [], 0, 0
    with Browser(find()) as browser:
        for name, checkpoint, arguments, test in models(options.folder, options.all or options.only):
            if options.only in (None, name):
                folder = options.folder / name
                embq(options.program, "package", checkpoint, *arguments, "--test", test, "-o", folder)
                checker = Checker(browser, options.program, name, folder, options.pictures)
                problems += checker.check()
                logits += checker.logits
                count += 1
    for problem in problems:
        print(problem, file=sys.stderr)
    print(
        f"report: {count} models typed into, {logits:,} logits equal the host's: {len(problems)} problems, "
        f"{time.monotonic() - start:.0f} s")
    return 1 if problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BrowserError, RuntimeError) as error:
        print(f"report: {error}", file=sys.stderr)
        sys.exit(1)
