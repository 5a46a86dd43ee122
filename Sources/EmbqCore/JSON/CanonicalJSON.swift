import FoundationEssentials

/// JSON with sorted keys: equal values give equal bytes.
package enum CanonicalJSON {
    /// One line, for a section of an artifact.
    ///
    /// - Throws: `.nonFinite` for a NaN or an infinity, which JSON cannot hold.
    package static func compact(_ value: some Encodable) throws(EmbqError) -> String {
        try encode(value, [.sortedKeys, .withoutEscapingSlashes])
    }

    /// Indented, with a line feed at the end, for people and pipes: what a terminal would obey is escaped.
    ///
    /// - Throws: as ``compact(_:)``.
    package static func document(_ value: some Encodable) throws(EmbqError) -> String {
        try encode(value, [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]).escaped(for: .json) + "\n"
    }

    private static func encode(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) throws(EmbqError)
        -> String
    {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw EmbqError(
                .nonFinite, "the result cannot be written as JSON", advice: "A number in it is not finite.",
                cause: "\(error)")
        }
    }
}
