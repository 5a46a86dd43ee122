import EmbqCore

/// The tokenizer section of a byte-pair model.
enum BytePairTables {
    static func section(_ file: TokenizerFile, _ model: BytePairModel) throws(EmbqError) -> [UInt8] {
        var characters: [UInt32: UInt16] = [:]
        for (token, id) in file.vocabulary.ids where token.count <= 4 {
            let scalars = String(decoding: token, as: UTF8.self).unicodeScalars
            if let scalar = scalars.first, scalars.count == 1 { characters[scalar.value] = id }
        }
        let unknown = model.unknown
        let alphabet = CharacterMap.Alphabet(
            characters: characters, unknown: unknown,
            showsUnknownClass: unknown == nil || model.fusesUnknown
                || model.merges.contains { $0.left == unknown || $0.right == unknown })

        let merges = model.merges.enumerated().map { (rank: UInt16($0), pair: $1) }.sorted {
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
        let results = model.merges.map(\.result)
        let first = results.first ?? 0
        let needsResults = results.enumerated().contains { Int($1) != Int(first) + $0 }

        return try TokenizerSection(CharacterMap(file, alphabet)).bytes(
            file,
            ModelTables(
                kind: 1, flags: (model.fusesUnknown ? 1 : 0) | (needsResults ? 2 : 0),
                counts: [UInt16(lefts.count), UInt16(merges.count), needsResults ? 0 : first],
                narrow: lefts + leftStarts + merges.map(\.pair.right) + merges.map(\.rank)
                    + (needsResults ? results : [])))
    }
}
