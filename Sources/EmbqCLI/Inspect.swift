import ArgumentParser
import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqPipeline
import EmbqQuantization

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what a checkpoint, an artifact or a calibration profile holds.",
        discussion: """
            Examples:
              embq inspect Fixtures/embbert-snips
              embq inspect out/model/model.embq --json
              embq inspect model.embqcal
            """)

    @Argument(
        help: ArgumentHelp(
            "A weights file, a checkpoint's folder, an .embq artifact, a package's folder or an .embqcal profile.",
            valueName: "model"))
    var path: String
    @OptionGroup var companions: CompanionOptions
    @OptionGroup var format: OutputOptions

    func run() throws {
        if let artifact = try OpenedModel.artifact(at: path) {
            try companions.refuse(beside: path)
            let summary = ArtifactSummary(artifact)
            try Console.write(summary, json: format.json, text(summary))
        } else if let profile = try CalibrationProfile.at(path: path) {
            try companions.refuse(beside: path)
            let summary = ProfileSummary(profile)
            try Console.write(summary, json: format.json, Self.text(summary))
        } else {
            let summary = try CheckpointSummary(Checkpoint(companions.location(path), withoutConfig: true))
            try Console.write(summary, json: format.json, text(summary))
        }
    }

    /// Names from a file, fit for a terminal.
    private static func list(_ names: [String]) -> String {
        names.map { EmbqError.printable($0) }.joined(separator: ", ")
    }

    private func text(_ summary: CheckpointSummary) -> [String] {
        var lines = [
            "format      \(summary.format)",
            "family      \(summary.family ?? Self.unknown(summary))",
        ]
        if let error = summary.configError {
            lines.append(
                "config      \(EmbqError.printable(error.file ?? "config.json", limit: 400)): \(error.message)")
        }
        if let recognised = summary.recognised { lines += text(recognised) }
        if let head = summary.head { lines.append("head        \(head)") }
        if let labels = summary.labels { lines.append("labels      \(Self.list(labels))") }
        lines += [
            "parameters  \(summary.parameters.grouped) in the body",
            "bytes       \(summary.bytes.grouped) in tensors",
            "tokenizer   \(summary.tokenizer ? "found" : "not found")",
        ]
        lines += (summary.remarks ?? []).map { "\($0.kind.title.padded(to: 10))  \($0.text)" }
        for (file, keys) in (summary.unknownKeys ?? [:]).sorted(by: { $0.key < $1.key }) {
            lines.append(
                "unknown     \(EmbqError.printable(file)): \(Self.list(keys)); embq does not follow unknown keys")
        }
        lines += text(summary.recipe ?? []) + [""]
        let names = summary.tensors.keys.sorted()
        let width = names.map(\.count).max() ?? 0
        for name in names {
            guard let tensor = summary.tensors[name] else { continue }
            lines.append(
                "  \(EmbqError.printable(name).padded(to: width))  \(tensor.dtype.padded(to: 5))\(tensor.shape)")
        }
        if let notes = summary.notes {
            lines += ["", "how tensors were made that are not in the file as they are"]
            for name in notes.keys.sorted() {
                lines.append(
                    "  \(EmbqError.printable(name).padded(to: width))  \(EmbqError.printable(notes[name] ?? "", limit: 400))"
                )
            }
        }
        return lines
    }

    private static func unknown(_ summary: CheckpointSummary) -> String {
        summary.configError == nil
            ? "unknown: there is no config.json, and no family has these tensors"
            : "unknown: config.json is not that of a model that embq knows"
    }

    /// Each setting with its value and where it comes from.
    private func text(_ recipe: [Settlement]) -> [String] {
        guard !recipe.isEmpty else { return [] }
        func width(_ field: KeyPath<Settlement, String>) -> Int { recipe.map { $0[keyPath: field].count }.max() ?? 0 }
        let (names, values) = (width(\.name), min(40, width(\.value)))
        return ["", "recipe"]
            + recipe.map { setting in
                let value = EmbqError.printable(setting.value, limit: 200).padded(to: values)
                return
                    "  \(setting.name.padded(to: names))  \(value)  \(EmbqError.printable(setting.source, limit: 200))"
            }
    }

    /// How sure the family is without a config.json, why, and what would settle the rest.
    private func text(_ recognised: CheckpointSummary.Recognised) -> [String] {
        let certainty =
            switch recognised.certainty {
            case "certain": "certain: names and shapes tell all"
            case "likely": "likely: the family is certain, some keys are assumed"
            default: "incomplete: the family is certain, some keys have to be given"
            }
        var lines = ["recognised  \(certainty) (there is no config.json)"]
        lines += recognised.reasons.map { "            because: \($0)" }
        lines += recognised.open.map { open in
            open.assumed.map { "            assumed: \(open.key): \($0)" }
                ?? "            missing: \(open.key): \(open.reason)"
        }
        if !recognised.open.isEmpty { lines.append("            settled by: the model's config.json, with --config") }
        return lines
    }

    private func text(_ summary: ArtifactSummary) -> [String] {
        let footprint = summary.footprint
        var lines = [
            "format      embq, version \(summary.version)",
            "family      \(EmbqError.printable(summary.family ?? "unknown"))",
            "labels      \(Self.list(summary.labels))",
            "parameters  \(summary.parameters.grouped) of the body",
            "checks      \(summary.checks) recorded vectors",
            "limits      \(summary.limits.isEmpty ? "No limit set" : summary.limits.joined(separator: "; "))", "",
        ]
        lines += footprint.lines
        lines += [
            "", "as the EmbBERT paper counts",
            "  weights    \(footprint.weights.grouped.aligned(to: 9)) bytes",
            "  tables     \(footprint.tables.grouped.aligned(to: 9)) bytes",
            "  arena      \(footprint.arenaAtLength.grouped.aligned(to: 9)) bytes at \(footprint.length) tokens",
            "  total      \(footprint.total.grouped.aligned(to: 9)) bytes, without the tokenizer", "", "sections",
        ]
        for section in summary.sections {
            lines.append(
                "  \(EmbqError.printable(section.tag))  \(section.size.grouped.aligned(to: 9)) bytes at \(section.offset), "
                    + "CRC-32 \(section.crc32)")
        }
        return lines
    }
}

extension CheckpointNote.Kind {
    fileprivate var title: String {
        switch self {
        case .prefix: "prefix"
        case .candidates: "models"
        case .leftOut: "left out"
        case .unknownKeys: "keys"
        }
    }
}
