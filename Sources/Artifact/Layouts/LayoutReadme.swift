/// README.md of a layout: what it is, how it is used, what it takes.
enum LayoutReadme {
    /// - Parameter use: a paragraph of how a project takes the folder.
    static func text(_ library: ExportedLibrary, use: String, place: String) -> String {
        """
        # \(library.name.slug)

        \(library.summary).

        \(use)

        Written by embq \(library.version); `examples`, `samples` or the header model.h show the calls, embq.h explains each.
        The code is C11 and needs memcpy and memset alone; the runtime's licence is \(ExportedLibrary.runtimeLicense), LICENSE.
        The weights are their author's\(library.license == ExportedLibrary.runtimeLicense ? "" : ": \(library.license)").

        The arrays can be placed in a section of the linker, such as external flash: \(place)
        \(library.placements.map { "\n- `\($0.macro)`: \($0.what)" }.joined())

        """
    }
}
