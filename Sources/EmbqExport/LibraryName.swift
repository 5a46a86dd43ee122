package import EmbqCore

/// A library's name, spelled as each ecosystem asks. It begins with `embq`, so that it meets no other's.
package struct LibraryName: Sendable, Equatable {
    /// Lowercase ASCII letters and digits; the first is `embq`.
    let words: [String]

    /// Arduino takes 63 characters, PlatformIO 50.
    static let maximumLength = 50

    /// Takes letters and digits; whatever else stands between them separates words.
    ///
    /// - Throws: `.invalidRequest` when nothing is left, or more than 50 characters.
    package init(_ text: String) throws(EmbqError) {
        let kept = text.unicodeScalars.map { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                ? Character(scalar) : " "
        }
        var words = String(kept).lowercased().split(separator: " ").map(String.init)
        if words.first == "embq" { words.removeFirst() }
        let advice = "Give --name letters and digits of ASCII, such as snips-intents."
        guard !words.isEmpty else {
            throw EmbqError(
                .invalidRequest, "the name '\(EmbqError.printable(text))' leaves no letter or digit for a library",
                advice: advice)
        }
        words.insert("embq", at: 0)
        let length = words.joined(separator: "-").count
        guard length <= Self.maximumLength else {
            throw EmbqError(
                .invalidRequest,
                "the library's name would have \(length) characters; at most \(Self.maximumLength) are taken everywhere",
                advice: advice)
        }
        self.words = words
    }

    /// Without `embq`: `snips_own`.
    var stem: String { words.dropFirst().joined(separator: "_") }
    /// For C, CMake and YAML keys: `embq_snips_own`.
    package var identifier: String { words.joined(separator: "_") }
    /// For package registries: `embq-snips-own`.
    package var slug: String { words.joined(separator: "-") }
    /// For macros and Kconfig: `EMBQ_SNIPS_OWN`.
    package var symbol: String { identifier.uppercased() }
    /// For Arduino, its headers and folders: `EmbqSnipsOwn`.
    package var camel: String { words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() }
}
