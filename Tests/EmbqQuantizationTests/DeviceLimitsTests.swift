import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqModels
import EmbqPipeline
import EmbqQuantization
import EmbqRuntime
import EmbqTestSupport
import Testing

/// A model of Fixtures/families with some sizes changed, quantized.
private struct ResizedFamily {
    let model: ReleasedModel
    let artifact: ArtifactReader

    /// - Parameters:
    ///   - lengths: of the sentences that it is calibrated with.
    ///   - change: of the tensors, and the values of config.json as JSON.
    init(
        _ fixture: String, lengths: [Int],
        _ change: (_ tensors: inout [String: Tensor], _ config: inout [String: String]) -> Void
    ) throws {
        let released = try Checkpoint(Fixtures.path("families/\(fixture)"))
        var tensors: [String: Tensor] = [:]
        for info in released.source.tensors { tensors[info.name] = try released.source.floats(info.name) }
        var config: [String: String] = [:]
        for (key, value) in released.config?.json.object ?? [] {
            config[key] = String(decoding: value.bytes, as: UTF8.self)
        }
        change(&tensors, &config)
        let folder = try TemporaryFolder()
        try TinyEmbBERT.write(tensors, config, TinyEmbBERT().tokenizer, to: folder)
        model = try ReleasedModel(Checkpoint(folder.path))
        let profile = try Calibrator.calibrate(
            model.model.rewritten, points: model.model.points(),
            sentences: Self.sentences(lengths, vocabulary: model.config.vocabularySize, seed: 1),
            observer: MinMaxObserver.name, modelSHA256: model.modelSHA256,
            dataSHA256: String(repeating: "0", count: 64), threads: 2)
        artifact = try QuantizeJob(model, profile: profile, methods: .onRanges).run().artifact
    }

    /// Random sentences with [CLS] at the start, [SEP] in the middle and [MASK] behind it.
    static func sentences(_ lengths: [Int], vocabulary: Int, seed: UInt64) -> [[UInt16]] {
        var generator = SplitMix64(seed: seed)
        return lengths.map { length in
            var ids = (0..<length).map { _ in UInt16.random(in: 5..<UInt16(vocabulary), using: &generator) }
            ids[0] = 2
            if length > 4 { (ids[length / 2], ids[length / 2 + 1]) = (4, 3) }
            return ids
        }
    }

    /// SQNR of the logits in dB. The runtime's are those of the reference, bit for bit.
    func signalToNoise(_ lengths: [Int]) throws -> Double {
        let sentences = Self.sentences(lengths, vocabulary: model.config.vocabularySize, seed: 2)
        let released = Inference.run(model.model.released, sentences, threads: 2) { _, _, _ in }.logits
        let quantized = try Inference.run(artifact.device, sentences, threads: 2) { _, _, _ in }.logits
        let reference = ReferenceInterpreter(
            ProgramRecord(bytes: artifact.section(.model) ?? []), weights: Array(artifact.section(.weights) ?? []),
            tables: Array(artifact.section(.tables) ?? []))
        #expect(sentences.flatMap { reference.logits($0) } == quantized)
        return EmbqQuantizationTests.signalToNoise(released, quantized.map { Float($0) * DeviceModel.logitScale })
    }

    static func random(_ shape: [Int], _ range: ClosedRange<Float>, seed: UInt64) -> Tensor {
        var generator = SplitMix64(seed: seed)
        return Tensor(
            shape: shape, values: (0..<shape.reduce(1, *)).map { _ in Float.random(in: range, using: &generator) })
    }
}

@Suite("Sizes up to the device's limits")
struct DeviceLimitsTests {
    private static let short = (0..<48).map { 1 + $0 % 24 }

    @Test("one token type or several: a text has the first", arguments: [1, 2, 4, 40])
    func tokenTypes(count: Int) throws {
        let table = "bert.embeddings.token_type_embeddings.weight"
        let family = try ResizedFamily("hf-classifier", lengths: Self.short) { tensors, config in
            let rows = tensors[table]?.values ?? []
            let width = rows.count / 2
            // Rows that no text has are large: they must not coarsen anything.
            let others = [Float](repeating: 1000, count: max(0, count - 2) * width)
            tensors[table] = Tensor(shape: [count, width], values: rows[..<(min(count, 2) * width)] + others)
            config["type_vocab_size"] = "\(count)"
        }
        #expect(try family.signalToNoise(Self.short) > 28)
    }

