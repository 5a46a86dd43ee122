import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqModels

// What a model is run on, and the words of a tagger.

extension EvaluateJob {
    /// The sentences of all rows.
    struct Input {
        var sentences: [Sentence]
        /// Of a tagger, for each word of each sentence the position of its first token; nil for one that was cut off.
        var firsts: [[Int?]]
    }

    func input(for encoder: TextEncoder) throws(EmbqError) -> Input {
        let texts = Inference.texts(of: data.rows, task: model.task)
        guard model.task == .tagging else {
            return Input(sentences: try Inference.tokenize(texts, with: encoder, threads: threads), firsts: [])
        }
        let words = try Parallel.map(texts.count, threads: threads) { index throws(EmbqError) in
            try encoder.encode(words: texts[index].words)
        }
        return Input(sentences: words.map(\.sentence), firsts: words.map(\.firsts))
    }

    /// The rows that predictions are of.
    var predictedRows: LabelledData { model.task == .tagging ? data.byWord : data }

    /// The tag of each word, which is that of its first token: O for one that was cut off.
    ///
    /// - Parameter logits: `[tokens, labels]` of all sentences.
    /// - Throws: `.limitExceeded` for a word cut off where no label is O.
    func tags(_ labels: [String], _ logits: [Float], _ input: Input) throws(EmbqError) -> Predictions {
        let width = labels.count
        var rows: [Float] = []
        var start = 0
        for (index, sentence) in input.sentences.enumerated() {
            for (word, first) in input.firsts[index].enumerated() {
                if let first {
                    rows += logits[(start + first) * width..<(start + first + 1) * width]
                } else {
                    guard let none = labels.firstIndex(of: "O") else {
                        throw EmbqError(
                            .limitExceeded, file: data.file, place: "line \(data.rows[index].words[word].line)",
                            "the word is beyond the model's longest sentence, and no label of the model is O",
                            advice: "Give shorter sentences.")
                    }
                    rows += (0..<width).map { $0 == none ? 1 : 0 }
                }
            }
            start += sentence.count
        }
        return try Predictions(.tags(labels), logits: rows)
    }
}
