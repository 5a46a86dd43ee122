/// README.md of a layout: what it is, how it is used, what it takes.
enum LayoutReadme {
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

            The example opens the model and replays the sentences recorded with it. Then it reads texts, one a line, and prints
            for each \(library.answer.purpose). embq.h explains each call.
            The code is C11 and needs no library but memcpy and memset. It was written by embq \(library.version) and is under
            \(ExportedLibrary.runtimeLicense), see LICENSE; NOTICE tells the licence of the weights.

            \(places)

            """
    }
}
