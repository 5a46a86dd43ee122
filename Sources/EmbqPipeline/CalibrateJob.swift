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
    package var threads: Int

    package init(
        _ model: ReleasedModel, data: LabelledData, samples: CalibrationSamples?, observer: String,
        methods: QuantizationMethods = .all, threads: Int
    ) {
        self.model = model
        self.data = data
        self.samples = samples
        self.observer = observer
        self.methods = methods
        self.threads = threads
    }

    /// What was measured, and how automatic sampling went.
    package struct Result: Sendable {
        package var profile: CalibrationProfile
        /// The sentences that were run.
        package var sentences: CalibrationSentences
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
            let sentences = try sentences(of: rows)
            try add(sentences.ids, to: &calibrator, progress)
            return Result(profile: profile(calibrator), sentences: sentences, notes: notes(rows, sentences))
        } catch {
            throw error.at(file: model.checkpoint.source.path)
        }
    }

    /// The sentences that are used, and the notes on them; with automatic sampling, the standard number of sentences.
    ///
    /// - Throws: `.invalidRequest` when more samples are asked for than there are rows.
    package func sentences() throws(EmbqError) -> (sentences: CalibrationSentences, notes: CalibrationNotes) {
        let rows = try standardRows()
        let sentences = try sentences(of: rows)
        return (sentences, notes(rows, sentences))
    }

    private func notes(_ rows: [Int], _ sentences: CalibrationSentences) -> CalibrationNotes {
        CalibrationNotes(
            data, rows: rows, sentences: sentences.ids.count,
            tokens: sentences.ids.reduce(0) { $0 + $1.ids.count }, labels: CalibrationLabels(model, data))
    }

    private func sentences(of rows: [Int]) throws(EmbqError) -> CalibrationSentences {
        CalibrationSentences(
            ids: try tokens(of: rows), targets: targets(of: rows),
            metric: EvaluateJob.metric(of: data.file, kind: Inference.kind(of: model)),
            dataSHA256: data.sha256)
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

    /// nil for an encoder's pairs, and for data without labels or with others than the model's: calibration needs none.
    private func targets(of rows: [Int]) -> Targets? {
        switch model.config.task {
        case .classification:
            guard let ids = try? data.classIndices(labels: model.config.labels) else { return nil }
            return .classes(rows.map { ids[$0] })
        case .multiLabel:
            guard let sets = try? data.labelSets(labels: model.config.labels) else { return nil }
            return .labelSets(rows.map { sets[$0] })
        case .regression where model.config.outputs > 1:
            guard let vectors = try? data.vectorTargets(count: model.config.outputs) else { return nil }
            return .vectors(rows.map { vectors[$0] })
        case .regression:
            guard let values = try? data.regressionTargets() else { return nil }
            return .values(rows.map { values[$0] })
        // A tag belongs to a word, and what is measured on the sentences to each of their tokens.
        case .embedding, .pretraining, .tagging: return nil
        }
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
        // In the order of the data, as if their number had been given.
        let sentences = try sentences(of: rows)
        return Result(
            profile: profile(calibrator), sentences: sentences, settling: settling, notes: notes(rows, sentences))
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
        return try model.model.quantize(profile(calibrator), observer: rule, weights: &weights).points
    }

    private func profile(_ calibrator: Calibrator) -> CalibrationProfile {
        calibrator.profile(
            family: model.config.family, observer: observer, modelSHA256: model.modelSHA256, dataSHA256: data.sha256,
            isFolded: methods.contains(.folding))
    }
}
