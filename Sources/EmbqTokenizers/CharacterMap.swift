import EmbqCore

/// The way from any code point to the symbols of its words, as the section stores it.
///
/// Normalizer, pre-tokenizer and vocabulary are folded into one list of ranges. Facts that cannot be seen in the ids are
/// left out, which keeps the list short: the class of an unknown character when its symbol takes part in nothing, and
/// the order of marks when the vocabulary has none of those that stay.
struct CharacterMap {
    /// What the runtime's word classes mean: see the section's layout.
    enum WordClass: UInt8 {
        case space = 0
        case word = 1
        case punctuation = 2
        case isolated = 3
    }

    /// One symbol that a character becomes.
    struct Item: Hashable {
        /// Number in the model's alphabet; 0xFFFF: nothing is emitted.
        let symbol: UInt16
        let wordClass: WordClass
        let isUnknown: Bool
        /// Place among marks; 0: not a mark.
        let order: UInt8

        /// Bits 3 and 4 class, 5 unknown, from 8 on order.
        var attributes: UInt16 {
            UInt16(wordClass.rawValue) << 3 | (isUnknown ? 1 << 5 : 0) | UInt16(order) << 8
        }
    }

    /// What becomes of a code point.
    enum Action: Hashable {
        /// Nothing; `starter`: and marks keep to their side of it.
        case drop(starter: Bool)
        case items([Item])
        /// What its jamo become.
        case hangul
    }

    /// Code points from `start` to the next range's start or the plane's end.
    struct Range {
        let start: UInt32
        var action: Action
        /// The symbol rises by one from code point to code point.
        var isRun = false
        /// The code points are `\w` in raw text; only told where an added token must not be part of a word.
        var isWord = false
        /// They are `\w` in normalized text.
        var isFoldedWord = false
        var length: UInt32
    }

    private(set) var ranges: [Range] = []

    static let nothing: UInt16 = 0xFFFF

    /// What the model takes for a symbol.
    struct Alphabet {
        let characters: [UInt32: UInt16]
        /// The symbol of all other characters; nil: they are left out.
        let unknown: UInt16?
        /// The class of unknown characters shows in the ids.
        let showsUnknownClass: Bool
    }

    private let file: TokenizerFile
    private let facts = UnicodeFacts.all
    private let alphabet: Alphabet
    /// The order of marks shows in the ids.
    private let showsMarkOrder: Bool
    /// True if raw text is looked at for the borders of words.
    let showsWords: Bool

    init(_ file: TokenizerFile, _ alphabet: Alphabet) {
        self.file = file
        self.alphabet = alphabet
        showsMarkOrder =
            file.normalization.stripAccents
            && facts.markOrders.keys.contains { alphabet.characters[$0] != nil }

        showsWords = file.vocabulary.addedTokens.contains { $0.isMatched && $0.singleWord }

        var bounds = boundaries()
        bounds.append(0x110000)
        for (start, end) in zip(bounds, bounds.dropFirst()) {
            append(start, end - start, action(start), isWord: showsWords && facts.words.contains(start))
        }
    }

    /// Code points between two neighbours of this list share their action.
    private func boundaries() -> [UInt32] {
        let options = file.normalization
        var bounds: Set<UInt32> = Set((0..<17).map { $0 << 16 })
        func add(_ code: UInt32) {
            bounds.insert(code)
            bounds.insert(code + 1)
        }
        var sets: [CodePointSet] =
            switch file.splitting {
            case .whitespace: [facts.spaces, facts.words]
            case .bert: [facts.spaces, facts.punctuation]
            case .none: []
            }
        if options.cleanText { sets += [facts.cleanRemoved, facts.cleanSpaces] }
        if options.handleChineseCharacters { sets.append(facts.chinese) }
        if options.stripAccents {
            sets += [facts.removedMarks, facts.removedStarters]
            facts.decompositions.keys.forEach(add)
            facts.markOrders.keys.forEach(add)
            bounds.formUnion([UnicodeFacts.hangul.lowerBound, UnicodeFacts.hangul.upperBound])
        }
        if showsWords { sets.append(facts.words) }
        if options.lowercase { facts.lowercase.keys.forEach(add) }
        for set in sets { bounds.formUnion(set.bounds) }
        alphabet.characters.keys.forEach(add)
        if options.lowercasesFirst {
            // A capital has the action of its small letter, and so a range of its own.
            facts.lowercase.keys.forEach(add)
        }
        return bounds.filter { $0 < 0x110000 }.sorted()
    }

    private func action(_ code: UInt32) -> Action {
        guard file.normalization.lowercasesFirst, let first = facts.lowercase[code] else { return normalized(code) }
        if first.count == 1, let code = first.first { return normalized(code) }
        var items: [Item] = []
        for code in first { if case .items(let more) = normalized(code) { items += more } }
        return .items(items)
    }

