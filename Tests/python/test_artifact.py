"""An artifact read, run and written again with nothing but Schemas/embq-format.md and Schemas/tokenizer-section.md.

The artifact is EMBQ_ARTIFACT, or else one that the built program makes of the fixtures. EMBQ_ARTIFACTS names more, to
be run too, separated by colons; else they are made of each family's fixture.
"""
import functools
import hashlib
import json
import os
import random
import struct
import subprocess
import tempfile
import unittest
import zlib

import embq_reader
import embq_writer
from embq_interpreter import Interpreter, exp2, exp2_fine
from embq_reader import ALIGNMENT, FIRST, NONE, Array, Artifact, Model, Refused, Section
from test_tokenizer_section import Section as Tokenizer

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAM = os.path.join(ROOT, ".build", "release", "embq")
CHECKPOINT = os.path.join(ROOT, "Fixtures", "embbert-snips")
FAMILIES = os.path.join(ROOT, "Fixtures", "families")
TINY = os.path.join(ROOT, "Fixtures", "embbert-tiny")
TAGS = os.path.join(ROOT, "Fixtures", "tags")
CALIBRATION = os.path.join(ROOT, "Fixtures", "snips-own", "calibration.tsv")


KINDS = {name: kind for kind, (name, _) in embq_reader.OPERATIONS.items()}


def embq(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True)


def needs_program():
    if not os.path.exists(PROGRAM):
        raise unittest.SkipTest(".build/release/embq is not built: swift build -c release --product embq")


def setUpModule():
    global folder, path, artifact, tokenizer
    path = os.environ.get("EMBQ_ARTIFACT")
    if not path:
        needs_program()
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    if not path:
        path = os.path.join(folder.name, "model.embq")
        done = embq("quantize", CHECKPOINT, "--data", CALIBRATION, "-o", path)
        if done.returncode:
            raise RuntimeError(done.stderr)
    artifact = Artifact.at(path)
    tokenizer = Tokenizer(artifact.by_tag["TOKN"].data)


def quantized(name, checkpoint, *options):
    """The path of an artifact that the program makes."""
    needs_program()
    file_path = os.path.join(folder.name, name + ".embq")
    done = embq("quantize", checkpoint, *options, "-o", file_path)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return file_path


def small(family):
    """Arguments for the small fixture of a family."""
    tokenizer, data = os.path.join(TINY, "tokenizer.json"), os.path.join(TINY, "data.tsv")
    return os.path.join(FAMILIES, family), "--tokenizer", tokenizer, "--data", data


@functools.cache
def tagger():
    """The path of an artifact that gives each token a label."""
    return quantized("tags", TAGS, "--data", os.path.join(TAGS, "calibration.conll"))


@functools.cache
def packed():
    """Paths of artifacts with weights of few bits: the trained model, with an expanded token table, and a
    small one with a token table of full width."""
    return (
        quantized("packed", CHECKPOINT, "--data", CALIBRATION, "--budget", "200kB"),
        quantized("packed-bert", *small("bert"), "--budget", "12.4kB"),
    )


def inspect(path):
    needs_program()
    done = embq("inspect", path, "--json")
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


