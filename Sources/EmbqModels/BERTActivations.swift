import EmbqCheckpoints
import EmbqCore

extension Activation {
    /// Names in `hidden_act` and the functions that transformers has for them.
    ///
    /// Source: https://github.com/huggingface/transformers, activations.py.
    static let huggingFace: [String: Activation] = [
        "gelu": .gelu, "gelu_python": .gelu, "gelu_new": .tanhGELU, "gelu_python_tanh": .tanhGELU,
        "gelu_pytorch_tanh": .tanhGELU, "gelu_accurate": .tanhGELU, "gelu_fast": .tanhGELU,
        "quick_gelu": .quickGELU, "relu": .relu, "relu6": .relu6, "relu2": .squaredReLU, "leaky_relu": .leakyReLU,
        "silu": .silu, "swish": .silu, "tanh": .tanh, "sigmoid": .sigmoid, "mish": .mish, "hardswish": .hardSwish,
    ]

    /// The one that a config.json names; the usual one where it names none.
    ///
    /// - Throws: `.unsupported` for any other name.
    init(_ keys: CheckpointConfig, _ key: TransformersNames.Key<String>) throws(EmbqError) {
        let value = keys[key.name] ?? .string(key.usual)
        guard let name = value.string, let activation = Self.huggingFace[name] else {
            throw keys.unsupported(
                key.name, value, "embq has no such function",
                advice: "Supported: \(Self.huggingFace.keys.sorted().joined(separator: ", ")).")
        }
        self = activation
    }
}
