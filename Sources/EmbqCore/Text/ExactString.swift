/// A string as a key that is equal to another one when their UTF-8 bytes are equal.
///
/// Swift's own `==` calls "é" and "e" + U+0301 equal; two tokens, tensors or keys of a file are not.
package struct ExactString: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (a: ExactString, b: ExactString) -> Bool { a.text.hasSameBytes(as: b.text) }

    package func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
        // Ends the text, so that no two lists of texts give the hasher the same bytes.
        hasher.combine(0xFF as UInt8)
    }
}
