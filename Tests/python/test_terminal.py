"""What the program draws on a terminal: a bar that fits, and nothing where it is not wanted."""
import fcntl
import os
import pty
import re
import struct
import subprocess
import tempfile
import termios
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
EMBQ = os.environ.get("EMBQ", os.path.join(ROOT, ".build", "release", "embq"))
TINY = os.path.join(ROOT, "Fixtures", "embbert-tiny")
DATA = os.path.join(TINY, "data.tsv")
GREEN, RED, DIM, END = "\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[0m"


def shown(arguments, columns=80, streams=("stderr",), **environment):
    """What embq writes to a terminal of so many columns by these streams, and its status; the others go nowhere."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    names = ("stdout", "stderr")
    variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    process = subprocess.Popen(
        [EMBQ, *arguments], stdin=subprocess.DEVNULL, env={**variables, "TERM": "xterm", **environment},
        **{name: theirs if name in streams else subprocess.DEVNULL for name in names})
    os.close(theirs)
    text = b""
    while True:
        try:
            piece = os.read(ours, 1 << 16)
        except OSError:  # the program has closed its end
            piece = b""
        if not piece:
            break
        text += piece
    os.close(ours)
    return text.decode(), process.wait()


def drawn(columns, *options):
    """What `embq calibrate` writes to a terminal of so many columns."""
    with tempfile.TemporaryDirectory() as folder:
        text, status = shown(
            ["calibrate", TINY, "--data", DATA, "--threads", "1", *options, "-o", os.path.join(folder, "p.embqcal")],
            columns)
    assert status == 0, text
    return text


@unittest.skipUnless(os.path.exists(EMBQ), "embq is not built")
class Terminal(unittest.TestCase):
    def bars(self, text):
        return [re.sub("\x1b\\[K", "", bar) for bar in re.split("[\r\n]+", text) if re.search(r"\d/48", bar)]

    def test_a_bar_fits_the_terminal(self):
        for columns in (20, 36, 80, 200):
            bars = self.bars(drawn(columns))
            self.assertTrue(bars, columns)
            for bar in bars:
                self.assertLess(len(bar), columns)
                self.assertIn("calibrate", bar)
            self.assertIn("48/48", bars[-1])
            self.assertEqual("█" in bars[-1], columns > 20)

    def test_nothing_is_drawn_where_it_is_not_wanted(self):
        self.assertEqual(self.bars(drawn(80, "--no-progress")), [])
        self.assertIn("wrote ", drawn(80, "--no-progress"))
        self.assertEqual(drawn(80, "--quiet"), "")

    def test_verdicts_have_colours(self):
        with tempfile.TemporaryDirectory() as folder:
            artifact = os.path.join(folder, "tiny.embq")
            quantize = ["quantize", TINY, "--data", DATA, "-o", artifact]
            evaluate = ["evaluate", artifact, "--data", DATA, "--against", TINY, "--no-progress", "--max-drop"]
            written = f"wrote {artifact}"
            for arguments, streams, said, expected in (
                    (quantize, ["stderr"], DIM + written, 0),
                    (["verify", artifact], ["stdout"], f"{GREEN}{artifact}: valid: ", 0),
                    (["diff", artifact, artifact], ["stdout"], f"{GREEN}nothing differs{END}", 0),
                    (evaluate + ["100"], ["stderr"], f"{GREEN}embq: accuracy check passed{END}", 0),
                    (evaluate + ["-100"], ["stderr"], f"{RED}embq: accuracy check failed: ", 2),
                    (["inspect", "none"], ["stderr"], f"{RED}embq: error:{END} none: ", 1)):
                text, status = shown(arguments, streams=streams)
                self.assertEqual(status, expected, text)
                self.assertIn(said, text)
                self.assertEqual(text.count("\x1b[0m"), len(re.findall("\x1b\\[[1-9]", text)), text)

    def test_colours_are_those_that_are_asked_for(self):
        command = ["inspect", "none"]
        for options, environment, streams, isColoured in (
                ([], {}, ["stderr"], True),
                ([], {"NO_COLOR": "1"}, ["stderr"], False),
                ([], {"NO_COLOR": ""}, ["stderr"], True),
                ([], {"TERM": "dumb"}, ["stderr"], False),
                (["--color", "never"], {}, ["stderr"], False),
                (["--color", "always"], {"NO_COLOR": "1"}, ["stderr"], True)):
            text, _ = shown(command + options, streams=streams, **environment)
            self.assertEqual("\x1b[" in text, isColoured, (options, environment, text))
        for choice in ("auto", "always"):
            result = subprocess.run([EMBQ, *command, "--color", choice], capture_output=True, text=True, check=False)
            self.assertEqual(RED in result.stderr, choice == "always")
        # Data never has colours: only lines for people.
        with tempfile.TemporaryDirectory() as folder:
            artifact = os.path.join(folder, "tiny.embq")
            subprocess.run([EMBQ, "quantize", TINY, "--data", DATA, "-o", artifact, "-q"], check=True,
                           stdout=subprocess.DEVNULL)
            result = subprocess.run([EMBQ, "verify", artifact, "--json", "--color", "always"], capture_output=True,
                                    check=True)
            self.assertNotIn(b"\x1b", result.stdout)


if __name__ == "__main__":
    unittest.main()