    /// What becomes of a code point without the lowercase before all else.
    private func normalized(_ code: UInt32) -> Action {
        let options = file.normalization
        if options.cleanText {
            if facts.cleanRemoved.contains(code) { return .drop(starter: false) }
            if facts.cleanSpaces.contains(code) { return .items([item(0x20, isolated: false)]) }
        }
        let isolated = options.handleChineseCharacters && facts.chinese.contains(code)
        var results = [code]
        if options.stripAccents {
            if UnicodeFacts.hangul.contains(code) { return .hangul }
            if facts.removedMarks.contains(code) {
                return .drop(starter: showsMarkOrder && facts.removedStarters.contains(code))
            }
            results = facts.decompositions[code] ?? results
        }
        if options.lowercase { results = results.flatMap { facts.lowercase[$0] ?? [$0] } }
        return .items(results.map { item($0, isolated: isolated) })
    }

    /// The symbol of one code point of normalized text.
    private func item(_ code: UInt32, isolated: Bool) -> Item {
        if file.splitting != .none, facts.spaces.contains(code) {
            return Item(symbol: Self.nothing, wordClass: .space, isUnknown: false, order: 0)
        }
        var wordClass: WordClass =
            switch file.splitting {
            case .whitespace: facts.words.contains(code) ? .word : .punctuation
            case .bert: facts.punctuation.contains(code) ? .isolated : .word
            case .none: .word
            }
        if isolated { wordClass = .isolated }
        let order = showsMarkOrder ? facts.markOrders[code] ?? 0 : 0
        if let symbol = alphabet.characters[code] {
            return Item(symbol: symbol, wordClass: wordClass, isUnknown: false, order: order)
        }
        if !alphabet.showsUnknownClass, order == 0, file.splitting != .none { wordClass = .isolated }
        return Item(
            symbol: alphabet.unknown ?? Self.nothing, wordClass: wordClass, isUnknown: alphabet.unknown != nil,
            order: order)
    }

    /// The characters of normalized tokens.
    static func characters(of tokens: [AddedToken], _ file: TokenizerFile) -> Set<UInt32> {
        let (facts, options) = (UnicodeFacts.all, file.normalization)
        var characters: Set<UInt32> = []
        for scalar in tokens.flatMap({ Array($0.content.unicodeScalars) }) {
            var codes = options.lowercasesFirst ? facts.lowercase[scalar.value] ?? [scalar.value] : [scalar.value]
            if options.stripAccents {
                codes = codes.filter { !facts.removedMarks.contains($0) }.flatMap { facts.decompositions[$0] ?? [$0] }
            }
            if options.lowercase { codes = codes.flatMap { facts.lowercase[$0] ?? [$0] } }
            characters.formUnion(codes.filter { !facts.spaces.contains($0) })
        }
        return characters
    }

    /// The symbols of a token that is looked for in normalized text: a space is ``nothing``.
    ///
    /// - Throws: `.unsupported` for one that cannot be told from other texts by its symbols.
    func symbols(_ token: AddedToken) throws(EmbqError) -> [UInt16] {
        var symbols: [UInt16] = []
        var items: [Item] = []
        for scalar in token.content.unicodeScalars {
            switch action(scalar.value) {
            case .drop: break
            case .items(let more): items += more
            case .hangul: throw unsupported(token)
            }
        }
        for item in items {
            guard item.order == 0, !item.isUnknown, item.symbol != Self.nothing || item.wordClass == .space else {
                throw unsupported(token)
            }
            symbols.append(item.symbol)
        }
        guard let first = symbols.first, first != Self.nothing, symbols.last != Self.nothing, symbols.count <= 0xFFFF
        else { throw unsupported(token) }
        return symbols
    }

    private func unsupported(_ token: AddedToken) -> EmbqError {
        JSONField(path: token.path + ".normalized", value: .bool(true)).unsupported(
            "false for \"\(EmbqError.printable(token.content))\": its characters do not show in normalized text")
    }

    /// Adds code points, to the last range if their action continues it.
    private mutating func append(_ start: UInt32, _ length: UInt32, _ action: Action, isWord: Bool) {
        // Spaces are put around a Chinese character.
        var isFolded = isWord && !(file.normalization.handleChineseCharacters && facts.chinese.contains(start))
        if case .drop = action { isFolded = false }
        if start % 0x10000 != 0, let last = ranges.last, last.isWord == isWord, last.isFoldedWord == isFolded {
            if !last.isRun, last.action == action {
                ranges[ranges.count - 1].length += length
                return
            }
            if length == 1, last.isRun || last.length == 1, continues(last, action) {
                ranges[ranges.count - 1].isRun = true
                ranges[ranges.count - 1].length += 1
                return
            }
        }
        ranges.append(Range(start: start, action: action, isWord: isWord, isFoldedWord: isFolded, length: length))
    }

    /// `action` is that of the last range's first code point with the symbol that follows its run.
    private func continues(_ last: Range, _ action: Action) -> Bool {
        guard case .items(let old) = last.action, case .items(let new) = action, old.count == 1, new.count == 1,
            let (from, to) = zip(old, new).first(where: { _ in true }),
            from.symbol != Self.nothing, from.order == 0
        else { return false }
        return from.attributes == to.attributes && UInt32(from.symbol) + last.length == UInt32(to.symbol)
            && to.symbol != Self.nothing
    }
}
