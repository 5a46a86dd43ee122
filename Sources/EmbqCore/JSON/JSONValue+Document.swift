extension JSONValue {
    /// The document as ``CanonicalJSON/document(_:)`` lays it out, but with members in their own order.
    package var document: String {
        var text = ""
        append(to: &text, "\n")
        return text.escaped(for: .json) + "\n"
    }

    /// - Parameter line: a line feed and the indentation of the value.
    private func append(to text: inout String, _ line: String) {
        let inner = line + "  "
        switch self {
        case .array(let items):
            text += "["
            for (index, item) in items.enumerated() {
                text += index > 0 ? "," + inner : inner
                item.append(to: &text, inner)
            }
            text += (items.isEmpty ? "\n" : "") + line + "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                text +=
                    (index > 0 ? "," + inner : inner)
                    + String(decoding: JSONValue.string(member.key).bytes, as: UTF8.self) + " : "
                member.value.append(to: &text, inner)
            }
            text += (members.isEmpty ? "\n" : "") + line + "}"
        default: text += String(decoding: bytes, as: UTF8.self)
        }
    }
}
