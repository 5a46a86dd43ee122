import EmbqCore

/// README.md beside a checkpoint, as Hugging Face's model cards have it: metadata between two lines `---`.
package struct ModelCard: Sendable, Equatable {
    private static let limit = FileLimit("a model card", bytes: 1 << 20, advice: "")

    /// The licence of the weights as an SPDX expression; nil where the card names none.
    package var license: String?
    /// The hub's names of the models that the weights were made from.
    package var baseModels: [String] = []

    /// Reads the card; without one, or without metadata in it, nothing is known.
    ///
    /// - Parameter path: the checkpoint's folder, or a file in it.
    package init(beside path: String) {
        let folder = Folder.exists(path) ? path : Folder.parent(of: path)
        let card = Folder.join(folder, "README.md")
        guard Folder.hasFile(card), let file = try? Self.limit.open(card) else { return }
        let lines = String(decoding: file.contents, as: UTF8.self).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else { return }
        let metadata = lines[1..<end]
        license = Self.values("license", in: metadata).first.map(Self.identifier)
        baseModels = Self.values("base_model", in: metadata).filter(Self.isHubName)
    }

    /// The value of a key, or the items of its list, of the few forms of YAML that cards have: a scalar, `[a, b]`, and
    /// items after `-` on lines of their own.
    private static func values(_ key: String, in lines: ArraySlice<Substring>) -> [String] {
        guard let at = lines.firstIndex(where: { $0.hasPrefix("\(key):") }) else { return [] }
        func plain(_ text: some StringProtocol) -> String {
            String(text).filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
        }
        let value = plain(lines[at].dropFirst(key.count + 1))
        let items =
            if value.hasPrefix("["), value.hasSuffix("]") {
                value.dropFirst().dropLast().split(separator: ",").map(String.init)
            } else if value.isEmpty {
                lines[(at + 1)...].map { plain($0) }.prefix { $0.hasPrefix("-") }.map { String($0.dropFirst()) }
            } else { [value] }
        return items.filter { !$0.isEmpty }
    }

    /// True for `name` and `owner/name` as the hub takes them.
    private static func isHubName(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count <= 2
            && parts.allSatisfy { part in
                !part.isEmpty && part.count <= 96
                    && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
            }
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

    /// The hub's identifier of an SPDX expression; nil where it has none.
    package static func hubIdentifier(_ license: String) -> String? {
        known.contains(license) ? license.lowercased() : nil
    }
}
