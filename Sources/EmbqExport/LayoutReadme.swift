/// README.md of a layout: what it is, how it is used, what it takes.
enum LayoutReadme {
    /// - Parameter use: a paragraph of how a project takes the folder.
    static func text(_ library: ExportedLibrary, use: String, place: String) -> String {
        let isRuntimeAlone = library.license == ExportedLibrary.runtimeLicense
        let weights = isRuntimeAlone ? "their author's licence" : "what follows it in \(library.license)"
        return """
            # \(library.name.slug)

            \(library.summary).

            \(use)

            The example opens the model, replays the sentences recorded with it and classifies lines; embq.h explains each call.
            The code is C11 and needs no library but memcpy and memset. It was written by embq \(library.version) and is under
            \(ExportedLibrary.runtimeLicense), see LICENSE; the weights are under \(weights).

            The linker can put the arrays elsewhere, into external flash for example: \(place)
            \(library.placements.map { "\n- `\($0.macro)`: \($0.what)" }.joined())

            """
    }
}
