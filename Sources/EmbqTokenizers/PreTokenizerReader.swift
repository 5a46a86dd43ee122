import EmbqCore

/// Reads `pre_tokenizer` of a `tokenizer.json`.
struct PreTokenizerReader {
    private static let supported =
        "BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, Metaspace, Punctuation, Sequence, Split, Whitespace, "
        + "WhitespaceSplit, or null for none"
    /// GPT-2's pattern, which ByteLevel has.
    private static let gpt2 =
        #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

    private var pipeline: TextPipeline
    /// Where ByteLevel or Metaspace stands.
    private var last: JSONField?

    /// The splitters of a pre-tokenizer, with those inside of a Sequence, after the steps of a normalizer.
    ///
    /// - Throws: `.unsupported` for a kind or a pattern that is not handled, by its place in the file.
    static func pipeline(_ field: JSONField, after steps: [TextStep]) throws(EmbqError) -> TextPipeline {
        var reader = PreTokenizerReader(pipeline: TextPipeline(steps: steps))
        var open = [field]
        while let field = open.popLast() {
            if field.isNull { continue }
            if field["type"].value.string == "Sequence" {
                try field.allow(only: ["type", "pretokenizers"])
                open += try field["pretokenizers"].array().reversed()
            } else {
                try reader.add(field)
            }
        }
        guard reader.pipeline.splitters.count <= 6 else { throw field.unsupported("at most 6 cuts of the text") }
        return reader.pipeline
    }

    private mutating func add(_ field: JSONField) throws(EmbqError) {
        let facts = UnicodeFacts.all
        let type = try field["type"].string()
        if let last {
            // ByteLevel and Metaspace change characters: what comes after them must not see it.
            let sees = pipeline.isByteLevel || !["Punctuation", "Digits"].contains(type)
            if sees { throw field["type"].unsupported("nothing after \(last["type"].value.string ?? "") here") }
        }
        switch type {
        case "Whitespace":
            try field.allow(only: ["type"])
            let words = PatternItem(set: facts.words, most: nil)
            let others = PatternItem(set: facts.words.union(facts.spaces).complement, most: nil)
            append(Splitter([[words], [others]], .removed, isInverted: true))
        case "WhitespaceSplit":
            try field.allow(only: ["type"])
            append(Splitter(facts.spaces, .removed))
        case "BertPreTokenizer":
            try field.allow(only: ["type"])
            append(Splitter(facts.spaces, .removed))
            append(Splitter(facts.punctuation, .isolated))
        case "Punctuation":
            try field.allow(only: ["type", "behavior"])
            append(Splitter(facts.punctuation, try behaviour(field["behavior"], absent: .isolated)))
        case "Digits":
            try field.allow(only: ["type", "individual_digits"])
            append(
                Splitter(
                    PipelineFacts.all.numeric, try field["individual_digits"].bool() ? .isolated : .contiguous))
        case "CharDelimiterSplit":
            try field.allow(only: ["type", "delimiter"])
            append(Splitter(try PatternReader.literal(field["delimiter"]), .removed))
        case "Split": try addSplit(field)
        case "ByteLevel": try addByteLevel(field)
        case "Metaspace": try addMetaspace(field)
        default: throw field["type"].unsupported(Self.supported)
        }
    }

    private mutating func append(_ splitter: Splitter) { pipeline.splitters.append(splitter) }

    private func behaviour(_ field: JSONField, absent: Splitter.Behaviour? = nil) throws(EmbqError)
        -> Splitter.Behaviour
    {
        if field.isNull, let absent { return absent }
        switch try field.string() {
        case "Removed": return .removed
        case "Isolated": return .isolated
        case "Contiguous": return .contiguous
        case "MergedWithPrevious": return .mergedWithPrevious
        case "MergedWithNext": return .mergedWithNext
        default:
            throw field.unsupported("Removed, Isolated, Contiguous, MergedWithPrevious, MergedWithNext")
        }
    }

    private mutating func addSplit(_ field: JSONField) throws(EmbqError) {
        try field.allow(only: ["type", "pattern", "behavior", "invert"])
        let pattern = field["pattern"]
        try pattern.allow(only: ["String", "Regex"])
        let alternatives =
            try pattern["String"].isNull
            ? PatternReader.alternatives(pattern["Regex"]) : PatternReader.literal(pattern["String"])
        append(
            Splitter(
                alternatives, try behaviour(field["behavior"]), isInverted: try field["invert"].bool(absent: false)))
    }

    private mutating func addByteLevel(_ field: JSONField) throws(EmbqError) {
        try field.allow(only: ["type", "add_prefix_space", "trim_offsets", "use_regex"])
        pipeline.isByteLevel = true
        last = field
        var splitter = Splitter([], .isolated)
        if try field["use_regex"].bool(absent: true) {
            splitter.alternatives = try PatternReader.alternatives(
                JSONField(path: field.path, value: .string(Self.gpt2)))
        }
        if try field["add_prefix_space"].bool() { splitter.prefix = .always }
        if !splitter.alternatives.isEmpty || splitter.prefix != .none { append(splitter) }
    }

    private mutating func addMetaspace(_ field: JSONField) throws(EmbqError) {
        try field.allow(only: ["type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split"])
        guard field["replacement"].value.string?.unicodeScalars.map(\.value) == [TextPipeline.mark] else {
            throw field["replacement"].unsupported("\"\u{2581}\"")
        }
        var splitter = Splitter([], .mergedWithNext)
        switch field["prepend_scheme"].isNull ? "always" : try field["prepend_scheme"].string() {
        case "always": splitter.prefix = .always
        case "first": splitter.prefix = .first
        case "never": splitter.prefix = .none
        default: throw field["prepend_scheme"].unsupported("always, first, never")
        }
        if try !field["add_prefix_space"].bool(absent: true), splitter.prefix != .none {
            throw field["add_prefix_space"].malformed("it is false, but 'prepend_scheme' is not \"never\"")
        }
        splitter.prefixKnowsMark = true
        if try field["split"].bool(absent: true) {
            splitter.alternatives = [[PatternItem(set: CodePointSet([0x20, TextPipeline.mark]))]]
        }
        if !splitter.alternatives.isEmpty || splitter.prefix != .none { append(splitter) }
        pipeline.marksSpaces = true
        last = field
    }
}
