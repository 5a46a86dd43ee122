import EmbqCheckpoints
package import EmbqCore
package import EmbqData
import EmbqEvaluation
import EmbqModels
package import EmbqQuantization

/// Measures the ranges of a model's activations on calibration sentences.
package struct CalibrateJob: Sendable {
    package var model: ReleasedModel
    package var data: LabelledData
    /// The rows of the data that are used, spread evenly over it; nil for all, up to ``CalibrationSamples/standard``.
    package var samples: CalibrationSamples?
    package var observer: String
    package var methods: QuantizationMethods
    /// Whether the profile keeps sentences, which rounding needs.
    package var keepsSentences: Bool
    package var threads: Int

    package init(
        _ model: ReleasedModel, data: LabelledData, samples: CalibrationSamples?, observer: String,
        methods: QuantizationMethods = .all, keepsSentences: Bool = true, threads: Int
    ) {
        self.model = model
        self.data = data
        self.samples = samples
        self.observer = observer
        self.methods = methods
        self.keepsSentences = keepsSentences
        self.threads = threads
    }

    /// What was measured, and how automatic sampling went.
    package struct Result: Sendable {
        package var profile: CalibrationProfile
        /// nil when the number of samples was given.
        package var settling: Settling?
        /// Warnings about the sentences.
        package var notes: CalibrationNotes
    }

    /// - Throws: `.invalidRequest` when more samples are asked for than there are rows.
    package func run(progress: @escaping ProgressHandler) throws(EmbqError) -> Result {
        if model.config.task != .multiLabel { try data.requireLabels() }
        do throws(EmbqError) {
            if samples == .automatic { return try settle(progress) }
            var calibrator = Calibrator(points: model.model.points(methods))
            let rows = try standardRows()
            let sentences = try tokens(of: rows)
            try add(sentences, to: &calibrator, progress)
            return Result(profile: profile(calibrator, rows, sentences), notes: notes(rows, calibrator))
        } catch {
            throw error.at(file: model.checkpoint.source.path)
        }
    }

    private func notes(_ rows: [Int], _ calibrator: Calibrator) -> CalibrationNotes {
        CalibrationNotes(
            data, rows: rows, sentences: calibrator.sentences, tokens: calibrator.tokens,
            labels: CalibrationLabels(model, data))
    }

    /// What the profile keeps of sentences that were run.
    private func kept(_ rows: [Int], _ sentences: [Sentence]) -> CalibrationSentences? {
        guard keepsSentences else { return nil }
        let targets = CalibrationLabels(model, data).targets(in: data)
        let isEncoder = model.config.task == .embedding
        // An encoder reads each text of a pair by itself.
        let texts = rows.flatMap { row in
            (isEncoder ? data.rows[row].parts : [data.rows[row].text]).map { (text: $0, target: targets?[row]) }
        }
        return CalibrationSentences(
            zip(texts, sentences).map { text, sentence in
                CalibrationSentences.Item(
                    textSHA256: SHA256.bytes(of: Array(text.text.utf8)), sentence: sentence, target: text.target)
            })
    }

    private func standardRows() throws(EmbqError) -> [Int] {
        let standard = min(data.rows.count, CalibrationSamples.standard)
        let count = if case .rows(let rows)? = samples { rows } else { standard }
        guard count >= 1, count <= data.rows.count else {
            throw EmbqError(
                .invalidRequest, file: data.file, "it has \(data.rows.count) rows, --samples asks for \(count)",
                advice: "Ask for at most that many, or give more data.")
        }
        return CalibrationSamples.spread(count, over: data.rows.count)
    }

    /// Doubles the rows until the ranges that quantization would take have settled. Each set of rows holds the one
    /// before it, so that the profile is that of the last number of rows, given as such.
    private func settle(_ progress: @escaping ProgressHandler) throws(EmbqError) -> Result {
        guard let rule = Observers.named(observer) else { throw Observers.unknown(observer) }
        var calibrator = Calibrator(points: model.model.points(methods))
        let limit = min(data.rows.count, CalibrationSamples.last)
        var rows = CalibrationSamples.spread(min(limit, CalibrationSamples.first), over: data.rows.count)
        try add(try tokens(of: rows), to: &calibrator, progress)
        var settling = Settling(rows: rows.count, try points(calibrator, rule))
        while !settling.isSettled, rows.count < limit {
            // All of the data rather than nearly all of it: only twice as many and all hold the rows before them.
            let count = 2 * rows.count > limit ? data.rows.count : 2 * rows.count
            let known = Set(rows)
            rows = CalibrationSamples.spread(count, over: data.rows.count)
            try add(try tokens(of: rows.filter { !known.contains($0) }), to: &calibrator, progress)
            settling.extend(to: count, try points(calibrator, rule))
        }
        return Result(
            profile: profile(calibrator, rows, try tokens(of: rows)), settling: settling, notes: notes(rows, calibrator)
        )
    }

    private func tokens(of rows: [Int]) throws(EmbqError) -> [Sentence] {
        try model.checkPairs(data)
        let texts = Inference.texts(of: rows.map { data.rows[$0] }, task: model.config.task)
        return try Inference.tokenize(
            texts, with: model.encoder, threads: threads)
    }

    private func add(
        _ sentences: [Sentence], to calibrator: inout Calibrator, _ progress: @escaping ProgressHandler
    ) throws(EmbqError) {
        let counter = ProgressCounter("calibrate", total: sentences.count, progress)
        try calibrator.add(sentences, by: model.model.form(methods), threads: threads) { counter.add($0) }
    }

    /// How every point would be quantized.
    private func points(_ calibrator: Calibrator, _ rule: any RangeObserver) throws(EmbqError) -> [ActivationQuantizer]
    {
        var weights = WeightQuantizer(methods: methods)
        return try model.model.quantize(profile(calibrator, [], []), observer: rule, weights: &weights).points
    }

    /// - Parameter sentences: of the rows, in their order.
    private func profile(_ calibrator: Calibrator, _ rows: [Int], _ sentences: [Sentence]) -> CalibrationProfile {
        calibrator.profile(
            family: model.config.family, observer: observer, modelSHA256: model.modelSHA256,
            dataSHA256: DataDigest(rows.map { data.rows[$0] }).hexadecimal, kept: kept(rows, sentences),
            isFolded: methods.contains(.folding))
    }
}
