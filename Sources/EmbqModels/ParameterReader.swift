import EmbqCheckpoints
import EmbqCore

/// Takes a family's tensors out of a checkpoint one by one and knows which are left.
struct ParameterReader {
    private let source: any TensorSource
    /// Who says which shape is expected, for messages: `config.json says`.
    private let teller: String?
    private var used: Set<String> = []

    init(_ source: any TensorSource, toldBy teller: String?) {
        self.source = source
        self.teller = teller
    }

    var path: String { source.path }

    func has(_ name: String) -> Bool { source.info(name) != nil }

    func shape(_ name: String) -> [Int]? { source.info(name)?.shape }

    /// Reads one tensor whose shape the configuration tells.
    ///
    /// - Parameter keys: the keys of config.json behind `shape`, for the message.
    /// - Parameter integers: true if whole numbers are read too.
    mutating func read(_ name: String, _ shape: [Int], _ keys: String, integers: Bool = false) throws(EmbqError)
        -> [Float]
    {
        let info = try source.requireInfo(name)
        guard info.shape == shape else {
            throw EmbqError(
                .shapeMismatch, file: source.path, place: EmbqError.place(tensor: name),
                "its shape is \(info.shape); \(teller ?? "the other tensors say") \(shape) (\(keys))",
                advice: "Use the config.json released with these weights, or pass --config.")
        }
        let tensor = try integers ? source.numbers(name) : source.finiteFloats(name)
        used.insert(name)
        return tensor.values
    }

    /// Leaves out a tensor that inference does not need, whatever it holds.
    mutating func ignore(where matches: (String) -> Bool) {
        for info in source.tensors where matches(info.name) { used.insert(info.name) }
    }

    /// Refuses tensors that nobody has read: a model with more in it is another model.
    func finish(family: String) throws(EmbqError) {
        guard let extra = source.tensors.first(where: { !used.contains($0.name) }) else { return }
        throw EmbqError(
            .unsupported, file: source.path, place: EmbqError.place(tensor: extra.name),
            teller == nil
                ? "\(family) of the size that the other tensors tell has no such tensor"
                : "\(family) with this config.json has no such tensor",
            advice: "Check num_hidden_layers and model_type in config.json.")
    }
}
