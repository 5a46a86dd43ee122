/// A JSON document as it stands: members in their order, numbers as written.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// The number's own characters, so that no digit is lost.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    package static func == (a: JSONValue, b: JSONValue) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let x), .bool(let y)): x == y
        case (.number(let x), .number(let y)): x == y
        case (.string(let x), .string(let y)): x.hasSameBytes(as: y)
        case (.array(let x), .array(let y)): x == y
        case (.object(let x), .object(let y)): x == y
        default: false
        }
    }

    /// The member of an object; nil when there is none or this is no object.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.index(of: key).map { members[$0].value }
    }

    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    package var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var isNull: Bool { self == .null }

    /// The number as an integer: nil when it has a fraction, an exponent, or does not fit.
    package var int: Int? { if case .number(let digits) = self { Int(digits) } else { nil } }
    /// The number as a Double: nil when this is no number or it is not finite.
    package var double: Double? {
        guard case .number(let digits) = self, let value = Double(digits), value.isFinite else { return nil }
        return value
    }

    /// What kind of value this is, for error messages.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number(let digits): "the number \(digits.prefix(40))"
        case .string(let text): "the string \"\(EmbqError.printable(String(text.prefix(40))))\""
        case .array(let items): "an array of \(items.count)"
        case .object(let members): "an object of \(members.count)"
        }
    }
}
