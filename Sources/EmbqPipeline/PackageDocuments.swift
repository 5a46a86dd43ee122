import EmbqArtifact
import EmbqCore
import EmbqEvaluation
import EmbqExport
import EmbqRuntime

/// What a package says of its model: README.md and bom.cdx.json. Both follow from the artifact and the manifest alone, so that
/// `embq verify` can make them again.
struct PackageDocuments {
    let artifact: ArtifactReader
    /// Its list of files is not read.
    let manifest: Manifest
    let options: CSourceOptions
    /// The name of the exported library.
    let name: String

    init(_ artifact: ArtifactReader, _ manifest: Manifest, _ options: CSourceOptions) throws(EmbqError) {
        self.artifact = artifact
        self.manifest = manifest
        self.options = options
        name = try CSourceExport.libraryName(artifact, options)
    }

    /// The exported sources, with the model card in place of a layout's README.md.
    func sources() throws(EmbqError) -> [FolderOutput.File] {
        let readme = PackageReadme(self, guide: try CSourceExport.readme(artifact, options))
        return try CSourceExport.files(artifact, options).filter { $0.name != CSourceExport.readmeName } + [
            (CSourceExport.readmeName, Array(readme.text.utf8))
        ]
    }

    /// The bill of materials.
    ///
    /// - Parameter files: all others of the package, without the manifest and a signature.
    func bill(of files: [Manifest.File]) throws(EmbqError) -> FolderOutput.File {
        (BillOfMaterials.name, Array(try BillOfMaterials(self, files).document().utf8))
    }

    // MARK: What both say

    /// A member of section META.
    func provenance(_ key: String) -> String? { artifact.provenance[key]?.string }

    /// The hub's name of the model's task.
    var task: String {
        switch artifact.device.task {
        case .labels, .multiLabel, .number: "text-classification"
        case .tags: "token-classification"
        case .embedding: "sentence-similarity"
        case .pretraining: "fill-mask"
        }
    }

    /// A measured value.
    struct Measure {
        /// As the hub and CycloneDX name it.
        var type: String
        var title: String
        /// The model that it is of.
        var model: String
        /// A fraction, a correlation or decibels.
        var value: Double
        /// Both ends of the 95 % interval.
        var interval: [Double]?
    }

    static let int8 = "int8, the device's code"
    static let fp32 = "fp32, the checkpoint"
    private static let both = "int8 with fp32"

    /// All values of the accuracy check, the model's own first.
    var measures: [Measure] {
        let found = manifest.evaluation
        var measures: [Measure] = []
        func add(_ type: String, _ title: String, _ model: String, _ value: Double?, _ interval: [Double]? = nil) {
            guard let value else { return }
            measures.append(Measure(type: type, title: title, model: model, value: value, interval: interval))
        }
        if let metric = found.metric {
            let type = metric == .mcc ? "matthews_correlation" : metric == .spearman ? "spearmanr" : metric.rawValue
            add(type, metric.title, Self.int8, found.score, found.scoreInterval)
            add(type, metric.title, Self.fp32, found.referenceScore, found.referenceScoreInterval)
        }
        add("agreement", "Agreement", Self.both, found.agreement, found.agreementInterval)
        add("mean_cosine", "Mean cosine", Self.both, found.embeddings?.meanCosine)
        add("min_cosine", "Least cosine", Self.both, found.embeddings?.minCosine)
        add("sqnr_db", "SQNR of the logits in dB", Self.both, found.sqnrDB)
        return measures
    }

    /// A data set of the manifest.
    func dataset(_ use: Manifest.Dataset.Use) -> Manifest.Dataset? { manifest.datasets?.first { $0.use == use } }

    /// What nobody measured, and what limits the model: plain sentences.
    var limitations: [String] {
        let (rows, length) = (manifest.evaluation.rows, artifact.device.maximumLength)
        let coverage = CheckCoverage(artifact)
        let test = dataset(.test).map { " of \($0.name)" } ?? ""
        var lines = [
            "The check of accuracy ran \(rows.grouped) \(rows == 1 ? "row" : "rows")\(test). Texts of another kind or language "
                + "were not checked."
        ]
        if manifest.evaluation.score == nil {
            lines.append("The test data have no labels that score this model: accuracy was not measured.")
        }
        lines.append("Bias, harmful answers and texts made to mislead the model were not checked.")
        lines.append("Time and energy on a device were not measured. The code size is that of Cortex-M4 with gcc -Os.")
        lines.append("Texts of more than \(length.grouped) tokens are cut.")
        lines.append(
            "The check vectors read \(coverage.tokens.grouped) of \(coverage.vocabulary.grouped) tokens and "
                + "\(coverage.positions.grouped) of \(length.grouped) positions. A replay on the device checks no others."
        )
        if options.license == nil { lines.append("embq was not told the licence of the weights.") }
        return lines + (manifest.notes ?? [])
    }
}
