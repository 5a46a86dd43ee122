import EmbqArtifact
import EmbqCore
import EmbqRuntime

/// What the files of a layout say about a model, safe to stand in any of their languages.
struct ExportedLibrary {
    let layout: CSourceOptions.Layout
    let name: LibraryName
    /// Of the C code.
    let names: ModelNames
    let version: String
    /// SPDX expression.
    let license: String
    /// SPDX expression of the files that hold the weights.
    let modelLicense: String
    /// NOTICE of the folder.
    let notice: String
    /// Where more is told of the model, or of the licence.
    let address: String
    /// One sentence without a full stop, of letters, digits, spaces and `,-.`.
    let summary: String
    /// How the examples print an answer.
    let answer: ExampleAnswer
    /// Whether they take the commands of a test instead of texts.
    let isSerial: Bool
    /// Bytes of the longest text that such an example takes: every check vector fits.
    let serialTextSize: Int
    /// Macros that place arrays, with what they place.
    let placements: [Placement]
    /// What a build takes of the model, by its path in the layout's folder.
    let sources: [String]
    /// The folder of ``sources``, where the assembler finds what it takes; nil where nothing is found there.
    let assembled: String?
    /// kB of RAM and flash that an example needs at least.
    let ramKB: Int
    let flashKB: Int

    /// What users of the runtime code are bound by.
    static let runtimeLicense = "Apache-2.0"
    /// Code and constants of the runtime, with room: the largest build for a Cortex-M0+ has half of it.
    private static let codeKB = 64

    init(_ artifact: ArtifactReader, _ options: CSourceOptions) throws(EmbqError) {
        layout = options.layout
        version = options.version
        let family = Self.plain(artifact.provenance["family"]?.string ?? "")
        let familyName = family.isEmpty ? "Model" : family
        let given = try options.name.map { text throws(EmbqError) in try LibraryName(text) }
        if let given { name = given } else { name = try LibraryName(familyName) }
        names = try ModelNames(given)
        let weights = try options.license.map { text throws(EmbqError) in try LicenseExpression(text) }
        license = Self.license(weights)
        modelLicense = options.license == nil ? "\(Self.runtimeLicense) AND LicenseRef-model-weights" : license
        let isOfPaper = Self.paperFamilies.contains(family)
        address = isOfPaper ? Self.paper : Self.licenseAddress
        notice = Self.notice(familyName, weights?.text, isOfPaper)
        summary = "\(familyName), quantized by embq, with its integer runtime: text in, \(Self.answer(artifact.device))"
        answer = ExampleAnswer(artifact)
        isSerial = options.serial
        serialTextSize = max(512, artifact.checks.map(\.text.count).max() ?? 0)
        placements = Placement.of(options.arrays, names)
        guard layout != .cmsisPack || name.slug.count <= CMSISPackLayout.longestName else {
            throw EmbqError(
                .invalidRequest,
                "a component of a CMSIS-Pack has at most \(CMSISPackLayout.longestName) characters, found '\(name.slug)'",
                advice: "Give a shorter --name.")
        }
        try Self.check(options)
        let layout = options.layout
        let second = [CSourceOptions.Arrays.incbin: names.assembly, .object: names.object][options.arrays]
        sources = ([names.source] + [second].compactMap { $0 }).map { [name, names] in
            Self.path(of: $0, layout, name, names)
        }
        assembled = options.arrays == .incbin ? "src" : nil
        ramKB =
            (artifact.device.arenaSize(tokens: artifact.device.maximumLength) + artifact.device.outputs * 4) / 1024 + 8
        flashKB = artifact.bytes.count / 1024 + Self.codeKB
    }

    /// The families of the EmbBERT paper, which is credited where one of them is.
    private static let paperFamilies: Set<String> = [
        "EmbBERT", "BERTEfficient", "NanoBERTEfficient", "BERT", "NanoBERT", "MAMBA", "NanoEmbedder",
        "NanoEmbedderConv",
    ]
    private static let paper = "https://arxiv.org/abs/2502.10001"
    /// For a field that must have an address.
    static let licenseAddress = "https://spdx.org/licenses/Apache-2.0.html"

