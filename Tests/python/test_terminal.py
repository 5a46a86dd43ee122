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


def drawn(columns, *options):
    """What `embq calibrate` writes to a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [EMBQ, "calibrate", TINY, "--data", os.path.join(TINY, "data.tsv"), "--threads", "1", *options, "-o",
             os.path.join(folder, "p.embqcal")], stderr=theirs, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
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
        assert process.wait() == 0, text
    return text.decode()


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


if __name__ == "__main__":
    unittest.main()
