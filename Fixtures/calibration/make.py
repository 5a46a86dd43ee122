"""Writes the golden calibration profiles with Google's protobuf for Python, from Schemas/calibration.proto.

The same values stand in Tests/EmbqContainersTests/Protobuf/ProfileSamples.swift: what Swift reads must equal them, and
what Swift writes for them must equal these bytes.

    python3 -m venv .venv && .venv/bin/pip install protobuf
    .venv/bin/python Fixtures/calibration/make.py          # needs protoc-c or protoc for the descriptors
"""

import hashlib
import pathlib
import shutil
import subprocess
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

HERE = pathlib.Path(__file__).resolve().parent
SCHEMAS = HERE.parents[1] / "Schemas"


def message_class():
    compiler = shutil.which("protoc-c") or shutil.which("protoc")
    with tempfile.TemporaryDirectory() as folder:
        described = pathlib.Path(folder) / "described"
        # protoc-c insists on generating code as well
        output = ["--c_out", folder] if compiler.endswith("-c") else []
        subprocess.run(
            [compiler, f"-I{SCHEMAS}", *output, f"--descriptor_set_out={described}", SCHEMAS / "calibration.proto"],
            check=True,
        )
        files = descriptor_pb2.FileDescriptorSet.FromString(described.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("embq.CalibrationProfile"))


def profile(family, sentences, tokens, observer, points, as_released=False, kept=()):
    message = message_class()()
    message.format = "embq calibration profile"
    message.version = 3
    message.family = family
    message.model_sha256 = "0123456789abcdef" * 4
    message.data_sha256 = "fedcba9876543210" * 4
    message.sentences = sentences
    message.tokens = tokens
    message.observer = observer
    if as_released:
        message.as_released = True
    for name, minimum, maximum, exponent, counts, *later in points:
        point = message.points.add()
        point.name = name
        point.minimum = minimum
        point.maximum = maximum
        point.histogram.exponent = exponent
        point.histogram.counts.extend(counts)
        if later:
            channels, minima, maxima = later
            point.channel_maxima.extend(channels)
            point.sentence_minima.exponent, point.sentence_maxima.exponent = minima[0], maxima[0]
            point.sentence_minima.terms.extend(minima[1])
            point.sentence_maxima.terms.extend(maxima[1])
    for text, ids, first, second, types, target in kept:
        sentence = message.kept.add()
        sentence.text_sha256 = hashlib.sha256(text.encode()).digest()
        sentence.ids.extend(ids)
        sentence.first = first
        if second is not None:
            sentence.second = second
        if types:
            sentence.types = bytes(types)
        if target is not None:
            labels, numbers = target
            # an empty answer is one: a text without any of several labels
            sentence.target.SetInParent()
            sentence.target.labels.extend(labels)
            sentence.target.numbers.extend(numbers)
    return message.SerializeToString(deterministic=True)


def main():
    (HERE / "small.embqcal").write_bytes(
        profile(
            "embbert",
            512,
            6107,
            "percentile",
            [
                ("layer.0.norm", -3.25, 4.5, 3, [0, 1, 2, 127, 128, 300, 16384, 5]),
                ("layer.0.query", -0.125, 0.0078125, -3, [7, 0, 0, 1]),
            ],
        )
    )
    # the ends of what the format allows: exponents, the least positive floats, counts of every varint length
    (HERE / "extremes.embqcal").write_bytes(
        profile(
            "größe",
            1,
            2**63 - 1,
            "minmax",
            [
                ("one.bin", 2.0**-149, 2.0**-149, -64, [1]),
                ("lengths", -3.4028234663852886e38, 3.4028234663852886e38, 64, [2 ** (7 * i) for i in range(9)]),
                ("the.largest.total", 0.0, 1.0, 0, [2**62, 2**62 - 1]),
            ],
        )
    )
    # channels and the sums over sentences: none, one and the most terms; sentences with answers of every kind
    largest = 3.4028234663852886e38
    most = 3 * (2**24 - 1)
    (HERE / "sentences.embqcal").write_bytes(
        profile(
            "EmbBERT",
            3,
            20,
            "moving-average",
            [
                (
                    *("layers.0.norm", -1.5, 0.75, 1, [2, 1, 4, 0]),
                    *([1.5, 0.75], (-24, [-(2**23), -3 * 2**23]), (0, [])),
                ),
                (
                    *("pooled", -largest, largest, 64, [1, 2]),
                    *([], (104, [-most]), (-149, [1] + [0] * 252 + [most])),
                ),
            ],
            # in the order of the digests: 3e23…, ca97…, and the same text with another answer
            kept=[
                ("b", [2, 300, 65535], 2, None, [], ([], [0.5, -1e300])),
                ("a", [2, 5, 4, 6, 4], 1, 1, [0, 0, 0, 1, 1], None),
                ("a", [2, 5, 4, 6, 4], 1, 1, [0, 0, 0, 1, 1], ([], [])),
            ],
        )
    )
    # of a model whose norms were not folded
    (HERE / "as_released.embqcal").write_bytes(
        profile(
            "EmbBERT", 512, 6107, "entropy", [("layers.0.norm", -3.25, 4.5, 3, [0, 1, 2, 5])], as_released=True))


if __name__ == "__main__":
    main()
