import EmbqArtifact
package import EmbqCore
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
    /// The file and key that settle `cut`.
    private let source: String

    /// - Parameter config: of a released model.
    init(_ tokenizer: Tokenizer, prompt: String, config: ModelConfig) {
        self.tokenizer = tokenizer
        self.prompt = Array(prompt.utf8)
        cut = config.cut
        positions = config.positions
        source = config.lengthSource
    }

    /// An encoder without a prompt of its own.
    package init(_ tokenizer: Tokenizer, limit: Int) {
        self.tokenizer = tokenizer
        prompt = []
        cut = limit
        positions = limit
        source = ""
    }

    /// - Throws: `.limitExceeded` for a sentence that the library does not cut and the model cannot take.
    package func encode(_ text: String) throws(EmbqError) -> [UInt16] { try encode(utf8: Array(text.utf8)) }

    /// The ids of a text that should be UTF-8.
    package func encode(utf8 text: [UInt8]) throws(EmbqError) -> [UInt16] {
        let ids = try onDevice { () throws(RuntimeError) in
            try tokenizer.encode(utf8: prompt.isEmpty ? text : prompt + text, limit: cut)
        }
        guard ids.count <= positions else {
            throw EmbqError(
                .limitExceeded,
                "a text has \(ids.count) tokens; the model has \(positions) positions, and \(source) \(cut) does not cut it",
                advice: "Set the key to \(positions) or less.")
        }
        return ids
    }
}
