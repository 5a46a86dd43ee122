"""The documentation is true: it names modules, links, files, messages and lists that exist, and its commands print what
it shows. EMBQ names the program; without it, .build/release/embq is run.
"""
import concurrent.futures
import fnmatch
import json
import os
import re
import subprocess
import unittest

import page_blocks
import swift_texts

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
# Every page's links are checked; names in backticks where they describe the source as it is now.
HISTORY = {"CHANGELOG.md"}
# Files that embq and the sweep write, and a pattern for names.
OTHERS = {"model.c", "model.h", "main.c", "table.md", "Type+Topic.swift"}
# Pages whose blocks of code are run, see page_blocks.py.
GUIDES = ["README.md"] + ["Documentation/" + name + ".md" for name in (
    "Tutorial", "Troubleshooting", "Formats", "Firmware", "Quantization", "Measurements")]
# What `sh not-run` may begin with: what cannot be installed for the tests, or takes too long.
NOT_RUN = {"arduino-cli", "west", "make", ".build/release/embq", "cp", "export"}
PROGRAM = os.environ.get("EMBQ") or os.path.join(ROOT, ".build", "release", "embq")
SOURCES = (".swift", ".c", ".h", ".cpp", ".py", ".sh", ".js", ".proto", ".md", ".schema.json", ".ld")


def listing():
    """Paths of all files that git tracks or would add."""
    command = ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError) as error:
        raise unittest.SkipTest("this is not a clone: git lists no files") from error
    return sorted(name for name in names if os.path.isfile(os.path.join(ROOT, name)))


def setUpModule():
    global files, folders, pages, endings
    files = listing()
    folders = {os.path.dirname(file) for file in files}
    folders = {"/".join(folder.split("/")[:depth]) for folder in folders for depth in range(1, folder.count("/") + 2)}
    pages = [file for file in files if file.endswith(".md")]
    # Each path from each of its folders on: "Graph/ModelGraph.swift" is an ending.
    endings = {path[at:] for path in (*files, *folders) for at, mark in enumerate("/" + path) if mark == "/"}


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def prose(page):
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", read(page), flags=re.MULTILINE | re.DOTALL)


def anchors(page):
    """The anchors that GitHub gives a page's headings."""
    found, seen = set(), {}
    for heading in re.findall(r"^#+ +(.+?) *$", prose(page), re.MULTILINE):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = seen[anchor] = seen.get(anchor, -1) + 1
        found.add(f"{anchor}-{count}" if count else anchor)
    return found


DEFINITION = r'\b(?:module|system|library|tests)\(\s*"(\w+)"|(?:[tT]arget|plugin)\(\s*name: "(\w+)"'


class Architecture(unittest.TestCase):
    def setUp(self):
        self.package = read("Package.swift").split("\n    targets: [\n")[1]
        self.places = {match[1] or match[2]: match.start() for match in re.finditer(DEFINITION, self.package)}
        self.assertIn("EmbqCLI", self.places)
        self.assertIn("CEmbqRuntime", self.places)

    def test_every_target_is_named_and_no_other(self):
        page = read("Documentation/Architecture.md")
        described = set(re.findall(r"\*\*`(\w+)`\*\*", page))
        self.assertEqual(described, set(self.places))
        self.assertLessEqual(set(re.findall(r"\bC?Embq[A-Z]\w*", page)), described)

    def test_a_target_depends_only_on_targets_above_it(self):
        for name, place in self.places.items():
            self.assertLessEqual(place, self.package.index(f'"{name}"'), f"{name} is a dependency of a target above it")

    def test_every_folder_of_sources_is_a_target(self):
        for folder in folders:
            for place in ("Sources/", "Sources/System/", "Tests/Embq"):
                if folder.startswith(place) and "/" not in folder.removeprefix(place) and folder != "Sources/System":
                    name = folder.split("/")[-1]
                    self.assertRegex(self.package, rf'"{name}"|Tests/{name}"', f"{folder} belongs to no target")


