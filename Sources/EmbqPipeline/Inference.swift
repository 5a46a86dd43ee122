import EmbqArtifact
package import EmbqCore
import EmbqData
package import EmbqEvaluation
package import EmbqModels
package import EmbqRuntime

/// Runs sets of sentences over several threads; results are in the order of the sentences.
package enum Inference {
    /// The sentence of a text or a pair, behind the model's prompt and cut to its length.
    ///
    /// - Throws: `.invalidRequest` for a text that gives no token, `.limitExceeded` for one that the library does not cut
    ///   and the model cannot take.
    package static func sentence(_ text: [UInt8], and second: [UInt8]? = nil, with encoder: TextEncoder)
        throws(EmbqError) -> Sentence
    {
        let texts = try encoder.encode(utf8: text, and: second)
        guard encoder.takesNothing || !texts.ids.isEmpty else {
            throw EmbqError(
                .invalidRequest, "a text gives no token", advice: "Leave out empty texts; this tokenizer adds no [CLS]."
            )
        }
        return Sentence(
            texts.ids, first: texts.first, second: texts.second,
            types: encoder.tokenizer.types(of: texts))
    }

    /// The sentences of texts and pairs, behind the model's prompt and cut to its length.
    package static func tokenize(
        _ texts: [InputText], with encoder: TextEncoder, threads: Int
    ) throws(EmbqError) -> [Sentence] {
        let chunk = 64
        let parts = try Parallel.map((texts.count + chunk - 1) / chunk, threads: threads) { part throws(EmbqError) in
            var sentences: [Sentence] = []
            for text in texts[part * chunk..<min((part + 1) * chunk, texts.count)] {
                sentences.append(
                    text.words.isEmpty
                        ? try sentence(
                            Array(text.first.utf8), and: text.second.map { Array($0.utf8) }, with: encoder)
                        : try encoder.encode(words: text.words).sentence)
            }
            return sentences
        }
        return Array(parts.joined())
    }

    /// fp32 logits, `[sentences · outputs]` or of a tagger `[tokens · outputs]`, and the seconds that inference took.
    package static func run(
        _ model: any FloatModel, _ sentences: [Sentence], threads: Int, progress: @escaping ProgressHandler
    ) -> (logits: [Float], seconds: Double) {
        let counter = ProgressCounter("fp32", total: sentences.count, progress)
        let clock = ContinuousClock()
        let start = clock.now
        let logits = model.logits(of: sentences, threads: threads) { counter.add($0) }
        return (logits, (clock.now - start).inSeconds)
    }

    /// int8 logits by the device's code, in steps of 2^-16, `[sentences · outputs]` or of a tagger `[tokens · outputs]`, and
    /// the seconds that inference took.
    ///
    /// - Throws: `.invalidRequest` for ids that the model does not know.
    package static func run(
        _ model: DeviceModel, _ sentences: [Sentence], threads: Int, progress: @escaping ProgressHandler
    ) throws(EmbqError) -> (logits: [Int32], seconds: Double) {
        let chunk = max(1, min(64, sentences.count / max(1, threads * 4)))
        let counter = ProgressCounter("int8", total: sentences.count, progress)
        let clock = ContinuousClock()
        let start = clock.now
        let parts = try Parallel.map((sentences.count + chunk - 1) / chunk, threads: threads) {
            part throws(EmbqError) in
            let session = DeviceSession(model)
            var logits: [Int32] = []
            let range = part * chunk..<min((part + 1) * chunk, sentences.count)
            try onDevice { () throws(RuntimeError) in
                for sentence in sentences[range] {
                    logits +=
                        model.task == .tags
                        ? try session.runTags(sentence.ids) : try session.run(TokenizedTexts(sentence))
                }
            }
            counter.add(range.count)
            return logits
        }
        return (Array(parts.joined()), (clock.now - start).inSeconds)
    }

    /// What is predicted of each row: a class, or a number, which for an encoder is the cosine of a pair's embeddings.
    ///
    /// - Throws: `.invalidRequest` for a pretraining head, whose answers have no labels.
    static func kind(_ task: Task, labels: [String], at path: String) throws(EmbqError) -> Predictions.Kind {
        switch task {
        case .classification: return .classes(labels)
        case .multiLabel: return .multiLabel(labels)
        case .tagging: return .tags(labels)
        case .regression: return labels.count == 1 ? .regression : .numbers(labels.count)
        case .embedding: return .cosine
        case .pretraining:
            throw EmbqError(
                .invalidRequest, file: path, "a pretraining head predicts words, no labels",
                advice: "Try it on sentences with `embq run`.")
        }
    }

    /// The same of a checkpoint, whose calibration needs none of an encoder or a pretraining head.
    package static func kind(of model: ReleasedModel) -> Predictions.Kind {
        let labels = model.config.labels
        return (try? kind(model.config.task, labels: labels, at: "")) ?? .classes(labels)
    }

    /// What is run of rows: texts and pairs, for an encoder each text by itself, for a tagger the words.
    static func texts(of rows: [LabelledData.Row], task: Task) -> [InputText] {
        rows.flatMap { row in
            if task == .embedding { return row.parts.map { InputText($0) } }
            return [
                InputText(
                    row.pair.first, and: row.second, words: task == .tagging ? row.words.map(\.text) : [])
            ]
        }
    }

    /// Integer logits as real numbers.
    package static func real(_ logits: [Int32]) -> [Float] { logits.map { Float($0) * DeviceModel.logitScale } }
}

/// What a model is asked: a text, two texts, or the words of one.
package struct InputText: Sendable {
    package var first: String
    package var second: String?
    /// Empty: the text is not cut into words.
    package var words: [String]

    package init(_ first: String, and second: String? = nil, words: [String] = []) {
        self.first = first
        self.second = second
        self.words = words
    }
}

extension TokenizedTexts {
    /// A sentence as the device runs it.
    init(_ sentence: Sentence) { self.init(ids: sentence.ids, first: sentence.first, second: sentence.second) }
}
