"""Checks `embq export --layout`: what each ecosystem's own tools say of its files, and what the examples compute.

firmwares.py checks three models in one firmware, and examples.py the example of each task.

    check.py EMBQ [--record]

Each layout is exported with each kind of arrays, and then
  - its list of files is compared with expected/ (--record writes it anew),
  - its manifest is read by its ecosystem's tool or, where none can be installed, held against the published rules,
  - its sources are compiled as C11 and its example as the ecosystem compiles it (with stubs/ for what a platform
    gives), and the example must answer as `embq run` does.
"""

import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

from pykwalify.core import Core

import examples
import firmwares
from tools import (HERE, ROOT, TEXTS, WARNINGS, Failure, answers, kconfig, libraries_by_cmake, library, listing, objects, parse_yaml,
                   require, require_section, run, say, swift_build)

SIMPLE_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


# ---- Each ecosystem ------------------------------------------------------------------------------------------


def check_plain(folder, expected, work):
    # As the comment in main.c says, in the folder.
    line = re.search(r"Compile: cc -std=c11 -O2 (\S.*) -o classify", (folder / "main.c").read_text()).group(1)
    given = [path.name for pattern in line.split() for path in sorted(folder.glob(pattern))]
    run("cc", "-std=c11", "-O1", *WARNINGS, *given, "-o", work / "classify", cwd=folder)
    answers(work / "classify", expected, False)
    return "compiled and run"


ARDUINO_CATEGORIES = {
    "Display", "Communication", "Signal Input/Output", "Sensors", "Device Control", "Timing", "Data Storage",
    "Data Processing", "Other"}


def arduino_properties(folder):
    """The rules of the Arduino library specification, 1.5 format, revision 2.2: arduino-lint is not on PyPI."""
    properties = {}
    for line in (folder / "library.properties").read_text(encoding="ascii").splitlines():
        if line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        require(equals and value and value == value.strip() and key not in properties, f"library.properties: {line!r}")
        properties[key] = value
    for key in ("name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"):
        require(key in properties, f"library.properties has no {key}")
    name = properties["name"]
    require(re.fullmatch(r"[A-Za-z][A-Za-z0-9 _.-]{0,62}", name), f"name {name!r}")
    require(not name.lower().startswith("arduino"), "the name begins with Arduino")
    require(SIMPLE_VERSION.fullmatch(properties["version"]), "version is not semantic")
    require(properties["category"] in ARDUINO_CATEGORIES, "category is none of the list")
    require(re.fullmatch(r"https?://\S+", properties["url"]), "url")
    for header in properties["includes"].split(","):
        require((folder / "src" / header).is_file(), f"includes={header}, which is not in src/")
    require(not (folder / "utility").exists() and not list(folder.glob("*.[ch]")), "sources outside src/")
    return properties


def check_arduino(folder, expected, work):
    """The model and the runtime as two libraries, and the sketch."""
    runtime = arduino_properties(folder / "runtime")
    depends = f"{runtime['name']} (={runtime['version']})"
    require(arduino_properties(folder)["depends"] == depends, "depends= is not the runtime")
    sketches = list(folder.glob("examples/*/*.ino"))
    require(len(sketches) == 1 and sketches[0].stem == sketches[0].parent.name, "examples/NAME/NAME.ino")

    compiled = library(folder, work, "src")
    # As the builder does: the sketch is C++ that begins with Arduino.h, and src/ is on the include path.
    run("c++", "-std=c++17", "-O1", *WARNINGS, "-include", "Arduino.h", f"-I{HERE / 'stubs'}", f"-I{folder / 'src'}",
        f"-I{folder / 'runtime/src'}", "-x", "c++", sketches[0], HERE / "stubs/arduino.cpp", "-x", "none", *compiled, "-o", work / "sketch")
    answers(work / "sketch", expected, True)
    return "library specification 1.5 rev. 2.2; sketch compiled as C++17 and run"


# `pio pkg pack` without its command line, which asks the net: for updates, and for the list of SPDX identifiers.
# Major and minor version of embq, which an exported library has: before 1.0 another minor one is not compatible.
VERSION = re.search(r'embqVersion = "(\d+\.\d+)', (ROOT / "Sources/EmbqCore/Version.swift").read_text())[1]

PACK = """
import sys
from platformio.package.manifest.schema import ManifestSchema
from platformio.package.pack import PackagePacker
ManifestSchema.load_spdx_licenses = staticmethod(lambda: {"licenses": [{"licenseId": "Apache-2.0"}]})
PackagePacker(sys.argv[1]).pack(sys.argv[2])
"""


