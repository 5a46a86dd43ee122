import EmbqCore

/// The tokens around a text, or around and between two, and the token type of each part.
struct TokenizerTemplate {
    struct Token {
        let id: UInt16
        var type: UInt8
    }

    var prefix: [Token] = []
    /// Between the texts of a pair.
    var middle: [Token] = []
    var suffix: [Token] = []
    /// Types of the texts' own tokens.
    var textTypes: [UInt8] = []

    /// All of the template's tokens, in their order.
    var tokens: [Token] { prefix + middle + suffix }

    /// Texts back to back.
    init(texts: Int) {
        for _ in 0..<texts { addText(type: 0) }
    }

    private init() {}

    /// The most tokens of a template: places in the tables are 16 bits.
    private static let maximumTokens = 0xFFFF

    /// - Throws: `.malformed` before the template has more tokens than a table can hold: a piece of a few bytes may stand
    ///   for thousands.
    private mutating func add(_ token: Token, texts: Int, _ field: JSONField) throws(EmbqError) {
        guard prefix.count + middle.count + suffix.count < Self.maximumTokens else {
            throw field.malformed("the template has over \(Self.maximumTokens) tokens")
        }
        switch textTypes.count {
        case 0: prefix.append(token)
        case texts: suffix.append(token)
        default: middle.append(token)
        }
    }

    private mutating func addText(type: UInt8) { textTypes.append(type) }

    /// Reads a post-processor.
    ///
    /// - Parameters:
    ///   - texts: 1 or 2.
    ///   - tokens: how many ids there are.
    static func read(_ root: JSONField, texts: Int, tokens: Int, types: Bool) throws(EmbqError) -> TokenizerTemplate {
        let field = try adding(root)
        if field.isNull { return TokenizerTemplate(texts: texts) }
        var template = TokenizerTemplate()
        switch try field["type"].string() {
        case "TemplateProcessing":
            try field.allow(only: ["type", "single", "pair", "special_tokens"])
            try template.readPieces(field, texts: texts, tokens: tokens, types: types)
        case "BertProcessing":
            try field.allow(only: ["type", "sep", "cls"])
            try template.readPlain(field, texts: texts, tokens: tokens, separators: 1, secondType: types ? 1 : 0)
        case "RobertaProcessing":
            try field.allow(only: ["type", "sep", "cls", "trim_offsets", "add_prefix_space"])
            try template.readPlain(field, texts: texts, tokens: tokens, separators: 2, secondType: 0)
        default:
            throw field["type"].unsupported(
                "TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel, Sequence, or null")
        }
        return template
    }

    /// The one part of a post-processor that adds tokens; null: there is none. ByteLevel only changes places in the text.
    static func adding(_ root: JSONField) throws(EmbqError) -> JSONField {
        var open = [root]
        var found: JSONField?
        while let field = open.popLast() {
            if field.isNull { continue }
            switch field["type"].value.string {
            case "ByteLevel": try field.allow(only: ["type", "add_prefix_space", "trim_offsets", "use_regex"])
            case "Sequence":
                try field.allow(only: ["type", "processors"])
                open += try field["processors"].array().reversed()
            default:
                if found != nil { throw field.unsupported("one processor that adds tokens") }
                found = field
            }
        }
        return found ?? JSONField(path: root.path, value: .null)
    }

    private mutating func readPieces(_ field: JSONField, texts: Int, tokens: Int, types: Bool) throws(EmbqError) {
        let pieces = field[texts == 1 ? "single" : "pair"]
        func type(_ piece: JSONField) throws(EmbqError) -> UInt8 {
            guard types, !piece["type_id"].isNull else { return 0 }
            let type = try piece["type_id"].count()
            guard type <= 1 else { throw piece["type_id"].unsupported("0 and 1") }
            return UInt8(type)
        }
        let named = field["special_tokens"]
        for piece in try pieces.array() {
            let sequence = piece["Sequence"]
            if !sequence.isNull {
                let wanted = ["A", "B"].prefix(texts).dropFirst(textTypes.count).first
                guard let wanted, try sequence["id"].string() == wanted else {
                    throw sequence["id"].unsupported(texts == 1 ? "the sequence A, once" : "the sequences A and B")
                }
                addText(type: try type(sequence))
            } else {
                let special = piece["SpecialToken"]
                let name = try special["id"].string()
                for id in try named[name]["ids"].array() {
                    try add(Token(id: try Self.id(id, tokens), type: try type(special)), texts: texts, field)
                }
            }
        }
        guard textTypes.count == texts else { throw pieces.malformed("the template has no place for the text") }
    }

    private mutating func readPlain(
        _ field: JSONField, texts: Int, tokens: Int, separators: Int, secondType: UInt8
    ) throws(EmbqError) {
        func id(_ key: String) throws(EmbqError) -> UInt16 {
            let pair = try field[key].array()
            guard pair.count == 2 else { throw field[key].wrong("a token and its id") }
            return try Self.id(pair[1], tokens)
        }
        let (begin, end) = (try id("cls"), try id("sep"))
        prefix = [Token(id: begin, type: 0)]
        textTypes = [0]
        suffix = [Token(id: end, type: 0)]
        guard texts == 2 else { return }
        textTypes.append(secondType)
        middle = Array(repeating: Token(id: end, type: 0), count: separators)
        suffix[0].type = secondType
    }

    private static func id(_ field: JSONField, _ tokens: Int) throws(EmbqError) -> UInt16 {
        let id = try field.id()
        guard Int(id) < tokens else { throw field.malformed("the id \(id) belongs to no token") }
        return id
    }
}
