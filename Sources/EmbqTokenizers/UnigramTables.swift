import EmbqCore

/// The tokenizer section of a Unigram model.
enum UnigramTables {
    /// Bytes of a piece; longer ones are refused.
    private static let longest = 4095

    static func section(_ file: TokenizerFile, _ model: UnigramModel) throws(EmbqError) -> [UInt8] {
        guard let pipeline = file.pipeline else { throw TokenizerSection.tooMany("words", 0, most: 0) }
        let entries = file.vocabulary.ids.filter { !$0.key.isEmpty }
        let pieces = [entries.map(\.key)]
        var counts = PieceTrie.counts(pieces)
        for byte in UInt8.min...UInt8.max { counts[byte, default: 0] += 0 }
        let code = UnitCode(for: pieces, counts)
        let units = code.units(counts)
        var symbols = [UInt8](repeating: 0, count: 256)
        for (symbol, byte) in code.order(counts).enumerated() { symbols[Int(byte)] = UInt8(symbol) }
        let trie = try PieceTrie([
            entries.map { (units: $0.key.flatMap { units[$0] ?? [] }, id: $0.value) }
        ])
        let longest = entries.map(\.key.count).max() ?? 1
        guard longest <= Self.longest else {
            throw TokenizerSection.tooMany("bytes of a piece", longest, most: Self.longest)
        }
        let costs = trie.pieces.map { model.scores[Int($0)] == 0 ? 0 : -model.scores[Int($0)] }
        // Scores that were made with 32 bits take 32, with what the library's parser adds in the last place.
        let corrections = costs.map { cost in
            let short = Float(cost)
            guard short == 0 && cost == 0 || short.isNormal else { return Int64.max }
            return Int64(bitPattern: cost.bitPattern &- Double(short).bitPattern)
        }
        let isShort = corrections.allSatisfy { (-128...127).contains($0) }
        let isExact = corrections.allSatisfy { $0 == 0 }
        let scores = costs.flatMap { isShort ? [Float($0).bitPattern] : words($0) }
        let more: [UInt8] = isShort && !isExact ? corrections.map { UInt8(clamping: $0 + 128) } : []
        let unknown = words(model.unknownCost)
        var parts = PipelineTables.Parts(symbols: .bytes)
        parts.byteIDs = model.bytes
        let nothing = CharacterMap.Alphabet(characters: [:], unknown: nil, showsUnknownClass: false)
        return try TokenizerSection(CharacterMap(file, nothing)).bytes(
            file,
            ModelTables(
                kind: 3, pipeline: try PipelineTables(pipeline, parts, stripsSpace: file.stripsSpace),
                flags: !isShort ? 1 : isExact ? 0 : 2, counts: [1, UInt16(clamping: trie.pieces.count), model.unknown],
                nodes: UInt32(clamping: trie.count),
                moreHeader: [UInt16(code.more), UInt16(longest)]
                    + unknown.flatMap { [UInt16(truncatingIfNeeded: $0), UInt16(truncatingIfNeeded: $0 >> 16)] } + [
                        0, 0,
                    ],
                wide: trie.children + scores, narrow: trie.narrow, bytes: trie.nodes + symbols + more))
    }

    /// The two words of a number that is not negative.
    private static func words(_ cost: Double) -> [UInt32] {
        let bits = (cost == 0 ? 0 : cost).bitPattern
        return [UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32)]
    }
}
