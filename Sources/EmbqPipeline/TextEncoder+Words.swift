import EmbqArtifact
package import EmbqCore
package import EmbqModels
import EmbqRuntime

/// A sentence of words that are tokenized one by one.
package struct WordSentence: Sendable {
    package var sentence: Sentence
    /// For each word, the position of its first token; nil for a word that was cut off or has no token.
    package var firsts: [Int?]
}

extension TextEncoder {
    /// The tokens of a text that is cut into words already: each word by itself, as transformers does with
    /// `is_split_into_words`. A model's prompt is not for words.
    package func encode(words: [String]) throws(EmbqError) -> WordSentence {
        let (before, behind) = tokenizer.template
        var (content, starts): ([UInt16], [Int]) = ([], [])
        for word in words {
            starts.append(content.count)
            let ids = try onDevice { () throws(RuntimeError) in
                try tokenizer.encode(utf8: Array(word.utf8), limit: .max)
            }
            content += ids.dropFirst(before.count).dropLast(behind.count)
        }
        starts.append(content.count)
        let kept = try kept(of: content, words: words)
        let ids = before + content[kept] + behind
        guard ids.count <= positions else { throw tooLong(ids.count) }
        let texts = TokenizedTexts(ids: ids, first: kept.count, second: nil)
        let firsts = words.indices.map { index -> Int? in
            let start = starts[index]
            return start < starts[index + 1] && kept.contains(start) ? before.count + start - kept.lowerBound : nil
        }
        return WordSentence(
            sentence: Sentence(ids, first: kept.count, second: nil, types: tokenizer.types(of: texts)), firsts: firsts)
    }

    /// The tokens that cutting leaves: those that the tokenizer leaves of the same text in one piece, at its beginning or
    /// its end.
    private func kept(of content: [UInt16], words: [String]) throws(EmbqError) -> Range<Int> {
        let (before, behind) = tokenizer.template
        let whole = try onDevice { () throws(RuntimeError) in
            try tokenizer.encode(utf8: Array(words.joined(separator: " ").utf8), limit: cut)
        }
        let count = min(content.count, max(0, whole.count - before.count - behind.count))
        let left = Array(whole.dropFirst(before.count).prefix(count))
        if Array(content.prefix(count)) == left { return 0..<count }
        if Array(content.suffix(count)) == left { return content.count - count..<content.count }
        // Words may be tokens that their text is not: then the beginning is kept.
        let room = cut > before.count + behind.count ? cut - before.count - behind.count : 0
        return 0..<min(content.count, room)
    }
}
