import EmbqArtifact
package import EmbqCore
import EmbqData
import EmbqModels
package import EmbqRuntime

/// Turns a model's texts into token ids: the prompt before each, cut to the model's length.
package struct TextEncoder: Sendable {
    package let tokenizer: Tokenizer
    /// Precedes every text; empty for none.
    package let prompt: [UInt8]
    /// Longest sentence in tokens; longer ones are cut.
    package let cut: Int
    /// Positions that the model knows: a longer sentence is rejected.
    package let positions: Int
    /// True if the model has an answer for a text without a token.
    package let takesNothing: Bool
    /// The file and key that settle `cut`.
    private let source: String

    /// - Parameter config: of a released model.
    init(_ tokenizer: Tokenizer, prompt: String, config: ModelConfig) {
        self.tokenizer = tokenizer
        self.prompt = Array(prompt.utf8)
        cut = config.cut
        positions = config.positions
        takesNothing = config.takesNothing
        source = config.lengthSource
    }

    /// An encoder without a prompt of its own.
    package init(_ tokenizer: Tokenizer, limit: Int, takesNothing: Bool) {
        self.tokenizer = tokenizer
        self.takesNothing = takesNothing
        prompt = []
        cut = limit
        positions = limit
        source = ""
    }

    /// The tokens of a text or a pair that should be UTF-8.
    ///
    /// - Throws: `.limitExceeded` for a sentence that the library does not cut and the model cannot take.
    package func encode(utf8 text: [UInt8], and second: [UInt8]? = nil) throws(EmbqError) -> TokenizedTexts {
        let text = prompt.isEmpty ? text : prompt + text
        let texts = try onDevice { () throws(RuntimeError) in
            if let second, tokenizer.hasPairs { return try tokenizer.encode(utf8: text, and: second, limit: cut) }
            let joined = second.map { text + Array(LabelledData.pairSeparator.utf8) + $0 }
            return try tokenizer.tokenize(utf8: joined ?? text, limit: cut)
        }
        guard texts.ids.count <= positions else { throw tooLong(texts.ids.count) }
        return texts
    }

    /// The bytes of a text that each of its tokens comes from, in the sentence that ``encode(utf8:and:)`` makes of it; of
    /// the text's own tokens alone.
    package func spans(utf8 text: [UInt8]) throws(EmbqError) -> (first: Int, spans: [Range<Int>]) {
        let (before, behind) = tokenizer.template
        let spans = try onDevice { () throws(RuntimeError) in
            try tokenizer.encodeSpans(utf8: prompt + text, limit: cut).spans
        }
        let own = spans.dropFirst(before.count).dropLast(behind.count)
        return (
            before.count, own.map { max(0, $0.lowerBound - prompt.count)..<max(0, $0.upperBound - prompt.count) }
        )
    }

    func tooLong(_ count: Int) -> EmbqError {
        EmbqError(
            .limitExceeded,
            "a text has \(count) tokens; the model has \(positions) positions, and \(source) \(cut) does not cut it",
            advice: "Set the key to \(positions) or less.")
    }
}
