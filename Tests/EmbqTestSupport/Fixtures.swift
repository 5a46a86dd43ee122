/// Where the repository's own files lie, found from this source file.
package enum Fixtures {
    /// The repository's root folder, without a trailing slash.
    package static let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

    /// The path of a file in Fixtures/.
    package static func path(_ name: String) -> String { "\(root)/Fixtures/\(name)" }
}
