import EmbqCheckpoints
import EmbqCore
import EmbqModels
import EmbqTestSupport
import Foundation

/// A checkpoint with what the PyTorch implementation that trained it computes (Fixtures/golden/make_models.py).
struct GoldenModel: Sendable {
    /// The contract: no logit is further from the reference's.
    static let logitTolerance: Float = 2e-4
    /// Of the largest magnitude of the embedder's or layer's activations. Both sides sum in fp32, in different orders:
    /// six checkpoints differ by 1.5e-6 at most.
    static let activationTolerance: Float = 1e-5

    let name: String
    let config: ModelConfig
    let graph: ModelGraph
    let model: GraphInterpreter
    /// Each row at its own length. Rows of Hugging Face's models are pairs: what follows [SEP] has type 1.
    let sentences: [Sentence]
    /// fp32 `[rows, outputs]`.
    let logits: [Float]
    private let golden: SafetensorsFile

    init(weights folder: String, golden file: String) throws {
        let checkpoint = try Checkpoint(folder)
        (config, graph) = try ModelFamilies.graph(checkpoint)
        model = GraphInterpreter(graph, config: config)
        name = Folder.name(of: folder)
        golden = try SafetensorsFile(file)
        let width = try golden.requireInfo("input_ids").shape[1]
        let ids = try Self.integers("input_ids", golden)
        let separator = config.special.separator
        sentences = try Self.integers("lengths", golden).enumerated().map { row, length in
            let ids = ids[row * width..<row * width + length].map { UInt16($0) }
            let end = ids.firstIndex { Int($0) == separator } ?? ids.count
            return Sentence(ids, types: ids.indices.map { $0 > end ? 1 : 0 })
        }
        logits = try golden.floats("logits").values
    }

    /// The fixture that is always there.
    static var fixture: GoldenModel {
        get throws {
            try GoldenModel(
                weights: Fixtures.path("embbert-snips"), golden: Fixtures.path("golden/embbert-snips.safetensors"))
        }
    }

    /// Folders with model.safetensors, config.json and golden.safetensors that the environment names.
    static var folders: [String] {
        (ProcessInfo.processInfo.environment["EMBQ_GOLDEN"] ?? "").split(separator: ":").map { String($0) }
    }

    /// The embedder and the layers, by the names of the probe and of the golden file.
    var points: [(point: String, recorded: String)] {
        let embedders = ["embedder.projection", "embedder.norm"]
        let embedder = embedders.first { graph.value($0) != nil } ?? "embedder"
        let layers = graph.nodes.map(\.name).filter {
            $0 == "convolution" || $0.hasPrefix("layers.") && $0.hasSuffix(".output")
        }
        return [(embedder, "embedder")] + layers.enumerated().map { ($1, "layer\($0)") }
    }

    /// The largest |Δ| between the recorded logits and those computed in batches.
    func logitDifference(folded: Bool = false) -> Float {
        let model = folded ? GraphInterpreter(graph.folded(), config: config) : model
        var computed: [Float] = []
        for run in TokenBatch.runs(of: sentences) {
            var probe = NoProbe()
            computed += model.logits(TokenBatch(sentences[run]), probe: &probe)
        }
        return computed.largestDifference(from: logits)
    }

    /// For each recorded point of rows 0 and 1: the largest |Δ| over the largest recorded magnitude.
    func activationDifferences() throws -> [(name: String, ratio: Float)] {
        var differences: [(name: String, ratio: Float)] = []
        for row in 0...1 {
            var probe = RecordingProbe()
            _ = model.logits(TokenBatch([sentences[row]]), probe: &probe)
            for (point, recorded) in points {
                let expected = try golden.floats("row\(row)_\(recorded)").values
                let magnitude = expected.reduce(0) { max($0, abs($1)) }
                let difference = (probe.values[point] ?? []).largestDifference(from: expected)
                differences.append(("row\(row)_\(recorded)", difference / magnitude))
            }
        }
        return differences
    }

    private static func integers(_ name: String, _ file: SafetensorsFile) throws -> [Int] {
        let info = try file.requireInfo(name)
        return try file.withBytes(of: name) { bytes throws(EmbqError) in
            var reader = ByteReader(bytes)
            var values: [Int] = []
            for _ in 0..<info.count { values.append(Int(try reader.read(Int32.self, name))) }
            return values
        }
    }
}

/// Keeps what it sees.
struct RecordingProbe: ActivationProbe {
    var values: [String: [Float]] = [:]

    mutating func observe(_ point: String, _ values: [Float], width: Int) { self.values[point] = values }
}

extension [Float] {
    /// max |a - b|; infinite for lists of different lengths or a NaN.
    func largestDifference(from other: [Float]) -> Float {
        guard count == other.count else { return .infinity }
        return zip(self, other).reduce(0) { largest, pair in
            let difference = abs(pair.0 - pair.1)
            return difference.isNaN ? .infinity : Swift.max(largest, difference)
        }
    }
}
