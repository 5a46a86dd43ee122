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
        var headers: [String]
        var frameworks = "*"
        var platforms = "*"
        var examples: [Example]?

        enum CodingKeys: String, CodingKey {
            case name, version, description, keywords, authors, license, headers, frameworks, platforms, examples
            case schema = "$schema"
        }
    }

    static func files(_ library: ExportedLibrary) throws(EmbqError) -> [(String, String)] {
        let manifest = Manifest(
            name: library.name.slug, version: library.version, description: library.summary, license: library.license,
            headers: [library.names.header],
            examples: [
                Manifest.Example(name: "Classify", base: "examples/classify", files: ["platformio.ini", "src/main.c"])
            ])
        let runtime = Manifest(
            name: RuntimeLibrary.slug, version: library.version, description: RuntimeLibrary.summary,
            license: ExportedLibrary.runtimeLicense, headers: [RuntimeLibrary.header])
        return [
            ("library.json", try CanonicalJSON.document(manifest)),
            ("runtime/library.json", try CanonicalJSON.document(runtime)),
            ("examples/classify/platformio.ini", configuration),
            ("examples/classify/src/main.c", LayoutExamples(library).command),
            (
                "README.md",
                LayoutReadme.text(
                    library,
                    use: "Name the folder and the runtime in it in platformio.ini:\n\n    lib_deps =\n"
                        + "        symlink:///path/to/\(library.name.slug)\n"
                        + "        symlink:///path/to/\(library.name.slug)/runtime\n\n"
                        + "Several models, each exported with a `--name` of its own, share one runtime; a header does "
                        + "not compile with one of another version. `pio pkg pack` makes an archive of each.",
                    place: "define these with `build_flags`.")
            ),
        ]
    }

    private static let configuration = """
        ; The example on the computer; for a board, take its platform, board and framework instead.
        [env:native]
        platform = native
        build_flags = -std=c11 -O2
        lib_deps =
            symlink://../..
            symlink://../../runtime

        """
}
