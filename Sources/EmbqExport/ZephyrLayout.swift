/// A Zephyr module.
///
/// Source: Zephyr documentation, Modules (zephyr/module.yml) and Sample and test definitions.
enum ZephyrLayout {
    static func files(_ library: ExportedLibrary) -> [(String, String)] {
        [
            ("zephyr/module.yml", module(library)), ("zephyr/Kconfig", kconfig(library)),
            ("zephyr/CMakeLists.txt", build(library)),
            ("samples/classify/CMakeLists.txt", sampleBuild), ("samples/classify/prj.conf", sampleSettings(library)),
            ("samples/classify/sample.yaml", sample(library)),
            ("samples/classify/src/main.c", LayoutExamples(library).zephyr),
            (
                "README.md",
                LayoutReadme.text(
                    library,
                    use:
                        "Name the folder in west.yml, or give it to the build: `west build -b BOARD samples/classify`. "
                        + "Another application sets `CONFIG_\(library.name.symbol)=y`, and "
                        + "`EXTRA_ZEPHYR_MODULES` to this folder. Zephyr 3.7 or newer. Several models, each exported "
                        + "with a `--name` of its own, share the runtime of the first; one of another version is an "
                        + "error.",
                    place: "set `CONFIG_\(library.name.symbol)_…_SECTION`.")
            ),
        ]
    }

    private static func module(_ library: ExportedLibrary) -> String {
        """
        name: \(library.name.identifier)
        build:
          cmake: zephyr
          kconfig: zephyr/Kconfig
        samples:
          - samples

        """
    }

    private static func kconfig(_ library: ExportedLibrary) -> String {
        let settings = KconfigSettings(library)
        return """
            config \(library.name.symbol)
            \tbool "\(library.name.slug), a language model"
            \tselect REQUIRES_STD_C11
            \tselect EMBQ_RUNTIME
            \thelp
            \t  \(library.summary).

            if \(library.name.symbol)

            \(settings.symbols)
            endif

            config EMBQ_RUNTIME
            \tbool

            if EMBQ_RUNTIME

            \(settings.runtimeSymbols)
            endif

            """
    }

    private static func build(_ library: ExportedLibrary) -> String {
        let settings = KconfigSettings(library)
        let adding = """
            zephyr_library_named(\(RuntimeLibrary.target))
            set_target_properties(\(RuntimeLibrary.target) PROPERTIES EMBQ_VERSION \(library.version))
            zephyr_include_directories(../runtime/include)
            zephyr_library_sources(
            \(RuntimeLibrary.sources.map { "  ../runtime/\($0)\n" }.joined()))

            """
        let runtime = settings.runtimeDefinitions { "zephyr_library_compile_definitions(\($0))" }
        let folders = library.assembled.map { "\nzephyr_library_include_directories(../\($0))" } ?? ""
        return """
            # Written by embq.
            if(CONFIG_\(library.name.symbol))

            \(RuntimeLibrary.cmake(library, adding: adding, settings: runtime))
            zephyr_library_named(\(library.name.identifier))
            zephyr_include_directories(../include)
            zephyr_library_sources(\(library.sources.map { "../\($0)" }.joined(separator: " ")))\(folders)
            \(settings.definitions { "zephyr_library_compile_definitions(\($0))" })
            endif()

            """
    }

    private static let sampleBuild = """
        cmake_minimum_required(VERSION 3.20.0)
        list(APPEND EXTRA_ZEPHYR_MODULES ${CMAKE_CURRENT_SOURCE_DIR}/../..)
        find_package(Zephyr REQUIRED HINTS $ENV{ZEPHYR_BASE})
        project(classify)
        target_sources(app PRIVATE src/main.c)

        """

    private static func sampleSettings(_ library: ExportedLibrary) -> String {
        """
        CONFIG_\(library.name.symbol)=y
        CONFIG_CONSOLE_SUBSYS=y
        CONFIG_CONSOLE_\(library.isSerial ? "GETCHAR" : "GETLINE")=y
        CONFIG_MAIN_STACK_SIZE=4096

        """
    }

    private static func sample(_ library: ExportedLibrary) -> String {
        """
        sample:
          name: \(library.name.slug)
          description: "\(library.summary)"
        common:
          tags: \(library.name.identifier)
          min_ram: \(library.ramKB)
          min_flash: \(library.flashKB)
        tests:
          sample.\(library.name.identifier).classify:
            build_only: true

        """
    }
}
