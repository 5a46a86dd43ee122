import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqModels
import EmbqPipeline
import EmbqQuantization
import EmbqRuntime
import EmbqTestSupport

/// A model of Fixtures/families on its way through the pipeline, with a tokenizer of letters.
struct FamilySample {
    /// Every family, and every head that a family has.
    static let names = [
        "embbert", "embbert-pretraining", "embbert-rms", "nanoembedder", "nanoembedder-pretraining", "nanoembedderconv",
        "nanoembedderconv-sequence", "bert", "bert-pretraining", "nanobert", "bertefficient", "nanobertefficient",
        "nanobertefficient-pretraining", "mamba", "mamba-sequence", "mamba-pretraining", "hf-classifier", "hf-encoder",
        "distilbert-classifier", "distilbert-encoder", "electra-classifier", "electra-encoder", "roberta-classifier",
        "xlm-roberta-encoder", "albert-classifier", "albert-encoder", "mobilebert-classifier", "mobilebert-encoder",
    ]

    /// Families with reduced tables and with tables of full width, with fewer than 8 bits wherever they can be.
    static let packedNames = ["embbert, few bits", "bert, few bits"]
    /// With rows of few bits for all positions, keys and values of fewer.
    static let memories = [
        "embbert, rows of 6 bits": MemoryChoice(rows: 6, keys: 4),
        "embbert, rows of 5 bits": MemoryChoice(rows: 5, keys: 5),
        "bertefficient, rows of 3 bits": MemoryChoice(rows: 3, keys: 2),
        "bert, keys of 6 bits": MemoryChoice(rows: 8, keys: 6),
        "nanobertefficient, rows of 4 bits": MemoryChoice(rows: 4, keys: 1),
    ]
    /// Sentence encoders with operations that no family needs.
    static let folderNames = ["folders/st-chain", "folders/st-pool-joined-new", "folders/st-static-mapped", "tags"]
    /// With 16 bits wherever they can be.
    static let shortNames = ["hf-classifier, 16 bits", "mobilebert-classifier, 16 bits"]
    static let everyName = names + packedNames + memories.keys.sorted() + shortNames + folderNames

    let model: ReleasedModel
    let profile: CalibrationProfile
    let artifact: ArtifactReader

    init(_ name: String, observer: String = MinMaxObserver.name) throws {
        model = try Self.load(name)
        profile = try Self.calibrate(model, observer: observer)
        if Self.packedNames.contains(name) {
            artifact = try Self.packed(model, profile)
        } else if let memory = Self.memories[name] {
            artifact = try Self.quantized(model, profile, WeightWidths(memory: memory))
        } else if Self.shortNames.contains(name) {
            artifact = try Self.short(model, profile)
        } else {
            artifact = try QuantizeJob(model, profile: profile, methods: .onRanges).run().artifact
        }
    }

    /// All weights that can have fewer than 8 bits have them, of each number of bits some.
    private static func packed(_ model: ReleasedModel, _ profile: CalibrationProfile) throws -> ArtifactReader {
        var weights = WeightQuantizer()
        let observer = try Observers.required(profile.observer)
        let whole = try model.model.quantize(profile, observer: observer, weights: &weights)
        return try quantized(model, profile, few(whole.choices))
    }

    private static func quantized(_ model: ReleasedModel, _ profile: CalibrationProfile, _ widths: WeightWidths) throws
        -> ArtifactReader
    {
        var weights = WeightQuantizer()
        let observer = try Observers.required(profile.observer)
        let quantized = try model.model.quantize(profile, observer: observer, weights: &weights, widths: widths)
        return try ArtifactReader(
            ArtifactWriter(quantized, tokenizer: model.tokenizerTables, provenance: "{}").bytes())
    }

    private static func few(_ choices: [WidthChoice]) -> WeightWidths {
        var widths = WeightWidths()
        for (index, choice) in choices.enumerated() {
            if choice.isTable {
                widths.tables[choice.name] =
                    [(9, 8), (20, 6), (choice.outputs, 3)].map { PackedTable.RowClass(end: $0, bits: $1) }
            } else {
                widths.bits[choice.name] = 1 + index % 6
            }
        }
        return widths
    }

