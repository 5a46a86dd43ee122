"""Checks `embq export --layout`: what each ecosystem's own tools say of its files, and what the examples compute.

    check.py EMBQ [--record]

Each layout is exported with one array and with one for each section, and then
  - its list of files is compared with expected/ (--record writes it anew),
  - its manifest is read by its ecosystem's tool or, where none can be installed, held against the published rules,
  - its sources are compiled as C11 and its example as the ecosystem compiles it (with stubs/ for what a platform
    gives), and the example must answer as `embq run` does.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import kconfiglib
from pykwalify.core import Core
from ruamel.yaml import YAML

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TEXTS = ["rain in oslo", "snow day! why?", "sun at noon", "x", "rain rain sun snow"]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
SIMPLE_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


class Failure(Exception):
    pass


def require(condition, message):
    if not condition:
        raise Failure(message)


def parse_yaml(text):
    return YAML(typ="safe").load(text)


def say(layout, text):
    print(f"  {layout:<22}{text}", flush=True)


def run(*command, input=None, cwd=None, env=None):
    """The standard output of a command, which must succeed."""
    command = [str(part) for part in command]
    done = subprocess.run(
        command, input=input, cwd=cwd, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    require(done.returncode == 0, f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def answers(program, expected, status_line):
    """Runs an example on TEXTS; it may print a status first, then must print the labels."""
    lines = run(program, input="".join(text + "\n" for text in TEXTS)).splitlines()
    require(lines == (["done"] if status_line else []) + expected, f"{program} prints {lines}, embq run {expected}")


def listing(folder):
    """The layout's files, the runtime's own in one line for each folder: their number is not this test's."""
    names = set()
    for path in folder.rglob("*"):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            names.add(re.sub(r"(^|/)embq_\w+\.([ch])$", r"\1embq_*.\2", name))
    return "".join(name + "\n" for name in sorted(names))


def objects(folder, sources, work, flags=()):
    """Compiles C11 sources without a warning, as a platform's build would without any of its own flags."""
    work.mkdir(parents=True, exist_ok=True)
    run("cc", "-std=c11", "-O1", *WARNINGS, *flags, "-c", *[(folder / s).resolve() for s in sources], cwd=work)
    return sorted(work.glob("*.o"))


def sources(folder):
    return sorted((folder / "src").glob("*.c"))


# ---- Each ecosystem ------------------------------------------------------------------------------------------


def check_plain(folder, expected, work):
    run("cc", "-std=c11", "-O1", *WARNINGS, *sorted(folder.glob("*.c")), "-o", work / "classify")
    answers(work / "classify", expected, False)
    return "compiled and run"


ARDUINO_CATEGORIES = {
    "Display", "Communication", "Signal Input/Output", "Sensors", "Device Control", "Timing", "Data Storage",
    "Data Processing", "Other"}


def check_arduino(folder, expected, work):
    """The rules of the Arduino library specification, 1.5 format, revision 2.2: arduino-lint is not on PyPI."""
    properties = {}
    for line in (folder / "library.properties").read_text(encoding="ascii").splitlines():
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
    sketches = list(folder.glob("examples/*/*.ino"))
    require(len(sketches) == 1 and sketches[0].stem == sketches[0].parent.name, "examples/NAME/NAME.ino")

    compiled = objects(folder, sources(folder), work / "c")
    # As the builder does: the sketch is C++ that begins with Arduino.h, and src/ is on the include path.
    run("c++", "-std=c++17", "-O1", *WARNINGS, "-include", "Arduino.h", f"-I{HERE / 'stubs'}", f"-I{folder / 'src'}",
        "-x", "c++", sketches[0], HERE / "stubs/arduino.cpp", "-x", "none", *compiled, "-o", work / "sketch")
    answers(work / "sketch", expected, True)
    return "library specification 1.5 rev. 2.2; sketch compiled as C++17 and run"


# `pio pkg pack` without its command line, which asks the net: for updates, and for the list of SPDX identifiers.
PACK = """
import sys
from platformio.package.manifest.schema import ManifestSchema
from platformio.package.pack import PackagePacker
ManifestSchema.load_spdx_licenses = staticmethod(lambda: {"licenses": [{"licenseId": "Apache-2.0"}]})
PackagePacker(sys.argv[1]).pack(sys.argv[2])
"""


def check_platformio(folder, expected, work):
    """PlatformIO's packer validates library.json; then the archive's own files are compiled."""
    run(sys.executable, "-c", PACK, folder, work / "library.tar.gz",
        env=dict(os.environ, PLATFORMIO_CORE_DIR=str(work / "core")))
    shutil.unpack_archive(work / "library.tar.gz", work / "packed")
    packed = work / "packed"
    require(listing(packed).replace(".piopm\n", "") == listing(folder), "the archive has other files")
    compiled = objects(packed, sources(packed), work / "c", [f"-I{packed / 'include'}"])
    run("cc", "-std=c11", *WARNINGS, f"-I{packed / 'include'}", packed / "examples/classify/src/main.c", *compiled,
        "-o", work / "classify")
    answers(work / "classify", expected, False)
    return "packed by PlatformIO; example of the archive compiled and run"


def kconfig(text, work, **settings):
    """The symbols of a Kconfig text, parsed without a warning."""
    path = work / "Kconfig"
    path.write_text(text)
    parsed = kconfiglib.Kconfig(str(path), warn_to_stderr=False)
    for name, value in settings.items():
        require(parsed.syms[name].set_value(value), f"{name} does not take {value!r}")
    require(not parsed.warnings, f"Kconfig: {parsed.warnings}")
    return {name: symbol.str_value for name, symbol in parsed.syms.items() if symbol.nodes}


