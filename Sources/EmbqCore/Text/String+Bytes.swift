/// Strings as the bytes they are stored as: Swift's `==` and `<` call "é" and "e" + U+0301 equal, files do not.
extension String {
    /// Whether both have the same UTF-8 bytes.
    package func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }

    /// Whether this comes first when names are sorted by their UTF-8 bytes.
    package func precedesByBytes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }

    /// Whether a terminal might obey a part of it, a line break included.
    package var holdsControls: Bool { unicodeScalars.contains { $0.properties.generalCategory == .control } }
}
