public import Artifact
import Checkpoints
import EmbqRuntime
import Models
public import Quantization
public import TensorCore

/// Makes an artifact of a checkpoint and a calibration profile.
public struct QuantizeJob: Sendable {
    /// The names of the check vectors' sources: sentences that exercise the tokenizer as well as the model.
    static let checkTexts = [
        "play some jazz", "what will the weather be like in São Paulo tomorrow at 7 pm?",
        "Add this song to my playlist, please!", "", "book a table for 4 [SEP] at the café",
        "naïve Ünïcödé 漢字 😀 test",
    ]

    public var model: ReleasedModel
    public var profile: CalibrationProfile
    /// Overrides the observer that the profile names.
    public var observer: String?

    public init(_ model: ReleasedModel, profile: CalibrationProfile, observer: String? = nil) {
        self.model = model
        self.profile = profile
        self.observer = observer
    }

    /// The artifact, opened by the runtime, with check vectors recorded from that very run.
    ///
    /// - Throws: `.mismatch` for a profile of another model.
    public func run() throws(EmbqError) -> ArtifactReader { try runKeepingPoints().artifact }

    /// The artifact, and how each point was quantized.
    func runKeepingPoints() throws(EmbqError) -> (artifact: ArtifactReader, points: [ActivationQuantizer]) {
        guard profile.modelSHA256 == model.modelSHA256, profile.family == model.config.family else {
            throw EmbqError(
                .mismatch, file: model.checkpoint.path, "the calibration profile was made with other weights",
                advice: "Calibrate this checkpoint again with `embq calibrate`.")
        }
        let name = observer ?? profile.observer
        guard let rule = Observers.named(name) else {
            throw EmbqError(
                .unsupported, "the observer \"\(name)\" is not known",
                advice: "Known observers: \(Observers.names.joined(separator: ", ")).")
        }
        let quantized = try model.model.quantize(profile, observer: rule)
        var writer = ArtifactWriter(
            quantized, tokenizer: model.tokenizerTables, provenance: try provenance(quantized, observer: name))
        writer.checks = try checks(DeviceModel(artifact: writer.bytes()))
        return (try ArtifactReader(writer.bytes()), quantized.points)
    }

    /// Sentences with the ids and logits that this host computes for them.
    private func checks(_ device: DeviceModel) throws(EmbqError) -> [CheckVector] {
        let session = DeviceSession(device)
        var checks: [CheckVector] = []
        for text in Self.checkTexts {
            let ids = try model.tokenizer.encode(text, limit: device.maximumLength)
            if ids.isEmpty { continue }
            checks.append(CheckVector(text: Array(text.utf8), ids: ids, logits: try session.run(ids)))
        }
        return checks
    }

    private func provenance(_ quantized: QuantizedModel, observer: String) throws(EmbqError) -> String {
        try CanonicalJSON.compact(
            Provenance(
                generator: "embq \(embqVersion)", family: model.config.family,
                head: model.config.head.rawValue, task: model.config.task.rawValue,
                sourceFormat: model.checkpoint.source.format, modelSHA256: model.modelSHA256,
                tokenizerSHA256: model.tokenizerSHA256,
                calibration: Provenance.Calibration(
                    observer: observer, sentences: profile.sentences, tokens: profile.tokens,
                    dataSHA256: profile.dataSHA256),
                points: quantized.points.map { point in
                    Provenance.Point(name: point.name, scale: point.scale, zeroPoint: point.zeroPoint)
                }, rows: quantized.rows))
    }
}

/// Section META: where an artifact comes from. Holds no date and no path, so that equal inputs give equal bytes.
struct Provenance: Codable {
    struct Calibration: Codable {
        var observer: String
        var sentences: Int
        var tokens: Int
        var dataSHA256: String

        enum CodingKeys: String, CodingKey {
            case observer, sentences, tokens
            case dataSHA256 = "data_sha256"
        }
    }

    struct Point: Codable {
        var name: String
        var scale: Double
        var zeroPoint: Int

        enum CodingKeys: String, CodingKey {
            case name, scale
            case zeroPoint = "zero_point"
        }
    }

    var generator: String
    var family: String
    var head: String
    var task: String
    var sourceFormat: String
    var modelSHA256: String
    var tokenizerSHA256: String
    var calibration: Calibration
    var points: [Point]
    var rows: [ObservedRow]

    enum CodingKeys: String, CodingKey {
        case generator, family, head, task, calibration, points, rows
        case sourceFormat = "source_format"
        case modelSHA256 = "model_sha256"
        case tokenizerSHA256 = "tokenizer_sha256"
    }
}
