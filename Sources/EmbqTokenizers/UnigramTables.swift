import EmbqCore

/// The tokenizer section of a Unigram model.
enum UnigramTables {
    /// Bytes of a piece; longer ones are refused.
    private static let longest = 4095

    static func section(_ file: TokenizerFile, _ model: UnigramModel) throws(EmbqError) -> [UInt8] {
        guard let pipeline = file.pipeline else { throw TokenizerSection.tooMany("words", 0, most: 0) }
        let entries = file.vocabulary.ids.filter { !$0.key.isEmpty }.map { (code: $0.key, id: $0.value) }
        let trie = try ByteTrie([entries])
        let longest = entries.map(\.code.count).max() ?? 1
        guard longest <= Self.longest else {
            throw TokenizerSection.tooMany("bytes of a piece", longest, most: Self.longest)
        }
        let costs = trie.pieces.map { -model.scores[Int($0)] }
        // Scores that were made with 32 bits take 32.
        let isShort = costs.allSatisfy {
            Double(Float($0)) == $0 && ($0 == 0 || Float($0).isNormal)
        }
        let scores = costs.flatMap { cost in
            isShort ? [Float(cost).bitPattern] : words(cost)
        }
        let unknown = words(model.unknownCost)
        var parts = PipelineTables.Parts(symbols: .bytes)
        parts.byteIDs = model.bytes
        let nothing = CharacterMap.Alphabet(characters: [:], unknown: nil, showsUnknownClass: false)
        return try TokenizerSection(CharacterMap(file, nothing)).bytes(
            file,
            ModelTables(
                kind: 3, pipeline: try PipelineTables(pipeline, parts, stripsSpace: file.stripsSpace),
                flags: isShort ? 0 : 1, counts: [1, UInt16(clamping: trie.pieces.count), model.unknown],
                nodes: UInt32(clamping: trie.labels.count),
                moreHeader: [UInt16(longest), 0]
                    + unknown.flatMap { [UInt16(truncatingIfNeeded: $0), UInt16(truncatingIfNeeded: $0 >> 16)] } + [0, 0],
                wide: trie.children + scores, narrow: trie.narrow, bytes: trie.labels + trie.counts))
    }

    /// The two words of a number that is not negative.
    private static func words(_ cost: Double) -> [UInt32] {
        let bits = (cost == 0 ? 0 : cost).bitPattern
        return [UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32)]
    }
}
