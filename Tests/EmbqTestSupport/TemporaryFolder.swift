import EmbqCore
import Foundation

/// A folder of a test's own, removed with all that is in it when the value goes.
package final class TemporaryFolder: Sendable {
    /// Without a trailing slash.
    package let path: String

    package init() throws {
        path = FileManager.default.temporaryDirectory.path + "/embq-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a name inside.
    package subscript(name: String) -> String { "\(path)/\(name)" }

    /// Writes a file and gives its path.
    @discardableResult
    package func write(_ bytes: [UInt8], to name: String) throws -> String {
        if name.contains("/") {
            try FileManager.default.createDirectory(
                atPath: Folder.parent(of: self[name]), withIntermediateDirectories: true)
        }
        try AtomicOutput.write(bytes, to: self[name])
        return self[name]
    }

    /// Writes a text file and gives its path.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }

    /// What is inside, hidden files too, sorted.
    package var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}
