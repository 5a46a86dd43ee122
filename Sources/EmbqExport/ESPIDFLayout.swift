/// An ESP-IDF component.
///
/// Source: ESP-IDF programming guide, Build system; IDF component manager, idf_component.yml.
enum ESPIDFLayout {
    static func files(_ library: ExportedLibrary) -> [(String, String)] {
        [
            ("idf_component.yml", manifest(library)), ("CMakeLists.txt", build(library)),
            ("Kconfig", kconfig(library)), ("runtime/CMakeLists.txt", RuntimeLibrary.project(library)),
            ("examples/classify/CMakeLists.txt", project),
            ("examples/classify/main/CMakeLists.txt", "idf_component_register(SRCS \"main.c\")\n"),
            ("examples/classify/main/idf_component.yml", dependency(library)),
            ("examples/classify/main/main.c", LayoutExamples(library).espIDF),
            (
                "README.md",
                LayoutReadme.text(
                    library,
                    use:
                        "Put the folder, named \(library.name.identifier), into a project's `components`, or name it in "
                        + "idf_component.yml as examples/classify does. ESP-IDF 5.0 or newer. Several models, each "
                        + "exported with a `--name` of its own, share the runtime of one of them; one of another "
                        + "version is an error.",
                    place: "set `CONFIG_\(library.name.symbol)_…_SECTION` with `idf.py menuconfig`.")
            ),
        ]
    }

    private static func manifest(_ library: ExportedLibrary) -> String {
        """
        version: "\(library.version)"
        description: "\(library.summary)"
        license: "\(library.license)"
        dependencies:
          idf: ">=5.0"
        examples:
          - path: examples/classify

        """
    }

    private static func build(_ library: ExportedLibrary) -> String {
        let settings = KconfigSettings(library)
        let runtime = settings.runtimeDefinitions {
            "target_compile_definitions(\(RuntimeLibrary.target) PRIVATE \($0))"
        }
        let folders = library.assembled.map { " PRIV_INCLUDE_DIRS \($0)" } ?? ""
        return """
            # Written by embq.
            idf_component_register(SRCS \(library.sources.joined(separator: " ")) INCLUDE_DIRS include\(folders))
            \(RuntimeLibrary.cmake(library, adding: "add_subdirectory(\(RuntimeLibrary.folder))\n", settings: runtime))
            target_link_libraries(${COMPONENT_LIB} PUBLIC embq::runtime)
            \(settings.definitions { "target_compile_definitions(${COMPONENT_LIB} PRIVATE \($0))" })
            """
    }

    private static func kconfig(_ library: ExportedLibrary) -> String {
        let settings = KconfigSettings(library)
        return """
            menu "\(library.name.slug)"

            \(settings.symbols)
            \(settings.runtimeSymbols)
            endmenu

            """
    }

    private static let project = """
        cmake_minimum_required(VERSION 3.16)
        include($ENV{IDF_PATH}/tools/cmake/project.cmake)
        project(classify)

        """

    private static func dependency(_ library: ExportedLibrary) -> String {
        """
        dependencies:
          \(library.name.identifier):
            path: ../../..

        """
    }
}
