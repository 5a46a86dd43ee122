import EmbqCheckpoints
import EmbqCore
import EmbqTestSupport
import Testing

@Suite("Reading what Keras saves")
struct KerasTests {
    @Test("layers become the released tensors, with their kernels turned back, whatever form Keras saved them in")
    func valid() throws {
        let index = try readIndex("keras/valid")
        let files = try #require(index["files"]?.array).compactMap(\.string)
        #expect(try fixtures(in: "keras/valid").count == files.count)
        for name in files {
            let source = try CheckpointFormat.open(Fixtures.path("keras/valid/\(name)"))
            #expect(source.format == "Keras, HDF5")
            try expectTensors(source, index["tensors"], name)
        }
    }

    @Test("layers that are not surely the model's are refused with what was found and what is expected")
    func invalid() throws {
        try expectRefusals("keras/invalid", atLeast: 40)
        #expect(try fixtures(in: "keras/invalid").count == readIndex("keras/invalid").object?.count)
    }
}
