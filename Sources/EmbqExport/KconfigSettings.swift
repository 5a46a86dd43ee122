/// The settings of a library in Kconfig and the CMake lines that obey them, for Zephyr and ESP-IDF.
struct KconfigSettings {
    private let library: ExportedLibrary

    init(_ library: ExportedLibrary) { self.library = library }

    private func name(_ setting: String) -> String { "\(library.name.symbol)_\(setting)" }

    /// The symbols below the library's own.
    var symbols: String {
        let sections = library.placements.map {
            """
            config \(name($0.setting))
            \tstring "Linker section of \($0.what)"
            \tdefault ""
            \thelp
            \t  Where the linker puts the arrays, such as a section in external flash.
            \t  Empty: with the other constants.

            """
        }
        return """
            config \(name("STATUS_TEXT"))
            \tbool "Sentences on status codes"
            \tdefault y
            \thelp
            \t  Leave it out to save their bytes; embq_status_text then gives empty texts.

            \(sections.joined(separator: "\n"))
            """
    }

    /// Definitions for a target, given the command that adds one.
    func definitions(_ command: (String) -> String) -> String {
        let sections = library.placements.map {
            """
            if(CONFIG_\(name($0.setting)))
              \(command(#""\#($0.macro)=__attribute__((section(\"${CONFIG_\#(name($0.setting))}\")))""#))
            endif()

            """
        }
        return """
            if(NOT CONFIG_\(name("STATUS_TEXT")))
              \(command("EMBQ_NO_STATUS_TEXT"))
            endif()
            \(sections.joined())
            """
    }
}
