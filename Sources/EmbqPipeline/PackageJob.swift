package import EmbqArtifact
import EmbqCheckpoints
package import EmbqContainers
package import EmbqCore
package import EmbqData
package import EmbqEvaluation
package import EmbqExport
import EmbqModels
package import EmbqQuantization
import EmbqReport
import EmbqRuntime

/// The whole way: calibrates, quantizes, checks the accuracy with the device's code, and writes everything that a device
/// needs into one folder.
package struct PackageJob: Sendable {
    package var model: ReleasedModel
    /// The fp32 model to compare with, where that is another than ``model``: one whose sentences are not shortened.
    package var reference: ReleasedModel?
    package var calibrationData: LabelledData
    package var testData: LabelledData
    package var samples: CalibrationSamples?
    package var observer: String
    package var task: String?
    package var metric: Metric?
    package var limits: AccuracyLimits
    package var methods: QuantizationMethods
    /// The most that weights, tables and arena may take at 256 tokens.
    package var budget: Int?
    /// What the part that it is made for has.
    package var part = PartLimits()
    /// How many of the worst rows the summary lists.
    package var worst: Int
    /// How the C sources are laid out.
    package var sources: CSourceOptions
    /// The hub's names of the models that the checkpoint was made from.
    package var baseModels: [String] = []
    /// What signs the package; nil: nobody.
    package var key: SigningKey?
    /// Whether the report carries the artifact, to run it in the browser.
    package var hasLiveReport = true
    /// What was typed, for the report: without paths, and without what the package does not depend on.
    package var command: String?
    /// The zip archive to write as well; nil: none.
    package var archive: String?
    package var threads: Int

    /// What was packaged.
    package struct Result: Sendable {
        package var artifact: ArtifactReader
        package var footprint: Footprint
        package var evaluation: EvaluateJob.Result
        /// How automatic sampling went; nil when the number of samples was given.
        package var settling: Settling?
        /// Warnings about the calibration sentences and the test data.
        package var notes: CalibrationNotes
        /// Names and sizes of the files written.
        package var files: [(name: String, size: Int)]
        /// Bytes of the archive; nil for none.
        package var archiveBytes: Int?
    }

    package init(
        _ model: ReleasedModel, calibrationData: LabelledData, testData: LabelledData,
        samples: CalibrationSamples? = nil,
        observer: String = Observers.standard, task: String? = nil, metric: Metric? = nil,
        limits: AccuracyLimits = AccuracyLimits(), methods: QuantizationMethods = .all, budget: Int? = nil,
        worst: Int = 0, sources: CSourceOptions = CSourceOptions(version: embqVersion), threads: Int
    ) {
        self.model = model
        self.calibrationData = calibrationData
        self.testData = testData
        self.samples = samples
        self.observer = observer
        self.task = task
        self.metric = metric
        self.limits = limits
        self.methods = methods
        self.budget = budget
        self.worst = worst
        self.sources = sources
        self.threads = threads
    }

    /// Writes the package. It is written also when a limit is exceeded, so that the report can say where: look at
    /// the result's violations.
    ///
    /// - Throws: `.invalidRequest` for a folder that holds something else than a package, before anything is computed.
    package func run(into folder: FolderOutput, progress: @escaping ProgressHandler) throws(EmbqError) -> Result {
        try folder.check(Manifest.packaged)
        let created = try SourceDate.current()
        var calibration = try CalibrateJob(
            model, data: calibrationData, samples: samples, observer: observer, methods: methods, threads: threads
        ).run(progress: progress)
        calibration.notes.compare(with: testData)
        let profile = calibration.profile
        var job = QuantizeJob(
            model, profile: profile, methods: methods, goal: WidthGoal(budget: budget), threads: threads)
        job.metric = metric ?? EvaluateJob.metric(of: testData.file, task: task, kind: Inference.kind(of: model))
        job.limits = limits
        job.part = part
        let quantized = try job.run(progress: progress)
        calibration.notes.add(quantized.notes)
        let artifact = quantized.artifact
        let evaluation = try EvaluateJob(
            .artifact(artifact), reference: reference ?? model, data: testData, task: task, metric: metric,
            limits: limits,
            worst: worst, measuresLayers: true, threads: threads
        ).run(progress: progress)
        let footprint = Footprint(artifact)

        var manifest = Manifest(
            generator: "embq \(embqVersion)", created: created, family: model.config.family,
            baseModels: baseModels.isEmpty ? nil : baseModels,
            datasets: [.init(.calibration, calibrationData), .init(.test, testData)], labels: model.config.labels,
            footprint: footprint, evaluation: ManifestEvaluation(evaluation), notes: calibration.notes.jsonValue,
            sources: Manifest.Sources(sources), files: [])
        let documents = try PackageDocuments(artifact, manifest, sources)
        var files = try documents.sources()
        files.append((Manifest.artifactName, artifact.bytes))
        files.append((Manifest.reportName, Array(try report(calibration, quantized, evaluation).utf8)))
        files.append(try documents.bill(of: Manifest.File.all(files)))
        manifest.files = Manifest.File.all(files)
        files.append((Manifest.name, try manifest.sealed()))
        if let key {
            let resources = Manifest.File.all(files).map { SignatureBundle.Resource(name: $0.name, sha256: $0.sha256) }
            files.append((SignatureBundle.name, try SignatureBundle.sign(resources, named: folder.name, with: key)))
        }
        try folder.write(files, replacing: Manifest.packaged, others: .refused)
        let archiveBytes = try archive.map { path throws(EmbqError) in try PackageArchive.write(files, to: path) }
        return Result(
            artifact: artifact, footprint: footprint, evaluation: evaluation, settling: calibration.settling,
            notes: calibration.notes,
            files: files.map { ($0.name, $0.bytes.count) }, archiveBytes: archiveBytes)
    }

    private func report(
        _ calibration: CalibrateJob.Result, _ quantized: QuantizeJob.Result, _ evaluation: EvaluateJob.Result
    ) throws(EmbqError) -> String {
        let profile = calibration.profile
        let isPacked = quantized.front.contains { $0.chosen && (!$0.bits.isEmpty || $0.memory != nil) }
        var content = evaluation.report(
            title: "\(model.config.family) on \(evaluation.task)",
            subtitle:
                "\(isPacked ? "Mixed-width" : "8-bit") post-training quantization, checked with the device's code",
            of: (quantized.artifact, Manifest.artifactName), isLive: hasLiveReport, command: command)
        content.facts = [
            ReportContent.Fact("Calibration", "\(profile.sentences) sentences, \(profile.tokens) tokens"),
            ReportContent.Fact("Observer", profile.observer), ReportContent.Fact("Generator", "embq \(embqVersion)"),
        ]
        content.notes = calibration.notes.sentences
        content.checks = [try replay(quantized.artifact)]
        content.ranges = quantized.points
        content.histograms = Dictionary(
            profile.points.map { ($0.name, $0.histogram) }, uniquingKeysWith: { first, _ in first })
        content.rangeSentences = "\(profile.sentences.grouped) calibration sentences"
        content.budget = budget
        (content.flashLimit, content.ramLimit) = (part.flash, part.ram)
        if !quantized.front.isEmpty {
            content.front = ReportContent.Front(
                points: quantized.front, baseline: quantized.baseline, metric: quantized.frontMetric,
                measuredOn: "\((profile.kept?.items.count ?? 0).grouped) calibration sentences")
        }
        content.sources =
            [
                ReportContent.Source(
                    role: "Checkpoint (tensors)", path: model.checkpoint.source.path, sha256: model.modelSHA256),
                ReportContent.Source(
                    role: "Calibration data", path: calibrationData.file, sha256: calibrationData.sha256),
            ] + content.sources
        return Report.html(content)
    }

    /// Replays the recorded check vectors, as `embq verify` does.
    ///
    /// - Throws: `.corrupted` for the first vector that gives other ids or logits.
    private func replay(_ artifact: ArtifactReader) throws(EmbqError) -> ReportContent.Check {
        let count = try artifact.replayChecks()
        return ReportContent.Check(
            name: "Recorded check vectors", limit: "all equal, bit for bit", measured: "\(count) of \(count)",
            passed: true)
    }
}
