public import Artifact
import Checkpoints
import EmbqRuntime
public import Evaluation
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
    public var methods: QuantizationMethods
    /// Token ids of calibration sentences: from them comes what error feedback, bias correction and a choice of widths
    /// need. Without any, weights are rounded to the nearest.
    public var sentences: [[UInt16]]
    /// Their right answers, for the score of each choice of widths.
    public var targets: Targets?
    /// That score; nil: accuracy, or Spearman's correlation of a regression.
    public var metric: Metric?
    public var goal: WidthGoal
    public var threads: Int

    /// What was made.
    public struct Result: Sendable {
        public var artifact: ArtifactReader
        /// How each point was quantized.
        public var points: [ActivationQuantizer]
        /// The choices of widths that were measured; empty without a goal.
        public var front: [WidthPoint]
    }

    public init(
        _ model: ReleasedModel, profile: CalibrationProfile, observer: String? = nil,
        methods: QuantizationMethods = .all, sentences: [[UInt16]] = [], targets: Targets? = nil, metric: Metric? = nil,
        goal: WidthGoal = WidthGoal(), threads: Int = 1
    ) {
        self.model = model
        self.profile = profile
        self.observer = observer
        self.methods = methods
        self.sentences = sentences
        self.targets = targets
        self.metric = metric
        self.goal = goal
        self.threads = threads
    }

    /// The artifact, opened by the runtime, with check vectors recorded from that very run.
    ///
    /// - Throws: `.mismatch` for a profile of another model; `.limitExceeded` when no choice of widths reaches the goal;
    ///   `.invalidRequest` for a goal without sentences.
    public func run(progress: @escaping ProgressHandler = { _, _, _ in }) throws(EmbqError) -> Result {
        guard profile.modelSHA256 == model.modelSHA256, profile.family == model.config.family else {
            throw EmbqError(
                .mismatch, file: model.checkpoint.path, "the calibration profile was made with other weights",
                advice: "Calibrate this checkpoint again with `embq calibrate`.")
        }
        var builder = try ArtifactBuilder(self, progress: progress)
        let whole = try builder.artifact(WeightWidths(), checks: Self.checkTexts)
        if goal.isEmpty || (goal.minAgreement == nil && Footprint(whole).total <= goal.budget ?? .max) {
            return Result(artifact: whole, points: builder.points, front: [])
        }
        guard !sentences.isEmpty else {
            throw EmbqError(
                .invalidRequest, file: model.checkpoint.path,
                "which weights can do with 4 bits is measured on calibration sentences, and there are none",
                advice: "Give them with --data.")
        }
        var search = WidthSearch(builder, self, progress: progress)
        let front = try search.run(goal)
        guard let chosen = front.first(where: \.chosen) else { preconditionFailure("a front has its choice") }
        return Result(
            artifact: try search.builder.artifact(chosen.widths, checks: Self.checkTexts),
            points: search.builder.points, front: front)
    }
}

/// Section META: where an artifact comes from. Holds no date and no path, so that equal inputs give equal bytes.
struct Provenance: Codable {
    struct Calibration: Codable {
        var observer: String
        var methods: [String]
        var sentences: Int
        var tokens: Int
        var dataSHA256: String

        enum CodingKeys: String, CodingKey {
            case observer, methods, sentences, tokens
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
