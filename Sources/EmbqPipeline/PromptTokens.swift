import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqRuntime
import EmbqTokenizers

/// The tokens of a prompt that precedes every text.
struct PromptTokens {
    /// The ids of the prompt alone, without those of the template.
    let ids: [UInt16]
    /// Tokens of a sentence that belong to the prompt, with the template's first ones: what poolings leave out.
    let excluded: Int

    /// - Parameter special: ids of the tokenizer's special tokens.
    init(_ prompt: String, _ tokenizer: Tokenizer, limit: Int, special: Set<UInt16>) throws(EmbqError) {
        guard !prompt.isEmpty else {
            (ids, excluded) = ([], 0)
            return
        }
        let (all, empty, cut) = try onDevice { () throws(RuntimeError) in
            (
                try tokenizer.encode(prompt, limit: .max), try tokenizer.encode("", limit: .max),
                try tokenizer.encode(prompt, limit: limit)
            )
        }
        // The template's ids surround those of the text.
        let first = zip(all, empty).prefix { $0 == $1 }.count
        ids = Array(all.dropFirst(first).dropLast(empty.count - first))
        excluded = cut.count - (cut.last.map(special.contains) == true ? 1 : 0)
    }

    /// True if the ids of the prompt and a text are those of the prompt and those of the text: no word reaches over the
    /// boundary.
    static func isSeparate(_ prompt: String) -> Bool {
        guard let last = prompt.unicodeScalars.last else { return true }
        return last == " " || last == "\n" || last == "\t"
    }
}
