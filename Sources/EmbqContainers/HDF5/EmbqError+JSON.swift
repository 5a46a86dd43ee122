package import EmbqCore

extension EmbqError {
    /// As the helper process sends it.
    package var json: JSONValue {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        return .array([.string(code.rawValue), text(place), .string(problem), .string(advice), text(cause)])
    }

    /// Reads what the helper process has sent, fit to be printed; nil when it is none.
    package init?(json: JSONValue) {
        guard let fields = json.array, fields.count == 5, let code = fields[0].string.flatMap(Code.init(rawValue:)),
            let problem = fields[2].string, let advice = fields[3].string
        else { return nil }
        func shown(_ text: String) -> String { Self.printable(text, limit: 2000) }
        self.init(
            code, place: fields[1].string.map(shown), shown(problem), advice: shown(advice),
            cause: fields[4].string.map(shown))
    }
}
