public import FoundationEssentials
public import TensorCore

/// JSON with sorted keys: equal values give equal bytes.
public enum CanonicalJSON {
    /// - Throws: `.nonFinite` for a NaN or an infinity, which JSON cannot hold.
    public static func encode(_ value: some Encodable, pretty: Bool = false) throws(EmbqError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = pretty ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw EmbqError(
                .nonFinite, "the result cannot be written as JSON", advice: "A number in it is not finite.",
                cause: "\(error)")
        }
    }
}
