import EmbqCheckpoints
import EmbqCore

/// A size that a family reads from config.json, within what the device's runtime takes.
///
/// ``ModelConfig`` reads those of its family when a checkpoint is opened, so that every verb refuses a size by its key.
package struct ConfigSize: Sendable {
    /// The key of config.json.
    package let key: String
    private let value: @Sendable (CheckpointConfig, ModelConfig) throws(EmbqError) -> Int

    private init(
        _ key: String, _ value: @escaping @Sendable (CheckpointConfig, ModelConfig) throws(EmbqError) -> Int
    ) {
        self.key = key
        self.value = value
    }

    private init(_ key: String, _ range: ClosedRange<Int>) {
        self.init(key) { (keys, _) throws(EmbqError) in try keys.integer(key, in: range) }
    }

    /// - Throws: `.missing`, `.malformed`, `.limitExceeded` out of range; `.unsupported` when it does not fit the others.
    func read(_ keys: CheckpointConfig, _ config: ModelConfig) throws(EmbqError) -> Int { try value(keys, config) }

    /// Layers of the body.
    static let layers = ConfigSize("num_hidden_layers", 1...DeviceLimits.layers)
    /// r: width of embedding tables that are expanded to D.
    static let reducedEmbedding = ConfigSize("reduced_embedding", 1...DeviceLimits.width)
    /// Taps of the depthwise convolutions.
    static let kernel = ConfigSize("kernel_size", 1...DeviceLimits.kernel)
    /// States of a scan's channel.
    static let states = ConfigSize("d_state", 1...DeviceLimits.states)
    /// Inner width of a Hugging Face layer.
    static let intermediate = ConfigSize("intermediate_size", 1...DeviceLimits.inner)

    /// Rows of Hugging Face's table of token types, of which texts use two at most.
    static let tokenTypes = ConfigSize("type_vocab_size") { (keys, _) throws(EmbqError) in
        try keys.integer("type_vocab_size", in: 1...Int(Int32.max), default: 2)
    }

    /// Heads of the attention, which divide D.
    static let heads = ConfigSize("num_attention_heads") { (keys, config) throws(EmbqError) in
        try dividing(try keys.integer("num_attention_heads", in: 1...DeviceLimits.width), keys, config)
    }

    /// The same of a Hugging Face BERT, which has 12 when config.json does not say.
    static let bertHeads = ConfigSize("num_attention_heads") { (keys, config) throws(EmbqError) in
        try dividing(try keys.integer("num_attention_heads", in: 1...DeviceLimits.width, default: 12), keys, config)
    }

    private static func dividing(_ heads: Int, _ keys: CheckpointConfig, _ config: ModelConfig) throws(EmbqError) -> Int
    {
        if config.hiddenSize % heads == 0 { return heads }
        throw unsupported(
            keys, "num_attention_heads", "\(heads) is found; it does not divide hidden_size \(config.hiddenSize)")
    }

    /// D times `forward_expansion`, rounded down as the releases do.
    static let inner = ConfigSize("forward_expansion") { (keys, config) throws(EmbqError) in
        let expansion = try keys.number("forward_expansion", in: 0.001...Double(DeviceLimits.inner))
        let inner = Int(Double(config.hiddenSize) * expansion)
        guard (1...DeviceLimits.inner).contains(inner) else {
            throw unsupported(
                keys, "forward_expansion",
                "\(expansion) is found; it makes an inner width of \(inner), 1 to \(DeviceLimits.inner) is expected")
        }
        return inner
    }

    /// ``inner`` in whole multiples of D: each column feeds as many channels of a convolution.
    static let channels = ConfigSize("forward_expansion") { (keys, config) throws(EmbqError) in
        let channels = try inner.read(keys, config)
        if channels % config.hiddenSize == 0 { return channels }
        throw unsupported(
            keys, "forward_expansion",
            "\(try keys.number("forward_expansion")) is found; EmbBERT's depthwise channels come in whole multiples of "
                + "hidden_size")
    }

    static func unsupported(_ keys: CheckpointConfig, _ key: String, _ problem: String) -> EmbqError {
        EmbqError(
            .unsupported, file: keys.path, place: key, problem,
            advice: "Use the config.json released with these weights, or pass --config.")
    }
}
