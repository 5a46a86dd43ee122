import Checkpoints
import TensorCore

/// Takes a family's tensors out of a checkpoint one by one and knows which are left.
struct ParameterReader {
    private let source: any TensorSource
    private var used: Set<String> = []

    init(_ source: any TensorSource) { self.source = source }

    var path: String { source.path }

    /// Reads one tensor whose shape the configuration tells.
    ///
    /// - Parameter keys: the keys of config.json behind `shape`, for the message.
    mutating func read(_ name: String, _ shape: [Int], _ keys: String) throws(EmbqError) -> [Float] {
        let info = try source.requireInfo(name)
        guard info.shape == shape else {
            throw EmbqError(
                .shapeMismatch, file: source.path, place: EmbqError.place(tensor: name),
                "its shape is \(info.shape); config.json says \(shape) (\(keys))",
                advice: "Use the config.json released with these weights, or pass --config.")
        }
        let tensor = try source.finiteFloats(name)
        used.insert(name)
        return tensor.values
    }

    /// Refuses tensors that nobody has read: a model with more in it is another model.
    func finish(family: Family) throws(EmbqError) {
        guard let extra = source.tensors.first(where: { !used.contains($0.name) }) else { return }
        throw EmbqError(
            .unsupported, file: source.path, place: EmbqError.place(tensor: extra.name),
            "\(family.rawValue) with this config.json has no such tensor",
            advice: "Check num_hidden_layers and model_type in config.json.")
    }
}