    static let runtimeNotice = """
        embq, its runtime for language models

        Licensed under the Apache License, Version 2.0: see LICENSE.

        """

    private static func notice(_ family: String, _ license: String?, _ isOfPaper: Bool) -> String {
        let weights =
            license.map { "are licensed under \($0)." }
            ?? "are their authors'. embq was not told the licence: ask them before you pass these files on."
        let credit =
            isOfPaper
            ? "\nThe architecture is that of R. Bravin et al., \"EmbBERT-Q: Breaking Memory Barriers in Embedded NLP\",\n"
                + "\(paper).\n" : ""
        return runtimeNotice + """

            The weights, the tokenizer and the labels of the model, \(family), \(weights)
            \(credit)
            """
    }

    /// Refuses what a layout's build system cannot take, and an object for nothing.
    private static func check(_ options: CSourceOptions) throws(EmbqError) {
        guard (options.arrays == .object) == (options.target != nil) else {
            throw EmbqError(
                .invalidRequest, "an ELF object is for one processor",
                advice: "Give --target with --arrays object, and with nothing else.")
        }
        guard !options.serial || options.layout != .swift else {
            throw EmbqError(
                .invalidRequest, "the example of --layout swift takes no commands of a test",
                advice: "Give --serial with another layout: all have the same runtime.")
        }
        guard options.arrays == .object, [.arduino, .platformio, .swift].contains(options.layout) else { return }
        throw EmbqError(
            .invalidRequest, "a library of \(options.layout.rawValue) takes no object files",
            advice: "Use --arrays incbin.")
    }

    /// Where the model's header or another file of it lies.
    func path(of file: String) -> String { Self.path(of: file, layout, name, names) }

    private static func path(
        of file: String, _ layout: CSourceOptions.Layout, _ name: LibraryName, _ names: ModelNames
    ) -> String {
        switch layout {
        case .swift where file.hasSuffix(".swift"): "Sources/\(name.camel)/\(file)"
        case .swift: "Sources/C\(name.camel)/\(file == names.header ? "include/" : "")\(file)"
        case .plain: file
        // Arduino puts src/ alone on the path of includes.
        case .arduino: "src/\(file)"
        default: file == names.header ? "include/\(file)" : "src/\(file)"
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
    private static func license(_ weights: LicenseExpression?) -> String {
        guard let weights, weights.text != runtimeLicense else { return runtimeLicense }
        return "\(runtimeLicense) AND \(weights.hasChoice ? "(\(weights.text))" : weights.text)"
    }
}

/// A macro that gives arrays an attribute, and a setting for it.
struct Placement {
    /// `EMBQ_WEIGHTS_SECTION`
    let macro: String
    /// `WEIGHTS_SECTION`
    let setting: String
    /// What it places, for help texts.
    let what: String
    /// The sections' tags; none: all.
    let tags: Set<ArtifactFormat.Tag>
    /// Whether its value is a section's name, for an assembler, and not an attribute.
    let isName: Bool

    /// The definition that puts the arrays into a section, with `"` written as given.
    func definition(_ section: String, quote: String) -> String {
        isName ? "\(macro)=\(section)" : "\(macro)=__attribute__((section(\(quote)\(section)\(quote))))"
    }

    static func of(_ arrays: CSourceOptions.Arrays, _ names: ModelNames) -> [Placement] {
        func placement(_ setting: String, _ what: String, _ tags: Set<ArtifactFormat.Tag> = []) -> Placement {
            Placement(
                macro: names.setting(setting), setting: setting, what: what, tags: tags, isName: arrays == .incbin)
        }
        return switch arrays {
        case .one, .incbin: [placement("WEIGHTS_SECTION", "the artifact")]
        case .object: []
        case .sections:
            [
                placement("WEIGHTS_SECTION", "the weights", [.weights]),
                placement("TOKENIZER_SECTION", "the tokenizer's tables", [.tokenizer]),
                placement("TABLES_SECTION", "the program and its tables"),
            ]
        }
    }
}
