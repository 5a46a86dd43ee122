import EmbqArtifact
import EmbqCore
import EmbqModels
import EmbqRuntime

/// What `embq --version` says of the program.
struct VersionReport: Encodable {
    private static let flag = "--version"

    let version = embqVersion
    /// The git commit of the sources, with `-dirty` where they differed from it; null where it cannot be known.
    let commit = BuiltCommit.name
    /// Versions of the artifact format.
    let writes = [ArtifactFormat.version]
    let reads = [ArtifactFormat.version]
    /// Instructions that this processor has for the device's kernels and for fp32.
    let kernels = HostKernels.instructions
    let floatKernels = FloatInstructions.name

    enum CodingKeys: String, CodingKey {
        case version, commit, writes, reads, kernels
        case floatKernels = "float_kernels"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version, forKey: .version)
        try container.encode(commit, forKey: .commit)
        try container.encode(writes, forKey: .writes)
        try container.encode(reads, forKey: .reads)
        try container.encode(kernels, forKey: .kernels)
        try container.encode(floatKernels, forKey: .floatKernels)
    }

    /// One fact a line.
    var lines: [String] {
        func list(_ versions: [UInt32]) -> String { versions.map(String.init).joined(separator: ", ") }
        return [
            "embq \(version)", "commit \(commit ?? "unknown")",
            "artifact format: writes version \(list(writes)), reads version \(list(reads))",
            "instructions: \(kernels) for the device's kernels, \(floatKernels) for fp32",
        ]
    }

    /// Whether `--version` is asked for with `--json`, and nothing else; alone it is the parser's own.
    static func isAskedAsJSON(_ arguments: [String]) -> Bool {
        arguments.count == 2 && Set(arguments) == [flag, "--json"]
    }
}
