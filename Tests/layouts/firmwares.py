"""Three models in one firmware, in every layout: a classifier, a regression and an encoder, exported under names of
their own. They share one runtime and one arena, and their logits are those of `embq run`, to the last bit."""

import json
import re
import shutil
import subprocess

from tools import (HERE, ROOT, TEXTS, WARNINGS, kconfig, libraries_by_cmake, objects, require, run, say, sources, swift_build)

DEVICE = ROOT / "Tests/device"
MODELS = {"wake": "embbert-tiny", "mood": "folders/cls-one-regression", "echo": "families/hf-encoder"}
CMAKE = "cmake_minimum_required(VERSION 3.13...3.31)\nproject(three C)\nset(CMAKE_C_STANDARD 11)\n"


def artifacts(embq, work):
    """The three models, quantized, and what the firmware must print of them."""
    tiny = ROOT / "Fixtures/embbert-tiny"
    rows = [[] for _ in TEXTS]
    for name, fixture in MODELS.items():
        more = ["--tokenizer", tiny / "tokenizer.json"] if name == "echo" else []
        run(embq, "quantize", ROOT / "Fixtures" / fixture, "--data", tiny / "data.tsv", *more, "-o", work / f"{name}.embq")
        results = json.loads(run(embq, "run", work / f"{name}.embq", "--json", *TEXTS))["results"]
        for row, result in zip(rows, results):
            row += [str(round(number * 65536)) for number in result.get("logits") or result["embedding"]]
    return [" ".join(row) for row in rows]


def built_plain(folders, work):
    """All files side by side, without the examples."""
    together = work / "together"
    together.mkdir()
    for folder in folders:
        for file in folder.glob("*.[ch]"):
            if file.name != "main.c":
                shutil.copy(file, together)
    return [f"-I{together}"], objects(together, sorted(together.glob("*.c")), work / "objects")


def built_by_objects(folders, work, includes):
    """As Arduino and PlatformIO do: every library compiled by itself, the runtime of the first one alone."""
    runtime = folders[0] / "runtime"
    flags = [f"-I{folder / includes}" for folder in [runtime, *folders]]
    compiled = objects(runtime, sources(runtime), work / "runtime", flags[:1])
    for folder in folders:
        compiled += objects(folder, sources(folder), work / folder.name, [flags[0], f"-I{folder / includes}"])
    return flags, compiled


def built_by_kconfig(folders, work, build, kconfig_file):
    flags = [f"-I{folder / 'include'}" for folder in [folders[0] / "runtime", *folders]]
    text = "".join((folder / kconfig_file).read_text() for folder in folders)
    chosen = {}
    if kconfig_file.startswith("zephyr"):
        text += "config REQUIRES_STD_C11\n\tbool\n"
        chosen = {f"EMBQ_{name.upper()}": "y" for name in MODELS}
    return flags, libraries_by_cmake([folder / build for folder in folders], kconfig(text, work, **chosen), work / "cmake")


BUILDS = {
    "cmsis-pack": lambda folders, work: built_by_objects(folders, work, "include"),
    "plain": built_plain,
    "arduino": lambda folders, work: built_by_objects(folders, work, "src"),
    "platformio": lambda folders, work: built_by_objects(folders, work, "include"),
    "zephyr": lambda folders, work: built_by_kconfig(folders, work, "zephyr", "zephyr/Kconfig"),
    "esp-idf": lambda folders, work: built_by_kconfig(folders, work, ".", "Kconfig"),
}

MAIN = [DEVICE / "three.c", HERE / "stubs/board.c"]


def check_cmake(folders, expected, work):
    """In one project by add_subdirectory, installed and found, and with a runtime of another version."""
    main = " ".join(str(path) for path in MAIN)
    program = (f"add_executable(three {main})\ntarget_include_directories(three PRIVATE {DEVICE})\n"
               f"target_link_libraries(three PRIVATE {' '.join('embq::' + name for name in MODELS)})\n")

    def build(name, text, *flags):
        project = work / name
        project.mkdir()
        (project / "CMakeLists.txt").write_text(CMAKE + text + program)
        run("cmake", "-G", "Ninja", "-S", project, "-B", project / "build", "-DCMAKE_C_FLAGS=" + " ".join(WARNINGS), *flags)
        run("cmake", "--build", project / "build")
        answered(project / "build/three", expected)
        return project

    added = "".join(f"add_subdirectory({folder} {folder.name})\n" for folder in folders)
    project = build("added", added, f"-DCMAKE_INSTALL_PREFIX={work / 'prefix'}")
    runtimes = [path for path in (project / "build").rglob("*.a") if path.name == "libembq_runtime.a"]
    require(len(runtimes) == 1, f"the runtimes are {runtimes}")
    run("cmake", "--install", project / "build")
    found = "".join(f"find_package(embq_{name} REQUIRED)\n" for name in MODELS)
    build("found", found, f"-DCMAKE_PREFIX_PATH={work / 'prefix'}")
    build("half", found.splitlines()[0] + "\n" + "".join(added.splitlines(True)[1:]), f"-DCMAKE_PREFIX_PATH={work / 'prefix'}")

    other = work / "other"
    shutil.copytree(folders[1], other)
    text = (other / "CMakeLists.txt").read_text()
    version = re.search(r"^project\(\w+ VERSION ([0-9.]+)", text, re.MULTILINE).group(1)
    (other / "CMakeLists.txt").write_text(text.replace(version, "9.8.7"))
    (work / "mixed").mkdir()
    (work / "mixed/CMakeLists.txt").write_text(CMAKE + f"add_subdirectory({folders[0]} a)\nadd_subdirectory({other} b)\n")
    refused = subprocess.run(["cmake", "-S", work / "mixed", "-B", work / "mixed/build"], capture_output=True, text=True)
    said = " ".join(refused.stderr.split())
    require(refused.returncode != 0 and f"exported by embq 9.8.7, and the runtime of this project is of embq {version}"
            in said, f"another version is not refused: {said}")


