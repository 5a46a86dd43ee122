import EmbqCore

/// A character map of sentencepiece, as the normalizer Precompiled has it: which text becomes which.
struct Charsmap {
    /// What a code point becomes.
    private(set) var single: [UInt32: [UInt8]] = [:]
    /// What several code points become; only those that the library can find.
    private(set) var several: [(key: [UInt8], text: [UInt8])] = []

    private static let mostUnits = 1 << 21
    private static let mostVisits = 1 << 19
    /// Bytes of a grapheme cluster that the library looks up as a whole.
    private static let mostBytes = 5

    init(_ field: JSONField) throws(EmbqError) {
        let bytes = try Self.decoded(field)
        guard bytes.count >= 4 else { throw field.malformed("the map has \(bytes.count) bytes") }
        func word(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) } }
        let size = Int(word(0))
        guard size % 4 == 0, size <= bytes.count - 4, size / 4 <= Self.mostUnits else {
            throw field.malformed("the map's trie of \(size) bytes does not fit in \(bytes.count)")
        }
        let units = (0..<size / 4).map { word(4 + 4 * $0) }
        let texts = bytes[(4 + size)...]
        try read(units, texts, field)
        let keys = Set(several.map(\.key))
        several.removeAll { key, _ in
            if key.count > Self.mostBytes { return true }
            if let first = String(decoding: key, as: UTF8.self).unicodeScalars.first, single[first.value] != nil {
                return true
            }
            return (1..<key.count).contains { keys.contains(Array(key.prefix($0))) }
        }
        several.sort { $0.key.lexicographicallyPrecedes($1.key) }
    }

    /// Walks the double array of darts-clone: a unit has its label, the distance of its children, and whether a value
    /// follows it.
    private mutating func read(_ units: [UInt32], _ texts: ArraySlice<UInt8>, _ field: JSONField) throws(EmbqError) {
        func distance(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & 0x200) >> 6)) }
        guard let root = units.first else { return }
        var open: [(node: Int, key: [UInt8])] = [(distance(root), [])]
        var visited = 0
        while let (node, key) = open.popLast() {
            visited += 1
            // Ends of keys are shared, so that a node may be visited several times.
            guard visited <= Self.mostVisits, key.count <= 255 else {
                throw field.malformed("the map's trie has a loop")
            }
            for byte in 1...UInt8.max {
                let at = node ^ Int(byte)
                guard at < units.count, units[at] & 0x8000_00FF == UInt32(byte) else { continue }
                let child = at ^ distance(units[at])
                if units[at] & 0x100 != 0 {
                    guard child < units.count else { throw field.malformed("the map's trie leads nowhere") }
                    try add(key + [byte], Int(units[child] & 0x7FFF_FFFF), texts, field)
                }
                open.append((child, key + [byte]))
            }
        }
    }

    private mutating func add(_ key: [UInt8], _ at: Int, _ texts: ArraySlice<UInt8>, _ field: JSONField)
        throws(EmbqError)
    {
        guard at < texts.count else { throw field.malformed("the map has no text at \(at)") }
        let text = Array(texts[(texts.startIndex + at)...].prefix { $0 != 0 })
        guard let name = String(validating: key, as: UTF8.self), String(validating: text, as: UTF8.self) != nil,
            text.count <= 255
        else { throw field.malformed("a text of the map is not UTF-8, or over 255 bytes") }
        if let scalar = name.unicodeScalars.first, name.unicodeScalars.count == 1 {
            single[scalar.value] = text
        } else {
            several.append((key, text))
        }
    }

    private static func decoded(_ field: JSONField) throws(EmbqError) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        let text = try field.string().utf8
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var (buffer, count): (UInt32, UInt32) = (0, 0)
        for character in text where character != UInt8(ascii: "=") {
            let value = values[Int(character)]
            guard value != 0xFF else { throw field.malformed("the map is not base64") }
            buffer = (buffer << 6 | UInt32(value)) & 0xFFFFFF
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> count))
            }
        }
        return bytes
    }
}
