import FileIO
import Foundation
import TensorCore

/// A folder of a test's own, removed with all that is in it when the value goes.
public final class TemporaryFolder: Sendable {
    /// Without a trailing slash.
    public let path: String

    public init() throws {
        path = FileManager.default.temporaryDirectory.path + "/embq-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a name inside.
    public subscript(name: String) -> String { "\(path)/\(name)" }

    /// Writes a file and gives its path.
    @discardableResult
    public func write(_ bytes: [UInt8], to name: String) throws -> String {
        try AtomicOutput.write(bytes, to: self[name])
        return self[name]
    }

    /// Writes a text file and gives its path.
    @discardableResult
    public func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }

    /// What is inside, hidden files too, sorted.
    public var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}
