import EmbqCore

/// Reads `normalizer` of a `tokenizer.json`.
enum NormalizerReader {
    private static let supported =
        "BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Prepend, Replace, Sequence, Strip, "
        + "StripAccents, or null for none"

    /// The steps of a normalizer, with those inside of a Sequence.
    ///
    /// - Throws: `.unsupported` for a kind or a pattern that is not handled, by its place in the file.
    static func steps(_ field: JSONField) throws(EmbqError) -> [TextStep] {
        let steps = TextStep.joined(try read(field))
        guard steps.count <= 12 else { throw field.unsupported("at most 12 steps") }
        return steps
    }

    private static func read(_ root: JSONField) throws(EmbqError) -> [TextStep] {
        var steps: [TextStep] = []
        // Sequences may be nested; the first to be read is last.
        var open = [root]
        while let field = open.popLast() {
            if field.isNull { continue }
            if field["type"].value.string == "Sequence" {
                try field.allow(only: ["type", "normalizers"])
                open += try field["normalizers"].array().reversed()
            } else {
                steps += try single(field)
            }
        }
        return steps
    }

    private static func single(_ field: JSONField) throws(EmbqError) -> [TextStep] {
        switch try field["type"].string() {
        case "NFD": return try plain(field, [.map([.decompose(isCompatible: false)]), .order(composes: false)])
        case "NFKD": return try plain(field, [.map([.decompose(isCompatible: true)]), .order(composes: false)])
        case "NFC": return try plain(field, [.map([.decompose(isCompatible: false)]), .order(composes: true)])
        case "NFKC": return try plain(field, [.map([.decompose(isCompatible: true)]), .order(composes: true)])
        case "Lowercase": return try plain(field, [.map([.lowercase])])
        case "StripAccents": return try plain(field, [.map([.stripAccents])])
        case "Nmt": return try plain(field, [.map([.nmt])])
        case "BertNormalizer": return try bert(field)
        case "Strip":
            try field.allow(only: ["type", "strip_left", "strip_right"])
            return [.strip(left: try field["strip_left"].bool(), right: try field["strip_right"].bool())]
        case "Prepend":
            try field.allow(only: ["type", "prepend"])
            return [.prepend(try text(field["prepend"]))]
        case "Replace": return [try replace(field)]
        case "Precompiled":
            try field.allow(only: ["type", "precompiled_charsmap"])
            // The library takes an empty map for none.
            let map = field["precompiled_charsmap"]
            return map.isNull || map.value.string == "" ? [] : [.charsmap(try Charsmap(map))]
        default: throw field["type"].unsupported(supported)
        }
    }

    private static func plain(_ field: JSONField, _ steps: [TextStep]) throws(EmbqError) -> [TextStep] {
        try field.allow(only: ["type"])
        return steps
    }

    private static func bert(_ field: JSONField) throws(EmbqError) -> [TextStep] {
        let options = try TokenizerFile.bertNormalization(field)
        var steps: [TextStep] = []
        if options.cleanText { steps.append(.map([.clean])) }
        if options.handleChineseCharacters { steps.append(.map([.spaceChinese])) }
        if options.stripAccents {
            steps += [.map([.decompose(isCompatible: false)]), .order(composes: false), .map([.stripOldAccents])]
        }
        if options.lowercase { steps.append(.map([.lowercase])) }
        return steps
    }

    private static func replace(_ field: JSONField) throws(EmbqError) -> TextStep {
        try field.allow(only: ["type", "pattern", "content"])
        let content = try text(field["content"])
        let pattern = field["pattern"]
        try pattern.allow(only: ["String", "Regex"])
        if !pattern["String"].isNull {
            let literal = try text(pattern["String"])
            guard (1...32).contains(literal.unicodeScalars.count) else {
                throw pattern["String"].unsupported("1 to 32 characters")
            }
            return .replace(pattern: literal, by: content)
        }
        let alternatives = try PatternReader.alternatives(pattern["Regex"])
        let usual = "a text, or one class of characters that is repeated, such as \" {2,}\" and \"\\s+\""
        guard alternatives.count == 1, let items = alternatives.first else { throw pattern["Regex"].unsupported(usual) }
        if items.count == 1, let item = items.first, !item.isAhead, (1...4).contains(item.least) {
            return .squeeze(item.set, least: item.least, most: item.most, by: content)
        }
        var literal = String.UnicodeScalarView()
        for item in items {
            guard !item.isAhead, item.least == 1, item.most == 1, let codes = item.set.codes(atMost: 1),
                let code = codes.first, let scalar = Unicode.Scalar(code)
            else { throw pattern["Regex"].unsupported(usual) }
            literal.append(scalar)
        }
        guard literal.count <= 32 else { throw pattern["Regex"].unsupported("1 to 32 characters") }
        return .replace(pattern: String(literal), by: content)
    }

    /// A text that fits the tables: its length is a byte.
    private static func text(_ field: JSONField) throws(EmbqError) -> String {
        let text = try field.string()
        guard text.utf8.count <= 255 else { throw field.unsupported("at most 255 bytes") }
        return text
    }
}
