import EmbqCore

/// The tables of one kind of model, in the places that `Schemas/tokenizer-section.md` gives them.
struct ModelTables {
    let kind: UInt16
    var pipeline: PipelineTables?
    var flags: UInt16 = 0
    /// The header's numbers at 20, 22 and 24.
    let counts: [UInt16]
    /// The header's number at 36.
    var nodes: UInt32 = 0
    /// What follows the common header.
    var moreHeader: [UInt16] = []
    /// Tables before the common ones.
    var wide: [UInt32] = []
    /// Tables among those of 16 bits.
    let narrow: [UInt16]
    /// Tables among those of bytes.
    var bytes: [UInt8] = []
}

/// Writes a tokenizer section: layout in `Schemas/tokenizer-section.md`.
struct TokenizerSection {
    private var starts: [UInt16] = []
    private var values: [UInt16] = []
    private var kinds: [UInt8] = []
    private var planes: [UInt16] = []
    private var sequences: [UInt16] = []

    private enum Operation {
        static let drop: UInt8 = 0
        static let same: UInt8 = 1
        static let run: UInt8 = 2
        static let sequence: UInt8 = 3
        static let hangul: UInt8 = 4
        static let starter: UInt8 = 1 << 6
        static let word: UInt8 = 1 << 7
        static let foldedWord: UInt8 = 1 << 6
        static let last: UInt16 = 1 << 7
    }

    private let map: CharacterMap

    init(_ map: CharacterMap) throws(EmbqError) {
        self.map = map
        let ranges = map.ranges
        guard ranges.count <= 0xFFFF else { throw Self.tooMany("ranges of characters", ranges.count) }
        var known: [[CharacterMap.Item]: UInt16] = [:]
        for (index, range) in ranges.enumerated() {
            if range.start % 0x10000 == 0 { planes.append(UInt16(index)) }
            starts.append(UInt16(truncatingIfNeeded: range.start))
            switch range.action {
            case .drop(let starter): append(Operation.drop | (starter ? Operation.starter : 0), 0)
            case .hangul: append(Operation.hangul, 0)
            case .items(let items):
                if let item = items.first, items.count == 1, item.order == 0 {
                    let operation = range.isRun ? Operation.run : Operation.same
                    append(operation | UInt8(truncatingIfNeeded: item.attributes), item.symbol)
                } else if let index = known[items] {
                    append(Operation.sequence, index)
                } else {
                    guard let index = UInt16(exactly: sequences.count / 2) else {
                        throw Self.tooMany("symbols in sequences", sequences.count / 2)
                    }
                    known[items] = index
                    for (place, item) in items.enumerated() {
                        sequences.append(item.symbol)
                        sequences.append(item.attributes | (place == items.count - 1 ? Operation.last : 0))
                    }
                    append(Operation.sequence, index)
                }
            }
            if range.isWord { kinds[kinds.count - 1] |= Operation.word }
            if range.isFoldedWord { kinds[kinds.count - 1] |= Operation.foldedWord }
        }
        guard sequences.count / 2 <= 0xFFFF else { throw Self.tooMany("symbols in sequences", sequences.count / 2) }
        planes.append(UInt16(ranges.count))
    }

    private mutating func append(_ kind: UInt8, _ value: UInt16) {
        kinds.append(kind)
        values.append(value)
    }

    static func tooMany(_ what: String, _ count: Int, most: Int = 65535) -> EmbqError {
        EmbqError(
            .limitExceeded, place: "'model.vocab'", "it leads to \(count) \(what), at most \(most) are possible",
            advice: "Use a checkpoint with a smaller vocabulary.")
    }

    /// The bytes of the section.
    func bytes(_ file: TokenizerFile, _ model: ModelTables) throws(EmbqError) -> [UInt8] {
        let matched = file.vocabulary.addedTokens.filter(\.isMatched)
        // The longest comes first, so that the first that matches is the one to take.
        let special = matched.filter { !$0.isNormalized }.map { (text: Array($0.content.utf8), token: $0) }.sorted {
            $0.text.count != $1.text.count
                ? $0.text.count > $1.text.count : $0.text.lexicographicallyPrecedes($1.text)
        }
        guard special.count <= 0xFFFF else { throw Self.tooMany("added tokens", special.count) }
        let more = try TokenizerExtension(file, map, special: special.map(\.token))

        var section = ByteWriter()
        section.write(UInt16(2))  // version of the layout
        section.write(model.kind)
        section.write(UInt32(0))  // size, known last
        section.write(file.contentLimit.map { UInt32(clamping: $0) } ?? UInt32.max)
        section.write(UInt16(clamping: file.vocabulary.tokens.count))
        section.write(model.flags | (more == nil ? 0 : TokenizerExtension.flag) | (model.pipeline?.flags ?? 0))
        section.write(UInt16(starts.count))
        section.write(UInt16(sequences.count / 2))
        section.write(contentsOf: model.counts)
        section.write(UInt16(file.template.prefix.count))
        section.write(UInt16(file.template.suffix.count))
        section.write(UInt16(special.count))
        section.write(UInt32(clamping: special.reduce(0) { $0 + $1.text.count }))
        section.write(model.nodes)
        section.write(contentsOf: model.moreHeader)

        section.write(contentsOf: model.wide)
        section.write(contentsOf: planes)
        section.write(contentsOf: starts)
        section.write(contentsOf: values)
        section.write(contentsOf: sequences)
        section.write(contentsOf: model.narrow)
        section.write(contentsOf: file.template.prefix.map(\.id))
        section.write(contentsOf: file.template.suffix.map(\.id))
        section.write(contentsOf: special.map(\.token.id))
        section.write(contentsOf: special.map { UInt16($0.text.count) })
        if let more { section.write(contentsOf: more.words) }
        if let pipeline = model.pipeline { section.write(contentsOf: pipeline.words) }
        section.write(bytes: kinds)
        section.write(bytes: model.bytes)
        for token in special { section.write(bytes: token.text) }
        section.align(to: 4)
        section.patch(UInt32(clamping: section.bytes.count), at: 4)
        return section.bytes
    }
}