# The commands of Zephyr and ESP-IDF that the layouts use, for a CMake that has neither: each as its documentation says.
STUB_COMMANDS = """
cmake_minimum_required(VERSION 3.20)
project(stub C)
set(CMAKE_C_STANDARD 11)
macro(zephyr_library_named name)
  set(current ${name})
  add_library(${name} STATIC)
endmacro()
macro(zephyr_library_sources)
  target_sources(${current} PRIVATE ${ARGN})
endmacro()
macro(zephyr_library_compile_definitions)
  target_compile_definitions(${current} PRIVATE ${ARGN})
endmacro()
macro(zephyr_include_directories)
  foreach(folder ${ARGN})
    include_directories(${CMAKE_CURRENT_SOURCE_DIR}/${folder})
  endforeach()
endmacro()
macro(idf_component_register)
  cmake_parse_arguments(component "" "" "SRCS;INCLUDE_DIRS" ${ARGN})
  if(component_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "idf_component_register does not know ${component_UNPARSED_ARGUMENTS}")
  endif()
  set(COMPONENT_LIB component)
  add_library(component STATIC ${component_SRCS})
  foreach(folder ${component_INCLUDE_DIRS})
    target_include_directories(component PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/${folder})
  endforeach()
endmacro()
"""


def library_by_cmake(build_folder, settings, work):
    """Configures and builds a layout's CMakeLists.txt with the commands above and Kconfig's settings."""
    project = work / "project"
    project.mkdir(parents=True)
    values = "".join(f'set(CONFIG_{name} "{"" if value == "n" else value}")\n' for name, value in settings.items())
    (project / "CMakeLists.txt").write_text(f"{STUB_COMMANDS}{values}add_subdirectory({build_folder} library)\n")
    run("cmake", "-G", "Ninja", "-S", project, "-B", work / "build", "-DCMAKE_C_FLAGS=" + " ".join(WARNINGS))
    run("cmake", "--build", work / "build")
    archives = list((work / "build").rglob("*.a"))
    require(len(archives) == 1, f"{len(archives)} libraries")
    return archives[0]


def require_section(program, section):
    found = run("objdump", "-h", program)
    require(f" {section} " in found, f"{program} has no section {section}")


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
    require(settings["REQUIRES_STD_C11"] == "y" and settings[f"{symbol}_STATUS_TEXT"] == "y", f"{settings}")
    known = {f"CONFIG_{name}" for name in settings} | {
        "CONFIG_CONSOLE_SUBSYS", "CONFIG_CONSOLE_GETLINE", "CONFIG_MAIN_STACK_SIZE"}
    for line in (folder / "samples/classify/prj.conf").read_text().splitlines():
        require(line.partition("=")[0] in known, f"prj.conf: {line}")

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
    stubs = [f"-I{HERE / 'stubs'}", f"-I{folder / 'include'}"]
    settings = kconfig(text, work, **chosen)
    library = library_by_cmake(build_folder, settings, work / "standard")
    run("cc", "-std=c11", *WARNINGS, *stubs, main, *more, library, "-o", work / "example")
    answers(work / "example", expected, True)

    places = {name: "." + name.lower() for name in settings if name.endswith("_SECTION")}
    settings = kconfig(text, work, **chosen, **places, **{f"{symbol}_STATUS_TEXT": "n"})
    library = library_by_cmake(build_folder, settings, work / "placed")
    run("cc", "-std=c11", *WARNINGS, *stubs, main, *more, library, "-o", work / "placed/example")
    for place in places.values():
        require_section(work / "placed/example", place)
    lines = run(work / "placed/example", input=TEXTS[0] + "\n").splitlines()
    require(lines == ["", expected[0]], f"without status texts the example prints {lines}")


def check_cmake(folder, expected, work):
    """Configure, build, run, install; then the example as a project that finds the installed package."""
    sections = re.findall(r"^set\((EMBQ_\w+_SECTION) ", (folder / "CMakeLists.txt").read_text(), re.MULTILINE)
    require(sections, "there is no EMBQ_…_SECTION")
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
        f"find_package({name} 0.1 REQUIRED)\nadd_executable(outer main.cpp)\n"
        "target_link_libraries(outer PRIVATE embq::model)\n")
    run("cmake", "-G", "Ninja", "-S", outer, "-B", outer / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", outer / "build")
    run(outer / "build/outer")
    return "built, run, installed, found by find_package, used from C++"


CHECKS = {"plain": check_plain, "arduino": check_arduino, "platformio": check_platformio, "zephyr": check_zephyr,
          "esp-idf": check_esp_idf, "cmake": check_cmake}


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
            for arrays in ("one", "sections"):
                folder, scratch = work / f"{layout}-{arrays}", work / f"work-{layout}-{arrays}"
                scratch.mkdir()
                run(embq, "export", work / "tiny.embq", "--layout", layout, "--arrays", arrays, "--c", folder)
                golden = HERE / "expected" / f"{layout}.txt"
                if record and arrays == "one":
                    golden.write_text(listing(folder))
                require(listing(folder) == golden.read_text(), f"{layout}: the files are not those of {golden}")
                try:
                    said = check(folder, expected, scratch)
                except Failure as failure:
                    raise Failure(f"{layout}, {arrays}: {failure}") from None
                say(f"{layout}, {arrays}", said)


try:
    main()
except Failure as failure:
    sys.exit(f"layouts: {failure}")
