import EmbqCheckpoints
import EmbqCore
import EmbqTestSupport
import Testing

/// The cases of Fixtures/folders that are about checkpoints.
enum FolderCases {
    static func names(_ prefix: String, in table: String = "cases.json") throws -> [String] {
        let cases = try #require(JSONParser.parse(Fixtures.bytes("folders/\(table)")).array)
        return cases.compactMap { $0["name"]?.string }.filter { $0.hasPrefix(prefix) }
    }

    static func path(_ name: String) -> String { Fixtures.path("folders/\(name)") }

    static func source(_ name: String, adapter: String? = nil) throws -> any TensorSource {
        try Checkpoint(CheckpointLocation(path(name), adapter: adapter.map(path))).source
    }
}

/// A tensor of one number, for tests of names.
func named(_ names: [String]) -> MemorySource {
    MemorySource(
        names.enumerated().map { number, name in
            let bits = Float(number).bitPattern
            return (name, .f32, [1], (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) })
        })
}
