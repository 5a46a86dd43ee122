package import EmbqArtifact
package import EmbqCore
package import EmbqEvaluation
package import EmbqModels
package import EmbqQuantization
import EmbqRuntime

/// Measures what quantization costs inside the model: the rows that the device's code makes, beside the same values of
/// the fp32 graph in the form that was quantized, its constants folded where they were.
package struct LayerProbe: Sendable {
    /// Sentences that are enough: each gives tens of rows of hundreds of numbers.
    package static let standardSentences = 64

    private let device: DeviceModel
    private let rows: [ObservedRow]
    /// What was done to the graph before it was quantized.
    private let methods: QuantizationMethods

    /// Takes the places of the rows from section META.
    ///
    /// - Throws: `.missing` for an artifact that does not tell them, `.malformed` for places that make no sense.
    package init(_ artifact: ArtifactReader) throws(EmbqError) {
        device = artifact.device
        rows = try artifact.listed(
            "rows", lacking: "where its layers' rows are", wrong: "a row's place and scale", ObservedRow.init)
        methods = artifact.methods
    }

    /// Runs both models on sentences, each its own token ids.
    ///
    /// - Throws: `.mismatch` when the artifact is not of this model.
    package func measure(
        _ sentences: [(device: Sentence, reference: Sentence)], against model: QuantizableModel, threads: Int,
        progress: @escaping ProgressHandler
    ) throws(EmbqError) -> LayerSQNR {
        let reference = model.form(methods)
        try check(reference.graph)
        let counter = ProgressCounter("layers", total: sentences.count, progress)
        let parts = try Parallel.map(sentences.count, threads: threads) { index throws(EmbqError) in
            let ratios = try measure(sentences[index].device, sentences[index].reference, reference)
            counter.add(1)
            return ratios
        }
        var sums = [SignalToNoise](repeating: SignalToNoise(), count: rows.count + 1)
        for part in parts { for index in sums.indices { sums[index].add(part[index]) } }
        let layers = zip(rows.map(\.name) + ["logits"], rows.map(\.bits) + [32]).enumerated().map { index, layer in
            LayerSQNR.Layer(name: layer.0, bits: layer.1, ratio: sums[index].decibels)
        }
        return LayerSQNR(sentences: sentences.count, layers: layers)
    }

    private func check(_ graph: ModelGraph) throws(EmbqError) {
        for row in rows {
            let width = graph.value(row.name).map { graph[$0].width }
            guard let width, width == device.registerWidth(row.register) else {
                throw EmbqError(
                    .mismatch, place: "'\(EmbqError.printable(row.name))'",
                    width == nil
                        ? "the checkpoint's graph has no such value"
                        : "the checkpoint's value has \(width ?? 0) columns, the artifact's \(device.registerWidth(row.register))",
                    advice: "Compare an artifact with the checkpoint that it was made from.")
            }
        }
    }

    /// Signal and noise of each row and of the logits, for one sentence.
    private func measure(_ sentence: Sentence, _ other: Sentence, _ reference: GraphInterpreter) throws(EmbqError)
        -> [SignalToNoise]
    {
        var probe = RowProbe(rows.map(\.name))
        let expected = reference.logits(TokenBatch([other]), probe: &probe)
        let registers = rows.map { WatchedRegister(pass: $0.pass, operation: $0.operation, register: $0.register) }
        let (logits, found) = try onDevice { () throws(RuntimeError) in
            let session = DeviceSession(device)
            let watched = try session.run(TokenizedTexts(sentence), watching: registers)
            // A tagger's logits are told token by token by a run of their own.
            return (device.task == .tags ? try session.runTags(sentence.ids) : watched.logits, watched.rows)
        }
        var ratios: [SignalToNoise] = []
        for (row, watched) in zip(rows, found) {
            var ratio = SignalToNoise()
            let values = watched.aligned(probe.rows[row.name]?.values ?? [])
            if !values.isEmpty {
                ratio.add(reference: values, test: row.real(watched.values[..<values.count], watched.width))
            }
            ratios.append(ratio)
        }
        var ratio = SignalToNoise()
        ratio.add(reference: expected, test: Inference.real(logits))
        return ratios + [ratio]
    }
}

extension WatchedRows {
    /// The rows of fp32 that are these: a pass that visits one position gives that row, and behind a pooling both have
    /// one.
    func aligned(_ values: [Float]) -> ArraySlice<Float> {
        let start = values.count == width ? 0 : first * width
        return values[min(start, values.count)...].prefix(self.values.count)
    }
}

extension ObservedRow {
    /// A member of `rows` in section META; nil when something is missing or out of range.
    init?(_ json: JSONValue) {
        func index(_ key: String) -> Int? { json[key]?.int.flatMap { (0..<1 << 20).contains($0) ? $0 : nil } }
        guard let name = json["name"]?.string, let pass = index("pass"), let operation = index("operation"),
            let register = index("register"), let bits = index("bits"), let scale = json["scale"]?.double,
            let zeroPoint = json["zero_point"]?.int, abs(zeroPoint) < 1 << 20
        else { return nil }
        var channels: [Float]?
        if let listed = json["channels"] {
            let factors = listed.array?.compactMap(\.double).map(Float.init) ?? []
            guard !factors.isEmpty, factors.count == listed.array?.count else { return nil }
            channels = factors
        }
        self.init(
            name: name, pass: pass, operation: operation, register: register, bits: bits, scale: scale,
            zeroPoint: zeroPoint, channels: channels)
    }

    /// Integers of a register, `[rows, width]`, as real values.
    func real(_ integers: ArraySlice<Int32>, _ width: Int) -> [Float] {
        let factors = channels.flatMap { $0.count == width ? $0 : nil }
        return integers.enumerated().map { index, integer in
            let value = Double(Int(integer) - zeroPoint) * scale
            return Float(value * Double(factors?[index % width] ?? 1))
        }
    }
}
