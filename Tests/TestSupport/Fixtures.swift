/// Where the repository's own files lie, found from this source file.
public enum Fixtures {
    /// The repository's root folder, without a trailing slash.
    public static let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

    /// The path of a file in Fixtures/.
    public static func path(_ name: String) -> String { "\(root)/Fixtures/\(name)" }
}
