import Checkpoints
public import Evaluation
import Models
public import Quantization
public import TensorCore

/// Measures the ranges of a model's activations on calibration sentences.
public struct CalibrateJob: Sendable {
    /// The largest number of rows that are taken when the user does not say.
    public static let standardSamples = 512
    /// Rows that automatic sampling begins with.
    static let firstSamples = 32
    /// Rows at which automatic sampling gives up: some ten seconds of work.
    public static let lastSamples = 16_384

    public var model: ReleasedModel
    public var data: LabelledData
    /// The rows of the data that are used, spread evenly over it; nil for all, up to ``standardSamples``.
    public var samples: CalibrationSamples?
    public var observer: String
    public var threads: Int

    public init(
        _ model: ReleasedModel, data: LabelledData, samples: CalibrationSamples?, observer: String, threads: Int
    ) {
        self.model = model
        self.data = data
        self.samples = samples
        self.observer = observer
        self.threads = threads
    }

    /// What was measured, and how automatic sampling went.
    public struct Result: Sendable {
        public var profile: CalibrationProfile
        /// nil when the number of samples was given.
        public var settling: Settling?

        public init(profile: CalibrationProfile, settling: Settling? = nil) {
            self.profile = profile
            self.settling = settling
        }
    }

    /// - Throws: `.invalidRequest` when more samples are asked for than there are rows.
    public func run(progress: @escaping ProgressHandler) throws(EmbqError) -> Result {
        do throws(EmbqError) {
            switch samples {
            case .automatic: return try settle(progress)
            case .rows(let count): return Result(profile: try calibrate(count, progress))
            case nil: return Result(profile: try calibrate(min(data.rows.count, Self.standardSamples), progress))
            }
        } catch {
            throw error.at(file: model.checkpoint.source.path)
        }
    }

    private func calibrate(_ count: Int, _ progress: @escaping ProgressHandler) throws(EmbqError) -> CalibrationProfile
    {
        guard count >= 1, count <= data.rows.count else {
            throw EmbqError(
                .invalidRequest, file: data.file, "it has \(data.rows.count) rows, --samples asks for \(count)",
                advice: "Ask for at most that many, or give more data.")
        }
        var calibrator = Calibrator(points: model.model.points)
        try add(CalibrationSamples.spread(count, over: data.rows.count), to: &calibrator, progress)
        return profile(calibrator)
    }

    /// Doubles the rows until the ranges that quantization would take have settled. Each set of rows holds the one
    /// before it, so that the profile is that of the last number of rows, given as such.
    private func settle(_ progress: @escaping ProgressHandler) throws(EmbqError) -> Result {
        guard let rule = Observers.named(observer) else { throw Observers.unknown(observer) }
        var calibrator = Calibrator(points: model.model.points)
        let limit = min(data.rows.count, Self.lastSamples)
        var rows = CalibrationSamples.spread(min(limit, Self.firstSamples), over: data.rows.count)
        try add(rows, to: &calibrator, progress)
        var settling = Settling(
            rows: rows.count, try model.model.quantize(profile(calibrator), observer: rule).points)
        while !settling.isSettled, rows.count < limit {
            // All of the data rather than nearly all of it: only twice as many and all hold the rows before them.
            let count = 2 * rows.count > limit ? data.rows.count : 2 * rows.count
            let known = Set(rows)
            rows = CalibrationSamples.spread(count, over: data.rows.count)
            try add(rows.filter { !known.contains($0) }, to: &calibrator, progress)
            settling.extend(to: count, try model.model.quantize(profile(calibrator), observer: rule).points)
        }
        return Result(profile: profile(calibrator), settling: settling)
    }

    private func add(
        _ indices: [Int], to calibrator: inout Calibrator, _ progress: @escaping ProgressHandler
    ) throws(EmbqError) {
        // An encoder sees the texts of a pair one by one.
        let rows = indices.map { data.rows[$0] }
        let texts = model.config.task == .embedding ? rows.flatMap(\.parts) : rows.map(\.text)
        let sentences = try Inference.tokenize(
            texts, with: model.tokenizer, limit: model.config.maximumLength, threads: threads)
        let counter = ProgressCounter("calibrate", total: texts.count, progress)
        try calibrator.add(sentences, by: model.model.folded, threads: threads) { counter.add($0) }
    }

    private func profile(_ calibrator: Calibrator) -> CalibrationProfile {
        calibrator.profile(
            family: model.config.family, observer: observer, modelSHA256: model.modelSHA256, dataSHA256: data.sha256)
    }
}
