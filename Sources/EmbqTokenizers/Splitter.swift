/// A cut of text into pieces, by what a pattern matches.
struct Splitter {
    /// What becomes of matches; the numbers are the runtime's.
    enum Behaviour: UInt16 {
        case removed = 0
        case isolated = 1
        case contiguous = 2
        case mergedWithPrevious = 3
        case mergedWithNext = 4
    }

    /// Pieces that a space is put before, if they have none.
    enum Prefix: UInt16 {
        case none = 0
        case always = 0x10
        /// The text's first piece.
        case first = 0x20
    }

    /// Of which the first that matches counts; none: the text is not cut.
    var alternatives: [[PatternItem]] = []
    var behaviour = Behaviour.isolated
    /// True if what is between matches is treated as a match.
    var isInverted = false
    var prefix = Prefix.none
    /// True if a piece that begins with U+2581 has a space.
    var prefixKnowsMark = false

    /// Runs of one set, as long as possible, or single characters.
    init(_ set: CodePointSet, _ behaviour: Behaviour) {
        alternatives = [[PatternItem(set: set)]]
        self.behaviour = behaviour
    }

    init(_ alternatives: [[PatternItem]], _ behaviour: Behaviour, isInverted: Bool = false) {
        self.alternatives = alternatives
        self.behaviour = behaviour
        self.isInverted = isInverted
    }
}

/// The way of a text to words, step by step: what a normalizer and a pre-tokenizer do that no map of single characters can.
struct TextPipeline {
    var steps: [TextStep]
    var splitters: [Splitter] = []
    /// True if words are bytes, each with a token of its own.
    var isByteLevel = false
    /// True if a space is U+2581 in a word.
    var marksSpaces = false
    /// What becomes of the bytes that tokens come from; asked for taggers alone.
    var places = TokenPlaces()

    /// U+2581, which stands for a space in sentencepiece's vocabularies.
    static let mark: UInt32 = 0x2581

    /// Leaves spaces as they are if the last step makes marks of them: words do so without a step.
    mutating func marksSpacesInWords() {
        guard case .replace(pattern: " ", by: "\u{2581}")? = steps.last else { return }
        steps.removeLast()
        marksSpaces = true
    }

    /// Cuts before each run of spaces that are marks: words of a bounded length take less time and memory.
    mutating func cutBeforeMarks() {
        let marks = CodePointSet(marksSpaces ? [0x20, Self.mark] : [Self.mark])
        let others = PatternItem(set: marks.complement, least: 0, most: nil)
        var some = others
        some.least = 1
        splitters.append(Splitter([[PatternItem(set: marks, most: nil), others], [some]], .isolated))
    }
}
