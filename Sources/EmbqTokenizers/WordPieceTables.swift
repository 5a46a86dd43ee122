import EmbqCore

/// The tokenizer section of a WordPiece model.
///
/// Pieces become strings of units, the codes of their characters, in two tries.
struct WordPieceTables {
    /// 0xFFFF says that there is none.
    private static let mostSymbols = 0xFFFF

    private struct Piece {
        let characters: [UInt32]
        let id: UInt16
    }

    /// Pieces that begin words, and pieces that continue them.
    private var pieces: [[Piece]] = [[], []]
    /// Characters of tokens that are looked for in normalized text, which no piece needs to have.
    private var foldedCharacters: Set<UInt32> = []

    static func section(_ file: TokenizerFile, _ model: WordPieceModel) throws(EmbqError) -> [UInt8] {
        var tables = WordPieceTables()
        return try tables.section(file, model)
    }

    private mutating func section(_ file: TokenizerFile, _ model: WordPieceModel) throws(EmbqError) -> [UInt8] {
        readPieces(file, model)
        foldedCharacters =
            file.pipeline != nil
            ? []
            : CharacterMap.characters(
                of: file.vocabulary.addedTokens.filter { $0.isMatched && $0.isNormalized }, file)
        // A piece that no text leads to, as [unused7] whose brackets are words of their own, is left out.
        let all = try alphabet(Set(pieces.joined().flatMap(\.characters)).union(foldedCharacters).sorted())
        keepReachable(CharacterMap(file, all), all.characters, longest: model.longestWord)
        let characters = pieces.map { $0.map(\.characters) }
        var counts = PieceTrie.counts(characters)
        for character in foldedCharacters { counts[character, default: 0] += 0 }
        let code = UnitCode(for: characters, counts)
        let units = code.units(counts)
        let alphabet = try alphabet(code.order(counts))
        let trie = try PieceTrie(
            pieces.map { pieces in
                pieces.map { piece in
                    (units: piece.characters.flatMap { units[$0] ?? [] }, id: piece.id)
                }
            })
        var pipeline: PipelineTables?
        if let found = file.pipeline {
            pipeline = try PipelineTables(found, PipelineTables.Parts(), stripsSpace: file.stripsSpace)
        }
        return try TokenizerSection(CharacterMap(file, alphabet)).bytes(
            file,
            ModelTables(
                kind: 2, pipeline: pipeline,
                counts: [
                    UInt16(clamping: alphabet.characters.count + 1), UInt16(clamping: trie.pieces.count), model.unknown,
                ],
                nodes: UInt32(clamping: trie.count),
                moreHeader: [UInt16(code.more), UInt16(clamping: model.longestWord)],
                wide: trie.children, narrow: trie.narrow, bytes: trie.nodes))
    }

    private mutating func readPieces(_ file: TokenizerFile, _ model: WordPieceModel) {
        func characters(_ token: some Sequence<UInt8>) -> [UInt32] {
            String(decoding: Array(token), as: UTF8.self).unicodeScalars.map(\.value)
        }
        for (token, id) in file.vocabulary.ids {
            // At the start of a word, the prefix is text like any other.
            if !token.isEmpty { pieces[0].append(Piece(characters: characters(token), id: id)) }
            if token.count > model.continuingPrefix.count, token.starts(with: model.continuingPrefix) {
                let rest = token.dropFirst(model.continuingPrefix.count)
                pieces[1].append(Piece(characters: characters(rest), id: id))
            }
        }
    }

    /// Characters by their symbols, and one symbol for all others.
    private func alphabet(_ characters: [UInt32]) throws(EmbqError) -> CharacterMap.Alphabet {
        guard characters.count < Self.mostSymbols else {
            throw TokenizerSection.tooMany("characters", characters.count, most: Self.mostSymbols - 1)
        }
        var symbols: [UInt32: UInt16] = [:]
        for (symbol, character) in characters.enumerated() { symbols[character] = UInt16(symbol) }
        return CharacterMap.Alphabet(
            characters: symbols, unknown: UInt16(characters.count), showsUnknownClass: true)
    }

    /// Leaves out the pieces whose characters never stand together in one word.
    private mutating func keepReachable(_ map: CharacterMap, _ symbols: [UInt32: UInt16], longest: Int) {
        // Bits by class, for each symbol that a character becomes.
        var classes: [UInt16: UInt8] = [:]
        for range in map.ranges {
            guard case .items(let items) = range.action else { continue }
            for item in items {
                for symbol in UInt32(item.symbol)...UInt32(item.symbol) + (range.isRun ? range.length - 1 : 0) {
                    classes[UInt16(clamping: symbol), default: 0] |= 1 << item.wordClass.rawValue
                }
            }
        }
        let runs: UInt8 = 1 << CharacterMap.WordClass.word.rawValue | 1 << CharacterMap.WordClass.punctuation.rawValue
        for root in pieces.indices {
            pieces[root].removeAll { piece in
                var together: UInt8 = root == 0 && piece.characters.count == 1 ? .max : runs
                for character in piece.characters { together &= symbols[character].flatMap { classes[$0] } ?? 0 }
                return together == 0 || piece.characters.count > longest
            }
        }
    }
}