/// Tables that only some tokenizers need: pairs, token types, a cut on the left, a limit in characters, an id that is left
/// out, tokens found under conditions.
struct TokenizerExtension {
    static let flag: UInt16 = 4

    let words: [UInt16]

    /// nil: none of it is needed.
    init?(_ file: TokenizerFile, _ map: CharacterMap, special: [AddedToken]) throws(EmbqError) {
        var folded: [(id: UInt16, symbols: [UInt16], flags: UInt16)] = []
        for token in file.vocabulary.addedTokens where token.isMatched && token.isNormalized {
            let symbols: [UInt16]
            if let pipeline = file.pipeline {
                symbols = try token.bytes(pipeline)
            } else {
                symbols = try map.symbols(token)
            }
            folded.append((token.id, symbols, Self.flags(token, file)))
        }
        folded.sort {
            $0.symbols.count != $1.symbols.count
                ? $0.symbols.count > $1.symbols.count : $0.symbols.lexicographicallyPrecedes($1.symbols)
        }
        let symbols = folded.flatMap(\.symbols)
        guard symbols.count <= 0xFFFF else { throw TokenizerSection.tooMany("symbols of added tokens", symbols.count) }
        let pair = file.pair
        let templates = [file.template, pair].compactMap(\.self)
        let tokens = templates.flatMap(\.tokens)
        let (leftOut, characters) = (file.leftOut, file.characterLimit())
        let options: UInt16 =
            (file.cutsLeft ? 1 : 0) | (map.showsWords ? 2 : 0) | (pair == nil ? 0 : 4) | (leftOut == nil ? 0 : 8)
            | (characters == nil ? 0 : 16)
        let texts = templates.flatMap(\.textTypes)
        let flags = special.map { Self.flags($0, file) }
        guard
            options != 0 || !folded.isEmpty || flags.contains(where: { $0 != 0 })
                || (texts + tokens.map(\.type)).contains(1)
        else { return nil }
        var words: [UInt16] = [
            options, UInt16(pair?.prefix.count ?? 0), UInt16(pair?.middle.count ?? 0), UInt16(pair?.suffix.count ?? 0),
            texts.enumerated().reduce(0) { $0 | UInt16($1.element) << UInt16($1.offset) },
            UInt16(clamping: folded.count), UInt16(symbols.count), 0,
        ]
        words += (pair?.tokens ?? []).map(\.id)
        words += tokens.map { UInt16($0.type) }
        words += flags
        words += folded.map(\.id)
        words += folded.map(\.flags)
        words += folded.map { UInt16($0.symbols.count) }
        words += symbols
        if let leftOut { words.append(leftOut) }
        if let characters { words += [UInt16(truncatingIfNeeded: characters), UInt16(characters >> 16)] }
        self.words = words
    }

    /// Conditions of an added token; space around it is seen only in a pipeline.
    private static func flags(_ token: AddedToken, _ file: TokenizerFile) -> UInt16 {
        let strips: UInt16 = (token.leftStrip ? 2 : 0) | (token.rightStrip ? 4 : 0)
        return (token.singleWord ? 1 : 0) | (file.pipeline == nil ? 0 : strips)
    }
}

extension AddedToken {
    /// The bytes of a token that is looked for in a pipeline's normalized text.
    fileprivate func bytes(_ pipeline: TextPipeline) throws(EmbqError) -> [UInt16] {
        guard let text = TextStep.normalized(content, pipeline.steps), !text.isEmpty, text.utf8.count <= 0xFFFF else {
            throw JSONField(path: path + ".normalized", value: .bool(true)).unsupported(
                "false for \"\(EmbqError.printable(content))\" with such a normalizer")
        }
        return text.utf8.map { UInt16($0) }
    }
}
