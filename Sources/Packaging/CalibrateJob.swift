import Checkpoints
public import Evaluation
import Models
public import Quantization
public import TensorCore

/// Measures the ranges of a model's activations on calibration sentences.
public struct CalibrateJob: Sendable {
    /// The largest number of rows that are taken when the user does not say.
    public static let standardSamples = 512

    public var model: ReleasedModel
    public var data: LabelledData
    /// The first rows of the data that are used; nil for all, up to ``standardSamples``.
    public var samples: Int?
    public var observer: String
    public var methods: QuantizationMethods
    public var threads: Int

    public init(
        _ model: ReleasedModel, data: LabelledData, samples: Int?, observer: String,
        methods: QuantizationMethods = .all, threads: Int
    ) {
        self.model = model
        self.data = data
        self.samples = samples
        self.observer = observer
        self.methods = methods
        self.threads = threads
    }

    /// Token ids of the sentences that are used.
    ///
    /// - Throws: `.invalidRequest` when more samples are asked for than there are rows.
    public func sentences() throws(EmbqError) -> [[UInt16]] {
        let count = samples ?? min(data.rows.count, Self.standardSamples)
        guard count >= 1, count <= data.rows.count else {
            throw EmbqError(
                .invalidRequest, file: data.file, "it has \(data.rows.count) rows, --samples asks for \(count)",
                advice: "Ask for at most that many, or give more data.")
        }
        // An encoder sees the texts of a pair one by one.
        let rows = data.rows.prefix(count)
        let texts = model.config.task == .embedding ? rows.flatMap(\.parts) : rows.map(\.text)
        return try Inference.tokenize(
            texts, with: model.tokenizer, limit: model.config.maximumLength, threads: threads)
    }

    /// The profile of ``sentences()``.
    public func run(_ sentences: [[UInt16]], progress: @escaping ProgressHandler) throws(EmbqError)
        -> CalibrationProfile
    {
        let counter = ProgressCounter("calibrate", total: sentences.count, progress)
        do throws(EmbqError) {
            return try Calibrator.calibrate(
                model.model.form(methods), points: model.model.points(methods), sentences: sentences,
                observer: observer,
                modelSHA256: model.modelSHA256, dataSHA256: data.sha256, threads: threads
            ) { counter.add($0) }
        } catch {
            throw error.at(file: model.checkpoint.source.path)
        }
    }
}
