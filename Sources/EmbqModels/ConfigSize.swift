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
    /// Rows of Hugging Face's table of token types, of which texts use two at most.
    static let tokenTypes = ConfigSize("type_vocab_size") { (keys, _) throws(EmbqError) in
        try keys.integer("type_vocab_size", in: 1...Int(Int32.max), default: 2)
    }

    /// Heads of the attention, which divide D.
    static let heads = ConfigSize("num_attention_heads") { (keys, config) throws(EmbqError) in
        let heads = try keys.integer("num_attention_heads", in: 1...DeviceLimits.width)
        return try dividing(heads, "num_attention_heads", width: config.hiddenSize, "hidden_size", keys)
    }

    private static func dividing(_ heads: Int, _ key: String, width: Int, _ widthKey: String, _ keys: CheckpointConfig)
        throws(EmbqError) -> Int
    {
        if width % heads == 0 { return heads }
        throw unsupported(keys, key, "\(heads) is found; it does not divide \(widthKey) \(width)")
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

// Of the families of the transformers library.
extension ConfigSize {
    static func layers(_ names: TransformersNames) -> ConfigSize {
        ConfigSize(names.layersKey, 1...DeviceLimits.layers)
    }

    /// Heads of the attention, which divide D.
    static func heads(_ names: TransformersNames) -> ConfigSize {
        ConfigSize(names.headsKey.name) { (keys, config) throws(EmbqError) in
            let heads = try keys.integer(
                names.headsKey.name, in: 1...DeviceLimits.width, default: names.headsKey.usual)
            return try dividing(heads, names.headsKey.name, width: config.hiddenSize, names.widthKey, keys)
        }
    }

    /// Inner width of a layer.
    static func inner(_ names: TransformersNames) -> ConfigSize { ConfigSize(names.innerKey, 1...DeviceLimits.inner) }

    /// Width of ELECTRA's, ALBERT's and MobileBERT's tables, which is 128 when config.json does not say.
    static let embedding = ConfigSize("embedding_size") { (keys, _) throws(EmbqError) in
        try keys.integer("embedding_size", in: 1...DeviceLimits.width, default: 128)
    }

    /// ALBERT's groups of layers, and the layers of a group.
    static let groups = ConfigSize("num_hidden_groups") { (keys, _) throws(EmbqError) in
        try keys.integer("num_hidden_groups", in: 1...DeviceLimits.layers, default: 1)
    }
    static let innerLayers = ConfigSize("inner_group_num") { (keys, _) throws(EmbqError) in
        try keys.integer("inner_group_num", in: 1...DeviceLimits.layers, default: 1)
    }

    /// Width of MobileBERT's layers between their bottlenecks.
    static let bottleneck = ConfigSize("intra_bottleneck_size") { (keys, config) throws(EmbqError) in
        guard try keys.bool("use_bottleneck", default: true) else { return config.hiddenSize }
        return try keys.integer("intra_bottleneck_size", in: 1...DeviceLimits.width, default: 128)
    }
    /// MobileBERT's pairs of linear layers.
    static let feedForwards = ConfigSize("num_feedforward_networks") { (keys, _) throws(EmbqError) in
        try keys.integer("num_feedforward_networks", in: 1...DeviceLimits.layers, default: 4)
    }
    /// Heads of MobileBERT's attention, which divide the width between the bottlenecks.
    static let mobileHeads = ConfigSize("num_attention_heads") { (keys, config) throws(EmbqError) in
        let heads = try keys.integer("num_attention_heads", in: 1...DeviceLimits.width, default: 4)
        let narrow = try bottleneck.read(keys, config)
        return try dividing(heads, "num_attention_heads", width: narrow, "intra_bottleneck_size", keys)
    }
}