    @Test("states of a scan", arguments: [1, 64, 65, 256, 512])
    func states(count: Int) throws {
        let family = try ResizedFamily("mamba", lengths: Self.short) { tensors, config in
            for layer in 0..<2 {
                let mixer = "model.mamba_layers.layers.\(layer).mixer."
                tensors[mixer + "x_proj.weight"] = ResizedFamily.random([2 + 2 * count, 25], -0.3...0.3, seed: 3)
                tensors[mixer + "A_log"] = ResizedFamily.random([25, count], 0...3, seed: 4)
            }
            config["d_state"] = "\(count)"
        }
        #expect(try family.signalToNoise(Self.short) > 28)
    }

    @Test("positions that a root of a mean square reads", arguments: [2048, 2049, 16_384])
    func positions(length: Int) throws {
        let family = try ResizedFamily("nanoembedder", lengths: [1, 7, 24, 300, length]) { tensors, config in
            let r = tensors["model.embedder.position.weight"]?.shape[1] ?? 0
            tensors["model.embedder.position.weight"] = ResizedFamily.random([length, r], -1...1, seed: 5)
            config["max_length"] = "\(length)"
        }
        #expect(try family.signalToNoise([1, 24, 2000, min(4096, length), min(4097, length), length]) > 28)
    }

    @Test("positions that a mean reads")
    func meanPositions() throws {
        let length = 2100
        let family = try ResizedFamily("hf-encoder", lengths: [1, 7, 24, 300]) { tensors, config in
            tensors["embeddings.position_embeddings.weight"] = ResizedFamily.random([length, 20], -1...1, seed: 6)
            config["max_position_embeddings"] = "\(length)"
        }
        #expect(try family.signalToNoise([1, 24, 300, length]) > 28)
    }

    @Test("a logit for every word of the largest vocabulary, and two")
    func outputs() throws {
        let words = 65_535
        let family = try ResizedFamily("nanoembedder-pretraining", lengths: Self.short) { tensors, config in
            let r = tensors["model.embedder.token.weight"]?.shape[1] ?? 0
            let width = tensors["model.embedder.tok_expander.weight"]?.shape[0] ?? 0
            tensors["model.embedder.token.weight"] = ResizedFamily.random([words, r], -1...1, seed: 7)
            tensors["mlm_classifier.weight"] = ResizedFamily.random([words, width], -0.3...0.3, seed: 8)
            tensors["mlm_classifier.bias"] = ResizedFamily.random([words], -0.3...0.3, seed: 9)
            config["vocab_size"] = "\(words)"
        }
        #expect(family.artifact.device.outputs == words + 2)
        #expect(try family.signalToNoise([12, 24]) > 28)
    }

    @Test(
        "as many layers as there are passes for",
        arguments: [
            ("embbert", "model.attentions.", ["model.norms."]), ("bert", "model.bert_layers.layers.", []),
            ("bertefficient", "model.attentions.", ["model.pre_norms.", "model.post_norms.", "model.feed_forward."]),
            ("mamba", "model.mamba_layers.layers.", []), ("hf-classifier", "bert.encoder.layer.", []),
        ])
    func layers(fixture: String, prefix: String, others: [String]) throws {
        let family = try ResizedFamily(fixture, lengths: [3, 24]) { tensors, config in
            for (name, tensor) in tensors {
                guard let prefix = ([prefix] + others).first(where: { name.hasPrefix("\($0)1.") }) else { continue }
                for layer in 2..<127 { tensors["\(prefix)\(layer).\(name.dropFirst(prefix.count + 2))"] = tensor }
            }
            config["num_hidden_layers"] = "127"
        }
        #expect(ProgramRecord(bytes: family.artifact.section(.model) ?? []).passes.count <= 256)
    }

    @Test("POOL, POOLED: the largest rows of the longest sentences", arguments: [1, 2])
    func largestSums(kind: Int) throws {
        let limit = Double(ReferenceArithmetic.rowLimit)
        let constant = [1, -1, 0.5, 0].map { Int(limit * $0) }
        var model = HandMadeModel(length: 16_384)
        let input = model.row(constant)
        let sums = model.store(ProgramRecord.int64, constant.count, span: 1)
        model.add(.pool, [input, sums, kind])
        model.beginPass(ProgramRecord.once)
        let out = model.register(ProgramRecord.int32, constant.count)
        model.add(.pooled, [out, sums, kind])
        model.output(out)
        for tokens in [2048, 2049, 4096, 4097, 8191, 8192, 12_000, 16_383, 16_384] {
            let logits = try model.logits([UInt16](repeating: 5, count: tokens))
            for (found, value) in zip(logits, constant) {
                let expected = kind == 1 ? Double(value) : Double(value.magnitude)
                #expect(
                    abs(Double(found) - expected) <= 2 + limit * (kind == 1 ? 0x1p-20 : 0x1p-27), "\(tokens) tokens")
            }
        }
    }
}
