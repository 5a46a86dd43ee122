/// The settings of a library in Kconfig and the CMake lines that obey them, for Zephyr and ESP-IDF.
struct KconfigSettings {
    private let library: ExportedLibrary

    init(_ library: ExportedLibrary) { self.library = library }

    private static let statusText = "EMBQ_RUNTIME_STATUS_TEXT"

    private func name(_ setting: String) -> String { "\(library.name.symbol)_\(setting)" }

    /// The symbols of the model, below the library's own.
    var symbols: String {
        library.placements.map {
            """
            config \(name($0.setting))
            \tstring "Linker section of \($0.what)"
            \tdefault ""
            \thelp
            \t  Where the linker puts the arrays, such as a section in external flash.
            \t  Empty: with the other constants.

            """
        }.joined(separator: "\n")
    }

    /// The symbols of the runtime, which each model has: Kconfig makes one of those of equal names.
    var runtimeSymbols: String {
        """
        config \(Self.statusText)
        \tbool "Sentences on status codes"
        \tdefault y
        \thelp
        \t  Leave it out to save their bytes; embq_status_text then gives empty texts.

        """
    }

    /// Definitions for the model's target, given the command that adds one.
    func definitions(_ command: (String) -> String) -> String {
        library.placements.map {
            """
            if(CONFIG_\(name($0.setting)))
              \(command("\"\($0.definition("${CONFIG_\(name($0.setting))}", quote: #"\""#))\""))
            endif()

            """
        }.joined()
    }

    /// Definitions for the runtime's target.
    func runtimeDefinitions(_ command: (String) -> String) -> String {
        """
        if(NOT CONFIG_\(Self.statusText))
          \(command("EMBQ_NO_STATUS_TEXT"))
        endif()

        """
    }
}
