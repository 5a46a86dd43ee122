/// README.md of a layout: what it is, how it is used, what it takes.
enum LayoutReadme {
    /// Of the plain layout.
    static func plain(_ library: ExportedLibrary) -> String {
        let sources = library.sources.filter { !$0.hasSuffix(".c") }.map { " \($0)" }.joined()
        return text(
            library,
            use: "The folder compiles without changes: all files are side by side.\n\n"
                + "    cc -std=c11 -O2 *.c\(sources) -o classify\n"
                + (library.isSerial ? "\n" : "    echo \"some text\" | ./classify\n\n")
                + "In firmware, compile `\(library.names.source)` and the `embq_*.c` with `-ffunction-sections "
                + "-fdata-sections -Wl,--gc-sections`, and leave out main.c, the example.",
            place: "define these when compiling `\(library.names.source)`.")
    }

    private static func example(_ library: ExportedLibrary) -> String {
        """
        The example opens the model and replays the sentences recorded with it. Then it reads texts, one a line, and prints
        for each \(library.answer.purpose).
        """
    }

    private static let serial = """
        The example is a board under test: `embq verify PACKAGE --serial PORT` replays the sentences recorded with the model
        on it, and MLPerf Tiny's runner takes it as a device.
        """

    /// - Parameter use: a paragraph of how a project takes the folder.
    static func text(_ library: ExportedLibrary, use: String, place: String) -> String {
        let places =
            library.placements.isEmpty
            ? "The linker can put the array elsewhere: its section is `.rodata.\(library.names.function("data"))`."
            : "The linker can put the arrays elsewhere, into external flash for example: \(place)\n"
                + library.placements.map { "\n- `\($0.macro)`: \($0.what)" }.joined()
        return """
            # \(library.name.slug)

            \(library.summary).

            \(use)

            \(library.isSerial ? serial : example(library)) embq.h explains each call.
            The code is C11 and needs no library but memcpy and memset. It was written by embq \(library.version) and is under
            \(ExportedLibrary.runtimeLicense), see LICENSE; NOTICE tells the licence of the weights.

            \(places)

            """
    }
}
