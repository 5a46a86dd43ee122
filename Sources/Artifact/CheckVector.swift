/// A sentence with the ids and logits that the runtime must give for it, bit for bit.
public struct CheckVector: Sendable, Equatable {
    /// UTF-8.
    public var text: [UInt8]
    public var ids: [UInt16]
    /// In steps of 2^-16.
    public var logits: [Int32]

    public init(text: [UInt8], ids: [UInt16], logits: [Int32]) {
        self.text = text
        self.ids = ids
        self.logits = logits
    }
}
