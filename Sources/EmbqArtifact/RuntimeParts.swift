import EmbqRuntime

/// The parts of the runtime that a model uses: its operations and its kind of tokenizer, by the symbols of embq.h.
package struct RuntimeParts: Sendable {
    /// A part and its place in the table of its kind.
    package struct Part: Sendable {
        package let kind: Int
        package let symbol: String
    }

    /// Rising by kind.
    package let operations: [Part]
    package let tokenizer: Part
    package let extent: String?
    package let pipeline: String?
    /// Kinds of the pipeline's steps, rising.
    package let steps: [Part]

    package init(_ artifact: ArtifactReader) {
        operations = artifact.operationKinds.map {
            Part(kind: $0, symbol: "embq_operation_\(ArtifactFormat.operations[$0 - 1])")
        }
        let needs = artifact.tokenizerNeeds
        // Words of a pipeline may be as long as the text: byte pairs then have another part.
        let name = needs.kind == 1 && needs.hasPipeline ? "merges" : ArtifactFormat.tokenizers[needs.kind - 1]
        tokenizer = Part(kind: needs.kind, symbol: "embq_tokenizer_\(name)")
        extent = needs.isExtended ? "embq_tokenizer_conditions" : nil
        let places = artifact.device.task == .tags ? "embq_tokenizer_places" : "embq_tokenizer_steps"
        pipeline = needs.hasPipeline ? places : nil
        steps = needs.steps.map { Part(kind: $0, symbol: "embq_text_\(ArtifactFormat.textSteps[$0 - 1])") }
    }

    package var symbols: [String] {
        operations.map(\.symbol) + [tokenizer.symbol] + [extent, pipeline].compactMap { $0 } + steps.map(\.symbol)
    }
}