SWIFT_PROGRAM = r"""
import EmbqEcho
import EmbqMood
import EmbqWake

let size = max(EmbqWake.Model.storageSize, EmbqMood.Model.storageSize, EmbqEcho.Model.storageSize)
let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
var wake = try EmbqWake.Model(storage: storage)
var mood = try EmbqMood.Model(storage: storage)
var echo = try EmbqEcho.Model(storage: storage)
while let line = readLine(), line != "\u{4}" {
    let text = Array(line.utf8)
    var numbers: [Int32] = []
    _ = try wake.classify(text.span)
    wake.withLogits { for index in $0.indices { numbers.append($0[index]) } }
    numbers.append(Int32(try mood.predict(text.span).raw))
    let embedding = try echo.embed(text.span).numbers
    for index in embedding.indices { numbers.append(embedding[index]) }
    print(numbers.map { "\($0)" }.joined(separator: " "))
}
"""


def check_swift(folders, expected, work):
    """In one package, with the runtime beside the models' folders."""
    shutil.copytree(folders[0] / "embq-runtime", work / "embq-runtime")
    project = work / "project"
    (project / "Sources/three").mkdir(parents=True)
    (project / "Sources/three/main.swift").write_text(SWIFT_PROGRAM)
    packages = ", ".join(f'.package(path: "../{name}")' for name in MODELS)
    products = ", ".join(f'.product(name: "Embq{name.capitalize()}", package: "{name}")' for name in MODELS)
    (project / "Package.swift").write_text(
        "// swift-tools-version: 6.2\nimport PackageDescription\n"
        f'let package = Package(name: "three", dependencies: [{packages}],\n'
        f'    targets: [.executableTarget(name: "three", dependencies: [{products}])])\n')
    swift_build(project, work / "build", "three")
    answered(work / "build/release/three", expected)


def check_version(folder, work):
    """A header that was exported for another runtime does not compile, and says why."""
    (work / "embq.h").write_text(re.sub(
        r"(#define EMBQ_RUNTIME_VERSION) \d+", r"\1 98765", (folder / "embq.h").read_text()))
    shutil.copy(folder / "wake.h", work)
    for language in ("c", "c++"):
        refused = subprocess.run(["cc", "-x", language, "-fsyntax-only", work / "wake.h"], capture_output=True, text=True)
        require(refused.returncode != 0 and "export all models with one" in refused.stderr,
                f"{language}: another runtime compiles: {refused.stderr}")


def answered(program, expected):
    lines = run(program, input="".join(text + "\n" for text in TEXTS) + "\4").splitlines()
    require(lines == expected, f"{program} prints {lines}, embq run {expected}")


def check(embq, work):
    expected = artifacts(embq, work)
    packaged = {"cmake": check_cmake, "swift": check_swift}
    for layout in [*BUILDS, *packaged]:
        scratch = work / f"three-{layout}"
        folders = [scratch / name for name in MODELS]
        for name, folder in zip(MODELS, folders):
            run(embq, "export", work / f"{name}.embq", "--layout", layout, "--name", name, "--c", folder)
        if layout in packaged:
            packaged[layout](folders, expected, scratch)
        else:
            flags, compiled = BUILDS[layout](folders, scratch)
            run("cc", "-std=c11", "-O1", *WARNINGS, *flags, f"-I{DEVICE}", *MAIN, *compiled, "-o", scratch / "three")
            answered(scratch / "three", expected)
        if layout == "plain":
            check_version(folders[0], scratch)
        say(layout, "three models in one program, one runtime, one arena: the bits of embq run")
