import EmbqCore

/// Writes the pipeline of a tokenizer section: layout in `Schemas/tokenizer-section.md`.
struct PipelineTables {
    /// What the symbols of a word are; the numbers are the runtime's.
    enum Symbols: UInt16 {
        case mapped = 0
        case byteIDs = 1
        case bytes = 2
    }

    static let flag: UInt16 = 8

    /// What the model adds.
    struct Parts {
        var symbols = Symbols.mapped
        /// Ids of bytes; 0xFFFF: left out.
        var byteIDs: [UInt16]?
        /// The unknown token among them.
        var unknown: UInt16 = 0xFFFF
        /// Words that are one token: their symbols and the id.
        var whole: [(symbols: [UInt16], id: UInt16)] = []
    }

    let words: [UInt16]
    /// Flags of the section: that there is a pipeline, and its kinds of steps.
    let flags: UInt16

    /// Sets of code points by their bit.
    private var sets: [CodePointSet] = []

    init(_ pipeline: TextPipeline, _ parts: Parts, stripsSpace: Bool) throws(EmbqError) {
        var tables = PipelineTables()
        let space = stripsSpace ? try tables.mask(UnicodeFacts.all.spaces) : 0
        var growth = 3.0  // an ill-formed byte is U+FFFD
        var more = 0
        var records: [UInt16] = []
        var kinds: UInt16 = 0
        for step in pipeline.steps {
            let (kind, data, factor, extra) = try tables.record(step)
            kinds |= 1 << (kind - 1)
            let size = UInt32(data.count + 3)
            records += [kind, UInt16(truncatingIfNeeded: size), UInt16(truncatingIfNeeded: size >> 16)] + data
            growth *= factor
            more = Int((Double(more) * factor).rounded(.up)) + extra
        }
        for splitter in pipeline.splitters {
            records += try tables.record(splitter)
            if splitter.prefix != .none { more += 1 }
        }
        if !parts.whole.isEmpty { records += Self.whole(parts.whole) }
        let factor = pipeline.marksSpaces ? 3 : 1
        let most = (Int(growth.rounded(.up)) + more) * factor
        guard let most = UInt16(exactly: most) else {
            throw EmbqError(
                .limitExceeded, place: "'normalizer'", "it makes a text over 65535 times longer",
                advice: "Use a checkpoint with a simpler normalizer.")
        }
        let classes = tables.classes
        let options =
            parts.symbols.rawValue | (parts.byteIDs == nil ? 0 : 4) | (pipeline.marksSpaces ? 8 : 0)
            | (parts.whole.isEmpty ? 0 : 16) | (pipeline.places.trimsSpace ? 32 : 0)
            | (pipeline.places.keepsFirstSpace ? 64 : 0)
        let size = UInt32(10 + (parts.byteIDs?.count ?? 0) + classes.count + records.count)
        words =
            [
                UInt16(truncatingIfNeeded: size), UInt16(size >> 16), options, most, UInt16(pipeline.steps.count),
                UInt16(pipeline.splitters.count), UInt16(classes.count), space, parts.unknown, 0,
            ] + (parts.byteIDs ?? []) + classes + records
        flags = Self.flag | kinds << 8
    }

    private init() {
        words = []
        flags = 0
    }

    // MARK: Classes

    private mutating func mask(_ set: CodePointSet) throws(EmbqError) -> UInt16 {
        if let bit = sets.firstIndex(of: set) { return 1 << UInt16(bit) }
        guard sets.count < 16 else {
            throw EmbqError(
                .limitExceeded, place: "'pre_tokenizer'", "its patterns have over 16 different classes of characters",
                advice: "Use a checkpoint with simpler patterns.")
        }
        sets.append(set)
        return 1 << UInt16(sets.count - 1)
    }

    /// 128 masks for ASCII, then a table of ranges with masks.
    private var classes: [UInt16] {
        if sets.isEmpty { return [] }
        func mask(_ code: UInt32) -> UInt16 {
            sets.enumerated().reduce(0) { $0 | ($1.element.contains(code) ? 1 << UInt16($1.offset) : 0) }
        }
        var table = RangeTable()
        let bounds = Set(sets.flatMap(\.bounds) + (0..<17).map { $0 << 16 }).filter { $0 < CodePointSet.limit }.sorted()
        for start in bounds { table.append(start, mask(start)) }
        return (0..<128).map(mask) + table.words
    }

    // MARK: Steps

