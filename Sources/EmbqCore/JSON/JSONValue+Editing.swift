extension JSONValue {
    /// The object with a member replaced, or added at its end.
    ///
    /// - Precondition: this is an object.
    package func setting(_ key: String, to value: JSONValue) -> JSONValue {
        guard case .object(var members) = self else { preconditionFailure("members belong to an object") }
        members.set(key, to: value)
        return .object(members)
    }
}
