import EmbqCore

/// What the C code of a model is called: `--name wake` puts `wake` where `model` is without a name.
struct ModelNames {
    /// `model` or `wake`.
    let stem: String
    /// Whether a name was given.
    private let isNamed: Bool

    /// - Throws: `.invalidRequest` for a name that C or the runtime has for something else.
    init(_ name: LibraryName?) throws(EmbqError) {
        stem = name?.stem ?? "model"
        isNamed = name != nil
        guard let name else { return }
        if let taken = Self.taken(stem) {
            throw EmbqError(
                .invalidRequest, "the name '\(name.stem)' would make \(taken), which is something else",
                advice: "Give --name another word.")
        }
    }

    /// `wake.h`
    var header: String { "\(stem).h" }
    /// `wake.c`
    var source: String { "\(stem).c" }
    // Not with the stem alone: a compiler makes wake.o of wake.c.
    /// `wake_data.S`, of `--arrays incbin`.
    var assembly: String { "\(stem)_data.S" }
    /// `wake_data.embq`, which it takes.
    var binary: String { "\(stem)_data.embq" }
    /// `wake_data.o`, of `--arrays object`.
    var object: String { "\(stem)_data.o" }
    /// `embq_wake_open`
    func function(_ what: String) -> String { "embq_\(stem)_\(what)" }
    /// `EMBQ_WAKE_ARENA_SIZE`
    func macro(_ what: String) -> String { "EMBQ_\(stem.uppercased())_\(what)" }
    /// `EMBQ_WAKE_WEIGHTS_SECTION`; without a name `EMBQ_WEIGHTS_SECTION`.
    func setting(_ what: String) -> String { isNamed ? macro(what) : "EMBQ_\(what)" }
    /// The name behind `embq::` in CMake.
    var target: String { stem }

    /// The headers of C11, which a header of that name would hide; and the example.
    private static let standard: Set<String> = [
        "assert", "complex", "ctype", "errno", "fenv", "float", "inttypes", "iso646", "limits", "locale", "math",
        "setjmp",
        "signal", "stdalign", "stdarg", "stdatomic", "stdbool", "stddef", "stdint", "stdio", "stdlib", "stdnoreturn",
        "string", "tgmath", "threads", "time", "uchar", "wchar", "wctype",
    ]

    /// What a name would give that is there already; nil where nothing is.
    private static func taken(_ stem: String) -> String? {
        if standard.contains(stem) { return "\(stem).h" }
        if stem == "main" { return "main.c" }
        if stem == "runtime" { return "embq::runtime" }
        // Some file systems do not tell capitals apart.
        if stem.replacing("_", with: "") == "ondevice" { return "the Swift module \(SwiftLayout.runtime)" }
        let functions = ["open", "data", "verify", "take_storage", "release_storage", "similarity"]
            .map { "embq_\(stem)_\($0)" }
        let macros = Self.macros.map { "EMBQ_\(stem.uppercased())_\($0)" }
        return (functions + macros).first(where: CSourceExport.runtimeIdentifiers.contains)
    }

    /// The macros of a model's headers and source.
    private static let macros = [
        "ARENA_SIZE", "DATA_H", "MAX_LENGTH", "OUTPUTS", "SHA256", "SIZE", "STORAGE_H", "STORAGE_SIZE",
        "TABLES_SECTION", "TAGS", "TOKENIZER_SECTION", "WEIGHTS_SECTION",
    ]
}
