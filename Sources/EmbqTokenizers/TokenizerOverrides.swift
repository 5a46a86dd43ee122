import EmbqCore

/// What a release settles outside of its tokenizer's own files.
package struct TokenizerOverrides: Sendable {
    /// True if text is made lower-case before anything else; accents stay.
    package var prependsLowercase: Bool

    package init(prependsLowercase: Bool = false) { self.prependsLowercase = prependsLowercase }

    /// A tokenizer.json with this in it.
    func applied(to document: JSONValue) -> JSONValue {
        guard prependsLowercase, document.object != nil else { return document }
        let normalizer = document["normalizer"] ?? .null
        let off = JSONValue.bool(false)
        if normalizer.isNull {
            let lowercase = JSONValue.object([
                ("type", .string("BertNormalizer")), ("clean_text", off), ("handle_chinese_chars", off),
                ("strip_accents", off), ("lowercase", .bool(true)),
            ])
            return document.setting("normalizer", to: lowercase)
        }
        guard normalizer["type"] == .string("BertNormalizer"), normalizer["lowercase"] == off else { return document }
        // Without a value of its own, strip_accents follows lowercase.
        let strip = normalizer["strip_accents"] ?? .null
        return document.setting(
            "normalizer",
            to: normalizer.setting("strip_accents", to: strip.isNull ? off : strip).setting(
                "lowercase", to: .bool(true)))
    }
}

extension JSONValue {
    /// A tokenizer.json whose template begins with these ids, behind its own first ones.
    ///
    /// - Returns: nil if there is no place for the text in the template.
    func insertingPrompt(_ ids: [UInt16]) -> JSONValue? {
        let name = "embq prompt"
        let listed = JSONValue.object([
            ("id", .string(name)), ("ids", .array(ids.map { .number("\($0)") })),
            ("tokens", .array(ids.map { .string("\($0)") })),
        ])
        let piece = JSONValue.object([("SpecialToken", .object([("id", .string(name)), ("type_id", .number("0"))]))])
        func template(_ first: [JSONValue], _ last: [JSONValue], _ tokens: JSONValue) -> JSONValue {
            setting(
                "post_processor",
                to: .object([
                    ("type", .string("TemplateProcessing")), ("single", .array(first + [piece] + last)),
                    ("pair", .array([])), ("special_tokens", tokens.setting(name, to: listed)),
                ]))
        }
        let text = JSONValue.object([("Sequence", .object([("id", .string("A")), ("type_id", .number("0"))]))])
        let processor = self["post_processor"] ?? .null
        switch processor["type"] {
        case .string("TemplateProcessing"):
            let pieces = processor["single"]?.array ?? []
            guard let place = pieces.firstIndex(where: { $0["Sequence"] != nil }) else { return nil }
            return template(
                Array(pieces[..<place]), Array(pieces[place...]), processor["special_tokens"] ?? .object([]))
        case .string("BertProcessing"):
            func token(_ key: String) -> (JSONValue, (String, JSONValue)) {
                let name = JSONValue.string(key)
                return (
                    .object([("SpecialToken", .object([("id", name), ("type_id", .number("0"))]))]),
                    (
                        key,
                        .object([
                            ("id", name), ("ids", .array([processor[key]?.array?.last ?? .null])),
                            ("tokens", .array([name])),
                        ])
                    )
                )
            }
            let (cls, sep) = (token("cls"), token("sep"))
            return template([cls.0], [text, sep.0], .object([cls.1, sep.1]))
        default: return template([], [text], .object([]))
        }
    }
}
