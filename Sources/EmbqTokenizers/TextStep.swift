import EmbqCore

/// Something that a normalizer does to one code point by itself.
enum CharacterChange: Hashable {
    case decompose(isCompatible: Bool)
    case lowercase
    case stripAccents
    /// BertNormalizer's `strip_accents` after a decomposition: its categories are of an older Unicode.
    case stripOldAccents
    case nmt
    /// BertNormalizer's `clean_text` and `handle_chinese_chars`.
    case clean
    case spaceChinese

    /// What becomes of a code point; Hangul syllables are decomposed by arithmetic.
    func apply(_ code: UInt32) -> [UInt32] {
        let (facts, more) = (UnicodeFacts.all, PipelineFacts.all)
        switch self {
        case .decompose(let isCompatible):
            if UnicodeFacts.hangul.contains(code) { return Self.jamo(code) }
            return (isCompatible ? more.compatible[code] : nil) ?? more.canonical[code] ?? [code]
        case .lowercase: return facts.lowercase[code] ?? [code]
        case .stripAccents: return more.accents.contains(code) ? [] : [code]
        case .stripOldAccents: return facts.removedMarks.contains(code) ? [] : [code]
        case .nmt: return more.nmt[code] ?? [code]
        case .clean:
            if facts.cleanRemoved.contains(code) { return [] }
            return [facts.cleanSpaces.contains(code) ? 0x20 : code]
        case .spaceChinese: return facts.chinese.contains(code) ? [0x20, code, 0x20] : [code]
        }
    }

    /// The jamo of a Hangul syllable (Unicode chapter 3.12).
    static func jamo(_ code: UInt32) -> [UInt32] {
        let index = code - UnicodeFacts.hangul.lowerBound
        let jamo = [0x1100 + index / 588, 0x1161 + index / 28 % 21]
        return index % 28 == 0 ? jamo : jamo + [0x11A7 + index % 28]
    }

    /// Code points between two neighbours of this list are treated alike, relative to themselves.
    var bounds: [UInt32] {
        let (facts, more) = (UnicodeFacts.all, PipelineFacts.all)
        func around(_ codes: some Sequence<UInt32>) -> [UInt32] { codes.flatMap { [$0, $0 + 1] } }
        switch self {
        case .decompose(let isCompatible):
            return around(more.canonical.keys) + (isCompatible ? around(more.compatible.keys) : [])
                + [UnicodeFacts.hangul.lowerBound, UnicodeFacts.hangul.upperBound]
        case .lowercase: return around(facts.lowercase.keys)
        case .stripAccents: return more.accents.bounds
        case .stripOldAccents: return facts.removedMarks.bounds
        case .nmt: return around(more.nmt.keys)
        case .clean: return facts.cleanRemoved.bounds + facts.cleanSpaces.bounds
        case .spaceChinese: return facts.chinese.bounds
        }
    }
}

/// A step from text to normalized text, as the runtime makes it.
enum TextStep {
    /// The changes, one after the other, of each code point by itself.
    case map([CharacterChange])
    /// Puts marks into canonical order, after a decomposition.
    case order(composes: Bool)
    case replace(pattern: String, by: String)
    /// Runs of a set's code points, of a length, become a text; `most` nil: no limit.
    case squeeze(CodePointSet, least: Int, most: Int?, by: String)
    case strip(left: Bool, right: Bool)
    /// Before a text that is not empty.
    case prepend(String)
    case charsmap(Charsmap)

    /// Joins maps that follow one another.
    static func joined(_ steps: [TextStep]) -> [TextStep] {
        var joined: [TextStep] = []
        for step in steps {
            if case .map(let more) = step, case .map(let changes)? = joined.last {
                joined[joined.count - 1] = .map(changes + more)
            } else {
                joined.append(step)
            }
        }
        return joined
    }
}
