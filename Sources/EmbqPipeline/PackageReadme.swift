import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqExport

/// README.md of a package: what the layout's own says, and around it a model card as Hugging Face's hub reads it.
///
/// Source: https://github.com/huggingface/hub-docs, `modelcard.md`, for the metadata.
struct PackageReadme {
    private let documents: PackageDocuments
    private let guide: String
    private var manifest: Manifest { documents.manifest }

    /// - Parameter guide: what the folder is and how it is built and used, in Markdown.
    init(_ documents: PackageDocuments, guide: String) {
        self.documents = documents
        self.guide = guide
    }

    var text: String {
        """
        \(metadata)
        <!-- SPDX-License-Identifier: \(CSourceExport.runtimeLicense) -->
        \(guide)
        ## Footprint

        \(footprint)

        ## Accuracy

        \(accuracy)

        ## What was not checked

        \(documents.limitations.map { "- \($0.escaped(for: .markdown))" }.joined(separator: "\n"))

        ## Licence and origin

        \(origin.map { "- \($0)" }.joined(separator: "\n"))

        """
    }

    // MARK: Metadata

    /// A text as YAML has it: JSON's strings are YAML's too.
    private func quoted(_ text: String) -> String {
        String(decoding: JSONValue.string(text.escaped(for: .field)).bytes, as: UTF8.self)
    }

    /// A number that YAML 1.1 takes for one too: with a point, whatever the exponent.
    private static func number(_ value: Double) -> String {
        let text = "\(value)"
        return text.contains(".") ? text : text.replacing("e", with: ".0e")
    }

    private var metadata: String {
        var lines = ["---"] + license
        if let models = manifest.baseModels {
            lines += ["base_model:"] + models.map { "- \(quoted($0))" } + ["base_model_relation: quantized"]
        }
        lines += ["library_name: embq", "pipeline_tag: \(documents.task)", "tags:"]
        lines += ["embq", "microcontroller", "int8", manifest.family].map { "- \(quoted($0))" }
        return (lines + modelIndex + ["---"]).joined(separator: "\n")
    }

    private var license: [String] {
        guard let license = documents.options.license else { return ["license: unknown"] }
        if let known = ModelCard.hubIdentifier(license) { return ["license: \(known)"] }
        return ["license: other", "license_name: \(quoted(license))", "license_link: NOTICE"]
    }

    private var modelIndex: [String] {
        let measures = documents.measures
        guard !measures.isEmpty else { return [] }
        let task = quoted(manifest.evaluation.task)
        return [
            "model-index:", "- name: \(quoted(documents.name))", "  results:", "  - task:",
            "      type: \(documents.task)", "    dataset:", "      name: \(task)", "      type: \(task)",
            "    metrics:",
        ]
            + measures.flatMap { measure in
                [
                    "    - type: \(measure.type)", "      value: \(Self.number(measure.value))",
                    "      name: \(quoted("\(measure.title), \(measure.model)"))",
                ]
            }
    }

    // MARK: Text

    private func table(_ head: [String], _ rows: [[String]]) -> String {
        let lines = [head, ["---"] + head.dropFirst().map { _ in "---:" }] + rows
        return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }

    private var footprint: String {
        let (flash, ram) = (manifest.footprint.flash, manifest.footprint.ram)
        let inFlash: [(String, Int)] = [
            ("weights", flash.weights), ("tables", flash.tables), ("tokenizer", flash.tokenizer),
            ("labels", flash.labels), ("check vectors", flash.checks), ("for tools", flash.tools),
            ("code of the runtime, Cortex-M4, gcc -Os", flash.codeM4), ("total", flash.total),
        ]
        let longest = ram.arena.keys.max() ?? 0
        let inRAM: [(String, Int)] =
            ram.arena.sorted { $0.key < $1.key }.map { ("arena at \($0.key.grouped) tokens", $0.value) } + [
                ("stack, at most", ram.stack), ("model", ram.model), ("logits", ram.logits),
                ("total at \(longest.grouped) tokens", manifest.footprint.ramAtLongest),
            ]
        let memories = [("flash", inFlash), ("RAM", inRAM)].map { memory, parts in
            table([memory, "bytes"], parts.map { [$0.0, $0.1.grouped] })
        }
        let work = table(
            ["a sentence", "multiply-accumulates", "instructions on Cortex-M4, estimated"],
            manifest.footprint.work.sorted { $0.key < $1.key }.map { length, sentence in
                ["\(length.grouped) tokens", sentence.macs.grouped, sentence.instructionsM4.grouped]
            })
        return (memories + [work]).joined(separator: "\n\n")
    }

    private var accuracy: String {
        let found = manifest.evaluation
        let task = found.task.escaped(for: .markdown)
        var paragraphs = [
            "\(task), \(found.rows.grouped) \(found.rows == 1 ? "row" : "rows"), with the code that runs on the device:",
            table(
                ["", "value", "95 % interval"],
                documents.measures.map { measure in
                    [
                        "\(measure.title), \(measure.model)", measure.value.fixed(4),
                        measure.interval.map { Self.interval($0, places: 4) } ?? "",
                    ]
                }),
        ]
        if let drop = found.dropPoints {
            let interval = found.dropIntervalPoints.map { ", 95 % interval \(Self.interval($0, places: 2))" } ?? ""
            paragraphs.append("The drop from fp32 to int8 is \(drop.fixed(2)) points\(interval).")
        }
        if let passed = found.passed {
            paragraphs.append("The limits that were set \(passed ? "hold" : "do not hold").")
        }
        paragraphs.append("report.html shows more.")
        return paragraphs.joined(separator: "\n\n")
    }

    private static func interval(_ ends: [Double], places: Int) -> String {
        ends.map { $0.fixed(places) }.joined(separator: " to ")
    }

    private var origin: [String] {
        let weights =
            documents.options.license.map { "under \($0.escaped(for: .markdown))" }
            ?? "their authors'; embq was not told the licence"
        var lines = [
            "The runtime is under \(CSourceExport.runtimeLicense), see LICENSE. The weights are \(weights), see NOTICE.",
            "\(manifest.generator.escaped(for: .markdown)) made the folder from a checkpoint of "
                + "\(manifest.family.escaped(for: .markdown)), format "
                + "\((documents.provenance("source_format") ?? "unknown").escaped(for: .markdown)).",
        ]
        if let models = manifest.baseModels {
            lines.append("Base model: \(models.map { $0.escaped(for: .markdown) }.joined(separator: ", ")).")
        }
        for (what, key) in [("tensors", "model_sha256"), ("tokenizer", "tokenizer_sha256")] {
            if let digest = documents.provenance(key) {
                lines.append("SHA-256 of the checkpoint's \(what): `\(digest.escaped(for: .markdown))`.")
            }
        }
        for data in manifest.datasets ?? [] {
            lines.append(
                "Data for \(data.use == .test ? "the accuracy check" : "calibration"): \(data.name.escaped(for: .markdown)), SHA-256 "
                    + "`\(data.sha256.escaped(for: .markdown))`.")
        }
        lines.append(
            "\(BillOfMaterials.name) is a bill of materials in CycloneDX \(BillOfMaterials.version). `embq verify` checks this "
                + "folder against \(Manifest.name).")
        return lines
    }
}
