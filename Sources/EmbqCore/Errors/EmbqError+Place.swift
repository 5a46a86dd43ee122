extension EmbqError {
    /// `tensor 'name'` for ``place``, fit to be printed: control characters escaped, a long name cut.
    package static func place(tensor name: String) -> String { "tensor '\(printable(name))'" }

    /// Text from a file made fit for a message: control characters escaped, cut after `limit` characters.
    ///
    /// A file must not be able to send commands to the terminal that shows its name.
    package static func printable(_ text: String, limit: Int = 120) -> String {
        let scalars = text.unicodeScalars
        guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
            end < scalars.endIndex
        else { return text.escaped(for: .field) }
        return String(scalars[..<end]).escaped(for: .field) + "…"
    }
}