class Container(unittest.TestCase):
    def test_every_section_is_listed_and_every_checksum_recomputed(self):
        self.assertEqual(zlib.crc32(b"123456789"), 0xCBF43926)
        tags = [s.tag for s in artifact.sections]
        order = ["MODL", "WGHT", "TABL", "TOKN", "LABL", "CHEK", "TENS", "META"]
        self.assertEqual(tags, [t for t in order if t in tags])
        for section in artifact.sections:
            content = artifact.data[section.offset : section.offset + section.size]
            self.assertEqual(zlib.crc32(content), section.checksum, section.tag)

    def test_the_program_lists_the_same(self):
        listed = inspect(path)
        sections = [(s["tag"], s["offset"], s["size"], int(s["crc32"], 16)) for s in listed["sections"]]
        self.assertEqual(sections, [(s.tag, s.offset, s.size, s.checksum) for s in artifact.sections])
        self.assertEqual(listed["labels"], artifact.labels)
        self.assertEqual(listed["checks"], len(artifact.checks))
        self.assertEqual(listed["provenance"], artifact.provenance)
        for file_path, read in ((path, artifact), *((p, Artifact.at(p)) for p in packed())):
            self.assertEqual(
                {
                    name: (t["section"], t["dtype"].lower(), t["offset"], t["shape"])
                    for name, t in inspect(file_path)["tensors"].items()
                },
                {t.name: (t.section, t.element, t.offset, list(t.shape)) for t in read.tensors},
            )

    def test_written_again_it_is_the_same_file(self):
        for read in (artifact, *map(Artifact.at, packed())):
            self.write_again(read)

    def write_again(self, artifact):
        parts = {s.tag: s.data for s in artifact.sections}
        parts["LABL"] = embq_writer.labels_section(artifact.labels)
        parts["TENS"] = embq_writer.tensors_section([(t.name, t) for t in artifact.tensors])
        parts["META"] = json.dumps(
            artifact.provenance, sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()
        if artifact.checks:
            parts["CHEK"] = embq_writer.checks_section([(c.text, c.ids, c.logits) for c in artifact.checks])
        for tag in parts:
            self.assertEqual(parts[tag], artifact.by_tag[tag].data, tag)
        self.assertEqual(embq_writer.container(list(parts.items())), artifact.data)

    def test_a_flipped_byte_is_found(self):
        data = bytearray(artifact.data)
        rng = random.Random(1)
        first = artifact.sections[0].offset
        ends = [s.offset + s.size for s in artifact.sections]
        padding = [i for end, s in zip(ends, artifact.sections[1:]) for i in range(end, s.offset)]
        for i in sorted({*range(first), *padding, *rng.sample(range(len(data)), 200)}):
            original = data[i]
            data[i] ^= rng.randrange(1, 256)
            with self.assertRaises(Refused, msg=f"byte {i}"):
                embq_reader.read_sections(bytes(data))
            data[i] = original
        Artifact(bytes(data))

    def test_the_first_rule_that_fails_is_named(self):
        def broken(*changes, size=None, seal=True):
            data = bytearray(artifact.data)
            for offset, value in changes:
                struct.pack_into("<I", data, offset, value)
            end = 32 + 16 * len(artifact.sections)
            if seal:
                struct.pack_into("<I", data, 16, zlib.crc32(bytes(data[:16]) + bytes(4) + bytes(data[20:end])))
            return bytes(data[:size])

        size, second = len(artifact.data), 32 + 16
        for code, data in (
            ("TRUNCATED", broken(size=31)),
            ("MAGIC", broken((0, 0), (4, 9))),
            ("VERSION", broken((4, 1), (8, size + 1))),
            ("TRUNCATED", broken((8, size + 1), (12, 99))),
            ("TRUNCATED", broken(size=size - 1)),
            ("LAYOUT", broken((8, size - 1))),
            ("LAYOUT", broken((12, 33))),
            ("LAYOUT", artifact.data + b"\0"),
            ("CHECKSUM", broken((20, 1), seal=False)),
            ("LAYOUT", broken((20, 1))),
            ("LAYOUT", broken((second + 4, artifact.sections[1].offset + 16))),
            ("LAYOUT", broken((second + 8, size))),
            ("CHECKSUM", broken((second + 12, artifact.sections[1].checksum ^ 1))),
            ("LAYOUT", broken((second, struct.unpack("<I", b"MODL")[0]))),
            ("LAYOUT", broken((second, struct.unpack("<I", b"ABCD")[0]))),
        ):
            with self.subTest(code=code), self.assertRaises(Refused) as refused:
                Artifact(data)
            self.assertEqual(refused.exception.code, code)


class Contents(unittest.TestCase):
    def test_the_directory_covers_exactly_what_the_program_names(self):
        for read in (artifact, *map(Artifact.at, packed())):
            self.compare_directory(read)

    def compare_directory(self, artifact):
        expected = [(a.section, a.element, a.shape, a.offset, a.size) for a in artifact.model.arrays()]
        self.assertEqual([(t.section, t.element, t.shape, t.offset, t.size) for t in artifact.tensors], expected)
        for tag in ("WGHT", "TABL"):
            data, end = artifact.by_tag[tag].data, 0
            for t in (t for t in artifact.tensors if t.section == tag):
                self.assertEqual(t.offset, embq_reader.round_up(end, 4 if t.element in ("i16", "i32") else ALIGNMENT), t.name)
                self.assertFalse(any(data[end : t.offset]), t.name)
                end = t.offset + t.size
            self.assertEqual(end, len(data), tag)

    def test_the_arena_formula_and_the_footprint_are_the_program_s(self):
        footprint = inspect(path)["footprint"]
        self.assertTrue(footprint["arena"])
        for length, size in footprint["arena"].items():
            self.assertEqual(artifact.model.arena_size(int(length)), size, length)
        size = {tag: s.size for tag, s in artifact.by_tag.items()}
        self.assertEqual(footprint["weights"], size["WGHT"])
        self.assertEqual(footprint["tables"], size["MODL"] + size["TABL"] + size["LABL"])
        self.assertEqual(footprint["tokenizer"], size["TOKN"])

    def test_the_arena_of_the_page_s_example(self):
        if fixture_model():
            self.assertEqual(artifact.model.arena_size(256), 70384)

    def test_provenance_and_the_model_s_digest(self):
        source = artifact.provenance
        self.assertEqual((source["family"], source["head"]), ("EmbBERT", "SequenceClassifier"))
        self.assertEqual(source["task"], ["classification", "regression"][artifact.model.task - 1])
        # An activation of 16 bits has no points: its table's index covers what was seen.
        points = {
            "NORM": ("norm",), "REQUANTIZE": ("query",), "ATTEND": ("context",), "ACTIVATE": ("convolution", "activation"),
        }  # fmt: skip
        # Of the last layer: rows of position 0, and a convolution of one tap.
        last = {"context": "context.first", "convolution": "convolution.tap", "activation": "activation.first"}
        names, layer = [], -1
        for p in artifact.model.passes:
            for o in p.operations:
                layer += o.name == "NORM"
                ends = last if p.positions == FIRST else {}
                names += [f"layers.{layer}.{ends.get(point, point)}" for point in points.get(o.name, ())]
        self.assertEqual([p["name"] for p in source["points"]], names)
        self.assertEqual(
            source["calibration"]["methods"],
            ["folding", "balance", "bias-correction", "error-feedback", "wide-activations", "products", "table-attention"],
        )
        if not fixture_model():
            return
        with open(os.path.join(CHECKPOINT, "tokenizer.json"), "rb") as file:
            self.assertEqual(hashlib.sha256(file.read()).hexdigest(), source["tokenizer_sha256"])


def fixture_model():
    """The fixture's tensors, if the artifact comes from them by META's digest."""
    checkpoint = embq_writer.read_safetensors(os.path.join(CHECKPOINT, "model.safetensors"))
    digest = hashlib.sha256()
    for name in sorted(checkpoint, key=str.encode):
        dtype, shape, data = checkpoint[name]
        digest.update(f"{name}\n{dtype}\n{json.dumps(shape)}\n{hashlib.sha256(data).hexdigest()}".encode())
    if digest.hexdigest() == artifact.provenance["model_sha256"]:
        return checkpoint
    if not os.environ.get("EMBQ_ARTIFACT"):
        raise AssertionError("model_sha256 is not the fixture's")
    return None


class Inference(unittest.TestCase):
    def test_exp2_gives_the_page_s_values(self):
        values = [exp2(x) for x in (0, 65536, 0x8000, 0xFFFFF)]
        self.assertEqual(values, [32767, 16384, 23171, 1])
        fine = [exp2_fine(x) for x in (0, 2**23, 2**24, 31 * 2**24)]
        self.assertEqual(fine, [2**30, 759250125, 2**29, 0])

    def test_check_vectors_ids_come_out_of_the_independent_encoder(self):
        for check in artifact.checks:
            ids = tokenizer.encode(check.text)[: artifact.model.max_length]
            self.assertEqual(tuple(ids), check.ids, check.text)

    def test_check_vectors_logits_come_out_bit_for_bit(self):
        """Of every family, however many positions are worked on at a time."""
        for path in (None, *self.others()):
            each = Artifact.at(path) if path else artifact
            self.assertTrue(each.checks or not path)
            for rows in (1, 2):
                interpreter = Interpreter(each.model, rows)
                for check in each.checks:
                    with self.subTest(path=path, rows=rows, text=check.text):
                        self.assertEqual(tuple(interpreter.run(check.ids)), check.logits)

    def others(self):
        if "EMBQ_ARTIFACTS" in os.environ:
            return os.environ["EMBQ_ARTIFACTS"].split(":")
        needs_program()
        paths = []
        for name in sorted(os.listdir(FAMILIES)):
            if not os.path.isdir(os.path.join(FAMILIES, name)):
                continue
            paths.append(quantized(name, *small(name)))
        return [*paths, tagger()]

    def test_tags_and_the_arena_of_a_tagger_are_the_program_s(self):
        needs_program()
        each = Artifact.at(tagger())
        for length, size in inspect(tagger())["footprint"]["arena"].items():
            self.assertEqual(each.model.arena_size(int(length)), size, length)
        texts = [check.text.decode() for check in each.checks]
        done = embq("run", tagger(), *texts, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        interpreter = Interpreter(each.model)
        for check, result in zip(each.checks, json.loads(done.stdout)["results"], strict=True):
            interpreter.run(check.ids)
            with self.subTest(text=check.text):
                # [CLS] and [SEP] have no bytes of the text.
                labels = [each.labels[tag] for tag in interpreter.tags[1:-1]]
                self.assertEqual(labels, [token["label"] for token in result["tokens"]])

    def test_packed_models_run_bit_for_bit(self):
        for file_path in packed():
            model = Artifact.at(file_path)
            operations = [o for p in model.model.passes for o in p.operations]
            names = {o.name for o in operations}
            self.assertLessEqual({"PACKED_EMBED", "PACKED_LINEAR"}, names)
            interpreter, footprint = Interpreter(model.model), inspect(file_path)["footprint"]
            for check in model.checks:
                with self.subTest(path=file_path, text=check.text):
                    self.assertEqual(tuple(interpreter.run(check.ids)), check.logits)
            self.assertEqual(footprint["weights"], model.by_tag["WGHT"].size)
            for o in (o for o in operations if o.name == "PACKED_LINEAR"):
                # What fills a row up is 0: written again it is the same.
                (N, K), bits = o.weight.shape, o["bits"]
                data = model.by_tag["WGHT"].data[o["weight"] : o["weight"] + o.weight.size]
                self.assertEqual(embq_writer.packed_matrix(o.weight.values, bits), data, o.name)

    def test_other_texts_give_the_program_s_logits(self):
        needs_program()
        texts = [
            "a [SEP] b [PAD] c [SEP] d [PAD][PAD]",
            "[PAD][SEP][PAD] play",
            "Ａ ﬁne   Straße, e\u0301té 서울 漢字 🙂",
            "[MASK][UNK] 0123456789 !?.,;",
            "will it rain " * 16,
        ]
        interpreter = Interpreter(artifact.model)
        done = embq("run", path, *texts, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        for text, result in zip(texts, json.loads(done.stdout)["results"], strict=True):
            ids = tokenizer.encode(text.encode())[: artifact.model.max_length]
            logits = [v / 65536 for v in interpreter.run(ids)]
            with self.subTest(text=text):
                self.assertEqual(embq_writer.f32(logits), embq_writer.f32(result["logits"]))

    def test_the_program_replays_artifacts_of_any_shape_written_from_the_page(self):
        """All operations; also with more than 512 tokens, where the softmax's excess begins."""
        needs_program()
        texts = [
            b"",
            b"play some jazz",
            b"a [SEP] b [PAD] [MASK] c [PAD]",
            b"[PAD][SEP]x[SEP][MASK][MASK][PAD][PAD]",
            b"w " * 900,
        ]
        tokens, V = artifact.by_tag["TOKN"].data, tokenizer.vocabulary
        none = 0xFFFFFFFF
        embbert, bert, mamba = embq_writer.random_embbert, embq_writer.random_bert, embq_writer.random_mamba
        packed_rows = embq_writer.random_packed_rows
        for seed, (write, shape) in enumerate(
            (
                (embbert, dict(V=V, L=1, D=33, E=99, k=8, C=5, r=5, layers=2, pad=0, separator=4)),
                (embbert, dict(V=V + 3, L=40, D=33, E=33, k=50, C=5, r=16, layers=3, pad=0, separator=4)),
                (embbert, dict(V=V, L=40, D=16, E=48, k=8, C=1, r=16, layers=3, pad=4, separator=0)),
                (embbert, dict(V=V, L=7, D=20, E=20, k=3, C=2, r=1, layers=1, pad=none, separator=none)),
                (embbert, dict(V=V, L=40, D=1, E=1, k=1, C=7, r=1, layers=4, pad=4, separator=4)),
                (embbert, dict(V=V, L=60, D=64, E=128, k=32, C=3, r=8, layers=2, pad=0, separator=2)),
                (embbert, dict(V=V, L=700, D=3, E=6, k=50, C=2, r=2, layers=2, pad=0, separator=4)),
                (embbert, dict(V=V, L=513, D=5, E=5, k=9, C=2, r=2, layers=2, pad=0, separator=4, flat=True)),
                (embbert, dict(V=V, L=900, D=4, E=4, k=9, C=2, r=2, layers=1, pad=0, separator=4, flat=True)),
                (bert, dict(V=V, L=40, D=32, E=48, heads=2, C=2, layers=3)),
                (bert, dict(V=V, L=33, D=15, E=17, heads=5, C=1, layers=1, ignores_pad=1)),
                (mamba, dict(V=V, L=40, D=16, E=32, N=4, k=4, rank=2, C=3, layers=3, kind=2)),
                (mamba, dict(V=V, L=41, D=7, E=9, N=3, k=1, rank=1, C=1, layers=2, kind=1)),
                (mamba, dict(V=V, L=300, D=16, E=16, N=1, k=33, rank=3, C=0, layers=1, kind=1, unit=True)),
                (embbert, dict(V=V, L=40, D=33, E=33, k=9, C=5, r=17, layers=2, pad=0, separator=4, packed=1)),
                (embbert, dict(V=V, L=40, D=16, E=32, k=8, C=2, r=15, layers=2, pad=0, separator=4, packed=60)),
                (embbert, dict(V=V, L=12, D=1, E=1, k=1, C=3, r=4, layers=2, pad=0, separator=4, packed=9)),
                (bert, dict(V=V, L=40, D=32, E=49, heads=2, C=2, layers=2, packed=5)),
                (bert, dict(V=V, L=33, D=17, E=15, heads=1, C=1, layers=1, ignores_pad=1, packed=1)),
                (packed_rows, dict(V=V, L=60, D=64, E=128, k=32, C=3, r=8, layers=3, pad=0, separator=2, bits=6, copies=4)),
                (packed_rows, dict(V=V, L=40, D=33, E=33, k=9, C=5, r=17, layers=2, pad=4, separator=4, bits=4, copies=6)),
                (packed_rows, dict(V=V, L=40, D=24, E=48, k=3, C=2, r=5, layers=2, pad=0, separator=4, bits=3, copies=3,
                                   heads=3)),
                (packed_rows, dict(V=V, L=41, D=16, E=16, k=17, C=1, r=5, layers=3, pad=0, separator=4, bits=5, copies=2,
                                   heads=4)),
                (packed_rows, dict(V=V, L=7, D=1, E=1, k=1, C=4, r=3, layers=2, pad=0, separator=4, bits=2, copies=1)),
                (packed_rows, dict(V=V, L=600, D=5, E=5, k=2, C=2, r=2, layers=1, pad=0, separator=4, bits=1, copies=5)),
            )
        ):
            with self.subTest(write=write.__name__, **shape):
                parts = write(random.Random(seed), **shape)
                (outputs,) = struct.unpack_from("<I", parts[0][1], 12)
                labels = [f"label {i}" for i in range(outputs)]
                parts += [("TOKN", tokens), ("LABL", embq_writer.labels_section(labels))]
                written = Artifact(embq_writer.container(parts))
                interpreter, others, checks = Interpreter(written.model), Interpreter(written.model, 3), []
                for text in texts:
                    ids = tokenizer.encode(text)[: shape["L"]]
                    logits = interpreter.run(ids)
                    checks.append((text, ids, logits))
                    if len(ids) < 100:
                        self.assertEqual(others.run(ids), logits)
                tensors = [(f"array {i}", a) for i, a in enumerate(written.model.arrays())]
                parts += [
                    ("CHEK", embq_writer.checks_section(checks)),
                    ("ZZZZ", b"a section that nobody knows"),
                    ("TENS", embq_writer.tensors_section(tensors)),
                    ("META", b"{}"),
                ]
                file_path = os.path.join(folder.name, f"written-{seed}.embq")
                with open(file_path, "wb") as file:
                    file.write(embq_writer.container(parts))
                self.assertEqual(Artifact.at(file_path).labels, labels)
                done = embq("verify", file_path)
                self.assertEqual(done.returncode, 0, done.stderr)
                for length, size in inspect(file_path)["footprint"]["arena"].items():
                    self.assertEqual(written.model.arena_size(int(length)), size, length)


class Refusals(unittest.TestCase):
    def test_program_and_reader_refuse_the_same_programs(self):
        """Random words of programs with all operations, changed: what one of both opens, the other does."""
        needs_program()
        rng = random.Random(5)
        V, tokens = tokenizer.vocabulary, artifact.by_tag["TOKN"].data
        sources = (
            embq_writer.random_embbert(rng, V=V, L=12, D=4, E=8, k=3, C=2, r=2, layers=2, pad=0, separator=4),
            embq_writer.random_bert(rng, V=V, L=12, D=4, E=6, heads=2, C=2, layers=2),
            embq_writer.random_mamba(rng, V=V, L=12, D=4, E=6, N=2, k=3, rank=1, C=2, layers=2, kind=2),
            embq_writer.random_mamba(rng, V=V, L=12, D=4, E=6, N=2, k=3, rank=1, C=0, layers=1, kind=1, unit=True),
            embq_writer.random_embbert(rng, V, 12, 4, 8, 3, 2, 2, layers=1, pad=0, separator=4, packed=4),
            embq_writer.random_bert(rng, V=V, L=12, D=4, E=6, heads=2, C=2, layers=1, packed=3),
            embq_writer.random_packed_rows(rng, V, 12, 4, 8, 3, 2, 2, 2, pad=0, separator=4, bits=6, copies=3, heads=2),
        )
        opened, paths, expected = 0, [], []
        for number in range(350):
            source = sources[number % len(sources)]
            words = list(struct.unpack(f"<{len(source[0][1]) // 4}I", source[0][1]))
            for _ in range(rng.choice([1, 1, 2])):
                at = rng.randrange(len(words))
                near = [words[at] - 1, words[at] + 1, words[at] ^ 1 << rng.randrange(32), rng.choice(words)]
                words[at] = rng.choice([*near, 0, 1, 2, 62, 63, 2**31, 2**32 - 1]) & 0xFFFFFFFF
            outputs = min(words[3], 5000)
            labels = embq_writer.labels_section(["x"] * outputs)
            parts = [("MODL", struct.pack(f"<{len(words)}I", *words)), *source[1:], ("TOKN", tokens), ("LABL", labels)]
            data = embq_writer.container([*parts, ("TENS", bytes(4)), ("META", b"{}")])
            try:
                Artifact(data)
                expected.append(True)
            except Refused as refused:
                self.assertIn(refused.code, ("MODEL", "TOKENIZER"))
                expected.append(False)
            paths.append(os.path.join(folder.name, f"changed-{number}.embq"))
            with open(paths[-1], "wb") as file:
                file.write(data)
        for path, opens in zip(paths, expected):
            done = embq("inspect", path)
            self.assertEqual(done.returncode == 0, opens, done.stderr)
            opened += opens
        self.assertGreater(opened, 15)

    def test_a_packed_table_s_rows_have_room_and_its_classes_are_all_rows(self):
        """A row is unpacked into acc: r ≤ 4 · D."""
        needs_program()
        V, tokens = tokenizer.vocabulary, artifact.by_tag["TOKN"].data
        labels = embq_writer.labels_section(["a", "b"])
        for D, r, change, opens in ((3, 12, 0, True), (3, 13, 0, False), (3, 12, 1, False), (3, 12, -1, False)):
            parts = embq_writer.random_embbert(random.Random(3), V, 12, D, D, 3, 2, r, 1, 0, 4, packed=4)
            words = list(struct.unpack(f"<{len(parts[0][1]) // 4}I", parts[0][1]))
            at = next(at for at in range(10, len(words)) if words[at] == KINDS["PACKED_EMBED"] | 18 << 16)
            words[at + 15] += change
            parts[0] = ("MODL", struct.pack(f"<{len(words)}I", *words))
            sections = [*parts, ("TOKN", tokens), ("LABL", labels), ("TENS", bytes(4)), ("META", b"{}")]
            data = embq_writer.container(sections)
            file_path = os.path.join(folder.name, "room.embq")
            with open(file_path, "wb") as file:
                file.write(data)
            with self.subTest(D=D, r=r, change=change):
                self.assertEqual(embq("inspect", file_path).returncode == 0, opens)
                if opens:
                    Artifact(data)
                else:
                    with self.assertRaises(Refused) as refused:
                        Artifact(data)
                    self.assertEqual(refused.exception.code, "MODEL")

    def test_attention_and_convolutions_read_symmetric_rows(self):
        """Rows whose zero is not at 0, by the table that made them; a store and a load pass it on."""
        needs_program()
        V, tokens = tokenizer.vocabulary, artifact.by_tag["TOKN"].data
        labels = embq_writer.labels_section(["a", "b"])

        def program(reader, at_zero):
            p = embq_writer.Program(random.Random(11), V, 12, 2)
            D, i8, i32 = 4, 1, 3
            x, row, context = p.register(i32, D, "x"), p.register(i8, D, "row"), p.register(i8, D, "context")
            skewed, rows, scores, window = p.store(i8, D), p.store(i8, D), p.store(i32, 1), p.store(i8, D, span=4)
            p.begin()
            p.embed(D, 2, 1)
            p.norm(x, context, D, 40)
            p.add("STORE", row=context, store=rows)
            p.activate(x, row, D, 2**20, at_zero)
            p.add("STORE", row=row, store=skewed)
            if reader == "window":
                p.add("STORE", row=row, store=window)
                p.convolve(window, x, 3, D)
            p.begin(FIRST)
            p.add("LOAD", row=row, store=rows)
            p.requantize(x, context, D, p.linear(row, x, D, D))
            if reader == "rows":
                p.convolve(skewed, x, 3, D)
            elif reader == "query":
                p.add("LOAD", row=row, store=skewed)
                p.attend(row, context, D, rows, rows, scores)
            elif reader in ("keys", "values"):
                stores = (skewed, rows) if reader == "keys" else (rows, skewed)
                p.attend(row, context, D, *stores, scores)
            elif reader == "linear":
                p.add("LOAD", row=row, store=skewed)
                p.linear(row, x, D, D)
            p.wide_linear(x, NONE, D, 2, 2**20, 3 * 65536)
            return embq_writer.container([*p.sections(), ("TOKN", tokens), ("LABL", labels)])

        for reader in ("window", "rows", "query", "keys", "values", "linear"):
            for at_zero in (0, 1, -127):
                data = program(reader, at_zero)
                path = os.path.join(folder.name, "skewed.embq")
                with open(path, "wb") as file:
                    file.write(data)
                done = embq("inspect", path)
                with self.subTest(reader=reader, at_zero=at_zero):
                    if at_zero == 0 or reader == "linear":
                        Artifact(data)
                        self.assertNotIn("shapes or parameters", done.stderr)
                    else:
                        with self.assertRaises(Refused) as refused:
                            Artifact(data)
                        self.assertEqual(refused.exception.code, "MODEL")
                        self.assertIn("shapes or parameters", done.stderr)

    def test_sums_and_states_have_one_writer(self):
        """Sums would overflow, and a state would show how many positions are worked on at a time."""
        needs_program()
        V, tokens = tokenizer.vocabulary, artifact.by_tag["TOKN"].data

        def refused(change):
            parts = embq_writer.random_mamba(
                random.Random(7), V=V, L=12, D=4, E=6, N=2, k=3, rank=1, C=2, layers=1, kind=2, edit=change
            )
            data = embq_writer.container([*parts, ("TOKN", tokens), ("LABL", embq_writer.labels_section(["a", "b"]))])
            path = os.path.join(folder.name, "edited.embq")
            with open(path, "wb") as file:
                file.write(data)
            done = embq("inspect", path)
            try:
                Artifact(data)
            except Refused as error:
                self.assertEqual(error.code, "MODEL")
                self.assertIn("shapes or parameters", done.stderr)
                return True
            self.assertNotIn("shapes or parameters", done.stderr)
            return False

        def twice(name):
            def edit(words):
                at = next(at for at in starts(words) if words[at] & 0xFFFF == KINDS[name])
                return words[: at + (words[at] >> 16)] + words[at:]

            return edit

        def of_means(words):
            return [*words[:-1], 1]

        def starts(words):
            at = 0
            while at < len(words):
                yield at
                at += words[at] >> 16

        self.assertFalse(refused(None))
        self.assertFalse(refused(twice("NORM")))
        for change in (twice("SCAN"), twice("POOL"), twice("STORE"), of_means):
            self.assertTrue(refused(change))


class Writing(unittest.TestCase):
    def test_all_constants_follow_from_the_checkpoint_and_the_points(self):
        """To the last step of fp32: another C library's exp may differ there. Without the methods that look at the
        calibration sentences again."""
        needs_program()
        artifact = Artifact.at(quantized("plain", CHECKPOINT, "--data", CALIBRATION, "--methods", "folding,balance"))
        self.assertEqual(artifact.provenance["calibration"]["methods"], ["folding", "balance"])
        checkpoint = embq_writer.read_safetensors(os.path.join(CHECKPOINT, "model.safetensors"))
        with open(os.path.join(CHECKPOINT, "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        points = {p["name"]: (p["scale"], p["zero_point"]) for p in artifact.provenance["points"]}
        bits = next(o["bits"] for p in artifact.model.passes for o in p.operations if o.name == "ACTIVATE")
        parts = embq_writer.embbert(checkpoint, config, points, bits)
        written = Model({tag: Section(tag, 0, len(content), 0, content) for tag, content in parts})
        found = artifact.model
        for name in ("task", "vocabulary", "max_length", "outputs", "pad", "separator", "mask"):
            self.assertEqual(getattr(found, name), getattr(written, name), name)
        self.assertEqual([vars(r) for r in found.registers], [vars(r) for r in written.registers])
        self.assertEqual([vars(s) for s in found.stores], [vars(s) for s in written.stores])
        self.assertEqual([p.positions for p in found.passes], [p.positions for p in written.passes])
        for a, b in zip(found.passes, written.passes):
            self.assertEqual([o.name for o in a.operations], [o.name for o in b.operations])
            for first, second in zip(a.operations, b.operations):
                self.compare(first, second)

    def compare(self, found, expected):
        for field, word in found.words.items():
            if field.startswith("epsilon"):
                self.assertLessEqual(abs(found.epsilon - expected.epsilon), 2**-20 * expected.epsilon + 1)
            elif isinstance(getattr(found, field, None), Array):
                self.assertEqual(word, expected[field], field)
                a, b = getattr(found, field).flat, getattr(expected, field).flat
                near = 2**-20 * max(map(abs, b)) if field.endswith("multiplier") else 1
                self.assertLessEqual(max(abs(x - y) for x, y in zip(a, b, strict=True)), near, field)
            elif field.endswith("multiplier"):
                self.assertLessEqual(abs(word - expected[field]), 2**-20 * word, field)
            else:
                self.assertEqual(word, expected[field], field)


if __name__ == "__main__":
    unittest.main()
