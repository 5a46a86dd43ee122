import EmbqArtifact
import EmbqCore
import EmbqEvaluation
import EmbqExport

/// manifest.json: what a package holds. `Schemas/manifest.schema.json` describes it.
struct Manifest: Codable {
    static let name = "manifest.json"

    struct File: Codable, Equatable {
        var name: String
        var bytes: Int
        var sha256: String

        /// Sorted by name.
        static func all(_ files: [FolderOutput.File]) -> [Self] {
            files.map { Self(name: $0.name, bytes: $0.bytes.count, sha256: SHA256.hexadecimal(of: $0.bytes)) }
                .sorted { $0.name < $1.name }
        }
    }

    /// The options of the export, so that its files can be made again.
    struct Sources: Codable {
        var layout: String
        var arrays: String
        var target: String?
        var name: String?
        var license: String?

        init(_ options: CSourceOptions) {
            layout = options.layout.rawValue
            arrays = options.arrays.rawValue
            target = options.target?.rawValue
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
                layout: layout, arrays: arrays, target: target ?? nil, name: name, license: license, version: version)
        }
    }

    var generator: String
    var family: String
    var labels: [String]
    var footprint: Footprint
    var evaluation: ManifestEvaluation
    /// Warnings about the calibration sentences and the test data; nil if there are none.
    var notes: [String]?
    /// How the C sources were made; nil in a package of an older version.
    var sources: Sources?
    var files: [File]
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
    var predictionsSHA256: String
    var maxDropPoints: Double?
    var maxDropUpperBoundPoints: Double?
    var minAgreement: Double?
    var passed: Bool?

    enum CodingKeys: String, CodingKey {
        case task, rows, metric, score, agreement, passed, mcnemar
        case referenceScore = "reference_score"
        case dropPoints = "drop_points"
        case dropIntervalPoints = "drop_interval_points"
        case maxDropPoints = "max_drop_points"
        case maxDropUpperBoundPoints = "max_drop_upper_bound_points"
        case minAgreement = "min_agreement"
        case sqnrDB = "sqnr_db"
        case predictionsSHA256 = "predictions_sha256"
    }

    init(_ summary: EvaluationSummary) {
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
}
