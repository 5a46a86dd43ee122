extension JSONValue {
    /// The object with a member replaced, or added at its end.
    ///
    /// - Precondition: this is an object.
    package func setting(_ key: String, to value: JSONValue) -> JSONValue {
        guard case .object(var members) = self else { preconditionFailure("members belong to an object") }
        if let index = members.firstIndex(where: { $0.key.hasSameBytes(as: key) }) {
            members[index].value = value
        } else {
            members.append((key, value))
        }
        return .object(members)
    }
}
