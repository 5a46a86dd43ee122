"""The documentation names what exists: the modules of the package, the targets of links, and files."""
import fnmatch
import os
import re
import subprocess
import unittest

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
# Every page's links are checked; names in backticks where they describe the source as it is now.
HISTORY = {"CHANGELOG.md"}
# Files that embq writes, and a pattern for names.
OTHERS = {"model.c", "model.h", "main.c", "Type+Topic.swift"}
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


DEFINITION = r'\b(?:module|system|library|tests)\(\s*"(\w+)"|[tT]arget\(\s*name: "(\w+)"'


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


if __name__ == "__main__":
    unittest.main()
