"""The example of each task, in every layout: what it prints for a text is what `embq run` says."""

import json
import shutil
import subprocess

from tools import HERE, ROOT, TEXTS, WARNINGS, objects, require, run, say, sources

MODELS = {
    "label": "embbert-tiny", "labels": "folders/cls-multilabel", "number": "folders/cls-one-regression",
    "numbers": "folders/cls-regression", "similarity": "families/hf-encoder", "dot": "folders/st-similarity-dot",
    "euclidean": "folders/st-similarity-euclidean", "manhattan": "folders/st-similarity-manhattan", "tags": "tags",
    "word": "families/embbert-pretraining"}
MASKED = ["rain in [MASK]", "[MASK] day", "no mask here", "sun [MASK] noon"]
# Where the example is, whether it prints a status first, and what it takes beside the model.
EXAMPLES = {
    "plain": ("main.c", False, []), "cmake": ("examples/classify/main.c", False, []),
    "platformio": ("examples/classify/src/main.c", False, []), "zephyr": ("samples/classify/src/main.c", True, []),
    "esp-idf": ("examples/classify/main/main.c", True, [HERE / "stubs/esp_idf.c"]),
    "arduino": ("examples/Classify/Classify.ino", True, [HERE / "stubs/arduino.cpp"]),
    "cmsis-pack": ("examples/classify/main.c", False, []),
    "swift": ("examples/classify/main.swift", False, [])}


def swift_example(folder, scratch, runtime):
    """The example of a Swift package, compiled with the runtime of all."""
    name = next(folder.glob("Sources/*/Model.swift")).parent.name
    device, places = folder / "embq-runtime/Sources", {}
    places["CEmbqOnDevice"], places[f"C{name}"] = device / "CEmbqOnDevice", folder / f"Sources/C{name}"
    scratch.mkdir()
    maps = scratch / "module.modulemap"
    maps.write_text("".join(
        f'module {module} {{ umbrella "{place}/include" export * }}\n' for module, place in places.items()))
    includes = [f"-I{place / 'include'}" for place in places.values()]
    flags = ["-swift-version", "6", "-warnings-as-errors", "-wmo", "-I", scratch, "-Xcc", f"-fmodule-map-file={maps}",
             *[flag for include in includes for flag in ("-Xcc", include)]]
    for module, place in (("EmbqOnDevice", device), (name, folder / "Sources")):
        run("swiftc", *flags, "-strict-memory-safety", "-parse-as-library", "-module-name", module, "-emit-module",
            "-emit-module-path", scratch / f"{module}.swiftmodule", "-c", *sorted((place / module).glob("*.swift")),
            "-o", scratch / f"{module}.o")
    compiled = objects(folder, sorted(places[f"C{name}"].glob("*.c")), scratch, includes)
    run("swiftc", *flags, folder / "examples/classify/main.swift", *compiled, *runtime, "-o", scratch / "example")


def c_example(layout, folder, scratch, runtime):
    """The example of a layout in C, or C++ of Arduino, compiled with the runtime of all."""
    main, _, stubs = EXAMPLES[layout]
    model = folder / "model.c" if layout == "plain" else folder / "src/model.c"
    compiled = objects(folder, [model], scratch, includes(folder))
    compiler = ["cc", "-std=c11"]
    if layout == "arduino":
        compiler = ["c++", "-std=c++17", "-include", "Arduino.h", "-x", "c++"]
    run(*compiler, "-O1", *WARNINGS, *includes(folder), folder / main, *stubs, "-x", "none", *compiled, *runtime,
        "-o", scratch / "example")


def includes(folder):
    places = [folder, *[folder / path for path in ("include", "src", "runtime/include", "runtime/src")]]
    return [f"-I{place}" for place in places if place.is_dir()] + [f"-I{HERE / 'stubs'}"]


def expected(embq, artifact, task, texts):
    """The first field of each line; of a tagger the whole line."""
    if task in ("similarity", "dot", "euclidean", "manhattan"):
        lines = run(embq, "run", artifact, "--similarity", *texts).splitlines()
        nearest = {tuple(line.split("\t")[1:]): line.split("\t")[0] for line in lines}
        return [None] + [nearest[pair] for pair in zip(texts, texts[1:])]
    results = json.loads(run(embq, "run", artifact, "--json", *texts))["results"]
    if task == "label":
        return [result["label"] for result in results]
    if task == "labels":
        return [",".join(result["labels"]) for result in results]
    if task == "word":
        return [result["words"][0]["word"] if "words" in result else "no [MASK]" for result in results]
    if task == "tags":
        return [",".join(token["label"] for token in result["tokens"]) + "\t"
                + ", ".join(f"{span['label']} {span['text']}" for span in result["spans"]) for result in results]
    return [run(embq, "run", artifact, text).split("\t")[0] for text in texts]


def is_near(found, value):
    """Numbers of four decimals may differ by two of the last: the example divides integers."""
    return value is None or found == value or abs(float(found) - float(value)) < 2.5e-4


