/// A sentence with the ids and logits that the runtime must give for it, bit for bit.
package struct CheckVector: Sendable, Equatable {
    /// UTF-8.
    package var text: [UInt8]
    package var ids: [UInt16]
    /// In steps of 2^-16.
    package var logits: [Int32]

    package init(text: [UInt8], ids: [UInt16], logits: [Int32]) {
        self.text = text
        self.ids = ids
        self.logits = logits
    }
}
