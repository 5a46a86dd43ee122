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
        let isByteLevel = file.pipeline?.isByteLevel == true
        if isByteLevel { characters = [:] }
        let alphabet = CharacterMap.Alphabet(
            characters: characters, unknown: isByteLevel ? nil : unknown,
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
                kind: 1, pipeline: try pipeline(file, model, characters),
                flags: (model.fusesUnknown ? 1 : 0) | (needsResults ? 2 : 0),
                counts: [UInt16(lefts.count), UInt16(merges.count), needsResults ? 0 : first],
                narrow: lefts + leftStarts + merges.map(\.pair.right) + merges.map(\.rank)
                    + (needsResults ? results : [])))
    }

    /// The text's way to symbols, if the map alone is not enough.
    private static func pipeline(
        _ file: TokenizerFile, _ model: BytePairModel, _ characters: [UInt32: UInt16]
    ) throws(EmbqError) -> PipelineTables? {
        guard var pipeline = file.pipeline else { return nil }
        // Who looks at normalized text sees a mark there.
        if pipeline.splitters.isEmpty, !pipeline.places.trimsSpace, !model.ignoresMerges,
            !file.vocabulary.addedTokens.contains(where: { $0.isMatched && $0.isNormalized })
        {
            pipeline.marksSpacesInWords()
        }
        if pipeline.splitters.isEmpty, mergesWithinWords(model, file, characters) { pipeline.cutBeforeMarks() }
        var parts = PipelineTables.Parts()
        parts.byteIDs = model.byteFallback
        if pipeline.isByteLevel {
            let ids = ByteTokens.characters.map { code in
                Unicode.Scalar(code).flatMap { file.vocabulary.ids[Array(String(Character($0)).utf8)] }
            }
            if model.byteFallback != nil, ids.contains(nil) {
                throw JSONField(path: "model.byte_fallback", value: .bool(true)).unsupported(
                    "false with ByteLevel, whose vocabulary lacks a byte")
            }
            parts.symbols = .byteIDs
            parts.unknown = model.unknown ?? 0xFFFF
            parts.byteIDs = ids.map { $0 ?? parts.unknown }
        }
        if model.ignoresMerges { parts.whole = wholeWords(file, model, characters, pipeline, parts) }
        return try PipelineTables(pipeline, parts, stripsSpace: file.stripsSpace)
    }

    /// True if no merge makes a token that has U+2581 behind another character: a text may then be cut there.
    private static func mergesWithinWords(
        _ model: BytePairModel, _ file: TokenizerFile, _ characters: [UInt32: UInt16]
    ) -> Bool {
        guard file.pipeline?.isByteLevel == false, !model.ignoresMerges, characters[TextPipeline.mark] != nil else {
            return false
        }
        return model.merges.allSatisfy { merge in
            let codes = file.vocabulary.tokens[Int(merge.result)].unicodeScalars.map(\.value)
            return zip(codes, codes.dropFirst()).allSatisfy { $1 != TextPipeline.mark || $0 == TextPipeline.mark }
        }
    }

    /// Tokens that their own merges do not lead to.
    private static func wholeWords(
        _ file: TokenizerFile, _ model: BytePairModel, _ characters: [UInt32: UInt16], _ pipeline: TextPipeline,
        _ parts: PipelineTables.Parts
    ) -> [(symbols: [UInt16], id: UInt16)] {
        var ranks: [UInt32: (rank: Int, result: UInt16)] = [:]
        for (rank, merge) in model.merges.enumerated() {
            ranks[UInt32(merge.left) << 16 | UInt32(merge.right)] = (rank, merge.result)
        }
        var bytes: [UInt32: UInt16] = [:]
        for (byte, code) in ByteTokens.characters.enumerated() { bytes[code] = parts.byteIDs?[byte] }
        let ids = pipeline.isByteLevel ? bytes : characters
        var whole: [(symbols: [UInt16], id: UInt16)] = []
        for (token, id) in file.vocabulary.ids {
            let symbols = String(decoding: token, as: UTF8.self).unicodeScalars.map { ids[$0.value] ?? 0xFFFF }
            guard !symbols.isEmpty, symbols.count <= 0xFFFF, !symbols.contains(0xFFFF),
                !symbols.contains(model.unknown ?? 0xFFFF)
            else { continue }
            if merged(symbols, ranks) != [id] { whole.append((symbols, id)) }
        }
        return whole.sorted { $0.symbols.lexicographicallyPrecedes($1.symbols) }
    }

    private static func merged(_ symbols: [UInt16], _ ranks: [UInt32: (rank: Int, result: UInt16)]) -> [UInt16] {
        var symbols = symbols
        while true {
            var best: (rank: Int, at: Int, result: UInt16)?
            for (at, (left, right)) in zip(symbols, symbols.dropFirst()).enumerated() {
                guard let merge = ranks[UInt32(left) << 16 | UInt32(right)] else { continue }
                if merge.rank < best?.rank ?? .max { best = (merge.rank, at, merge.result) }
            }
            guard let best else { return symbols }
            symbols.replaceSubrange(best.at...best.at + 1, with: [best.result])
        }
    }
}
