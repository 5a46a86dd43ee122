/// What a source did to give a tensor, beyond reading it: for people who check an import.
public struct TensorNote: Sendable, Equatable {
    /// The tensor's name.
    public let tensor: String
    /// A line of text without full stop.
    public let text: String

    public init(tensor: String, text: String) {
        self.tensor = tensor
        self.text = text
    }
}
