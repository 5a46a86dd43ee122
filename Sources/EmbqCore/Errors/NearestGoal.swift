/// What comes nearest to a goal that cannot be met: asked for, it can be.
public struct NearestGoal: Sendable, Equatable, Encodable {
    /// Weights, tables and arena at 256 tokens.
    public var bytes: Int
    /// Share of the calibration sentences that are answered as in fp32, 0 to 1; nil for a model without answers.
    public var agreement: Double?
    /// Flash with the runtime's code, where that was asked for.
    public var flash: Int?
    /// RAM for sentences of ``maxTokens``, where that was asked for.
    public var ram: Int?
    /// Tokens of the longest sentence that fits RAM.
    public var maxTokens: Int?

    public init(bytes: Int, agreement: Double?, flash: Int? = nil, ram: Int? = nil, maxTokens: Int? = nil) {
        self.bytes = bytes
        self.agreement = agreement
        self.flash = flash
        self.ram = ram
        self.maxTokens = maxTokens
    }

    enum CodingKeys: String, CodingKey {
        case bytes, agreement, flash, ram
        case maxTokens = "max_tokens"
    }
}
