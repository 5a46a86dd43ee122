/// What embq does with each key of a file that the model's own library reads.
///
/// A key is never ignored: it is honoured, it is known to change no answer, or the file is rejected by file, key and
/// value. Keys that are not listed are reported by `embq inspect`.
package struct KnownKeys: Sendable {
    package enum Treatment: Sendable, Equatable {
        /// Its value decides something, and is followed.
        case honoured
        /// No value of it changes an answer, for this reason.
        case inert(String)
        /// Only these values, or its absence, give the answer that embq computes; others are rejected.
        case only([JSONValue])
    }

    /// The file's name in a release, such as `1_Pooling/config.json`.
    package let file: String
    package let keys: [String: Treatment]

    package init(file: String, keys: [String: Treatment]) {
        self.file = file
        self.keys = keys
    }

    /// Checks a document.
    ///
    /// - Parameter path: of the file, for errors.
    /// - Returns: the keys that are not listed, in the order of the document.
    /// - Throws: `.unsupported` with the key and the value for one that ``Treatment/only(_:)`` excludes.
    package func unknown(in document: JSONValue, path: String) throws(EmbqError) -> [String] {
        var unknown: [String] = []
        for (key, value) in document.object ?? [] {
            switch keys[key] {
            case .honoured, .inert: break
            case .only(let values):
                guard !value.isNull, !values.contains(value) else { break }
                let supported = values.map(\.summary).joined(separator: ", ")
                throw EmbqError(
                    .unsupported, file: path, place: "'\(EmbqError.printable(key))'",
                    "\(value.summary) is not supported: it would change the answer",
                    advice: supported.isEmpty ? "Supported: only a file without the key." : "Supported: \(supported).")
            case nil: unknown.append(key)
            }
        }
        return unknown
    }
}

/// A setting of a release and what settled it, as `embq inspect` prints it.
package struct Settlement: Sendable, Equatable, Encodable {
    /// The setting, such as `pooling`.
    package var name: String
    /// Its value, such as `mean`.
    package var value: String
    /// The file and key it comes from, such as `1_Pooling/config.json, pooling_mode_mean_tokens`, or why it is assumed.
    package var source: String

    package init(_ name: String, _ value: String, source: String) {
        self.name = name
        self.value = value
        self.source = source
    }
}

extension JSONValue {
    /// The value in a message: its JSON text, made fit to be printed and cut when long.
    package var summary: String { EmbqError.printable(String(decoding: bytes, as: UTF8.self), limit: 60) }
}
