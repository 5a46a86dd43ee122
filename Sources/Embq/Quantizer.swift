import EmbqCheckpoints
public import EmbqCore
import EmbqData
import EmbqPipeline
import EmbqQuantization

/// Turns a released model into an artifact for a microcontroller: calibrates, quantizes, checks, exports.
///
/// ```swift
/// var quantizer = try Quantizer("Fixtures/embbert-snips")
/// quantizer.budget = 300_000
/// let model = try quantizer.quantize(calibration: "calibration.tsv")
/// let check = try model.check(on: "test.tsv")
/// print(check.dropPoints ?? 0, model.totalBytes)
/// try model.write(to: "model.embq")
/// try model.exportC(to: "firmware/model")
/// ```
public struct Quantizer: Sendable {
    /// Threads to compute with; the artifact does not depend on it. One per processor unless set.
    public var threads = Parallel.processors
    /// Limit on weights, tables and arena at 256 tokens, in bytes: some weights get fewer bits if 8 take more. nil: 8 bits.
    public var budget: Int?
    /// Rows of the calibration data to use, spread evenly over it; nil: 512, or all if there are fewer.
    public var samples: Int?

    private let model: ReleasedModel

    /// Opens a released model: a folder, or its weights file with config.json and the tokenizer beside it.
    ///
    /// - Throws: `EmbqError` with what is missing or wrong in any of its files.
    public init(_ checkpoint: String) throws(EmbqError) {
        model = try ReleasedModel(Checkpoint(checkpoint))
    }

    /// Calibrates on texts and quantizes to 8 bits, or to fewer where ``budget`` asks for it.
    ///
    /// - Parameter data: the path of a TSV file with a header and a column `text`; labels are not needed.
    /// - Throws: `EmbqError`: `.limitExceeded` if the model cannot fit ``budget``, `.invalidRequest` for more
    ///   ``samples`` than the data have rows, or what is wrong with the data.
    public func quantize(calibration data: String) throws(EmbqError) -> QuantizedArtifact {
        let calibration = try CalibrateJob(
            model, data: LabelledData(path: data), samples: samples.map { .rows($0) }, observer: Observers.standard,
            threads: threads
        ).run { _, _, _ in }
        let quantized = try QuantizeJob(
            model, profile: calibration.profile, goal: WidthGoal(budget: budget), threads: threads
        ).run()
        return QuantizedArtifact(quantized.artifact, of: model, threads: threads)
    }
}