    /// A step's kind and data, most bytes that it makes of one, and those that it adds to a text.
    private mutating func record(_ step: TextStep) throws(EmbqError) -> (UInt16, [UInt16], Double, Int) {
        switch step {
        case .map(let changes):
            let table = try ChangeTable(changes)
            return (1, table.words, table.growth, 0)
        case .order(let composes): return (2, Self.order(composes: composes), 1, 0)
        case .replace(let pattern, let content):
            let (key, text) = (Array(pattern.utf8), Array(content.utf8))
            return (3, lengthAndText(key) + lengthAndText(text), max(1, Double(text.count) / Double(key.count)), 0)
        case .squeeze(let set, let least, let most, let content):
            let text = Array(content.utf8)
            return (
                4, [try mask(set), UInt16(least), UInt16(most ?? 0)] + lengthAndText(text),
                max(1, Double(text.count) / Double(least)), 0
            )
        case .strip(let left, let right):
            return (5, [try mask(UnicodeFacts.all.spaces), (left ? 1 : 0) | (right ? 2 : 0)], 1, 0)
        case .prepend(let text): return (6, lengthAndText(Array(text.utf8)), 1, text.utf8.count)
        case .charsmap(let map):
            let table = try ChangeTable(map.single)
            let growth = map.several.map { Double($0.text.count) / Double($0.key.count) }.max() ?? 1
            return (7, Self.charsmap(map, table), max(table.growth, growth), 0)
        }
    }

    private static func order(composes: Bool) -> [UInt16] {
        let facts = PipelineFacts.all
        let table = RangeTable(bounds: facts.markClasses.keys.flatMap { [$0, $0 + 1] }) {
            UInt16(facts.markClasses[$0] ?? 0)
        }
        var narrow: [[UInt16]] = []
        var wide: [[UInt16]] = []
        for (result, parts) in composes ? facts.composed : [:] {
            let codes = parts + [result]
            if codes.allSatisfy({ $0 < 0x10000 }) {
                narrow.append(codes.map { UInt16($0) })
            } else {
                wide.append(codes.flatMap { [UInt16(truncatingIfNeeded: $0), UInt16($0 >> 16)] })
            }
        }
        narrow.sort { $0.lexicographicallyPrecedes($1) }
        wide.sort { $0.lexicographicallyPrecedes($1) }
        return [composes ? 1 : 0, UInt16(narrow.count), UInt16(wide.count)] + table.words + narrow.joined()
            + wide.joined()
    }

    private static func charsmap(_ map: Charsmap, _ table: ChangeTable) -> [UInt16] {
        let graphemes = PipelineFacts.all.graphemes
        let classes = RangeTable(bounds: graphemes.flatMap(\.bounds)) { code in
            UInt16((graphemes.firstIndex { $0.contains(code) } ?? -1) + 1)
        }
        var places: [UInt16] = []
        var texts: [UInt16] = []
        for (key, text) in map.several {
            places.append(UInt16(clamping: texts.count))
            texts += lengthAndText(key) + lengthAndText(text)
        }
        let single = table.words
        return [UInt16(truncatingIfNeeded: single.count), UInt16(single.count >> 16)] + single + classes.words
            + [UInt16(places.count)] + places + texts
    }

    // MARK: Splitters

    private mutating func record(_ splitter: Splitter) throws(EmbqError) -> [UInt16] {
        var words: [UInt16] = [UInt16(splitter.alternatives.count)]
        for items in splitter.alternatives {
            words.append(UInt16(items.count))
            for item in items { words += try record(item) }
        }
        let flags =
            splitter.behaviour.rawValue | (splitter.isInverted ? 8 : 0) | splitter.prefix.rawValue
            | (splitter.prefixKnowsMark ? 0x40 : 0)
        return [UInt16(words.count + 2), flags] + words
    }

    private mutating func record(_ item: PatternItem) throws(EmbqError) -> [UInt16] {
        let flags: UInt16 = (item.isAhead ? 4 : 0) | (item.isPossessive ? 8 : 0)
        let counts = [UInt16(item.least), item.most.map { UInt16($0) } ?? 0xFFFF]
        if let codes = item.set.codes(atMost: 3), let last = codes.last, codes.allSatisfy({ $0 < 0xFFFF }) {
            let three = codes + Array(repeating: last, count: 3 - codes.count)
            return [2 | flags] + counts + three.map { UInt16($0) }
        }
        if !sets.contains(item.set), sets.contains(item.set.complement) {
            return [1 | flags] + counts + [try mask(item.set.complement), 0, 0]
        }
        return [flags] + counts + [try mask(item.set), 0, 0]
    }

    private static func whole(_ words: [(symbols: [UInt16], id: UInt16)]) -> [UInt16] {
        [UInt16(words.count)] + words.flatMap { [UInt16($0.symbols.count), $0.id] + $0.symbols }
    }
}