def check_platformio(folder, expected, work):
    """PlatformIO's packer validates both library.json; then the archive's own files are compiled."""
    for name, part in (("runtime", folder / "runtime"), ("library", folder)):
        run(sys.executable, "-c", PACK, part, work / f"{name}.tar.gz",
            env=dict(os.environ, PLATFORMIO_CORE_DIR=str(work / "core")))
        shutil.unpack_archive(work / f"{name}.tar.gz", work / name)
        require(listing(work / name).replace(".piopm\n", "") == listing(part), "the archive has other files")
    packed = work / "library"
    compiled = library(packed, work, "include")
    run("cc", "-std=c11", *WARNINGS, f"-I{packed / 'include'}", f"-I{packed / 'runtime/include'}",
        packed / "examples/classify/src/main.c", *compiled, "-o", work / "classify")
    answers(work / "classify", expected, False)
    return "packed by PlatformIO; example of the archive compiled and run"


def check_zephyr(folder, expected, work):
    """module.yml and sample.yaml by schema, Kconfig by kconfiglib, CMakeLists.txt by CMake with stubs."""
    for file, schema in (("zephyr/module.yml", "zephyr_module.yml"),
                         ("samples/classify/sample.yaml", "zephyr_sample.yml")):
        data = parse_yaml((folder / file).read_text())
        Core(source_data=data, schema_files=[str(HERE / schema)]).validate(raise_exception=True)
    module = parse_yaml((folder / "zephyr/module.yml").read_text())
    # As Zephyr resolves them: a folder with a CMakeLists.txt, a file, folders with samples.
    require((folder / module["build"]["cmake"] / "CMakeLists.txt").is_file(), "build.cmake")
    require((folder / module["build"]["kconfig"]).is_file(), "build.kconfig")
    for samples in module["samples"]:
        require(list((folder / samples).rglob("sample.yaml")), "samples")

    symbol = module["name"].upper()
    text = (folder / module["build"]["kconfig"]).read_text() + "config REQUIRES_STD_C11\n\tbool\n"
    require(kconfig(text, work)[symbol] == "n", "the module is on before anyone asks for it")
    settings = kconfig(text, work, **{symbol: "y"})
    require(settings["REQUIRES_STD_C11"] == "y" and settings["EMBQ_RUNTIME_STATUS_TEXT"] == "y", f"{settings}")
    known = {f"CONFIG_{name}" for name in settings} | {
        "CONFIG_CONSOLE_SUBSYS", "CONFIG_CONSOLE_GETLINE", "CONFIG_MAIN_STACK_SIZE"}
    for line in (folder / "samples/classify/prj.conf").read_text().splitlines():
        require(line.startswith("#") or line.partition("=")[0] in known, f"prj.conf: {line}")

    build_rtos(folder, folder / "zephyr", symbol, text, {symbol: "y"}, folder / "samples/classify/src/main.c", [],
               expected, work)
    return "module.yml, sample.yaml, Kconfig; CMakeLists.txt and sample built and run with stubs"


def check_esp_idf(folder, expected, work):
    """idf_component.yml by the component manager, Kconfig by kconfiglib, CMakeLists.txt by CMake with stubs."""
    for manifest in (folder, folder / "examples/classify/main"):
        name = "embq_embbert" if manifest == folder else "main"
        code = ("import sys; from idf_component_tools.manager import ManifestManager as M; "
                "from idf_component_tools.manager import UploadMode as U; "
                f"m = M(sys.argv[1], sys.argv[2]{', upload_mode=U.component' if manifest == folder else ''}).load(); "
                "print(m.version, m.license, sorted(d.name for d in m.raw_requirements))")
        run(sys.executable, "-c", code, manifest, name)
    dependency = parse_yaml((folder / "examples/classify/main/idf_component.yml").read_text())["dependencies"]
    for name, entry in dependency.items():
        require((folder / "examples/classify/main" / entry["path"]).resolve() == folder.resolve(), f"path of {name}")
    symbol = next(iter(dependency)).upper()
    text = (folder / "Kconfig").read_text()
    build_rtos(folder, folder, symbol, text, {}, folder / "examples/classify/main/main.c", [HERE / "stubs/esp_idf.c"],
               expected, work)
    return "idf-component-manager, Kconfig; CMakeLists.txt and example built and run with stubs"


def build_rtos(folder, build_folder, symbol, text, chosen, main, more, expected, work):
    """Builds and runs the example: with Kconfig's defaults, and with status texts off and every section placed."""
    stubs = [f"-I{HERE / 'stubs'}", f"-I{folder / 'include'}", f"-I{folder / 'runtime/include'}"]
    settings = kconfig(text, work, **chosen)
    libraries = libraries_by_cmake([build_folder], settings, work / "standard")
    run("cc", "-std=c11", *WARNINGS, *stubs, main, *more, *libraries, "-o", work / "example")
    answers(work / "example", expected, True)

    places = {name: "." + name.lower() for name in settings if name.endswith("_SECTION")}
    settings = kconfig(text, work, **chosen, **places, EMBQ_RUNTIME_STATUS_TEXT="n")
    libraries = libraries_by_cmake([build_folder], settings, work / "placed")
    run("cc", "-std=c11", *WARNINGS, *stubs, main, *more, *libraries, "-o", work / "placed/example")
    for place in places.values():
        require_section(work / "placed/example", place)
    lines = run(work / "placed/example", input=TEXTS[0] + "\n").splitlines()
    require(lines == ["", expected[0]], f"without status texts the example prints {lines}")


