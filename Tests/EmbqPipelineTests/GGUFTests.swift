import EmbqCheckpoints
import EmbqCore
import EmbqModels
import EmbqPipeline
import EmbqQuantization
import EmbqRuntime
import EmbqTestSupport
import Testing

@Suite("GGUF files of llama.cpp")
struct GGUFTests {
    @Test(
        "give what PyTorch computes with the numbers that the gguf package reads",
        arguments: ["f32", "f16", "bf16", "q8_0", "q4_0", "first"])
    func valid(name: String) throws {
        let golden = try JSONParser.parse(Fixtures.bytes("gguf/golden.json"))
        let texts = (golden["texts"]?.array ?? []).compactMap(\.string)
        let expected = (golden["embeddings"]?[name]?.array ?? []).map { ($0.array ?? []).compactMap(\.double) }
        #expect(texts.count == 5 && expected.count == 5)
        let model = try ReleasedModel(Checkpoint(Fixtures.path("gguf/valid/\(name).gguf")))
        for (text, row) in zip(texts, expected) {
            let ids = try model.encoder.encode(utf8: Array(text.utf8)).ids
            var probe = NoProbe()
            let found = model.model.released.logits(TokenBatch([Sentence(ids)]), probe: &probe)
            #expect(found.count == 32 && zip(found, row).allSatisfy { abs(Double($0) - $1) <= 2e-6 }, "\(text)")
        }
    }

    @Test("say what is in them: types, the pooling, what lies beside the file is not read")
    func told() throws {
        let checkpoint = try Checkpoint(Fixtures.path("gguf/valid/q4_0.gguf"))
        #expect(checkpoint.source.format == "GGUF" && checkpoint.inputs == [checkpoint.path])
        #expect(checkpoint.source.notes.contains { $0.text == "Q4_0 of GGUF made fp32" })
        #expect(checkpoint.sentence?.settlements.contains { $0.value == "mean" } == true)
        #expect(checkpoint.config?["layer_norm_eps"]?.double == 1e-12)
    }

    @Test("that are broken, hostile or of another kind are refused with their code")
    func invalid() throws {
        let index = try JSONParser.parse(Fixtures.bytes("gguf/invalid/index.json")).object ?? []
        #expect(index.count == 25)
        for (name, code) in index {
            let path = Fixtures.path("gguf/invalid/\(name)")
            let error = failure { () throws(EmbqError) in _ = try Checkpoint(path) }
            #expect(error?.code.rawValue == code.string, "\(name): \(String(describing: error))")
            #expect(error?.file == path && error?.advice.isEmpty == false, "\(name)")
        }
    }

    @Test("cut at any length are refused")
    func cuts() throws {
        let bytes = try Fixtures.bytes("gguf/valid/q4_0.gguf")
        let folder = try TemporaryFolder()
        for count in stride(from: 5, to: bytes.count, by: 131) {
            let path = try folder.write(Array(bytes[..<count]), to: "cut.gguf")
            #expect(failure { () throws(EmbqError) in _ = try Checkpoint(path) } != nil, "cut at \(count)")
        }
    }
}