    /// All points and weights that can have 16 bits have them.
    private static func short(_ model: ReleasedModel, _ profile: CalibrationProfile) throws -> ArtifactReader {
        let observer = try Observers.required(profile.observer)
        var choice = ShortChoice()
        // Each adds candidates: what reads a point of 16 bits may have such weights.
        for _ in 0..<2 {
            var weights = WeightQuantizer()
            let found = try model.model.quantize(
                profile, observer: observer, weights: &weights, widths: WeightWidths(short: choice))
            choice.points.formUnion(found.shortCandidates.points)
            choice.weights.formUnion(found.shortCandidates.weights)
        }
        return try quantized(model, profile, WeightWidths(short: choice))
    }

    /// Each made once a run.
    static func shared(_ name: String) throws -> FamilySample {
        guard let sample = all[name] else { throw EmbqError(.missing, "no fixture \(name)", advice: "Add it.") }
        return try sample.get()
    }

    private static let all: [String: Result<FamilySample, any Error>] = Dictionary(
        uniqueKeysWithValues: everyName.map { name in (name, Result { try FamilySample(name) }) })

    var program: ProgramRecord { ProgramRecord(bytes: artifact.section(.model) ?? []) }

    static func load(_ name: String) throws -> ReleasedModel {
        if folderNames.contains(name) {
            return try ReleasedModel(Checkpoint(CheckpointLocation(Fixtures.path(name), maxTokens: 40)))
        }
        let folder = try TemporaryFolder()
        let tokenizer = try folder.write(TinyEmbBERT().tokenizer, to: "tokenizer.json")
        // Whatever class a family's tokenizers usually have.
        try folder.write(Array("{\"tokenizer_class\": \"PreTrainedTokenizerFast\"}".utf8), to: "tokenizer_config.json")
        let name = name.prefix { $0 != "," }
        return try ReleasedModel(
            Checkpoint(CheckpointLocation(Fixtures.path("families/\(name)"), tokenizer: tokenizer)))
    }

    static func calibrate(_ model: ReleasedModel, observer: String = MinMaxObserver.name, threads: Int = 1)
        throws(EmbqError) -> CalibrationProfile
    {
        try Calibrator.calibrate(
            model.model.rewritten, points: model.model.points(), sentences: sentences(model.config, 64, seed: 1000),
            observer: observer, modelSHA256: model.modelSHA256, dataSHA256: String(repeating: "0", count: 64),
            threads: threads)
    }

    /// Random sentences of every length up to the model's, with [SEP], [MASK] and [PAD] inside some.
    static func sentences(_ config: ModelConfig, _ count: Int, seed: UInt64) -> [[UInt16]] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { index in
            let tokens = 1 + (index * 7 + Int(seed)) % config.maximumLength
            return (0..<tokens).map { position in
                let chance = Int.random(in: 0..<100, using: &generator)
                if position == 0 { return 2 }
                switch chance {
                case 0..<6 where index % 3 == 0: return 0
                case 6..<12 where index % 2 == 0: return 4
                case 12..<24 where index % 4 != 0: return 3
                default: return UInt16.random(in: 5..<UInt16(config.vocabularySize), using: &generator)
                }
            }
        }
    }

    /// fp32 logits of the released weights.
    func released(_ sentences: [[UInt16]]) -> [Float] {
        Inference.run(model.model.released, sentences, threads: 2) { _, _, _ in }.logits
    }

    /// An artifact of another quantization of the model.
    func artifact(of model: QuantizedModel) throws -> [UInt8] {
        ArtifactWriter(
            model, tokenizer: Array(artifact.section(.tokenizer) ?? []), provenance: "{}"
        ).bytes()
    }

    /// The mean square of a device's noise.
    func noise(_ device: DeviceModel, _ sentences: [[UInt16]]) throws -> Float {
        let found = try Inference.run(device, sentences, threads: 2) { _, _, _ in }.logits
        let noise = zip(found, released(sentences)).map { Float($0) * DeviceModel.logitScale - $1 }
        return noise.reduce(0) { $0 + $1 * $1 } / Float(noise.count)
    }

    /// int8 logits by the runtime, as real numbers.
    func quantized(_ sentences: [[UInt16]]) throws -> [Float] {
        try Inference.run(artifact.device, sentences, threads: 2) { _, _, _ in }.logits.map {
            Float($0) * DeviceModel.logitScale
        }
    }
}

extension Observers {
    fileprivate static func required(_ name: String) throws -> any RangeObserver {
        if let observer = named(name) { return observer }
        throw EmbqError(.missing, "no observer \(name)", advice: "Name one that there is.")
    }
}
