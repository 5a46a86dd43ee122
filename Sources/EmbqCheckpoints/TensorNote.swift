/// What a source did to give a tensor, beyond reading it: for people who check an import.
package struct TensorNote: Sendable, Equatable {
    /// The tensor's name.
    package let tensor: String
    /// A line of text without full stop.
    package let text: String

    package init(tensor: String, text: String) {
        self.tensor = tensor
        self.text = text
    }
}
