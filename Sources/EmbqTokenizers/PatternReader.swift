import EmbqCore

/// Characters of a set, as many as possible.
struct PatternItem {
    var set: CodePointSet
    var least = 1
    /// nil: no limit.
    var most: Int? = 1
    /// True if such a character must not follow, and none is taken.
    var isAhead = false
    /// True if it gives nothing back.
    var isPossessive = false
}

/// Reads the regular expressions of released tokenizers: alternatives of repeated character classes.
///
/// Not handled, and refused: repeated groups, anchors, lazy quantifiers, look-behind, back-references.
struct PatternReader {
    private static let mostAlternatives = 64
    private static let mostItems = 16

    private let field: JSONField
    private var rest: Substring.UnicodeScalarView
    private var ignoresCase = false

    /// The alternatives of a pattern, of which the first that matches counts.
    ///
    /// - Throws: `.unsupported` for a pattern of another kind.
    static func alternatives(_ field: JSONField) throws(EmbqError) -> [[PatternItem]] {
        let text = try field.string()
        guard text.unicodeScalars.count <= 2000 else { throw field.unsupported("patterns of at most 2000 characters") }
        var reader = PatternReader(field: field, rest: Substring(text).unicodeScalars)
        let alternatives = try reader.top()
        for items in alternatives {
            guard items.count <= mostItems, items.contains(where: { !$0.isAhead && $0.least > 0 }) else {
                throw reader.unsupported("an alternative that can match nothing, or has over \(mostItems) parts")
            }
        }
        return alternatives
    }

    /// A text as a pattern.
    static func literal(_ field: JSONField) throws(EmbqError) -> [[PatternItem]] {
        let text = try field.string()
        guard (1...mostItems).contains(text.unicodeScalars.count) else {
            throw field.unsupported("1 to \(mostItems) characters")
        }
        return [text.unicodeScalars.map { PatternItem(set: CodePointSet([$0.value])) }]
    }

    private func unsupported(_ what: String) -> EmbqError {
        EmbqError(
            .unsupported, place: "'\(field.path)'",
            "the pattern has \(what), which is not supported: it would change the token ids",
            advice: "Supported: alternatives of repeated character classes, as the patterns of released models are.")
    }

