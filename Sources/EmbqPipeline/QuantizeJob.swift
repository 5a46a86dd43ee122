package import EmbqArtifact
import EmbqCheckpoints
package import EmbqCore
package import EmbqEvaluation
import EmbqModels
package import EmbqQuantization
import EmbqRuntime

/// Makes an artifact of a checkpoint and a calibration profile.
package struct QuantizeJob: Sendable {
    package var model: ReleasedModel
    package var profile: CalibrationProfile
    /// The file that the profile was read from, for errors; nil when it was just measured.
    package var profilePath: String?
    /// Overrides the observer that the profile names.
    package var observer: String?
    package var methods: QuantizationMethods
    package var goal: WidthGoal
    /// What choices of widths are scored by; nil: what the task is usually judged by.
    package var metric: Metric?
    /// What the part that it is made for has.
    package var part = PartLimits()
    /// What the artifact will be measured by; only recorded.
    package var limits = AccuracyLimits()
    package var threads: Int

    /// What was made.
    package struct Result: Sendable {
        package var artifact: ArtifactReader
        /// How each point was quantized.
        package var points: [ActivationQuantizer]
        /// The choices of widths that were measured; empty without a goal.
        package var front: [WidthPoint]
        /// What the choices are compared with: 8 bits everywhere; nil without a goal.
        package var baseline: WidthPoint?
        /// What the choices are scored by; nil where no sentence has a right answer.
        package var frontMetric: Metric?
        /// Warnings about numbers that the device cannot hold, one sentence each.
        package var notes: [String] = []
    }

    package init(
        _ model: ReleasedModel, profile: CalibrationProfile, profilePath: String? = nil, observer: String? = nil,
        methods: QuantizationMethods = .all, goal: WidthGoal = WidthGoal(), threads: Int = 1
    ) {
        self.model = model
        self.profile = profile
        self.profilePath = profilePath
        self.observer = observer
        self.methods = methods
        self.goal = goal
        self.threads = threads
    }

    /// The artifact, opened by the runtime, with check vectors recorded from that very run.
    ///
    /// - Throws: `.mismatch` for a profile of another model or form; `.missing` for one that lacks what is needed;
    ///   `.limitExceeded` when no choice of widths fits the budget or the part, `.inaccurate` when none that does agrees as asked;
    ///   `.invalidRequest` for methods or a goal that need sentences where the profile keeps none, for sentences that are
    ///   longer than the model takes, or a goal of agreement for an encoder.
    package func run(progress: @escaping ProgressHandler = { _, _, _ in }) throws(EmbqError) -> Result {
        do throws(EmbqError) { try checkProfile() } catch { throw error.at(file: profilePath ?? model.checkpoint.path) }
        do throws(EmbqError) {
            var result = try quantize(progress)
            result.notes = try saturation(result.artifact).map { [$0] } ?? []
            return result
        } catch { throw error.at(file: model.checkpoint.path) }
    }

    private func checkProfile() throws(EmbqError) {
        guard profile.modelSHA256 == model.modelSHA256, profile.family == model.config.family else {
            throw EmbqError(
                .mismatch,
                "it was made with other weights: \(EmbqError.printable(profile.family)), SHA-256 \(profile.modelSHA256); "
                    + "\(model.checkpoint.path) is \(model.config.family), SHA-256 \(model.modelSHA256)",
                advice: "Calibrate this checkpoint again with `embq calibrate`.")
        }
        guard profile.isFolded == methods.contains(.folding) else {
            throw EmbqError(
                .mismatch,
                profile.isFolded
                    ? "it was measured with norms folded into the weights, and the methods leave folding out"
                    : "it was measured on the model as released, and the methods fold norms into the weights",
                advice: "Calibrate again with the same --methods, or give the sentences with --data alone.")
        }
        try profile.require(model.model.points(methods))
        try checkSentences()
    }

    /// Sentences of a file may have anything in them.
    private func checkSentences() throws(EmbqError) {
        guard let kept = profile.kept else {
            let lacking = methods.intersection(.onSentences)
            guard !lacking.isEmpty else { return }
            throw EmbqError(
                .invalidRequest,
                "it keeps no sentences, which \(lacking.names.joined(separator: " and ")) are measured on",
                advice:
                    "Leave them out, with --methods \(methods.subtracting(.onSentences).names.joined(separator: ",")), "
                    + "or calibrate again without --no-sentences.")
        }
        let config = model.config
        let hasTypes = config.usesTemplateTypes ? try !model.hasOneTokenType : false
        for item in kept.items {
            guard item.sentence.count <= config.maximumLength else {
                throw EmbqError(
                    .invalidRequest,
                    "it keeps a sentence of \(item.sentence.count) tokens, the model takes \(config.maximumLength)",
                    advice: "Calibrate with --max-tokens \(config.maximumLength), or give the sentences with --data.")
            }
            guard item.sentence.ids.allSatisfy({ $0 < config.vocabularySize }),
                !item.sentence.ids.isEmpty || config.takesNothing, hasTypes || item.sentence.types.isEmpty,
                item.target.map({ config.canAnswer($0) }) ?? true
            else {
                throw EmbqError(
                    .mismatch, "it keeps a sentence whose tokens or whose answer are none of this model's",
                    advice: "Calibrate this checkpoint again with `embq calibrate`.")
            }
        }
    }

    /// The right answers that the profile keeps, and what choices of widths are scored by.
    private func scoring(_ kept: CalibrationSentences) -> WidthSearch.Scoring? {
        let scored = kept.items.indices.filter { kept.items[$0].target != nil }
        let answers = scored.compactMap { kept.items[$0].target }
        guard !answers.isEmpty, let targets = model.config.targets(answers) else { return nil }
        return WidthSearch.Scoring(
            sentences: scored, targets: targets,
            metric: metric ?? EvaluateJob.metric(of: "", kind: Inference.kind(of: model)))
    }

    private func quantize(_ progress: @escaping ProgressHandler) throws(EmbqError) -> Result {
        var builder = try ArtifactBuilder(self, progress: progress)
        var whole = try builder.artifact(WeightWidths(), checks: builder.checkTexts)
        if !part.fitsRAM(whole) { whole = try withLessMemory(&builder) }
        func isEnough() -> Bool {
            goal.minAgreement == nil && Footprint(whole).total <= goal.budget ?? .max && part.fitsFlash(whole)
        }
        // Where weights get few bits, nothing is read in 16.
        if isEnough(), let kept = profile.kept, methods.contains(.wideActivations) {
            whole = try withShortPoints(&builder, whole, kept.sentences)
            // Rows of 16 bits take more of the arena: RAM rules them out, as it can nothing else.
            if !part.fitsRAM(whole) {
                builder.short = ShortChoice()
                whole = try builder.artifact(WeightWidths(), checks: builder.checkTexts)
            }
        }
        if isEnough() {
            return Result(artifact: whole, points: builder.points, front: [])
        }
        return try withWidths(builder, progress)
    }

    /// The artifact whose arena holds rows of so few bits that the part has RAM for it.
    ///
    /// - Throws: `.limitExceeded` where none does.
    private func withLessMemory(_ builder: inout ArtifactBuilder) throws(EmbqError) -> ArtifactReader {
        var least = try builder.artifact(WeightWidths(), checks: [])
        var fitting: [MemoryChoice] = []
        for memory in MemoryChoice.all.dropFirst() {
            let artifact = try builder.artifact(WeightWidths(memory: memory), checks: [])
            if part.fitsRAM(artifact) { fitting.append(memory) }
            if Footprint(artifact).ramAtLongest < Footprint(least).ramAtLongest { least = artifact }
        }
        if fitting.isEmpty { try part.requireRAM(least) }
        builder.memories = fitting
        return try builder.artifact(WeightWidths(), checks: builder.checkTexts)
    }

    /// The artifact whose weights have the widths that reach the goal.
    private func withWidths(_ builder: ArtifactBuilder, _ progress: @escaping ProgressHandler) throws(EmbqError)
        -> Result
    {
        var builder = builder
        guard let kept = profile.kept else {
            throw EmbqError(
                .invalidRequest,
                "which weights can do with few bits is measured on sentences, and the profile keeps none",
                advice: "Calibrate again without --no-sentences, or give the sentences with --data.")
        }
        guard goal.minAgreement == nil || model.config.task != .embedding else {
            throw EmbqError(
                .invalidRequest, "a sentence encoder has no answers that could agree with fp32's",
                advice: "Bound the bytes with --budget, and compare embeddings with `embq evaluate --against`.")
        }
        // With weights of few bits the noise is theirs, and a layer that reads 16 bits has weights of 8.
        if !builder.short.isEmpty {
            builder.short = ShortChoice()
            _ = try builder.artifact(WeightWidths(), checks: [])
        }
        builder.measureForFewBits(kept.sentences, threads: threads)
        let expected = Inference.run(model.model.released, kept.sentences, threads: threads) { _, _, _ in }.logits
        guard let flash = part.flash else { return try chosen(goal, builder, kept, expected, progress) }
        // What is in flash beside weights and tables is nearly the same with all widths: it comes off the budget.
        // What the arena holds takes nothing of it.
        if goal.budget == nil { builder.memories = Array(builder.memories.prefix(1)) }
        let least = WeightWidths.least(builder.widthChoices, memory: builder.memories.last ?? MemoryChoice())
        let smallest = Footprint(try builder.artifact(least, checks: builder.checkTexts))
        var overhead = smallest.flash.total - smallest.total
        while true {
            var goal = goal
            goal.budget = min(goal.budget ?? .max, flash - overhead)
            let result: Result
            do throws(EmbqError) { result = try chosen(goal, builder, kept, expected, progress) } catch {
                throw part.explained(error, overhead: overhead)
            }
            let excess = Footprint(result.artifact).flash.total - flash
            if excess <= 0 { return result }
            overhead += excess
        }
    }

    /// The artifact whose widths reach a goal best.
    ///
    /// - Parameter expected: fp32 logits of the sentences.
    private func chosen(
        _ goal: WidthGoal, _ builder: ArtifactBuilder, _ kept: CalibrationSentences, _ expected: [Float],
        _ progress: @escaping ProgressHandler
    ) throws(EmbqError) -> Result {
        var builder = builder
        let (sentences, scoring) = (kept.sentences, scoring(kept))
        var search = WidthSearch(
            builder.widthChoices, memories: builder.memories, metrics: builder.tableMetrics, of: model.config,
            on: sentences, expected: expected,
            scoring: scoring, progress: progress
        ) { widths throws(EmbqError) in
            let artifact = try builder.artifact(widths, checks: [])
            return (Footprint(artifact).total, try logits(artifact, sentences))
        }
        var front = try search.run(goal)
        guard let index = front.firstIndex(where: \.chosen) else { preconditionFailure("a front has its choice") }
        let widths = search.widths(of: front[index])
        // Layer after layer what is chosen is rounded once more, if that helps.
        if let sequential = try builder.sequential(widths, sentences, threads: threads, checks: builder.checkTexts) {
            var point = try search.point(
                widths, bytes: Footprint(sequential).total, try logits(sequential, sentences))
            point.chosen = true
            if point.sqnrDB > front[index].sqnrDB, goal.holds(point) {
                front[index] = point
                front.removeAll { !$0.chosen && $0.bytes >= point.bytes && $0.sqnrDB <= point.sqnrDB }
                return Result(
                    artifact: sequential, points: builder.points, front: front, baseline: search.baseline,
                    frontMetric: scoring?.metric)
            }
        }
        return Result(
            artifact: try builder.artifact(widths, checks: builder.checkTexts), points: builder.points, front: front,
            baseline: search.baseline, frontMetric: scoring?.metric)
    }

    /// Logits by the device's code, `[sentences, outputs]`.
    private func logits(_ artifact: ArtifactReader, _ sentences: [Sentence]) throws(EmbqError) -> [Float] {
        Inference.real(try Inference.run(artifact.device, sentences, threads: threads) { _, _, _ in }.logits)
    }

    /// Chooses the points that need 16 bits, on some of the sentences, and gives the artifact that has them.
    ///
    /// - Parameter plain: the artifact with 8 bits.
    private func withShortPoints(
        _ builder: inout ArtifactBuilder, _ plain: ArtifactReader, _ sentences: [Sentence]
    ) throws(EmbqError) -> ArtifactReader {
        let stride = max(1, sentences.count / Self.probedSentences)
        let probed = sentences.indices.filter { $0 % stride == 0 }.prefix(Self.probedSentences).map { sentences[$0] }
        let expected = Inference.run(model.model.released, probed, threads: threads) { _, _, _ in }.logits
        func sqnr(_ artifact: ArtifactReader) throws(EmbqError) -> Double {
            signalToNoiseDB(reference: expected, test: try logits(artifact, probed))
        }
        var isLast = true
        let plainSQNR = try sqnr(plain)
        let short = try ShortPointSearch.choose(plain: plainSQNR) {
            builder.shortCandidates
        } measure: { choice throws(EmbqError) in
            builder.short = choice
            isLast = false
            return try sqnr(builder.artifact(WeightWidths(), checks: []))
        }
        builder.short = short
        // What the builder tells of points and choices is that of the artifact made last.
        return isLast ? plain : try builder.artifact(WeightWidths(), checks: builder.checkTexts)
    }

    /// Sentences on which the logits' noise is measured.
    private static let probedSentences = 64

    /// Tells logits that the device cuts at its limit, on the calibration sentences or else on the check vectors.
    private func saturation(_ artifact: ArtifactReader) throws(EmbqError) -> String? {
        // A tagger's check vectors have checksums, and its logits less room.
        let isTagger = model.config.task == .tagging
        let limit = isTagger ? Int32(DeviceLimits.row) : Int32.max
        var rows = isTagger ? [] : artifact.checks.map(\.logits)
        var name = "check vectors"
        if let kept = profile.kept {
            let logits = try Inference.run(artifact.device, kept.sentences, threads: threads) { _, _, _ in }.logits
            let width = artifact.device.outputs
            rows = stride(from: 0, to: logits.count, by: width).map { Array(logits[$0..<$0 + width]) }
            name = isTagger ? "tokens of the calibration sentences" : "calibration sentences"
        }
        let cut = rows.count { $0.contains { $0.magnitude >= limit } }
        guard cut > 0 else { return nil }
        return "The logits of \(cut.grouped) of the \(rows.count.grouped) \(name) are cut at the device's limit of "
            + "±\(((Int(limit) >> 16) + 1).grouped): divide the weights and biases of the model's head by a constant"
            + (model.config.task == .regression ? ", and multiply the device's answers by it." : ".")
    }
}
