/// The licence that a file of an export names in its first line.
///
/// Source: SPDX specification 2.3, annex E (short identifiers in source files).
enum FileMark {
    /// The file with the line; as it is where its format has no comments.
    static func marked(_ name: String, _ bytes: [UInt8], _ license: String) -> [UInt8] {
        let text = "SPDX-License-Identifier: \(license)"
        let file = name.split(separator: "/").last ?? ""
        let suffix = file.split(separator: ".").last ?? ""
        switch suffix {
        case "swift" where bytes.starts(with: "// swift-tools-version".utf8):
            // Which has to be the first line.
            let end = bytes.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
            return bytes[..<end] + Array("// \(text)\n".utf8) + bytes[end...]
        case "c", "h", "S": return Array("/* \(text) */\n".utf8) + bytes
        case "ino", "swift": return Array("// \(text)\n".utf8) + bytes
        case "txt", "yml", "yaml", "conf", "properties", "Kconfig": return Array("# \(text)\n".utf8) + bytes
        case "ini": return Array("; \(text)\n".utf8) + bytes
        case "md": return Array("<!-- \(text) -->\n".utf8) + bytes
        default: return bytes
        }
    }
}