    private mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.unicodeScalars) else { return false }
        rest.removeFirst(text.unicodeScalars.count)
        return true
    }

    private mutating func top() throws(EmbqError) -> [[PatternItem]] {
        if take("(?i)") { ignoresCase = true }
        var alternatives: [[PatternItem]] = []
        repeat { alternatives += try alternative() } while take("|")
        guard rest.isEmpty else { throw unsupported("\"\(EmbqError.printable(String(rest.prefix(8))))\"") }
        guard alternatives.count <= Self.mostAlternatives else { throw unsupported("too many alternatives") }
        return alternatives
    }

    /// One alternative of the pattern; several if it has a group of alternatives.
    private mutating func alternative() throws(EmbqError) -> [[PatternItem]] {
        var results: [[PatternItem]] = [[]]
        while let next = rest.first, next != "|", next != ")" {
            if next == "(", !rest.starts(with: "(?!".unicodeScalars) {
                results = try distribute(results, group())
            } else {
                let item = try item()
                results = results.map { $0 + [item] }
            }
            guard results.count <= Self.mostAlternatives else { throw unsupported("too many alternatives") }
        }
        return results
    }

    /// Each alternative of a group after what is before it.
    ///
    /// What is before it must not be able to give characters back that the group could take, as the order of tries would
    /// then be another.
    private func distribute(_ before: [[PatternItem]], _ group: [[PatternItem]]) throws(EmbqError) -> [[PatternItem]] {
        for items in before {
            guard let last = items.last, last.least != last.most || last.isAhead else { continue }
            for first in group.compactMap(\.first) where last.isAhead || !last.set.intersection(first.set).isEmpty {
                throw unsupported("a group after a repeated class that it could begin with")
            }
        }
        return before.flatMap { items in group.map { items + $0 } }
    }

    private mutating func group() throws(EmbqError) -> [[PatternItem]] {
        let outer = ignoresCase
        if take("(?i:") {
            ignoresCase = true
        } else if !take("(?:") {
            guard !rest.starts(with: "(?".unicodeScalars), take("(") else { throw unsupported("a special group") }
        }
        var alternatives: [[PatternItem]] = []
        repeat {
            // A group in a group is not handled: the work stays in proportion to the pattern.
            var items: [PatternItem] = []
            while let next = rest.first, next != "|", next != ")" {
                if next == "(" { throw unsupported("a group inside of a group") }
                items.append(try item())
            }
            alternatives.append(items)
        } while take("|")
        guard take(")") else { throw unsupported("a group without an end") }
        ignoresCase = outer
        if take("?") { alternatives.append([]) }
        if let next = rest.first, "*+?{".unicodeScalars.contains(next) { throw unsupported("a repeated group") }
        return alternatives
    }

    private mutating func item() throws(EmbqError) -> PatternItem {
        if take("(?!") {
            let set = try characterSet()
            guard take(")") else { throw unsupported("a look-ahead of more than one class") }
            return PatternItem(set: set, isAhead: true)
        }
        var item = PatternItem(set: try characterSet())
        if take("?") {
            item.least = 0
        } else if take("*") {
            (item.least, item.most) = (0, nil)
        } else if take("+") {
            item.most = nil
        } else if take("{") {
            try repetition(&item)
            if rest.first == "+" || rest.first == "?" { throw unsupported("\"}\(rest.first.map(String.init) ?? "")\"") }
            return item
        } else {
            return item
        }
        if take("+") { item.isPossessive = true }
        if let next = rest.first, "*+?{".unicodeScalars.contains(next) {
            throw unsupported("a lazy or doubled quantifier")
        }
        return item
    }

    private mutating func repetition(_ item: inout PatternItem) throws(EmbqError) {
        item.least = try number() ?? 0
        item.most = item.least
        if take(",") { item.most = try number() }
        guard take("}"), item.least <= item.most ?? .max, item.most != 0 else { throw unsupported("such a repetition") }
    }

    private mutating func number() throws(EmbqError) -> Int? {
        var digits = ""
        while let next = rest.first, ("0"..."9").contains(next) {
            digits.unicodeScalars.append(next)
            rest.removeFirst()
        }
        guard !digits.isEmpty else { return nil }
        guard let number = Int(digits), number <= 1000 else { throw unsupported("a repetition over 1000 times") }
        return number
    }

    // MARK: Sets of characters

    private mutating func characterSet() throws(EmbqError) -> CodePointSet {
        guard let next = rest.popFirst() else { throw unsupported("no end") }
        switch next {
        case "[": return try bracket()
        case "\\": return try escape()
        case ".": return CodePointSet([0x0A]).complement
        case "^", "$", "(", ")", "*", "+", "?", "{", "|": throw unsupported("\"\(next)\" at such a place")
        default: return cased(next.value)
        }
    }

    /// A character, and the same one in the other case if case is ignored.
    private func cased(_ code: UInt32) -> CodePointSet {
        guard ignoresCase else { return CodePointSet([code]) }
        let lowercase = UnicodeFacts.all.lowercase
        let small = lowercase[code] ?? [code]
        var codes: [UInt32] = [code]
        if small.count == 1 { codes += small + lowercase.filter { $0.value == small }.map(\.key) }
        if small == [0x73] { codes.append(0x17F) }
        return CodePointSet(codes)
    }

    /// - Parameter depth: how many sets it may have inside of one another.
    private mutating func bracket(depth: Int = 3) throws(EmbqError) -> CodePointSet {
        let isNegated = take("^")
        var set = CodePointSet(bounds: [])
        var isFirst = true
        while let next = rest.first, next != "]" || isFirst {
            if rest.starts(with: "&&".unicodeScalars) { throw unsupported("\"&&\" in a set") }
            rest.removeFirst()
            isFirst = false
            if next == "[" {
                guard depth > 0, rest.first != ":" else { throw unsupported("such a set inside of a set") }
                set = set.union(try bracket(depth: depth - 1))
                continue
            }
            if next == "\\" {
                set = set.union(try escape())
                continue
            }
            if rest.first == "-", let last = rest.dropFirst().first, last != "]" {
                rest.removeFirst(2)
                guard last != "\\", last != "[", next.value <= last.value, !ignoresCase else {
                    throw unsupported("such a range")
                }
                set = set.union(CodePointSet(next.value...last.value))
            } else {
                set = set.union(cased(next.value))
            }
        }
        guard take("]") else { throw unsupported("a set without an end") }
        return isNegated ? set.complement : set
    }

    private mutating func escape() throws(EmbqError) -> CodePointSet {
        let facts = PipelineFacts.all
        guard let next = rest.popFirst() else { throw unsupported("no end") }
        switch next {
        case "s": return facts.patternSpaces
        case "S": return facts.patternSpaces.complement
        case "w": return facts.patternWords
        case "W": return facts.patternWords.complement
        case "d": return try property("Nd")
        case "D": return try property("Nd").complement
        case "r": return CodePointSet([0x0D])
        case "n": return CodePointSet([0x0A])
        case "t": return CodePointSet([0x09])
        case "p", "P":
            guard take("{"), let end = rest.firstIndex(of: "}") else { throw unsupported("such a property") }
            var name = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            let isNegated = name.hasPrefix("^")
            if isNegated { name.removeFirst() }
            let set = try property(name)
            return isNegated != (next == "P") ? set.complement : set
        case "u":
            var digits = ""
            for _ in 0..<4 { if let digit = rest.popFirst() { digits.unicodeScalars.append(digit) } }
            guard digits.utf8.count == 4, let code = UInt32(digits, radix: 16) else { throw unsupported("such a code") }
            return cased(code)
        default:
            guard next.isASCII, !next.properties.isAlphabetic, !("0"..."9").contains(next) else {
                throw unsupported("\"\\\(next)\"")
            }
            return CodePointSet([next.value])
        }
    }

    private func property(_ name: String) throws(EmbqError) -> CodePointSet {
        guard let set = PipelineFacts.all.properties[name] else {
            throw unsupported("the property \(EmbqError.printable(name))")
        }
        return set
    }
}
