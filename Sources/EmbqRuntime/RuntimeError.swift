/// A failure of the C runtime: an artifact that it rejects, or an input that it cannot take.
public struct RuntimeError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Stable names for kinds of failure.
    public enum Code: String, Sendable, CaseIterable {
        /// Fewer bytes than the format promises.
        case truncated
        /// The bytes break the format's rules.
        case malformed
        /// A checksum or a recorded result does not match.
        case corrupted
        /// An artifact for another version of the runtime, or for another byte order.
        case unsupported
        /// Token ids outside the vocabulary, none, or too many.
        case invalidRequest
        /// A text that does not fit the arena.
        case limitExceeded
    }

    public var code: Code
    /// The place in the artifact: `check vector 3`, `tokenizer`.
    public var place: String?
    /// What is wrong; no full stop.
    public var problem: String
    /// What the user can do, one sentence.
    public var advice: String

    init(_ code: Code, place: String? = nil, _ problem: String, advice: String) {
        self.code = code
        self.place = place
        self.problem = problem
        self.advice = advice
    }

    func inside(_ outer: String) -> RuntimeError {
        var copy = self
        copy.place = place.map { "\(outer), \($0)" } ?? outer
        return copy
    }

    /// `place: problem.` and the advice.
    public var description: String { "\(place.map { "\($0): " } ?? "")\(problem). \(advice)" }
}
