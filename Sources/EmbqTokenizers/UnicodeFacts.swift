/// What Hugging Face's BertNormalizer and pre-tokenizers do to every code point (``UnicodeTables``, unpacked).
struct UnicodeFacts: Sendable {
    static let all = UnicodeFacts()

    /// Syllables that decompose by arithmetic (Unicode chapter 3.12).
    static let hangul: Range<UInt32> = 0xAC00..<0xD7A4

    let cleanRemoved = CodePointSet(bounds: Self.bounds(UnicodeTables.cleanRemoved))
    let cleanSpaces = CodePointSet(bounds: Self.bounds(UnicodeTables.cleanSpaces))
    let chinese = CodePointSet(bounds: Self.bounds(UnicodeTables.chinese))
    let removedMarks = CodePointSet(bounds: Self.bounds(UnicodeTables.removedMarks))
    let removedStarters = CodePointSet(bounds: Self.bounds(UnicodeTables.removedStarters))
    let spaces = CodePointSet(bounds: Self.bounds(UnicodeTables.spaces))
    let words = CodePointSet(bounds: Self.bounds(UnicodeTables.words))
    let punctuation = CodePointSet(bounds: Self.bounds(UnicodeTables.punctuation))
    let decompositions: [UInt32: [UInt32]] = Self.map(UnicodeTables.decompositions)
    let lowercase: [UInt32: [UInt32]] = Self.map(UnicodeTables.lowercase)
    let markOrders: [UInt32: UInt8] = Self.map(UnicodeTables.markOrders).compactMapValues {
        $0.first.map { UInt8(truncatingIfNeeded: $0) }
    }

    /// Reads numbers written 5 bits a character, lowest first, 32 added while more follow.
    private static func numbers(_ text: String) -> [UInt32] {
        var numbers: [UInt32] = []
        var number: UInt32 = 0
        var shift: UInt32 = 0
        for character in text.utf8 {
            let digit: UInt8 =
                switch character {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
                case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
                case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
                case UInt8(ascii: "+"): 62
                default: 63
                }
            number |= UInt32(digit & 31) << shift
            if digit < 32 {
                numbers.append(number)
                number = 0
                shift = 0
            } else {
                shift += 5
            }
        }
        return numbers
    }

    static func bounds(_ text: String) -> [UInt32] {
        var at: UInt32 = 0
        return numbers(text).map { distance in
            at += distance
            return at
        }
    }

    static func map(_ text: String) -> [UInt32: [UInt32]] {
        var map: [UInt32: [UInt32]] = [:]
        var code: UInt32 = 0
        var rest = numbers(text)[...]
        while let distance = rest.popFirst(), let count = rest.popFirst() {
            code += distance
            map[code] = rest.prefix(Int(count)).map { zigzag in
                zigzag % 2 == 0 ? code + zigzag / 2 : code - zigzag / 2 - 1
            }
            rest = rest.dropFirst(Int(count))
        }
        return map
    }
}