class Pages(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for page in pages:
            for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
                with self.subTest(page=page, link=target):
                    self.assertTrue(path in files or path in folders, f"{path} does not exist")
                    if anchor:
                        self.assertIn(anchor, anchors(path), f"{path} has no such heading")

    def test_files_in_backticks_exist(self):
        roots = {folder.split("/")[0] for folder in folders}
        for page in set(pages) - HISTORY:
            for name in re.findall(r"`([A-Za-z0-9_.+*/-]+)`", prose(page)):
                with self.subTest(page=page, name=name):
                    if name.split("/")[0] in roots and "/" in name or name.endswith(SOURCES) and name not in OTHERS:
                        self.assertTrue(self.exists(name.rstrip("/"), page), f"{name} does not exist")

    def exists(self, name, page):
        """True if a file or a folder has this path, from the root, the page's folder or any other folder."""
        from_page = os.path.normpath(os.path.join(os.path.dirname(page), name))
        if "*" in name:
            return any(fnmatch.fnmatchcase(ending, name) for ending in endings)
        return name in endings or from_page in endings


class Commands(unittest.TestCase):
    """The blocks of code of the guides."""

    def test_every_command_prints_what_the_page_shows(self):
        if not os.path.isfile(PROGRAM):
            self.skipTest(f"{PROGRAM} is not built: swift build -c release --product embq")
        # Most of the time is that of compilers: pages run at once.
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(self.run_page, GUIDES))
        for page, (wrong, text) in zip(GUIDES, results):
            with self.subTest(page=page):
                if wrong and os.environ.get("EMBQ_RECORD"):
                    with open(os.path.join(ROOT, page), "w", encoding="utf-8") as file:
                        file.write(text)
                self.assertEqual(wrong, [], "\n\n".join(["", *wrong]))

    @staticmethod
    def run_page(page):
        folder = page_blocks.Folder(ROOT, os.path.abspath(PROGRAM))
        try:
            return page_blocks.failures(read(page), folder)
        finally:
            folder.close()

    def test_every_block_says_what_is_done_with_it(self):
        for page in GUIDES:
            for block in page_blocks.blocks(read(page)):
                with self.subTest(page=page, block=block.text):
                    self.assertTrue(block.language, "write a language after ```, such as console, sh or text")
                    if block.language == "sh" and not block.runs:
                        self.check_not_run(block)

    def check_not_run(self, block):
        """Only what cannot be run here is left out, and targets of the Makefile exist."""
        self.assertEqual(block.path, "not-run")
        targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
        for line in re.sub(r"\\\n", " ", block.text).splitlines():
            words = line.partition("#")[0].split()
            if words:
                self.assertIn(words[0], NOT_RUN, "run this command in a block of its own")
            if words and words[0] == "make":
                self.assertIn(words[1], targets)


class Messages(unittest.TestCase):
    """The headings of Troubleshooting.md are messages of the program."""

    def setUp(self):
        self.sections = re.split(r"^### ", read("Documentation/Troubleshooting.md"), flags=re.MULTILINE)[1:]
        self.messages = [(match[1], section) for section in self.sections
                         if (match := re.match(r"`(.+)`$", section.partition("\n")[0]))]

    def test_each_message_is_in_the_sources(self):
        self.assertGreaterEqual(len(self.messages), 30)
        texts = [swift_texts.texts(read(file)) for file in files if file.startswith("Sources/")
                 and file.endswith((".swift", ".c"))]
        for message, _ in self.messages:
            with self.subTest(message=message):
                self.assertTrue(any(swift_texts.has(found, message) for found in texts), "no source has such a text")

    def test_each_message_is_printed_by_a_command_of_its_section(self):
        for message, section in self.messages:
            shown = "\n".join(block.text for block in page_blocks.blocks(section) if block.language == "console")
            with self.subTest(message=message):
                parts = [re.escape(part) for part in message.split("…")]
                self.assertRegex(shown, r"[^\n]*?".join(parts), "no console block of the section prints it")

    def test_each_section_has_a_cause_and_a_remedy(self):
        for section in self.sections:
            with self.subTest(section=section.partition("\n")[0]):
                self.assertIn("**Cause:**", section)
                self.assertIn("**Remedy:**", section)

    def test_the_device_statuses_are_those_of_embq_h(self):
        statuses = re.findall(r"^    (EMBQ_\w+) = \d+", read("Sources/CEmbqRuntime/include/embq.h"), re.MULTILINE)
        statuses = [name for name in statuses if name.startswith("EMBQ_ERROR_")]
        self.assertEqual(table("Documentation/Troubleshooting.md", "status"), statuses)


def table(page, first, columns=1):
    """The first cells of each row, without backticks, of the table whose first column is called `first`."""
    found = re.search(rf"^\| {re.escape(first)} \|.*\n\|[-|: ]+\n((?:\|.*\n)+)", read(page), re.MULTILINE)
    if found is None:
        raise AssertionError(f"{page} has no table of the column '{first}'")
    cells = [[cell.strip().strip("`") for cell in line.split("|")[1:columns + 1]] for line in found[1].splitlines()]
    return [row[0] for row in cells] if columns == 1 else cells


