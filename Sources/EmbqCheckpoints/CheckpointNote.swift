/// What was done to a checkpoint as a whole, beyond reading it: for people who check an import.
package struct CheckpointNote: Sendable, Equatable, Encodable {
    package enum Kind: String, Sendable, Encodable {
        /// Something was removed from tensors' names; `names` has what.
        case prefix
        /// A file holds several models; `names` has the one that was taken, then the others.
        case candidates
        /// Tensors that are no part of the model were not taken; `names` has them.
        case leftOut = "left_out"
        /// Keys of a file that embq does not know; `names` has the file, then the keys.
        case unknownKeys = "unknown_keys"
    }

    package let kind: Kind
    package let names: [String]
    /// A line of text without full stop.
    package let text: String

    package init(_ kind: Kind, _ names: [String], _ text: String) {
        self.kind = kind
        self.names = names
        self.text = text
    }
}
