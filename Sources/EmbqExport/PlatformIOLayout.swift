import EmbqCore

/// A PlatformIO library.
///
/// Source: PlatformIO documentation, library.json.
enum PlatformIOLayout {
    private struct Manifest: Encodable {
        struct Example: Encodable {
            var name: String
            var base: String
            var files: [String]
        }

        struct Author: Encodable { var name: String }

        var schema =
            "https://raw.githubusercontent.com/platformio/platformio-core/develop/platformio/assets/schema/library.json"
        var name: String
        var version: String
        var description: String
        var keywords = ["nlp", "quantization", "inference", "text classification"]
        var authors = [Author(name: "embq")]
        var license: String
        var headers = ["embq.h", "model.h"]
        var frameworks = "*"
        var platforms = "*"
        var examples = [
            Example(name: "Classify", base: "examples/classify", files: ["platformio.ini", "src/main.c"])
        ]

        enum CodingKeys: String, CodingKey {
            case name, version, description, keywords, authors, license, headers, frameworks, platforms, examples
            case schema = "$schema"
        }
    }

    static func files(_ library: ExportedLibrary) throws(EmbqError) -> [(String, String)] {
        let manifest = Manifest(
            name: library.name.slug, version: library.version, description: library.summary, license: library.license)
        return [
            ("library.json", try CanonicalJSON.document(manifest)),
            ("examples/classify/platformio.ini", configuration),
            ("examples/classify/src/main.c", LayoutExamples.command(library.answer)),
            (
                "README.md",
                LayoutReadme.text(
                    library,
                    use: "Put the folder into a project's `lib`, or name it in platformio.ini: "
                        + "`lib_deps = symlink:///path/to/\(library.name.slug)`. `pio pkg pack` makes an archive of it.",
                    place: "define these with `build_flags`.")
            ),
        ]
    }

    private static let configuration = """
        ; The example on the computer; for a board, take its platform, board and framework instead.
        [env:native]
        platform = native
        build_flags = -std=c11 -O2
        lib_deps = symlink://../..

        """
}
