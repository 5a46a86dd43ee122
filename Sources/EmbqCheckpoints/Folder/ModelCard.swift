import EmbqCore

/// README.md beside a checkpoint, as Hugging Face's model cards have it: metadata between two lines `---`.
package enum ModelCard {
    private static let limit = FileLimit("a model card", bytes: 1 << 20, advice: "")

    /// The licence of the weights as an SPDX expression; nil where the card names none.
    ///
    /// - Parameter path: the checkpoint's folder, or a file in it.
    package static func license(beside path: String) -> String? {
        let folder = Folder.exists(path) ? path : Folder.parent(of: path)
        let card = Folder.join(folder, "README.md")
        guard Folder.hasFile(card), let file = try? limit.open(card) else { return nil }
        let lines = String(decoding: file.contents, as: UTF8.self).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard lines.first == "---" else { return nil }
        for line in lines.dropFirst() {
            if line == "---" { return nil }
            guard line.hasPrefix("license:") else { continue }
            let name = line.dropFirst("license:".count).filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
            return name.isEmpty ? nil : identifier(name)
        }
        return nil
    }

    /// The hub's identifiers that are SPDX's in small letters.
    private static let known = [
        "Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0",
        "CC-BY-NC-SA-4.0", "CC-BY-SA-3.0", "GPL-3.0", "LGPL-3.0", "AGPL-3.0", "MPL-2.0", "Unlicense", "ISC", "AFL-3.0",
    ]

    private static func identifier(_ name: String) -> String {
        if let spdx = known.first(where: { $0.lowercased() == name.lowercased() }) { return spdx }
        let plain = name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "-" }
        return "LicenseRef-\(String(plain.prefix(60)))"
    }
}
