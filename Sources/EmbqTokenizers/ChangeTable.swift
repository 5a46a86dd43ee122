import EmbqCore

/// What each code point becomes by itself, as the section's pipeline has it.
struct ChangeTable {
    /// What becomes of one code point.
    private enum Result: Equatable {
        case same
        case nothing
        case jamo
        /// This is added, in the code point's plane.
        case sum(UInt16)
        case text([UInt8])
        /// The code point between two spaces.
        case spaced
    }

    private enum Kind {
        static let same: UInt8 = 0
        static let nothing: UInt8 = 1
        static let jamo: UInt8 = 2
        static let sum: UInt8 = 3
        static let sumEven: UInt8 = 4
        static let sumOdd: UInt8 = 5
        static let text: UInt8 = 6
        static let listed: UInt8 = 7
        static let listedText: UInt8 = 8
        static let spaced: UInt8 = 9
    }

    private var table = RangeTable()
    private var kinds: [UInt8] = []
    private var list: [UInt16] = []
    private var texts: [UInt16] = []
    private var places: [[UInt8]: UInt16] = [:]
    private var isTooLarge = false

    /// Most bytes that one byte becomes.
    private(set) var growth = 1.0

    /// The table of a list of changes.
    init(_ changes: [CharacterChange]) throws(EmbqError) {
        // Where a change treats what an earlier one brings differently, the earlier one has a bound.
        try self.init(bounds: changes.flatMap(\.bounds)) { code in
            changes.reduce([code]) { codes, change in codes.flatMap(change.apply) }
        }
    }

    /// The table of a map of sentencepiece for single code points. A code point that becomes itself is in the table too.
    init(_ map: [UInt32: [UInt8]]) throws(EmbqError) {
        try self.init(bounds: map.keys.flatMap { [$0, $0 + 1] }, keys: map) { [$0] }
    }

    private init(
        bounds: [UInt32], keys: [UInt32: [UInt8]] = [:], _ change: (UInt32) -> [UInt32]
    ) throws(EmbqError) {
        var pieces: [(start: UInt32, end: UInt32, result: Result)] = []
        let all = Set(bounds + (0..<17).map { $0 << 16 }).filter { $0 < CodePointSet.limit }.sorted()
        func result(_ code: UInt32) -> Result {
            keys[code].map { Self.result(code, $0) } ?? Self.result(code, change(code))
        }
        // A range whose code points all become the same one is several ranges.
        let starts = zip(all, all.dropFirst() + [CodePointSet.limit]).flatMap { start, end in
            end - start > 1 && result(start) != result(end - 1) ? Array(start..<end) : [start]
        }
        for (start, end) in zip(starts, starts.dropFirst() + [CodePointSet.limit]) {
            let result = result(start)
            if start % 0x10000 != 0, let last = pieces.last, last.result == result {
                pieces[pieces.count - 1].end = end
            } else {
                pieces.append((start, end, result))
            }
            note(start, result)
        }
        var index = 0
        while index < pieces.count { index = append(pieces, index) }
        guard !isTooLarge, table.starts.count < 0xFFFF, list.count < 0xFFFF, texts.count < 0xFFFF else {
            throw EmbqError(
                .limitExceeded, place: "'normalizer'", "its table of characters is too large",
                advice: "Use a checkpoint with a simpler normalizer.")
        }
    }

    private mutating func note(_ code: UInt32, _ result: Result) {
        let size = Double(Unicode.Scalar(code).map { UTF8.width($0) } ?? 3)
        switch result {
        case .same, .nothing: break
        case .jamo: growth = max(growth, 3)
        case .spaced: growth = max(growth, 3)
        case .sum(let sum):
            let new = code & 0x1F0000 | UInt32(UInt16(truncatingIfNeeded: code) &+ sum)
            growth = max(growth, Double(Unicode.Scalar(new).map { UTF8.width($0) } ?? 3) / size)
        case .text(let text): growth = max(growth, Double(text.count) / size)
        }
    }