def source(path, pattern):
    """All that a pattern, which must occur, matches in a file or in the Swift files of a folder."""
    names = [path] if path in files else [file for file in files if file.startswith(path) and file.endswith(".swift")]
    found = re.findall(pattern, "\n".join(map(read, names)), re.DOTALL)
    if not found:
        raise AssertionError(f"{path} has nothing like {pattern}")
    return found


def supported(path, ending):
    """The names of a source's text that lists them."""
    for text in swift_texts.texts(read(path)):
        if text.endswith(ending):
            return set(text.removesuffix(ending).split(", "))
    raise AssertionError(f"{path} lists nothing that ends with {ending}")


class Lists(unittest.TestCase):
    """Tables of the guides list what the sources have, and nothing else."""

    def test_checkpoint_formats(self):
        path = "Sources/EmbqCheckpoints/"
        names = {True: set(), False: set()}
        for definition in source(path, r"static let \w+ = CheckpointFormat\((.*?)\n(?:\n|\})"):
            names["open:" in definition].add(re.search(r'name: "([^"]*)"', definition)[1])
        listed = source(path, r"static let all: \[CheckpointFormat\] = \[([^\]]*)\]")[0].count(".")
        self.assertEqual(len(names[True]) + len(names[False]), listed)
        self.assertEqual(set(table("Documentation/Formats.md", "format")), names[True])
        self.assertEqual(set(table("Documentation/Formats.md", "rejected file")), names[False])
        written = source(path, r'CheckpointWriter\(\s*ending: "(\.\w+)"')
        self.assertEqual(set(table("Documentation/Formats.md", "ending")), set(written))

    def test_families(self):
        known = source("Sources/EmbqModels/Families/", r'static let modelType = "([^"]*)"')
        listed = source("Sources/EmbqModels/ModelFamily.swift", r"let all: \[any ModelFamily\.Type\] = \[([^\]]*)\]")
        self.assertEqual(len(known), listed[0].count(".self"))
        self.assertEqual(sorted(table("Documentation/Formats.md", "`model_type`")), sorted(known))

    def test_tokenizers(self):
        models = source("Sources/EmbqTokenizers/TokenizerFile.swift", r'^ +"(\w+)": \(\n'.replace("^", "\n"))
        self.assertEqual(sorted(table("Documentation/Formats.md", "tokenizer")), sorted(models))
        for kind, path in (("Normalizers", "NormalizerReader"), ("Pre-tokenizers", "PreTokenizerReader")):
            listed = re.search(rf"^- {kind}: ([^.]*)\.$", read("Documentation/Formats.md"), re.MULTILINE)[1]
            with self.subTest(kind=kind):
                self.assertEqual(set(re.findall(r"`(\w+)`", listed)),
                                 supported(f"Sources/EmbqTokenizers/{path}.swift", ", or null for none"))
        self.assertEqual(
            set(table("Documentation/Formats.md", "tokenizer class")),
            supported("Sources/EmbqTokenizers/TokenizerClass.swift", ", or a class that is one of them"))

    def test_limits(self):
        sizes = dict(source("Sources/CEmbqRuntime/include/embq_limits.h", r"#define (EMBQ_MAX_\w+) (\d+)u"))
        for name, size in table("Documentation/Formats.md", "limit", 2):
            with self.subTest(limit=name):
                self.assertEqual(size.replace(",", ""), sizes.get(name))

    def test_methods_and_observers(self):
        methods = source("Sources/EmbqQuantization/QuantizationMethods.swift", r'\("([\w-]+)", \.')
        self.assertEqual(table("Documentation/Quantization.md", "method"), methods)
        observers = source("Sources/EmbqQuantization/Observers/", r'static let name = "([\w-]+)"')
        self.assertEqual(sorted(table("Documentation/Quantization.md", "observer")), sorted(observers))

    def test_boards_layouts_and_arrays(self):
        boards = [[board["name"], board["part"], board["core"], f"{board['flash']:,}", f"{board['ram']:,}"]
                  for board in json.loads(read("Schemas/boards.json"))["boards"]]
        self.assertEqual(table("Documentation/Firmware.md", "board", 5), boards)
        for column, name in (("layout", "Layout"), ("arrays", "Arrays"), ("target", "ObjectTarget")):
            body = source("Sources/EmbqExport/CSourceOptions.swift", rf"enum {name}: String[^{{]*\{{(.*?)\n    \}}")[0]
            cases = [case for line in re.findall(r"^ {8}case (.*)$", body, re.MULTILINE) for case in line.split(", ")]
            with self.subTest(column=column):
                self.assertEqual(table("Documentation/Firmware.md", column),
                                 [re.sub(r'.*"(.*)"', r"\1", case) for case in cases])


if __name__ == "__main__":
    unittest.main()
