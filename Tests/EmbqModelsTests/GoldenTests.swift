import EmbqTestSupport
import Testing

@Suite("The fp32 model against PyTorch")
struct GoldenTests {
    @Test("all logits of the fixture are those of the implementation that trained it")
    func logits() throws {
        let golden = try GoldenModel.fixture
        #expect(golden.sentences.count == 64)
        #expect(golden.logitDifference() <= GoldenModel.logitTolerance)
    }

    @Test("so is what the embedder and every layer give")
    func activations() throws {
        let differences = try GoldenModel.fixture.activationDifferences()
        #expect(differences.count == 10)
        for (name, ratio) in differences { #expect(ratio <= GoldenModel.activationTolerance, "\(name)") }
    }

    @Test(
        "whole checkpoints too, when EMBQ_GOLDEN names their folders",
        .enabled(
            if: !GoldenModel.folders.isEmpty,
            "EMBQ_GOLDEN names no folders with model.safetensors, config.json, golden.safetensors"),
        arguments: GoldenModel.folders)
    func checkpoints(folder: String) throws {
        let golden = try GoldenModel(weights: "\(folder)/model.safetensors", golden: "\(folder)/golden.safetensors")
        let logits = golden.logitDifference()
        #expect(logits <= GoldenModel.logitTolerance)
        let folded = golden.logitDifference(folded: true)
        #expect(folded <= GoldenModel.logitTolerance)
        let differences = try golden.activationDifferences()
        for (name, ratio) in differences { #expect(ratio <= GoldenModel.activationTolerance, "\(name)") }
        let worst = differences.map(\.ratio).max() ?? 0
        print(
            "golden: \(folder): \(golden.sentences.count) rows, logits within \(logits), folded \(folded), activations within \(worst) of the largest"
        )
    }
}
