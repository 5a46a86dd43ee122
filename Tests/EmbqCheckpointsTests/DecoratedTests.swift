import EmbqCheckpoints
import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

@Suite("Releases of bitsandbytes")
struct BitsAndBytesTests {
    @Test("int8 weights are the real numbers that they stand for; scales and formats are no tensors")
    func valid() throws {
        let checkpoint = try Checkpoint(Fixtures.path("bitsandbytes/model.safetensors"))
        #expect(checkpoint.source.format == "safetensors, bitsandbytes int8")
        try expectEqual(checkpoint.source, to: Fixtures.path("bitsandbytes/real.safetensors"))
        #expect(
            checkpoint.source.notes == [
                TensorNote(tensor: "a.query.weight", text: "int8 of bitsandbytes made fp32 with 3 scales"),
                TensorNote(tensor: "classifier.weight", text: "int8 of bitsandbytes made fp32 with 2 scales"),
            ])
        #expect(checkpoint.source.metadata.map(\.key) == ["format"])
    }

    @Test("every broken release is refused with its code and a sentence that says what is wrong")
    func invalid() throws {
        let index = try fixtureIndex("bitsandbytes/invalid/index.json")
        #expect(index.count >= 40)
        #expect(try Folder.files(in: Fixtures.path("bitsandbytes/invalid")).count == index.count + 1)
        for (name, expected) in index {
            try expectRefusal(name, expected) { () throws(EmbqError) in
                try FixtureChecks.read(Checkpoint(Fixtures.path("bitsandbytes/invalid/\(name)")).source)
            }
        }
    }

    @Test("a checkpoint without scales is left as it is")
    func others() throws {
        let path = Fixtures.path("safetensors/valid/f32.safetensors")
        #expect(try Checkpoint(path).source is SafetensorsFile)
    }
}

@Suite("Checkpoints in several files")
struct ShardedTests {
    @Test(
        "folder and index give the tensors of all files",
        arguments: ["plain", "size_with_a_fraction", "without_metadata", "other_names"])
    func valid(name: String) throws {
        let folder = Fixtures.path("sharded/valid/\(name)")
        let index = Folder.join(folder, "model.safetensors.index.json")
        for path in [folder, index] {
            let source = try Checkpoint(path).source
            #expect(source.format == "safetensors in several files")
            #expect(source.path == index)
            #expect(source.inputs.count == 3 && source.inputs.first == index)
            #expect(source.metadata.map(\.key) == ["format"], "what the files do not share is left out")
            try expectEqual(source, to: Fixtures.path("sharded/whole.safetensors"))
        }
    }

    @Test("every broken checkpoint is refused with its code and a sentence that says what is wrong")
    func invalid() throws {
        let index = try fixtureIndex("sharded/invalid/index.json")
        #expect(index.count >= 40)
        for (name, expected) in index {
            try expectRefusal(name, expected) { () throws(EmbqError) in
                let path = Fixtures.path("sharded/invalid/\(name)/model.safetensors.index.json")
                try FixtureChecks.read(CheckpointFormat.open(path))
            }
        }
    }

    @Test("files may be links, as in a download cache")
    func links() throws {
        let folder = try TemporaryFolder()
        let source = Fixtures.path("sharded/valid/plain")
        for name in try Folder.files(in: source) {
            try FileManager.default.createSymbolicLink(
                atPath: folder[name], withDestinationPath: Folder.join(source, name))
        }
        try expectEqual(Checkpoint(folder.path).source, to: Fixtures.path("sharded/whole.safetensors"))
    }

    @Test("none of the files is written over")
    func overwriting() throws {
        let source = try Checkpoint(Fixtures.path("sharded/valid/plain")).source
        for input in source.inputs {
            let error = failure { () throws(EmbqError) in try SafetensorsWriter.write(source, to: input) }
            #expect(error?.code == .invalidRequest)
        }
    }
}

@Suite("LoRA adapters")
struct LoRATests {
    private let base = Fixtures.path("lora/base.safetensors")

