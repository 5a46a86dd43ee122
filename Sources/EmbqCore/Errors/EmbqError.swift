/// The one error of embq: what is wrong, where, and what to do about it.
///
/// Built where the fault is found; a caller that knows the file fills it in with ``at(file:)``.
public struct EmbqError: Error, Sendable, Equatable {
    /// Stable names for kinds of failure: tests and scripts may rely on them.
    public enum Code: String, Sendable, CaseIterable {
        /// A file cannot be opened or read.
        case unreadable
        /// A file or folder cannot be created or written.
        case unwritable
        /// Fewer bytes than the format promises.
        case truncated
        /// The bytes break the format's rules.
        case malformed
        /// The same name stands twice.
        case duplicate
        /// Valid, but not a thing embq handles.
        case unsupported
        /// Something needed is not there.
        case missing
        /// A tensor does not have the shape that the configuration asks for.
        case shapeMismatch
        /// A NaN or an infinity where a number is needed.
        case nonFinite
        /// Larger than a named limit.
        case limitExceeded
        /// No result is as accurate as was asked for.
        case inaccurate
        /// A checksum or a recorded result does not hold.
        case corrupted
        /// Two inputs that do not belong together.
        case mismatch
        /// A label that the model does not know.
        case unknownLabel
        /// The request makes no sense for this input.
        case invalidRequest
    }

    /// The kind of failure.
    public var code: Code
    /// The file's path as the user gave it.
    public var file: String?
    /// The place in the file: `tensor 'x'`, `section 'WGHT'`, `line 12`, `byte 80`.
    public var place: String?
    /// What is wrong, with what was expected and found; no full stop.
    public var problem: String
    /// What the user can do, one sentence or two.
    public var advice: String
    /// The reason a library or the system gave.
    public var cause: String?
    /// What comes nearest to a goal that cannot be met; nil for every other failure.
    public var nearest: NearestGoal?

    public init(
        _ code: Code, file: String? = nil, place: String? = nil, _ problem: String, advice: String,
        cause: String? = nil, nearest: NearestGoal? = nil
    ) {
        self.code = code
        self.file = file
        self.place = place
        self.problem = problem
        self.advice = advice
        self.cause = cause
        self.nearest = nearest
    }

    /// The same error with the file named, unless it names one already.
    package func at(file: String) -> EmbqError {
        var copy = self
        if copy.file == nil { copy.file = file }
        return copy
    }

    /// The same error with the place put before the place it already has.
    package func inside(_ outer: String) -> EmbqError {
        var copy = self
        copy.place = place.map { "\(outer), \($0)" } ?? outer
        return copy
    }
}

extension EmbqError: CustomStringConvertible {
    /// `file: place: problem (cause).` and the advice on a line of its own, indented by two.
    public var description: String {
        let text = [file.map { Self.printable($0, limit: 4096) }].compactMap { $0 }.map { "\($0): " }.joined() + message
        return advice.isEmpty ? text : text + "\n  " + advice.escaped(for: .field)
    }

    /// `place: problem (cause).`, one line. Every part may have text of a file in it, and is escaped here.
    public var message: String {
        let reason = cause.map { " (\($0))" } ?? ""
        return ((place.map { "\($0): " } ?? "") + problem + reason + ".").escaped(for: .field)
    }
}

/// Runs `body` and names `file` in the error it throws.
package func naming<T, E: Error>(_ file: String, _ body: () throws(E) -> T) throws(EmbqError) -> T {
    do {
        return try body()
    } catch let error as EmbqError {
        throw error.at(file: file)
    } catch {
        throw EmbqError(.unreadable, file: file, "it could not be read", advice: "", cause: "\(error)")
    }
}
