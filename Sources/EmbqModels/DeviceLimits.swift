import CEmbqRuntime

/// The largest numbers that the device's runtime takes: those of embq_limits.h, for ranges of config.json's keys.
package enum DeviceLimits {
    /// Width of a token's activations, and of an embedding table.
    package static let width = Int(EMBQ_MAX_WIDTH)
    /// Width of every other row.
    package static let inner = Int(EMBQ_MAX_INNER)
    /// Taps of a convolution.
    package static let kernel = Int(EMBQ_MAX_KERNEL)
    /// States of a scan's channel.
    package static let states = Int(EMBQ_MAX_STATES)
    /// Tokens of a sentence.
    package static let length = Int(EMBQ_MAX_LENGTH)
    package static let vocabulary = Int(EMBQ_MAX_VOCABULARY)
    /// Logits.
    package static let outputs = Int(EMBQ_MAX_OUTPUTS)
    package static let layers = Int(EMBQ_MAX_LAYERS)
    /// Of a program.
    package static let registers = Int(EMBQ_MAX_REGISTERS)
    package static let stores = Int(EMBQ_MAX_STORES)
    package static let passes = Int(EMBQ_MAX_PASSES)
    /// Stores that hold rows of another shape than their own.
    package static let reshapedStores = Int(EMBQ_MAX_RESHAPED)
    /// Packed rows that a convolution unpacks at a time.
    package static let windowRows = Int(EMBQ_WINDOW_ROWS)
    /// Largest magnitude of a number in a 32-bit row.
    package static let row = Int(EMBQ_ROW_LIMIT)
    /// Largest magnitude of a bias.
    package static let bias = Int(EMBQ_MAX_BIAS)
    /// Bytes of stack that a call takes at most where addresses have 32 bits.
    package static let stack = Int(EMBQ_STACK_SIZE)
}
