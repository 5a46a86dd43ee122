import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqEvaluation
import EmbqModels
import EmbqQuantization
import EmbqRuntime
import EmbqTokenizers

/// Makes artifacts of one model that differ in the widths of their weights.
struct ArtifactBuilder {
    let model: ReleasedModel
    private let profile: CalibrationProfile
    private let observer: any RangeObserver
    private var weights: WeightQuantizer
    private let rounding: Provenance.Rounding?
    /// Sentences that widths are chosen on, where none are rounded on.
    private let choices: Provenance.Rounding?
    private let limits: ArtifactLimits
    /// The texts of the check vectors.
    let checkTexts: [String]
    /// The tensors that may have fewer than 8 bits, and the points, of the artifact made last.
    private(set) var widthChoices: [WidthChoice] = []
    private(set) var points: [ActivationQuantizer] = []
    private(set) var rows: [ObservedRow] = []
    private(set) var shortCandidates = ShortPointSearch.Candidates(points: [], weights: [])
    /// What every artifact from now on has in 16 bits.
    var short = ShortChoice()
    /// What the arena may hold, the finest first: that is what an artifact has for which nothing else is asked.
    var memories = MemoryChoice.all

    /// Takes the moments that rounding needs.
    init(_ job: QuantizeJob, progress: @escaping ProgressHandler) throws(EmbqError) {
        model = job.model
        profile = job.profile
        let name = job.observer ?? job.profile.observer
        guard let rule = Observers.named(name) else { throw Observers.unknown(name) }
        observer = rule
        let wantsMoments = !job.methods.isDisjoint(with: .onSentences)
        var moments: [String: InputMoments] = [:]
        if wantsMoments, let sentences = job.profile.kept?.sentences {
            let counter = ProgressCounter("moments", total: sentences.count, progress)
            moments = model.model.moments(sentences, methods: job.methods, threads: job.threads) { counter.add($0) }
        }
        // What cannot be done without sentences is not said to have been done.
        let methods =
            moments.isEmpty ? job.methods.subtracting(.onSentences) : job.methods
        weights = WeightQuantizer(methods: methods, moments: moments, threads: job.threads)
        let measured = job.profile.kept.map { Provenance.Rounding(sentences: $0.items.count) }
        rounding = moments.isEmpty ? nil : measured
        let chooses = job.methods.contains(.wideActivations) || !job.goal.isEmpty || job.part.flash != nil
        choices = moments.isEmpty && chooses ? measured : nil
        limits = ArtifactLimits(
            budget: job.goal.budget, flash: job.part.flash, ram: job.part.ram,
            minCalibrationAgreement: job.goal.minAgreement,
            maxDropPoints: job.limits.maxDropPoints, maxDropUpperBound: job.limits.maxDropUpperBound,
            minAgreement: job.limits.minAgreement)
        let tables = try model.deviceTables()
        checkTexts = try CheckTexts(
            onDevice { () throws(RuntimeError) in try Tokenizer(tables: tables) },
            vocabulary: model.checkpoint.requireTokenizer().vocabulary().tokens, length: model.config.maximumLength
        ).texts()
    }

    /// Measures what few bits of token tables and of convolutions are rounded by.
    mutating func measureForFewBits(_ sentences: [Sentence], threads: Int) {
        let step = max(1, sentences.count / Self.probedSentences)
        let probed = sentences.indices.filter { $0 % step == 0 }.map { sentences[$0] }
        weights.tableMetrics = model.model.tableMetrics(probed, threads: threads)
        weights.windows = model.model.windowMoments(probed, methods: weights.methods, threads: threads)
    }

    var tableMetrics: [String: TableMetric] { weights.tableMetrics }

    private static let probedSentences = 128

    /// An artifact with weights of these widths, with check vectors for texts.
    mutating func artifact(_ widths: WeightWidths, checks texts: [String]) throws(EmbqError) -> ArtifactReader {
        var widths = widths
        widths.short = short
        if widths.memory == MemoryChoice(), let finest = memories.first { widths.memory = finest }
        let quantized = try model.model.quantize(
            profile, observer: observer, weights: &weights, widths: widths)
        widthChoices = quantized.choices
        shortCandidates = quantized.shortCandidates
        points = quantized.points
        rows = quantized.rows
        let tables = try model.deviceTables()
        var writer = ArtifactWriter(
            quantized, tokenizer: tables, provenance: try provenance(quantized))
        let bytes = writer.bytes()
        if !texts.isEmpty {
            let device = try onDevice { () throws(RuntimeError) in try DeviceModel(artifact: bytes) }
            writer.checks = try checks(device, tables, texts)
        }
        return try ArtifactReader(writer.bytes())
    }

    /// An artifact with these widths whose weights of few bits are rounded layer after layer, with check vectors for texts;
    /// nil where nothing is rounded with feedback.
    mutating func sequential(_ widths: WeightWidths, _ sentences: [Sentence], threads: Int, checks texts: [String])
        throws(EmbqError) -> ArtifactReader?
    {
        guard weights.methods.contains(.errorFeedback), !widths.bits.isEmpty else { return nil }
        let plain = weights
        defer { weights = plain }
        let rounding = SequentialRounding(model.model, weights.methods, sentences: sentences, threads: threads)
        var builder = self
        _ = try rounding.run(weights.readPoints) { known throws(EmbqError) in
            builder.weights.round(for: known)
            let artifact = try builder.artifact(widths, checks: [])
            return (artifact, builder.rows)
        }
        weights = builder.weights
        return try artifact(widths, checks: texts)
    }

    /// Sentences with the ids and logits that this host computes for them.
    private func checks(_ device: DeviceModel, _ tables: [UInt8], _ texts: [String]) throws(EmbqError) -> [CheckVector]
    {
        let session = DeviceSession(device)
        let tokenizer = try onDevice { () throws(RuntimeError) in try Tokenizer(tables: tables) }
        var checks: [CheckVector] = []
        for text in texts {
            let check = try onDevice { () throws(RuntimeError) -> CheckVector? in
                let ids = try tokenizer.encode(text, limit: device.maximumLength)
                return ids.isEmpty ? nil : CheckVector(text: Array(text.utf8), ids: ids, logits: try session.run(ids))
            }
            if let check { checks.append(check) }
        }
        return checks
    }

    private func provenance(_ quantized: QuantizedModel) throws(EmbqError) -> String {
        try CanonicalJSON.compact(
            Provenance(
                generator: "embq \(embqVersion)", family: model.config.family,
                head: model.config.headName, task: model.config.task.rawValue,
                scores: model.config.scores == model.config.task.usualScores ? nil : model.config.scores.rawValue,
                prompt: model.checkpoint.prompt.isEmpty ? nil : model.checkpoint.prompt,
                similarity: model.checkpoint.sentence.flatMap {
                    $0.similarity == .cosine ? nil : $0.similarity.rawValue
                },
                sourceFormat: model.checkpoint.source.format, modelSHA256: model.modelSHA256,
                tokenizerSHA256: model.tokenizerSHA256,
                calibration: Provenance.Calibration(
                    observer: type(of: observer).name, methods: weights.methods.names,
                    sentences: profile.sentences, tokens: profile.tokens, dataSHA256: profile.dataSHA256,
                    rounding: rounding, choices: choices), limits: limits.isEmpty ? nil : limits,
                points: quantized.points.map { point in
                    Provenance.Point(
                        name: point.name, scale: point.scale, zeroPoint: point.zeroPoint,
                        integers: [point.integers.lowerBound, point.integers.upperBound])
                }, rows: quantized.rows))
    }
}
