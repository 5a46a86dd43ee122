import EmbqCore

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
        func template(
            _ first: [JSONValue], _ last: [JSONValue], _ tokens: JSONValue, pair: JSONValue = .array([])
        ) -> JSONValue {
            setting(
                "post_processor",
                to: .object([
                    ("type", .string("TemplateProcessing")), ("single", .array(first + [piece] + last)),
                    ("pair", pair), ("special_tokens", tokens.setting(name, to: listed)),
                ]))
        }
        let text = JSONValue.object([("Sequence", .object([("id", .string("A")), ("type_id", .number("0"))]))])
        // The library's own reading of a Sequence finds the one part that adds tokens.
        guard
            let processor = try? TokenizerTemplate.adding(
                JSONField(path: "post_processor", value: self["post_processor"] ?? .null)
            ).value
        else { return nil }
        switch processor["type"] {
        case .string("TemplateProcessing"):
            let pieces = processor["single"]?.array ?? []
            guard let place = pieces.firstIndex(where: { $0["Sequence"] != nil }) else { return nil }
            var pair = processor["pair"]?.array ?? []
            if let first = pair.firstIndex(where: { $0["Sequence"] != nil }) { pair.insert(piece, at: first) }
            return template(
                Array(pieces[..<place]), Array(pieces[place...]), processor["special_tokens"] ?? .object([]),
                pair: .array(pair))
        case .string("BertProcessing"), .string("RobertaProcessing"):
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
