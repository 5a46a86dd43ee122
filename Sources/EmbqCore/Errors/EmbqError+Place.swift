extension EmbqError {
    /// `tensor 'name'` for ``place``, fit to be printed: control characters escaped, a long name cut.
    package static func place(tensor name: String) -> String { "tensor '\(printable(name))'" }

    /// Text from a file made fit for a message: control characters escaped, cut after `limit` characters.
    ///
    /// A file must not be able to send commands to the terminal that shows its name.
    package static func printable(_ text: String, limit: Int = 120) -> String {
        var shown = ""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < limit else { return shown + "…" }
            count += 1
            // Most text is plain ASCII, and the category takes a search.
            if (0x20..<0x7F).contains(scalar.value) {
                shown.unicodeScalars.append(scalar)
                continue
            }
            if let byte = SystemText.byte(scalar) {
                shown += SystemText.name(byte)
                continue
            }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse:
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}
