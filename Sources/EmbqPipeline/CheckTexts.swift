import EmbqArtifact
import EmbqCore
import EmbqRuntime

/// The texts of the check vectors: those that exercise the tokenizer, and words that are spread over the vocabulary, as
/// many as it takes for the longest sentence of a short model.
///
/// A record has one text, so that two are joined by [SEP], as data files of models without pairs have them.
struct CheckTexts {
    private static let common = [
        "play some jazz", "what will the weather be like in São Paulo tomorrow at 7 pm?",
        "Add this song to my playlist, please!", "", "book a table for 4 [SEP] at the café",
        "naïve Ünïcödé 漢字 😀 test",
    ]
    /// Tokens of the texts that are made of the vocabulary: a sentence of more has no check vector.
    private static let spread = 128
    /// Bytes of these texts.
    private static let mostBytes = 1500
    /// Tokens that are tried in each part of the vocabulary.
    private static let trials = 24

    private let tokenizer: Tokenizer
    private let vocabulary: [String]
    /// Tokens of the longest sentence.
    private let length: Int

    /// - Parameter vocabulary: token text of each id.
    init(_ tokenizer: Tokenizer, vocabulary: [String], length: Int) {
        self.tokenizer = tokenizer
        self.vocabulary = vocabulary
        self.length = length
    }

    /// All texts: equal models get equal ones.
    func texts() throws(EmbqError) -> [String] { try Self.common + packed(words()) }

    /// A word for a token of each part of the vocabulary, where one gives it.
    private func words() throws(EmbqError) -> [(text: String, tokens: Int)] {
        let template = try ids("").count
        let parts = min(Self.spread, vocabulary.count)
        var words: [(String, Int)] = []
        for part in 0..<parts {
            let range = part * vocabulary.count / parts..<(part + 1) * vocabulary.count / parts
            var found: (String, Int)?
            for id in range.prefix(Self.trials) where found == nil {
                for text in Self.forms(of: vocabulary[id]) where found == nil {
                    let ids = try ids(text)
                    if ids.contains(UInt16(id)) { found = (text, ids.count - template) }
                }
            }
            if let found, found.1 > 0 { words.append(found) }
        }
        return words
    }

    private func ids(_ text: String) throws(EmbqError) -> [UInt16] {
        try onDevice { () throws(RuntimeError) in try tokenizer.encode(text, limit: .max) }
    }

    /// Texts that may give a token: what marks the parts of words is no text.
    private static func forms(of token: String) -> [String] {
        let isInner = token.hasPrefix("##")
        var text = Substring(isInner ? token.dropFirst(2) : token[...])
        for mark in ["Ġ", "▁"] where text.hasPrefix(mark) { text = text.dropFirst() }
        if text.hasSuffix("</w>") { text = text.dropLast(4) }
        guard !text.isEmpty, !(text.hasPrefix("[") && text.hasSuffix("]")), !text.contains(where: \.isWhitespace),
            !String(text).holdsControls
        else { return [] }
        return isInner ? ["a\(text)", "\(text)"] : ["\(text)"]
    }

    /// Texts of the words, each as long as the model's longest sentence, or as all words; the words begin again where
    /// they are too few for one.
    private func packed(_ words: [(text: String, tokens: Int)]) throws(EmbqError) -> [String] {
        guard !words.isEmpty else { return [] }
        let longest = min(length, Self.spread)
        var texts: [String] = []
        var (text, tokens, next, bytes) = ("", try ids("").count, 0, 0)
        // The first text is filled up, with words again if need be; the others take the words that are left.
        while bytes < Self.mostBytes, next < words.count || (texts.isEmpty && tokens < longest) {
            let word = words[next % words.count]
            text += (text.isEmpty ? "" : " ") + word.text
            tokens += word.tokens
            bytes += word.text.utf8.count + 1
            next += 1
            if tokens >= longest {
                texts.append(text)
                (text, tokens) = ("", try ids("").count)
            }
        }
        return text.isEmpty ? texts : texts + [text]
    }
}
