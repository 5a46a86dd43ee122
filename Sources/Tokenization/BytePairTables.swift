import TensorCore

/// Writes the tokenizer section of a byte-pair model: layout in `Schemas/tokenizer-section.md`.
struct BytePairTables {
    private let file: TokenizerFile
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
        static let last: UInt16 = 1 << 7
    }

    init(_ file: TokenizerFile) throws(EmbqError) {
        self.file = file
        let ranges = CharacterMap(file).ranges
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
        }
        guard sequences.count / 2 <= 0xFFFF else { throw Self.tooMany("symbols in sequences", sequences.count / 2) }
        planes.append(UInt16(ranges.count))
    }

    private mutating func append(_ kind: UInt8, _ value: UInt16) {
        kinds.append(kind)
        values.append(value)
    }

    private static func tooMany(_ what: String, _ count: Int) -> EmbqError {
        EmbqError(
            .limitExceeded, place: "'model.vocab'", "it leads to \(count) \(what), at most 65535 are possible",
            advice: "Use a checkpoint with a smaller vocabulary.")
    }

    /// The bytes of the section.
    func section() throws(EmbqError) -> [UInt8] {
        let merges = file.merges.enumerated().map { (rank: UInt16($0), pair: $1) }.sorted {
            ($0.pair.left, $0.pair.right) < ($1.pair.left, $1.pair.right)
        }
        var lefts: [UInt16] = []
        var leftStarts: [UInt16] = []
        for (index, merge) in merges.enumerated() where lefts.last != merge.pair.left {
            lefts.append(merge.pair.left)
            leftStarts.append(UInt16(index))
        }
        leftStarts.append(UInt16(merges.count))

        // Trained vocabularies number their merges' results in order: then a base says it all.
        let results = file.merges.map(\.result)
        let first = results.first ?? 0
        let needsResults = results.enumerated().contains { Int($1) != Int(first) + $0 }

        // The longest comes first, so that the first that matches is the one to take.
        let special = file.addedTokens.map { (text: Array($0.content.utf8), id: $0.id) }.sorted {
            $0.text.count != $1.text.count
                ? $0.text.count > $1.text.count : $0.text.lexicographicallyPrecedes($1.text)
        }
        guard special.count <= 0xFFFF else { throw Self.tooMany("added tokens", special.count) }

        var section = ByteWriter()
        section.write(UInt16(1))  // version of the layout
        section.write(UInt16(1))  // byte-pair encoding
        section.write(UInt32(0))  // size, known last
        section.write(file.contentLimit.map { UInt32(clamping: $0) } ?? UInt32.max)
        section.write(UInt16(clamping: file.tokens.count))
        section.write(UInt16((file.fusesUnknown ? 1 : 0) | (needsResults ? 2 : 0)))
        section.write(UInt16(starts.count))
        section.write(UInt16(sequences.count / 2))
        section.write(UInt16(lefts.count))
        section.write(UInt16(merges.count))
        section.write(needsResults ? 0 : first)
        section.write(UInt16(file.prefix.count))
        section.write(UInt16(file.suffix.count))
        section.write(UInt16(special.count))
        section.write(UInt32(clamping: special.reduce(0) { $0 + $1.text.count }))
        section.write(UInt32(0))

        section.write(contentsOf: planes)
        section.write(contentsOf: starts)
        section.write(contentsOf: values)
        section.write(contentsOf: sequences)
        section.write(contentsOf: lefts)
        section.write(contentsOf: leftStarts)
        section.write(contentsOf: merges.map(\.pair.right))
        section.write(contentsOf: merges.map(\.rank))
        if needsResults { section.write(contentsOf: results) }
        section.write(contentsOf: file.prefix)
        section.write(contentsOf: file.suffix)
        section.write(contentsOf: special.map(\.id))
        section.write(contentsOf: special.map { UInt16($0.text.count) })
        section.write(bytes: kinds)
        for token in special { section.write(bytes: token.text) }
        section.align(to: 4)
        section.patch(UInt32(clamping: section.bytes.count), at: 4)
        return section.bytes
    }
}
