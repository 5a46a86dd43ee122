/// What the library's normalizers and patterns do to every code point (``UnicodePipelineTables``, unpacked).
struct PipelineFacts: Sendable {
    static let all = PipelineFacts()

    let accents = CodePointSet(bounds: UnicodeFacts.bounds(UnicodePipelineTables.accents))
    let numeric = CodePointSet(bounds: UnicodeFacts.bounds(UnicodePipelineTables.numeric))
    let patternSpaces = CodePointSet(bounds: UnicodeFacts.bounds(UnicodePipelineTables.patternSpaces))
    let patternWords = CodePointSet(bounds: UnicodeFacts.bounds(UnicodePipelineTables.patternWords))
    /// Sets that a pattern names, by their name in `\p{}`.
    let properties: [String: CodePointSet] = Self.properties()
    /// Classes of grapheme clusters by their number in the runtime, from 1 on.
    let graphemes: [CodePointSet] = [
        UnicodePipelineTables.graphemeCR, UnicodePipelineTables.graphemeLF, UnicodePipelineTables.graphemeControl,
        UnicodePipelineTables.graphemeExtend, UnicodePipelineTables.graphemeZWJ,
        UnicodePipelineTables.graphemeRegionalIndicator, UnicodePipelineTables.graphemePrepend,
        UnicodePipelineTables.graphemeSpacingMark, UnicodePipelineTables.graphemeL, UnicodePipelineTables.graphemeV,
        UnicodePipelineTables.graphemeT, UnicodePipelineTables.graphemeLV, UnicodePipelineTables.graphemeLVT,
        UnicodePipelineTables.pictures,
    ].map { CodePointSet(bounds: UnicodeFacts.bounds($0)) }
    let canonical: [UInt32: [UInt32]] = UnicodeFacts.map(UnicodePipelineTables.canonical)
    /// NFKD, where it differs from NFD.
    let compatible: [UInt32: [UInt32]] = UnicodeFacts.map(UnicodePipelineTables.compatible)
    let composed: [UInt32: [UInt32]] = UnicodeFacts.map(UnicodePipelineTables.composed)
    let nmt: [UInt32: [UInt32]] = UnicodeFacts.map(UnicodePipelineTables.nmt)
    let markClasses: [UInt32: UInt8] = UnicodeFacts.map(UnicodePipelineTables.markClasses).compactMapValues {
        $0.first.map { UInt8(truncatingIfNeeded: $0) }
    }

    private static func properties() -> [String: CodePointSet] {
        func set(_ text: String) -> CodePointSet { CodePointSet(bounds: UnicodeFacts.bounds(text)) }
        var sets = [
            "Lu": set(UnicodePipelineTables.uppercaseLetters), "Ll": set(UnicodePipelineTables.lowercaseLetters),
            "Lt": set(UnicodePipelineTables.titlecaseLetters), "Lm": set(UnicodePipelineTables.modifierLetters),
            "Lo": set(UnicodePipelineTables.otherLetters), "M": set(UnicodePipelineTables.marks),
            "N": set(UnicodePipelineTables.numbers), "Nd": set(UnicodePipelineTables.decimalDigits),
            "P": set(UnicodePipelineTables.punctuations), "S": set(UnicodePipelineTables.symbols),
        ]
        sets["L"] = ["Lu", "Ll", "Lt", "Lm", "Lo"].reduce(CodePointSet(bounds: [])) { all, name in
            sets[name].map(all.union) ?? all
        }
        return sets
    }
}
