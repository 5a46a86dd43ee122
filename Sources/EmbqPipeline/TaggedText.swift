package import EmbqCore
import EmbqEvaluation

/// A text with what a tagger says of its tokens.
package struct TaggedText: Sendable {
    package struct Token: Sendable, Encodable {
        package var text: String
        /// Bytes of the text.
        package var start: Int
        package var end: Int
        package var label: String
        /// The label's probability.
        package var score: Double
    }

    package struct Span: Sendable, Encodable {
        package var label: String
        package var start: Int
        package var end: Int
        package var text: String
        /// The mean of its words' probabilities.
        package var score: Double
    }

    package let tokens: [Token]
    /// Words that belong together, the tag of a word being that of its first token.
    package let spans: [Span]

    /// - Parameters:
    ///   - bytes: the text as it came; what is no UTF-8 is printed as U+FFFD.
    ///   - rows: logits of all tokens of the sentence, `[tokens, labels]`.
    ///   - encoder: of the sentence.
    /// - Throws: `.limitExceeded` for a sentence that the model cannot take.
    package init(utf8 bytes: [UInt8], rows: [Float], encoder: TextEncoder, labels: [String]) throws(EmbqError) {
        func text(_ range: Range<Int>) -> String {
            String(decoding: bytes[range.clamped(to: bytes.indices)], as: UTF8.self)
        }
        let (first, places) = try encoder.spans(utf8: bytes)
        let tokens = places.enumerated().map { index, span in
            let start = (first + index) * labels.count
            let logits = Array(rows[start..<start + labels.count])
            let best = logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
            return Token(
                text: text(span), start: span.lowerBound, end: span.upperBound, label: labels[best],
                score: softmax(logits)[best])
        }
        let words = Self.words(places, bytes)
        spans = TagSpan.all(of: words.map { tokens[$0.lowerBound].label }).map { span in
            let range = words[span.words.lowerBound].lowerBound..<words[span.words.upperBound].upperBound
            let place =
                tokens[range.lowerBound].start..<max(tokens[range.lowerBound].start, tokens[range.upperBound - 1].end)
            let scores = words[span.words].map { tokens[$0.lowerBound].score }
            return Span(
                label: span.label, start: place.lowerBound, end: place.upperBound, text: text(place),
                score: scores.reduce(0, +) / Double(scores.count))
        }
        self.tokens = tokens
    }

    /// The tokens of each word: a token goes on with the word before it if it begins where that ends and letters or
    /// digits are on both sides, and neither is a Chinese character, which is a word of its own.
    private static func words(_ spans: [Range<Int>], _ bytes: [UInt8]) -> [Range<Int>] {
        var words: [Range<Int>] = []
        for (index, span) in spans.enumerated() {
            if index > 0, let last = words.last, spans[index - 1].upperBound == span.lowerBound,
                let before = String(decoding: bytes[spans[index - 1].clamped(to: bytes.indices)], as: UTF8.self)
                    .unicodeScalars.last,
                let behind = String(decoding: bytes[span.clamped(to: bytes.indices)], as: UTF8.self).unicodeScalars
                    .first,
                before.isPartOfWord, behind.isPartOfWord
            {
                words[words.count - 1] = last.lowerBound..<index + 1
            } else {
                words.append(index..<index + 1)
            }
        }
        return words
    }
}

extension Unicode.Scalar {
    /// A letter, a digit or a mark; not a Chinese character.
    fileprivate var isPartOfWord: Bool {
        guard !properties.isIdeographic else { return false }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
            return true
        default: return false
        }
    }
}
