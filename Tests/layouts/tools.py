"""What the checks of layouts share: commands that must succeed, and builds."""

import pathlib
import re
import subprocess

import kconfiglib
from ruamel.yaml import YAML

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TEXTS = ["rain in oslo", "snow day! why?", "sun at noon", "x", "rain rain sun snow"]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


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


def swift_build(folder, scratch, product):
    """Has SwiftPM build a product of a package, without a warning."""
    flags = [flag for warning in WARNINGS for flag in ("-Xcc", warning)] + ["-Xswiftc", "-warnings-as-errors"]
    run("swift", "build", "-c", "release", "--package-path", folder, "--scratch-path", scratch, "--product", product, *flags)


def sources(folder):
    """Those of a model or of the runtime, for a compiler and an assembler."""
    return sorted(path for path in (folder / "src").iterdir() if path.suffix in (".c", ".S"))


def library(folder, work, includes):
    """The objects of an exported folder, the runtime's in it among them, as two libraries that are compiled apart."""
    runtime = folder / "runtime"
    return (objects(runtime, sources(runtime), work / "runtime", [f"-I{runtime / includes}"])
            + objects(folder, sources(folder), work / "model",
                      [f"-I{runtime / includes}", f"-I{folder / includes}", f"-I{folder / 'src'}"]))


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
project(stub C ASM)
set(CMAKE_C_STANDARD 11)
add_library(zephyr_interface INTERFACE)
macro(zephyr_library_named name)
  set(current ${name})
  add_library(${name} STATIC)
  target_link_libraries(${name} PRIVATE zephyr_interface)
endmacro()
macro(zephyr_library_sources)
  target_sources(${current} PRIVATE ${ARGN})
endmacro()
macro(zephyr_library_include_directories)
  foreach(folder ${ARGN})
    target_include_directories(${current} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/${folder})
  endforeach()
endmacro()
macro(zephyr_library_compile_definitions)
  target_compile_definitions(${current} PRIVATE ${ARGN})
endmacro()
macro(zephyr_include_directories)
  foreach(folder ${ARGN})
    target_include_directories(zephyr_interface INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/${folder})
  endforeach()
endmacro()
macro(idf_component_register)
  cmake_parse_arguments(component "" "" "SRCS;INCLUDE_DIRS;PRIV_INCLUDE_DIRS" ${ARGN})
  if(component_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "idf_component_register does not know ${component_UNPARSED_ARGUMENTS}")
  endif()
  # As ESP-IDF names it: by the component's folder.
  get_filename_component(COMPONENT_NAME ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  set(COMPONENT_LIB __idf_${COMPONENT_NAME})
  add_library(${COMPONENT_LIB} STATIC ${component_SRCS})
  foreach(folder ${component_INCLUDE_DIRS})
    target_include_directories(${COMPONENT_LIB} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/${folder})
  endforeach()
  foreach(folder ${component_PRIV_INCLUDE_DIRS})
    target_include_directories(${COMPONENT_LIB} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/${folder})
  endforeach()
endmacro()
"""


def libraries_by_cmake(build_folders, settings, work):
    """Configures and builds the CMakeLists.txt of models with the commands above and Kconfig's settings.

    The models' libraries, then the runtime's, which there is once.
    """
    project = work / "project"
    project.mkdir(parents=True)
    values = "".join(f'set(CONFIG_{name} "{"" if value == "n" else value}")\n' for name, value in settings.items())
    added = "".join(f"add_subdirectory({folder} library{i})\n" for i, folder in enumerate(build_folders))
    (project / "CMakeLists.txt").write_text(f"{STUB_COMMANDS}{values}{added}")
    run("cmake", "-G", "Ninja", "-S", project, "-B", work / "build", "-DCMAKE_C_FLAGS=" + " ".join(WARNINGS))
    run("cmake", "--build", work / "build")
    archives = sorted((work / "build").rglob("*.a"), key=lambda path: path.name == "libembq_runtime.a")
    require([path.name == "libembq_runtime.a" for path in archives] == [False] * len(build_folders) + [True],
            f"the libraries are {archives}")
    return archives


def require_section(program, section):
    found = run("objdump", "-h", program)
    require(f" {section} " in found, f"{program} has no section {section}")