    @Test(
        "merging gives W + factor · B·A, and whole modules where the adapter has them",
        arguments: [
            "plain", "rank_stabilized", "half_precision", "patterns", "turned", "embedding", "saved_module",
            "saved_module_in_its_wrapper", "biases", "all_linear",
        ])
    func valid(name: String) throws {
        let source = try Checkpoint(CheckpointLocation(base, adapter: Fixtures.path("lora/valid/\(name)"))).source
        #expect(source.format == "safetensors, LoRA adapter")
        let merged = try SafetensorsFile(Fixtures.path("lora/valid/\(name)/merged.safetensors"))
        #expect(source.tensors.map(\.name) == merged.tensors.map(\.name))
        for info in merged.tensors {
            #expect(try source.requireInfo(info.name).shape == info.shape)
            // The sums are made in fp32 here and in fp64 there.
            let pairs = zip(try source.floats(info.name).values, try merged.floats(info.name).values)
            #expect(pairs.allSatisfy { abs($0 - $1) < 1e-5 }, "\(name): \(info.name)")
        }
    }

    @Test("every adapter that is broken, or of another kind or model, is refused with a sentence that says why")
    func invalid() throws {
        let index = try fixtureIndex("lora/invalid/index.json")
        #expect(index.count >= 40)
        for (name, expected) in index {
            try expectRefusal(name, expected) { () throws(EmbqError) in
                try FixtureChecks.read(
                    Checkpoint(CheckpointLocation(base, adapter: Fixtures.path("lora/invalid/\(name)"))).source)
            }
        }
    }

    @Test("an adapter inside a checkpoint's folder is merged, one beside a weights file is not")
    func inside() throws {
        let folder = try TemporaryFolder()
        try folder.write(Fixtures.bytes("lora/base.safetensors"), to: "model.safetensors")
        for name in ["adapter_config.json", "adapter_model.safetensors"] {
            try folder.write(Fixtures.bytes("lora/valid/plain/\(name)"), to: name)
        }
        let merged = try Checkpoint(folder.path)
        #expect(merged.source.format == "safetensors, LoRA adapter")
        #expect(
            merged.inputs.map { Folder.name(of: $0) } == [
                "model.safetensors", "adapter_config.json", "adapter_model.safetensors",
            ])
        #expect(
            merged.source.notes.first
                == TensorNote(tensor: "model.layers.0.query.weight", text: "LoRA of rank 2 merged, factor 2.0"))
        #expect(try Checkpoint(folder["model.safetensors"]).source.format == "safetensors")
    }

    @Test("an adapter goes on top of a release of bitsandbytes, and inspect is told of both")
    func onTop() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "{\"peft_type\":\"LORA\",\"r\":1,\"lora_alpha\":3,\"target_modules\":[\"a.query\"]}",
            to: "adapter_config.json")
        let a = "base_model.model.a.query.lora_A.weight"
        let b = "base_model.model.a.query.lora_B.weight"
        let ones = MemorySource([
            (a, .f32, [1, 5], DType.f32Bytes([1, 1, 1, 1, 1])), (b, .f32, [3, 1], DType.f32Bytes([1, 2, 3])),
        ])
        try SafetensorsWriter.write(ones, to: folder["adapter_model.safetensors"])
        let source = try Checkpoint(
            CheckpointLocation(Fixtures.path("bitsandbytes/model.safetensors"), adapter: folder.path)
        ).source
        let real = try SafetensorsFile(Fixtures.path("bitsandbytes/real.safetensors")).floats("a.query.weight").values
        let expected = real.indices.map { real[$0] + 3 * Float($0 / 5 + 1) }
        #expect(try source.floats("a.query.weight").values == expected)
        #expect(
            source.notes.first?.text
                == "int8 of bitsandbytes made fp32 with 3 scales; LoRA of rank 1 merged, factor 3.0")
    }

    @Test("an adapter alone is refused with the name of its model")
    func alone() throws {
        let folder = try TemporaryFolder()
        for name in ["adapter_config.json", "adapter_model.safetensors"] {
            try folder.write(Fixtures.bytes("lora/valid/plain/\(name)"), to: name)
        }
        // Arrays beside it are test data, not the model.
        try folder.write([0x50, 0x4B, 3, 4], to: "golden.npz")
        for path in [folder.path, folder["adapter_model.safetensors"]] {
            let error = failure { () throws(EmbqError) in _ = try Checkpoint(path) }
            #expect(error?.code == .missing)
            #expect(error?.problem == "it is a LoRA adapter, without the model that it belongs to")
            #expect(error?.advice.contains("'somebody/base'") == true)
            #expect(error?.advice.contains("--adapter") == true)
        }
    }
}

extension DType {
    fileprivate static func f32Bytes(_ values: [Float]) -> [UInt8] {
        values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
    }
}
