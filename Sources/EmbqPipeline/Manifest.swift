import EmbqArtifact
import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqExport

/// manifest.json: what a package holds. `Schemas/manifest.schema.json` describes it.
struct Manifest: Codable {
    static let name = "manifest.json"

    /// Data that the package was made with.
    struct Dataset: Codable {
        enum Use: String, Codable { case calibration, test }

        var use: Use
        /// The file's own name.
        var name: String
        var sha256: String

        init(_ use: Use, _ data: LabelledData) {
            self.use = use
            name = data.file == StandardStream.name ? "standard input" : Folder.name(of: data.file)
            sha256 = data.sha256
        }
    }

    struct File: Codable, Equatable {
        var name: String
        var bytes: Int
        var sha256: String

        init(_ file: FolderOutput.File) {
            name = file.name
            bytes = file.bytes.count
            sha256 = SHA256.hexadecimal(of: file.bytes)
        }

        /// Sorted by name.
        static func all(_ files: [FolderOutput.File]) -> [Self] { files.map(Self.init).sorted { $0.name < $1.name } }
    }

    /// The options of the export, so that its files can be made again.
    struct Sources: Codable {
        var layout: String
        var arrays: String
        var target: String?
        /// true with --serial; nil otherwise.
        var serial: Bool?
        var name: String?
        var license: String?

        init(_ options: CSourceOptions) {
            layout = options.layout.rawValue
            arrays = options.arrays.rawValue
            target = options.target?.rawValue
            serial = options.serial ? true : nil
            name = options.name
            license = options.license
        }

        /// nil when this version does not know the layout, the arrays or the target.
        func options(version: String) -> CSourceOptions? {
            guard let layout = CSourceOptions.Layout(rawValue: layout),
                let arrays = CSourceOptions.Arrays(rawValue: arrays)
            else { return nil }
            let target = target.map(CSourceOptions.ObjectTarget.init(rawValue:))
            if case .some(.none) = target { return nil }
            return CSourceOptions(
                layout: layout, arrays: arrays, target: target ?? nil, serial: serial ?? false, name: name,
                license: license, version: version)
        }
    }

    var generator: String
    /// SHA-256 of the manifest with this text empty: ``sealed()``. nil in a package of an older version.
    var manifestSHA256: String?
    /// When the package was made, where `SOURCE_DATE_EPOCH` tells it: ISO 8601.
    var created: String?
    var family: String
    /// The hub's names of the models that the weights were made from; nil if the checkpoint's folder names none.
    var baseModels: [String]?
    /// nil in a package of an older version.
    var datasets: [Dataset]?
    var labels: [String]
    var footprint: Footprint
    var evaluation: ManifestEvaluation
    /// Warnings about the calibration sentences and the test data; nil if there are none.
    var notes: [String]?
    /// How the C sources were made; nil in a package of an older version.
    var sources: Sources?
    var files: [File]

    enum CodingKeys: String, CodingKey {
        case generator, created, family, datasets, labels, footprint, evaluation, notes, sources, files
        case manifestSHA256 = "manifest_sha256"
        case baseModels = "base_models"
    }
}

/// The accuracy check without its timings, so that equal inputs give equal manifests.
struct ManifestEvaluation: Codable {
    var task: String
    var rows: Int
    var metric: Metric?
    var score: Double?
    var referenceScore: Double?
    var dropPoints: Double?
    var dropIntervalPoints: [Double]?
    var mcnemar: McNemarTest?
    var agreement: Double?
    var sqnrDB: Double?
    /// Both ends of the 95 % intervals of the scores and the agreement, as fractions.
    var scoreInterval: [Double]?
    var referenceScoreInterval: [Double]?
    var agreementInterval: [Double]?
    /// Of a sentence encoder.
    var embeddings: EmbeddingSummary?
    var predictionsSHA256: String
    var maxDropPoints: Double?
    var maxDropUpperBoundPoints: Double?
    var minAgreement: Double?
    var passed: Bool?

    enum CodingKeys: String, CodingKey {
        case task, rows, metric, score, agreement, passed, mcnemar, embeddings
        case scoreInterval = "score_interval"
        case referenceScoreInterval = "reference_score_interval"
        case agreementInterval = "agreement_interval"
        case referenceScore = "reference_score"
        case dropPoints = "drop_points"
        case dropIntervalPoints = "drop_interval_points"
        case maxDropPoints = "max_drop_points"
        case maxDropUpperBoundPoints = "max_drop_upper_bound_points"
        case minAgreement = "min_agreement"
        case sqnrDB = "sqnr_db"
        case predictionsSHA256 = "predictions_sha256"
    }

    init(_ result: EvaluateJob.Result) {
        let summary = result.summary
        let (statistics, comparison) = (result.accuracy?.statistics, result.comparison)
        func right(_ predictions: Predictions?) -> Proportion? {
            guard let comparison, let predictions, comparison.metric == .accuracy else { return nil }
            return comparison.targets.rowsRight(predictions).map { Proportion(count: $0.count { $0 }, of: $0.count) }
        }
        scoreInterval = Self.ends(statistics?.testScore, right(comparison?.test))
        referenceScoreInterval = Self.ends(statistics?.referenceScore, right(comparison?.reference))
        let answers = summary.agreement == nil ? nil : comparison?.answers ?? result.answers?.agreement
        agreementInterval = Self.ends(
            statistics?.agreement,
            answers.map { Proportion(count: $0.test.rows - $0.flippedRows.count, of: $0.test.rows) })
        embeddings = summary.embeddings
        task = summary.task
        rows = summary.rows
        metric = summary.metric
        score = summary.score
        referenceScore = summary.referenceScore
        dropPoints = summary.dropPoints
        dropIntervalPoints = summary.dropIntervalPoints
        mcnemar = summary.mcnemar
        agreement = summary.agreement
        sqnrDB = summary.sqnrDB
        predictionsSHA256 = summary.predictionsSHA256
        maxDropPoints = summary.maxDropPoints
        maxDropUpperBoundPoints = summary.maxDropUpperBoundPoints
        minAgreement = summary.minAgreement
        passed = summary.passed
    }

    /// Both ends of an interval: the bootstrap's, widened to hold the score interval of a share. Where all rows are right,
    /// all resamples agree, and the bootstrap's has no width.
    private static func ends(_ bootstrap: ClosedRange<Double>?, _ share: Proportion?) -> [Double]? {
        let intervals = [bootstrap, share?.interval].compactMap { $0 }
        guard let low = intervals.map(\.lowerBound).min(), let high = intervals.map(\.upperBound).max() else {
            return nil
        }
        return [low, high]
    }
}
