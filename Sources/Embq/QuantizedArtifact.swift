import EmbqArtifact
public import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqExport
import EmbqPipeline
import EmbqRuntime

/// A quantized model: the bytes that a device runs, and what they cost in memory and accuracy.
public struct QuantizedArtifact: Sendable {
    private let artifact: ArtifactReader
    private let reference: ReleasedModel
    private let threads: Int

    init(_ artifact: ArtifactReader, of reference: ReleasedModel, threads: Int) {
        self.artifact = artifact
        self.reference = reference
        self.threads = threads
    }

    /// The artifact, as `embq quantize` writes it. The same inputs give the same bytes.
    public var bytes: [UInt8] { artifact.bytes }

    /// Weights, tables and arena at 256 tokens (or at the model's longest sentence if that is shorter), in bytes.
    public var totalBytes: Int { Footprint(artifact).total }

    /// Arena in bytes that a sentence of this many tokens needs, exactly; 0 for a length that the model does not take.
    public func arenaBytes(tokens: Int) -> Int { artifact.device.arenaSize(tokens: tokens) }

    /// Compares the answers with the released model's in fp32, by the code that the device runs.
    ///
    /// - Parameter data: the path of a TSV file with a header; labels are needed for the score and the drop.
    /// - Throws: `EmbqError` with what is wrong with the data, such as a label that the model does not know.
    public func check(on data: String) throws(EmbqError) -> AccuracyCheck {
        let result = try EvaluateJob(
            .artifact(artifact), reference: reference, data: LabelledData(path: data), threads: threads
        ).run { _, _, _ in }
        return AccuracyCheck(result.summary)
    }

    /// Writes the artifact to a file; `-` is standard output.
    ///
    /// - Throws: `EmbqError` `.unwritable`; the file is then as it was.
    public func write(to path: String) throws(EmbqError) { try AtomicOutput.write(artifact.bytes, to: path) }

    /// Writes the model as C, with the runtime's sources and an example.
    ///
    /// - Parameters:
    ///   - folder: made if it does not exist.
    ///   - layout: the build system that takes the folder.
    ///   - name: the library's name; nil: after the model's family.
    /// - Throws: `EmbqError`: `.invalidRequest` for a name that the layout cannot use, `.unwritable`.
    public func exportC(to folder: String, layout: Layout = .plain, name: String? = nil) throws(EmbqError) {
        guard let known = CSourceOptions.Layout(rawValue: layout.rawValue) else {
            preconditionFailure("the exporter has every layout")
        }
        _ = try ExportJob(artifact, CSourceOptions(layout: known, name: name, version: embqVersion))
            .run(into: FolderOutput(folder))
    }

    /// A build system that an exported folder is made for.
    public enum Layout: String, Sendable, CaseIterable {
        /// All files side by side: `cc *.c`.
        case plain
        /// A library for the Arduino IDE.
        case arduino
        /// A library for PlatformIO.
        case platformio
        /// A Zephyr module.
        case zephyr
        /// A component for ESP-IDF.
        case espIDF = "esp-idf"
        /// A CMake project.
        case cmake
        /// A Swift package, for Embedded Swift too.
        case swift
    }
}

/// How a quantized model's answers compare with the released model's.
public struct AccuracyCheck: Sendable, Equatable {
    /// Rows of data that were compared.
    public let rows: Int
    /// The task's score in integers, 0 to 1; nil without labels.
    public let score: Double?
    /// The same score in fp32; nil without labels.
    public let referenceScore: Double?
    /// fp32 score minus integer score, in percentage points; positive is worse. nil without labels.
    public let dropPoints: Double?
    /// Share of rows with fp32's answer, 0 to 1.
    public let agreement: Double?

    init(_ summary: EvaluationSummary) {
        rows = summary.rows
        score = summary.score
        referenceScore = summary.referenceScore
        dropPoints = summary.dropPoints
        agreement = summary.agreement
    }
}
