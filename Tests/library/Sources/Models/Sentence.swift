/// A model of this program's own.
public struct Sentence {
    public let text: String
    public init(_ text: String) { self.text = text }
}