    /// A text that a map has for a code point, also the code point itself.
    private static func result(_ code: UInt32, _ text: [UInt8]) -> Result {
        if text.isEmpty { return .nothing }
        let codes = String(decoding: text, as: UTF8.self).unicodeScalars.map(\.value)
        return codes == [code] ? .text(text) : result(code, codes)
    }

    private static func result(_ code: UInt32, _ codes: [UInt32]) -> Result {
        if codes.isEmpty { return .nothing }
        if codes == [code] { return .same }
        if codes == [0x20, code, 0x20] { return .spaced }
        if UnicodeFacts.hangul.contains(code), codes == CharacterChange.jamo(code) { return .jamo }
        if let new = codes.first, codes.count == 1, new >> 16 == code >> 16 {
            return .sum(UInt16(truncatingIfNeeded: new) &- UInt16(truncatingIfNeeded: code))
        }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: codes.compactMap(Unicode.Scalar.init))
        return .text(Array(String(text).utf8))
    }

    private mutating func append(_ start: UInt32, _ kind: UInt8, _ value: UInt16) {
        table.append(start, value, joins: false)
        kinds.append(kind)
    }

    /// Adds the ranges of one piece and of those after it that can share one; returns the next piece.
    private mutating func append(
        _ pieces: [(start: UInt32, end: UInt32, result: Result)], _ first: Int
    ) -> Int {
        let piece = pieces[first]
        let plane = piece.start >> 16
        // Pairs of letters: one in two becomes its neighbour.
        if case .sum(let sum) = piece.result, piece.end == piece.start + 1 {
            var end = first + 1
            while end + 1 < pieces.count, pieces[end].result == .same, pieces[end].end == pieces[end].start + 1,
                pieces[end + 1].result == piece.result, pieces[end + 1].end == pieces[end + 1].start + 1,
                pieces[end + 1].start >> 16 == plane
            {
                end += 2
            }
            if end > first + 1 {
                append(piece.start, piece.start % 2 == 0 ? Kind.sumEven : Kind.sumOdd, sum)
                return end
            }
        }
        // Neighbours that each become something else.
        var end = first
        var isCode = true
        while end < pieces.count, pieces[end].end == pieces[end].start + 1, pieces[end].start >> 16 == plane {
            if case .text = pieces[end].result {
                isCode = false
            } else if case .sum = pieces[end].result {
            } else {
                break
            }
            end += 1
        }
        if end > first + 1 {
            isTooLarge = isTooLarge || list.count > 0xFFFF
            append(
                piece.start, isCode && plane == 0 ? Kind.listed : Kind.listedText,
                UInt16(truncatingIfNeeded: list.count))
            for index in first..<end {
                let code = pieces[index].start
                switch pieces[index].result {
                case .sum(let sum) where isCode && plane == 0: list.append(UInt16(truncatingIfNeeded: code) &+ sum)
                case .sum(let sum):
                    let new = code & 0x1F0000 | UInt32(UInt16(truncatingIfNeeded: code) &+ sum)
                    list.append(place(Array(String(Unicode.Scalar(new).map(Character.init) ?? " ").utf8)))
                case .text(let text): list.append(place(text))
                default: break
                }
            }
            return end
        }
        switch piece.result {
        case .same: append(piece.start, Kind.same, 0)
        case .nothing: append(piece.start, Kind.nothing, 0)
        case .jamo: append(piece.start, Kind.jamo, 0)
        case .spaced: append(piece.start, Kind.spaced, 0)
        case .sum(let sum): append(piece.start, Kind.sum, sum)
        case .text(let text): append(piece.start, Kind.text, place(text))
        }
        return first + 1
    }

    /// Where a text is among the texts.
    private mutating func place(_ text: [UInt8]) -> UInt16 {
        if let known = places[text] { return known }
        isTooLarge = isTooLarge || texts.count > 0xFFFF || text.count > 255
        let place = UInt16(truncatingIfNeeded: texts.count)
        places[text] = place
        texts += lengthAndText(text)
        return place
    }

    var words: [UInt16] {
        [UInt16(clamping: list.count), UInt16(clamping: texts.count)] + table.words + packed(kinds) + list + texts
    }
}
