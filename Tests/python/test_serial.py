"""A board under test on a pseudo-terminal: the exported example, compiled for this computer, and peers that misbehave."""
import contextlib
import json
import os
import pathlib
import pty
import random
import re
import subprocess
import tempfile
import threading
import tty
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EMBQ = os.environ.get("EMBQ", str(ROOT / ".build/release/embq"))
TINY = ROOT / "Fixtures/embbert-tiny"
COMPILE = ["cc", "-std=c11", "-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
MODELS = {"tiny": TINY, "several": ROOT / "Fixtures/folders/cls-multilabel", "number": ROOT / "Fixtures/folders/cls-one-regression"}


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True).stdout


@contextlib.contextmanager
def port():
    """Both ends of a pseudo-terminal: the board's, and the name of the host's."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    try:
        yield ours, os.ttyname(theirs)
    finally:
        for end in (ours, theirs):
            with contextlib.suppress(OSError):
                os.close(end)


@contextlib.contextmanager
def board(program):
    """The name of the port of a board that runs this program."""
    with port() as (ours, name):
        process = subprocess.Popen([str(program)], stdin=ours, stdout=ours)
        try:
            yield name
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def peer(answer):
    """The name of the port of a peer: `answer` gives the bytes for each command, or None to disconnect."""
    with port() as (ours, name):
        def serve():
            command = b""
            with contextlib.suppress(OSError):
                while True:
                    command += os.read(ours, 4096)
                    while b"%" in command:
                        first, command = command.split(b"%", 1)
                        reply = answer(first.decode())
                        if reply is None:
                            os.close(ours)
                            return
                        os.write(ours, reply)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield name


def verify(artifact, name, *options, timeout="0.6"):
    return subprocess.run([EMBQ, "verify", str(artifact), "--serial", name, "--timeout", timeout, *options],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def talk(program, commands):
    """What a board answers to bytes, line by line; it ends when they end."""
    done = subprocess.run([str(program)], input=commands, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode(errors="replace").split("\r\n")


@unittest.skipUnless(os.path.exists(EMBQ), "embq is not built")
class Serial(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        work = tempfile.TemporaryDirectory()
        cls.addClassCleanup(work.cleanup)
        cls.work = pathlib.Path(work.name)
        for name, checkpoint in MODELS.items():
            artifact, folder = cls.work / f"{name}.embq", cls.work / name
            run(EMBQ, "quantize", checkpoint, "--data", TINY / "data.tsv", "-o", artifact, "--quiet")
            run(EMBQ, "export", artifact, "--serial", "--c", folder, "--quiet")
            if name == "tiny":
                objects = cls.work / "objects"
                objects.mkdir()
                subprocess.run([*COMPILE, "-c", *map(str, folder.glob("embq_*.c"))], cwd=objects, check=True)
                cls.runtime = sorted(objects.glob("*.o"))
            run(*COMPILE, folder / "main.c", folder / "model.c", *cls.runtime, "-o", cls.work / f"{name}.board")
        cls.artifact, cls.program = cls.work / "tiny.embq", cls.work / "tiny.board"
        cls.profile = next(line for line in talk(cls.program, b"profile%") if line.startswith("m-model-"))

    # ---- The exported example -------------------------------------------------------------------------------------

    def test_a_board_replays_the_check_vectors(self):
        for name in MODELS:
            with self.subTest(name), board(self.work / f"{name}.board") as serial:
                done = verify(self.work / f"{name}.embq", serial, "--json", timeout="10")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                said = json.loads(done.stdout)
                self.assertEqual(said["board"]["checks"], said["checks"])
                self.assertEqual(said["board"]["name"], "model")
                self.assertEqual(len(said["board"]["microseconds"]), said["checks"])

    def test_a_package_with_sections_names_its_arrays(self):
        folder = self.work / "package"
        run(EMBQ, "package", TINY, "--data", TINY / "data.tsv", "--test", TINY / "data.tsv", "--serial", "--arrays", "sections",
            "--name", "wake", "-o", folder, "--quiet")
        run(*COMPILE, folder / "main.c", folder / "wake.c", *self.runtime, "-o", self.work / "wake.board")
        with board(self.work / "wake.board") as serial:
            done = verify(folder, serial, timeout="10")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"replayed by the board at \S+, model 'wake': \d+ check vectors, the same logits and labels")

    def test_another_artifact_on_the_board_is_named(self):
        with board(self.work / "several.board") as serial:
            done = verify(self.artifact, serial)
        self.assertEqual(done.returncode, 1)
        digest = talk(self.work / "several.board", b"profile%")
        digest = next(re.search("-([0-9a-f]{64})]", line)[1] for line in digest if line.startswith("m-model"))
        self.assertIn(f"found the model 'model' with {digest}", done.stderr)

    def test_the_runner_of_mlperf_tiny_understands_every_answer(self):
        """With the patterns that its device_under_test.py and script.py match lines with."""
        text = "rain in oslo".encode()
        commands = f"name%profile%db load {len(text)}%db {text[:7].hex()}%db {text[7:].hex()}%infer 3 1%results%timestamp%"
        lines = talk(self.program, commands.encode())
        found = {key: [match for line in lines if (match := re.match(pattern, line))] for key, pattern in {
            "name": r"^m-(name)-dut-\[([^]]+)]$", "profile": r"^m-(model|profile)-\[([^]]+)]$",
            "results": r"^m-results-\[([^]]+)\]$", "time": r"^m-lap-us-([0-9]+)$", "start": r"^m-infer-start-([0-9]+)$",
            "loaded": r"^m-load-done$", "ready": r"^m-ready$"}.items()}
        counts = {key: len(matches) for key, matches in found.items()}
        self.assertEqual(counts, {"name": 1, "profile": 2, "results": 2, "time": 4, "start": 1, "loaded": 1, "ready": 9})
        self.assertEqual([match[1] for match in found["profile"]], ["profile", "model"])
        self.assertEqual(found["start"][0][1], "3")
        result = json.loads(run(EMBQ, "run", self.artifact, "--json", text.decode()))["results"][0]
        numbers = [float(number) for number in found["results"][0][1].split(",")]
        # `run` prints them as floats of 32 bits.
        self.assertEqual([round(number * 65536) for number in result["logits"]], [number * 65536 for number in numbers])
        self.assertEqual(lines.count(f"m-label-[{result['label']}]"), 2)

    def test_wrong_commands_are_answered_by_what_is_wrong(self):
        for command, answer in {
                "": "e-[Unknown command: ]", "reboot now": "e-[Unknown command: reboot]", "x" * 81: "e-[A command has at most 80 bytes]",
                "db": "e-[db needs load, print or bytes]", "db load": "e-[db load needs the number of bytes]",
                "db load 1x": "e-[db load needs the number of bytes]", "db load 99999": "e-[db load takes at most 512 bytes]",
                "db load 9999999999": "e-[db load needs the number of bytes]", "db 41": "e-[No bytes are expected: db load N comes first]",
                "db load 2%db 4": "e-[Bytes are two hexadecimal digits each]", "db load 2%db 4g": "e-[Bytes are two hexadecimal digits each]",
                "db load 2%db 41%infer": "e-[The text has 1 of 2 bytes]", "infer 0": "e-[infer needs a number of runs above 0]",
                "infer 1 -1": "e-[infer needs a number of runs to warm up]", "results": "e-[There are no results: infer comes first]",
        }.items():
            with self.subTest(command):
                self.assertEqual(talk(self.program, f"{command}%".encode())[-3:], [answer, "m-ready", ""])

    def test_any_bytes_leave_the_board_working(self):
        seed = random.randrange(1 << 32)
        source = random.Random(seed)
        words = [b"db ", b"load ", b"infer ", b"1 ", b"0 ", b"%", b"41", b"name", b"results", b"print", b"\xff", b" ", b"999999999 "]
        for _ in range(40):
            noise = b"".join(source.choice(words) if source.random() < 0.8 else bytes([source.randrange(256)]) for _ in range(400))
            noise = noise.replace(b"infer 999999999", b"infer 1").replace(b"999999999 %", b"2%")
            noise = re.sub(rb"infer[^%]*%", b"infer 1 0%", noise)
            lines = talk(self.program, noise + b"%db load 0%infer 1 0%name%")
            self.assertEqual(lines[-3:], ["m-name-dut-[embq]", "m-ready", ""], f"seed {seed}")

    # ---- Ports without such a board -------------------------------------------------------------------------------

    def refused(self, done, *says):
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        for text in says:
            self.assertIn(text, done.stderr)

    def test_ports_that_are_none(self):
        self.refused(verify(self.artifact, "/dev/ttyACM99"), "/dev/ttyACM99: the serial port cannot be opened (No such file")
        self.refused(verify(self.artifact, str(self.artifact)), "expected a serial port, found something else")
        self.refused(verify(self.artifact, "/dev/null"), "expected a serial port, found something else")
        with port() as (_, name):
            self.refused(verify(self.artifact, name, "--baud", "12345"), "expected a speed of a serial port, found 12345", "115200")

    def test_a_silent_board(self):
        with port() as (_, name):
            self.refused(verify(self.artifact, name), "expected m-name and m-ready after 'name', found nothing for 0.6 s")

    def test_garbage_and_other_protocols(self):
        with peer(lambda command: b"\xff\x00\x80~~") as name:
            self.refused(verify(self.artifact, name), "expected m-name and m-ready after 'name', found half a line", "--baud")
        with peer(lambda command: b"e-[bytes changed]\r\n") as name:
            self.refused(verify(self.artifact, name), "found e-[bytes changed]")
        with peer(lambda command: b"login: \r\n") as name:
            self.refused(verify(self.artifact, name), "found 'login: '")
        with peer(lambda command: b"\x1b[2Jx" * 20000) as name:
            done = verify(self.artifact, name)
            self.refused(done, "found half a line")
            self.assertNotIn("\x1b", done.stderr)

    def acting(self, **answers):
        """A peer that is right but for the answers given, by the first word of a command."""
        right = {"name": b"m-name-dut-[embq]\r\n", "profile": f"{self.profile}\r\n".encode(), "db": b"", "infer": b""}

        def answer(command):
            word = command.split(" ")[0]
            chosen = answers[word] if word in answers else right[word] + b"m-ready\r\n"
            return chosen(command) if callable(chosen) else chosen
        return peer(answer)

    def test_another_firmware(self):
        for line, says in {
                b"m-model-[kws01]\r\n": "found the model 'kws01'", b"": "expected m-model after 'profile', found no such line",
                b"m-model-[wake-" + b"0" * 64 + b"]\r\n": "found the model 'wake' with " + "0" * 64,
        }.items():
            with self.acting(profile=line + b"m-ready\r\n") as name:
                self.refused(verify(self.artifact, name), says)

    def test_answers_that_end_early(self):
        with self.acting(infer=b"m-warmup-start-0\r\nm-resul") as name:
            self.refused(verify(self.artifact, name), "check vector 1 of", "found half a line, 'm-resul', then silence for 0.6 s", "--timeout")
        with self.acting(db=None) as name:
            self.refused(verify(self.artifact, name), "check vector 1 of", "the board was disconnected after 'db load")
        with peer(lambda command: None) as name:
            self.refused(verify(self.artifact, name), "the board was disconnected before it answered")
        with self.acting(db=b"e-[db load takes at most 4 bytes]\r\nm-ready\r\n") as name:
            self.refused(verify(self.artifact, name), "the board answers e-[db load takes at most 4 bytes] to 'db load")

    def test_wrong_results(self):
        """The board's own answers, with one change each."""
        for change, says in (
                (lambda said: re.sub(rb"m-results-\[([^,]*)", lambda m: b"m-results-[%r" % (float(m[1]) + 2**-16), said),
                 "as output 0, found"),
                (lambda said: re.sub(rb"m-label-\[[^]]*\]", b"m-label-[hail]", said), "found 'hail'"),
                (lambda said: re.sub(rb"m-label-\[[^]]*\]\r\n", b"", said), "found no label"),
                (lambda said: re.sub(rb"m-results-\[[^,]*,", b"m-results-[", said), "expected 3 numbers in m-results, found"),
                (lambda said: re.sub(rb"m-results-\[[^,]*,", b"m-results-[nan,", said), "as output 0, found nan"),
                (lambda said: re.sub(rb"m-results-[^\r]*\r\n", b"", said), "expected m-results after 'infer 1 0'"),
        ):
            with self.changed(change) as name:
                self.refused(verify(self.artifact, name, timeout="3"), "check vector 1 of", says)

    @contextlib.contextmanager
    def changed(self, change):
        """The port of a board whose answers are changed on their way."""
        with subprocess.Popen([str(self.program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            def answer(command):
                if command:
                    process.stdin.write(command.encode() + b"%")
                    process.stdin.flush()
                said = b""
                while not said.endswith(b"m-ready\r\n"):
                    said += process.stdout.readline()
                return change(said)
            answer("")  # what it says at its start
            with peer(answer) as name:
                yield name
            process.kill()


if __name__ == "__main__":
    unittest.main()