def tagger_of(label, folder):
    """The tagger's fixture with its first label alone, under this name: `O` gives no spans."""
    source = ROOT / "Fixtures/tags"
    shutil.copytree(source, folder)
    config = json.loads((source / "config.json").read_text())
    config["id2label"], config["label2id"] = {"0": label}, {label: 0}
    (folder / "config.json").write_text(json.dumps(config))
    blob = (source / "model.safetensors").read_bytes()
    size = int.from_bytes(blob[:8], "little")
    header, content, data = json.loads(blob[8:8 + size]), blob[8 + size:], b""
    header.pop("__metadata__", None)
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        if name.startswith("classifier."):
            end = start + (end - start) // entry["shape"][0]
            entry["shape"][0] = 1
        entry["data_offsets"] = [len(data), len(data) + end - start]
        data += content[start:end]
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)


def check_one_label(embq, work, runtime):
    """A tagger whose only label is O, and one whose only label begins a span: an enum of Swift may have no case."""
    for label in ("O", "B-place"):
        source, artifact = work / f"only-{label}", work / f"only-{label}.embq"
        tagger_of(label, source)
        (work / "only.conll").write_text("".join(f"{word}\t{label}\n" for word in "rain sun snow noon day".split()) + "\n")
        run(embq, "quantize", source, "--data", work / "only.conll", "-o", artifact)
        wanted = expected(embq, artifact, "tags", TEXTS)
        for layout in ("plain", "swift"):
            folder, scratch = work / f"only-{label}-{layout}", work / f"only-work-{label}-{layout}"
            run(embq, "export", artifact, "--layout", layout, "--c", folder)
            if layout == "swift":
                swift_example(folder, scratch, runtime)
            else:
                c_example(layout, folder, scratch, runtime)
            lines = run(scratch / "example", input="".join(text + "\n" for text in TEXTS)).splitlines()
            require(lines == wanted, f"only {label}, {layout}: the example prints {lines}, embq run {wanted}")
    say("one label", "taggers of one label compile and answer, in C and Swift")


def check_serial(embq, work, runtime):
    """The example of --serial, in every layout that has one: it takes a text, and gives its logits."""
    artifact, text = work / "label.embq", TEXTS[0]
    commands = f"profile%db load {len(text)}%db {text.encode().hex()}%infer 2 0%"
    logits = json.loads(run(embq, "run", artifact, "--json", text))["results"][0]["logits"]
    logits = [round(number * 65536) for number in logits]  # printed as floats of 32 bits
    for layout in EXAMPLES:
        folder, scratch = work / f"serial-{layout}", work / f"serial-work-{layout}"
        if layout == "swift":
            refused = subprocess.run([embq, "export", artifact, "--layout", layout, "--serial", "--c", folder],
                                     stderr=subprocess.PIPE, text=True)
            require(refused.returncode == 1 and "takes no commands of a test" in refused.stderr, refused.stderr)
            continue
        run(embq, "export", artifact, "--layout", layout, "--serial", "--c", folder)
        c_example(layout, folder, scratch, runtime)
        lines = run(scratch / "example", input=commands).splitlines()
        found = [line[len("m-results-["):-1] for line in lines if line.startswith("m-results-[")]
        require(len(found) == 1 and [float(number) * 65536 for number in found[0].split(",")] == logits,
                f"serial, {layout}: the example prints {lines}")
    say("serial", "the example of every layout in C is a board under test")


def check(embq, work):
    tiny = ROOT / "Fixtures/embbert-tiny"
    runtime = None
    for task, fixture in MODELS.items():
        source = ROOT / "Fixtures" / fixture
        more = [] if (source / "tokenizer.json").exists() else ["--tokenizer", tiny / "tokenizer.json"]
        data = ROOT / "Fixtures/tags/calibration.conll" if task == "tags" else tiny / "data.tsv"
        texts = MASKED if task == "word" else TEXTS
        artifact = work / f"{task}.embq"
        run(embq, "quantize", source, "--data", data, *more, "-o", artifact)
        wanted = expected(embq, artifact, task, texts)
        for layout, (_, has_status, _) in EXAMPLES.items():
            folder, scratch = work / f"example-{task}-{layout}", work / f"example-work-{task}-{layout}"
            run(embq, "export", artifact, "--layout", layout, "--c", folder)
            if runtime is None:
                # One build of the runtime serves all: its files are the same.
                runtime = objects(folder, sorted(folder.glob("embq_*.c")), work / "example-runtime")
            if layout == "swift":
                swift_example(folder, scratch, runtime)
            else:
                c_example(layout, folder, scratch, runtime)
            lines = run(scratch / "example", input="".join(text + "\n" for text in texts)).splitlines()
            if has_status:
                require(lines[:1] == ["done"], f"{task}, {layout}: the status is {lines[:1]}")
                lines = lines[1:]
            require(len(lines) == len(wanted) and all(map(is_near, lines, wanted)),
                    f"{task}, {layout}: the example prints {lines}, embq run {wanted}")
        say(task, "the example of every layout answers as embq run")
    check_serial(embq, work, runtime)
    check_one_label(embq, work, runtime)