def check_cmake(folder, expected, work):
    """Configure, build, run, install; then the example as a project that finds the installed package."""
    sections = re.findall(r"^set\((EMBQ_\w*_SECTION) ", (folder / "CMakeLists.txt").read_text(), re.MULTILINE)
    require(sections or list(folder.glob("src/*.o")), "there is no EMBQ_…_SECTION")
    name = re.search(r"^project\((\w+) ", (folder / "CMakeLists.txt").read_text(), re.MULTILINE).group(1)
    for placed in (False, True):
        build, prefix = work / f"build-{placed}", work / f"prefix-{placed}"
        places = [f"-D{macro}=.{macro.lower()}" for macro in sections] if placed else []
        flags = "-DCMAKE_C_FLAGS=" + " ".join(WARNINGS)
        run("cmake", "-G", "Ninja", "-S", folder, "-B", build, f"-DCMAKE_INSTALL_PREFIX={prefix}", flags, *places)
        run("cmake", "--build", build)
        answers(build / "examples/classify/classify", expected, False)
        run("cmake", "--install", build)
        user = work / f"user-{placed}"
        shutil.copytree(folder / "examples/classify", user)
        run("cmake", "-G", "Ninja", "-S", user, "-B", user / "build", f"-DCMAKE_PREFIX_PATH={prefix}",
            flags + " -Wl,--gc-sections")
        run("cmake", "--build", user / "build")
        answers(user / "build/classify", expected, False)
        for macro in sections if placed else []:
            require_section(user / "build/classify", f".{macro.lower()}")
    # As part of a larger project, in C++ and with a version asked for.
    outer = work / "outer"
    outer.mkdir()
    (outer / "main.cpp").write_text(
        '#include "model.h"\nint main() { embq_model m; return embq_model_open(&m) == EMBQ_OK ? 0 : 1; }\n')
    (outer / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.13...3.31)\nproject(outer LANGUAGES C CXX)\n"
        f"find_package({name} {VERSION} REQUIRED)\nadd_executable(outer main.cpp)\n"
        "target_link_libraries(outer PRIVATE embq::model)\n")
    run("cmake", "-G", "Ninja", "-S", outer, "-B", outer / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", outer / "build")
    run(outer / "build/outer")
    return "built, run, installed, found by find_package, used from C++"


CATEGORIES = {"header", "include", "sourceC", "sourceAsm", "object", "doc"}
# What a package element has, in the order of the specification's examples; each once.
PARTS = ["vendor", "name", "description", "url", "license", "releases", "keywords", "requirements", "conditions", "taxonomy",
         "components"]


def pack(folder):
    """The rules of the Open-CMSIS-Pack specification 1.7 for a pack description: PACK.xsd is in no package of PyPI."""
    descriptions = list(folder.glob("*.pdsc"))
    require(len(descriptions) == 1, f"{folder} has {len(descriptions)} descriptions")
    package = ElementTree.parse(descriptions[0]).getroot()
    require(package.tag == "package" and re.fullmatch(r"\d+\.\d+\.\d+", package.get("schemaVersion", "")), "package")
    tags = [part.tag for part in package]
    require(tags == [part for part in PARTS if part in tags] and len(tags) - len(PARTS) in (0, -2), f"parts {tags}")
    name = f"{package.findtext('vendor')}.{package.findtext('name')}"
    require(re.fullmatch(r"[\w-]+\.[\w-]+", name) and descriptions[0].name == f"{name}.pdsc", f"the pack is called {name}")
    require((folder / package.findtext("license")).is_file(), "license")
    version = package.find("releases/release").get("version")
    require(SIMPLE_VERSION.fullmatch(version), f"release {version}")
    conditions = {condition.get("id") for condition in package.iter("condition")}
    classes = [(entry.get("Cclass"), entry.get("Cgroup")) for entry in package.iterfind("taxonomy/description")]
    components = package.findall("components/component")
    require(len(components) == 1, "one component")
    component = components[0]
    require((component.get("Cclass"), component.get("Cgroup")) in classes, "a class without a description")
    require(3 <= len(component.get("Csub")) <= 32 and component.get("Cversion") == version, "Csub, Cversion")
    require(component.get("condition") in conditions | {None}, "a condition that is not there")
    files = component.findall("files/file")
    for file in files:
        require(file.get("category") in CATEGORIES and (folder / file.get("name")).exists(), f"file {file.attrib}")
        require(file.get("attr") is None or (file.get("attr") == "template" and file.get("select")), f"file {file.attrib}")
    return package, component, files


def check_cmsis_pack(folder, expected, work):
    """Both descriptions by the specification's rules; then what they name is compiled as a project's build does."""
    runtime_package, runtime, runtime_files = pack(folder / "runtime")
    package, component, files = pack(folder)
    needed = package.find("requirements/packages/package")
    version = runtime.get("Cversion")
    require([needed.get(key) for key in ("vendor", "name", "version")]
            == [runtime_package.findtext("vendor"), runtime_package.findtext("name"), f"{version}:{version}"], "requirements")
    condition = package.find(f"conditions/condition[@id='{component.get('condition')}']/require")
    require(all(condition.get(key) == runtime.get(key) for key in ("Cclass", "Cgroup", "Csub"))
            and condition.get("Cversion") == f"{version}:{version}", "the condition is not the runtime")
    flags, given = [], []
    built = work.parent / "cmsis-pack-runtime"
    if not built.exists():
        # The runtime's component is the same in each folder: one build serves all kinds of arrays.
        include = next(folder / "runtime" / part.get("name") for part in runtime_files if part.get("category") == "header").parent
        objects(folder / "runtime", [part.get("name") for part in runtime_files if part.get("category") == "sourceC"], built,
                [f"-I{include}"])
    for place, parts in ((folder / "runtime", runtime_files), (folder, files)):
        for part in parts:
            path, category = place / part.get("name"), part.get("category")
            if category in ("header", "include"):
                flags.append(f"-I{path.parent if category == 'header' else path}")
            elif category != "doc":
                given.append(path)
    require({path for path in folder.glob("**/src/*") if path.suffix in (".c", ".S", ".o")} == set(given) - {folder / "examples/classify/main.c"},
            "the components' files are not all sources")
    model = [path for path in given if folder / "runtime" not in path.parents]
    run("cc", "-std=c11", "-O1", *WARNINGS, *flags, *model, *sorted(built.glob("*.o")), "-o", work / "classify")
    answers(work / "classify", expected, False)
    return "both descriptions by the specification; components compiled and run"


def check_swift(folder, expected, work):
    """SwiftPM builds the package as it is and runs its example."""
    swift_build(folder, work / "build", "classify")
    answers(work / "build/release/classify", expected, False)
    return "built by SwiftPM and run"


CHECKS = {"plain": check_plain, "arduino": check_arduino, "platformio": check_platformio, "zephyr": check_zephyr,
          "esp-idf": check_esp_idf, "cmake": check_cmake, "cmsis-pack": check_cmsis_pack, "swift": check_swift}


def main():
    embq = pathlib.Path(sys.argv[1]).resolve()
    record = sys.argv[2:] == ["--record"]
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        model = ROOT / "Fixtures/embbert-tiny"
        run(embq, "quantize", model, "--data", model / "data.tsv", "-o", work / "tiny.embq")
        expected = [line.split("\t")[0] for line in run(embq, "run", work / "tiny.embq", *TEXTS).splitlines()]
        require(len(expected) == len(TEXTS), "embq run answers another number of texts")
        print("layouts of exported C", flush=True)
        for layout, check in CHECKS.items():
            for arrays in ("one", "sections", "incbin", "object"):
                folder, scratch = work / f"{layout}-{arrays}", work / f"work-{layout}-{arrays}"
                scratch.mkdir()
                export = ["export", work / "tiny.embq", "--layout", layout, "--arrays", arrays, "--c", folder]
                if arrays == "object":
                    export += ["--target", platform.machine().replace("_", "-")]
                    if layout in ("arduino", "platformio", "swift"):
                        refused = subprocess.run([embq, *export], stderr=subprocess.PIPE, text=True)
                        require(refused.returncode == 1 and "takes no object files" in refused.stderr, refused.stderr)
                        continue
                run(embq, *export)
                golden = HERE / "expected" / f"{layout}.txt"
                if record and arrays == "one":
                    golden.write_text(listing(folder))
                own = re.compile(r"^\S*model_data\.(embq|S|o)\n", re.MULTILINE)
                listed = own.sub("", listing(folder))
                require(listed == golden.read_text(), f"{layout}: the files are not those of {golden}")
                try:
                    said = check(folder, expected, scratch)
                except Failure as failure:
                    raise Failure(f"{layout}, {arrays}: {failure}") from None
                say(f"{layout}, {arrays}", said)
        firmwares.check(embq, work)
        examples.check(embq, work)


try:
    main()
except Failure as failure:
    sys.exit(f"layouts: {failure}")
