import CEmbqRuntime

/// The largest numbers that the device's runtime takes: those of embq_limits.h, for ranges of config.json's keys.
public enum DeviceLimits {
    /// Width of a token's activations, and of an embedding table.
    public static let width = Int(EMBQ_MAX_WIDTH)
    /// Width of every other row.
    public static let inner = Int(EMBQ_MAX_INNER)
    /// Taps of a convolution.
    public static let kernel = Int(EMBQ_MAX_KERNEL)
    /// States of a scan's channel.
    public static let states = Int(EMBQ_MAX_STATES)
    /// Tokens of a sentence.
    public static let length = Int(EMBQ_MAX_LENGTH)
    public static let vocabulary = Int(EMBQ_MAX_VOCABULARY)
    /// Logits.
    public static let outputs = Int(EMBQ_MAX_OUTPUTS)
    public static let layers = Int(EMBQ_MAX_LAYERS)
    /// Largest magnitude of a number in a 32-bit row.
    public static let row = Int(EMBQ_ROW_LIMIT)
    /// Largest magnitude of a bias.
    public static let bias = Int(EMBQ_MAX_BIAS)
}
