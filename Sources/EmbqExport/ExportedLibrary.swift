import EmbqArtifact
import EmbqCore
import EmbqRuntime

/// What the files of a layout say about a model, safe to stand in any of their languages.
struct ExportedLibrary {
    let layout: CSourceOptions.Layout
    let name: LibraryName
    let version: String
    /// SPDX expression.
    let license: String
    /// One sentence without a full stop, of letters, digits, spaces and `,-.`.
    let summary: String
    /// How the examples print an answer.
    let answer: ExampleAnswer
    /// Macros that place arrays, with what they place.
    let placements: [Placement]
    /// Every .c file, by its path in the layout's folder.
    var sources: [String] {
        (CSourceExport.runtimeSources.map(\.name) + ["model.c"]).filter { $0.hasSuffix(".c") }.sorted().map(path(of:))
    }
    /// kB of RAM and flash that an example needs at least.
    let ramKB: Int
    let flashKB: Int

    /// The headers that users include; all others lie with the sources.
    static let publicHeaders: Set<String> = ["embq.h", "model.h"]
    /// What users of the runtime code are bound by.
    static let runtimeLicense = "Apache-2.0"
    /// Code and constants of the runtime, with room: the largest build for a Cortex-M0+ has half of it.
    private static let codeKB = 64

    init(_ artifact: ArtifactReader, _ options: CSourceOptions) throws(EmbqError) {
        layout = options.layout
        version = options.version
        let family = Self.plain(artifact.provenance["family"]?.string ?? "")
        let familyName = family.isEmpty ? "Model" : family
        name = try LibraryName(options.name ?? familyName)
        license = try Self.license(options.license)
        summary = "\(familyName), quantized by embq, with its integer runtime: text in, \(Self.answer(artifact.device))"
        answer = ExampleAnswer(artifact.device.task)
        placements = Placement.of(options.arrays)
        ramKB =
            (artifact.device.arenaSize(tokens: artifact.device.maximumLength) + artifact.device.outputs * 4) / 1024 + 8
        flashKB = artifact.bytes.count / 1024 + Self.codeKB
    }

    /// Where a file of the runtime or the model lies.
    func path(of file: String) -> String {
        switch layout {
        case .plain: file
        // Arduino puts src/ alone on the path of includes.
        case .arduino: "src/\(file)"
        default: Self.publicHeaders.contains(file) ? "include/\(file)" : "src/\(file)"
        }
    }

    /// Text without what has a meaning in properties, YAML, CMake, Kconfig or C strings.
    private static func plain(_ text: String) -> String {
        String(
            text.unicodeScalars.filter {
                $0.isASCII
                    && ($0.properties.isAlphabetic || $0.properties.numericType != nil
                        || " -.".unicodeScalars.contains($0))
            }.prefix(40).map(Character.init))
    }

    private static func answer(_ device: DeviceModel) -> String {
        switch device.task {
        case .labels: "one of \(device.outputs) labels out"
        case .number: device.outputs == 1 ? "a number out" : "\(device.outputs) numbers out"
        case .multiLabel: "any of \(device.outputs) labels out"
        case .embedding: "an embedding of \(device.outputs) numbers out"
        case .pretraining: "words out"
        case .tags: "one of \(device.outputs) labels out for each token"
        }
    }

    /// The runtime's licence and that of the weights, joined.
    ///
    /// Source: SPDX specification 2.3, annex D (licence expressions).
    private static func license(_ weights: String?) throws(EmbqError) -> String {
        guard let weights, weights != runtimeLicense else { return runtimeLicense }
        let isExpression =
            weights.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || $0.properties.numericType != nil
                        || " -.+():".unicodeScalars.contains($0))
            } && weights.contains { $0.isLetter }
        guard isExpression, weights.count <= 120 else {
            throw EmbqError(
                .invalidRequest,
                "'\(EmbqError.printable(String(weights.prefix(60))))' is not an SPDX licence expression",
                advice: "Give an identifier of https://spdx.org/licenses, such as MIT, or LicenseRef-Name for another.")
        }
        return "\(runtimeLicense) AND \(weights.contains(" OR ") ? "(\(weights))" : weights)"
    }
}

/// A macro that gives arrays an attribute, and a setting for it.
struct Placement {
    /// `EMBQ_WEIGHTS_SECTION`
    let macro: String
    /// What it places, for help texts.
    let what: String
    /// The sections' tags; none: all.
    let tags: Set<ArtifactFormat.Tag>

    static func of(_ arrays: CSourceOptions.Arrays) -> [Placement] {
        switch arrays {
        case .one: [Placement(macro: "EMBQ_WEIGHTS_SECTION", what: "the artifact", tags: [])]
        case .sections:
            [
                Placement(macro: "EMBQ_WEIGHTS_SECTION", what: "the weights", tags: [.weights]),
                Placement(macro: "EMBQ_TOKENIZER_SECTION", what: "the tokenizer's tables", tags: [.tokenizer]),
                Placement(macro: "EMBQ_TABLES_SECTION", what: "the program and its tables", tags: []),
            ]
        }
    }

    /// The part of the macro that is its own: `WEIGHTS_SECTION`.
    var setting: String { String(macro.dropFirst("EMBQ_".count)) }
}
