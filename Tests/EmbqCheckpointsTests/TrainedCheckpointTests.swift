import EmbqCheckpoints
import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

@Suite("Checkpoints as training leaves them")
struct TrainedCheckpointTests {
    private let plain = FolderCases.path("ckpt-plain/model.safetensors")

    @Test("every container and prefix gives the tensors of the plain checkpoint, bit by bit")
    func equal() throws {
        let names = try FolderCases.names("ckpt-").filter {
            !$0.hasPrefix("ckpt-lora-") && $0 != "ckpt-onnx-int8" && $0 != "ckpt-onnx-folded"
        }
        #expect(names.count == 18)
        for name in names { try expectEqual(FolderCases.source(name), to: plain) }
    }

    @Test(
        "what was removed and chosen is told",
        arguments: [
            ("ckpt-plain", [] as [[String]]), ("ckpt-orig-mod", [["prefix", "_orig_mod."]]),
            ("ckpt-module", [["prefix", "module."]]), ("ckpt-module-orig-mod", [["prefix", "module._orig_mod."]]),
            ("ckpt-lightning", [["prefix", "model."]]), ("ckpt-lightning-net", [["prefix", "net.model."]]),
            ("ckpt-any-prefix", [["prefix", "student.inner."]]), ("ckpt-prefix-npz", [["prefix", "_orig_mod."]]),
            ("ckpt-prefix-h5", [["prefix", "module."]]), ("ckpt-shards-prefix", [["prefix", "module."]]),
            ("ckpt-shards-bin", []), ("ckpt-ema", [["candidates", "model", "ema"]]),
            ("ckpt-ema-prefixes", [["prefix", "model."], ["candidates", "model.", "ema_model."]]),
            ("ckpt-prefix-beside", [["prefix", "model."], ["left_out", "loss.weight"]]),
            ("ckpt-onnx-suffix", [["prefix", "net.model."], ["prefix", "model."]]), ("ckpt-both-containers", []),
        ])
    func remarks(name: String, expected: [[String]]) throws {
        let remarks = try FolderCases.source(name).remarks
        #expect(remarks.map { [$0.kind.rawValue] + $0.names } == expected)
        #expect(remarks.allSatisfy { !$0.text.isEmpty && !$0.text.hasSuffix(".") || $0.kind == .candidates })
    }

    @Test("--key takes another candidate")
    func key() throws {
        let path = FolderCases.path("ckpt-ema/pytorch_model.bin")
        let ema = try Checkpoint(CheckpointLocation(path, key: "ema")).source
        #expect(ema.remarks.map(\.names) == [["ema", "model"]])
        let name = "classifier.bias"
        #expect(try ema.floats(name).values != SafetensorsFile(plain).floats(name).values)
    }

    @Test("released checkpoints keep their names", arguments: ["embbert-snips", "embbert-tiny"])
    func released(name: String) throws {
        let source = try Checkpoint(Fixtures.path(name)).source
        #expect(source.remarks.isEmpty && !(source is RenamedSource))
        #expect(source.info("model.embedder.token.weight") != nil && source.info("classifier.weight") != nil)
    }

    @Test("weights are looked for as transformers does, and what is not read is not opened")
    func order() throws {
        let folder = try TemporaryFolder()
        let usual = [
            "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
        ]
        for name in usual + ["optimizer.pt", "training_args.bin"] { try folder.write("broken", to: name) }
        for name in usual {
            let error = failure { () throws(EmbqError) in _ = try Checkpoint(folder.path) }
            #expect(error?.file == folder[name])
            try FileManager.default.removeItem(atPath: folder[name])
        }
        let error = failure { () throws(EmbqError) in _ = try Checkpoint(folder.path) }
        #expect(error?.problem.contains("no weights") == true, "a trainer's state is no checkpoint")
    }

    @Test("a shard that is a link out of the folder is refused", arguments: ["ckpt-shards-bin", "ckpt-shards-prefix"])
    func links(name: String) throws {
        let (folder, elsewhere) = (try TemporaryFolder(), try TemporaryFolder())
        for file in try Folder.files(in: FolderCases.path(name))
        where file.hasPrefix("pytorch_") || file.hasPrefix("model") {
            let bytes = try MappedFile(Folder.join(FolderCases.path(name), file)).contents
            try (file.contains("00002-of") ? elsewhere : folder).write(bytes, to: file)
        }
        let shard = try #require(try elsewhere.names.first)
        try FileManager.default.createSymbolicLink(
            atPath: folder[shard], withDestinationPath: elsewhere[shard])
        let error = failure { () throws(EmbqError) in _ = try Checkpoint(folder.path) }
        #expect(error?.code == .unsupported)
        #expect(error?.description.contains("'\(shard)' leads out of the model's folder") == true)
    }

    @Test("an index of torch.save's files that promises more than they hold is refused")
    func totalSize() throws {
        let folder = try TemporaryFolder()
        let source = FolderCases.path("ckpt-shards-bin")
        for file in try Folder.files(in: source) where file.hasPrefix("pytorch_model") {
            try folder.write(MappedFile(Folder.join(source, file)).contents, to: file)
        }
        let index = folder["pytorch_model.bin.index.json"]
        for (size, isRead) in [(1, true), (1 << 30, false)] {
            let text = String(decoding: try MappedFile(index).contents, as: UTF8.self)
            let changed = text.replacing(/"total_size": *[0-9]+/, with: "\"total_size\": \(size)")
            try folder.write(changed, to: "pytorch_model.bin.index.json")
            let error = failure { () throws(EmbqError) in _ = try Checkpoint(folder.path) }
            #expect((error == nil) == isRead, "\(error?.description ?? "")")
        }
    }
}

@Suite("Prefixes of names")
struct PrefixTests {
    private static let anchor = "bert.embeddings.word_embeddings.weight"

    private func renamed(_ names: [String]) throws -> [String] {
        try RenamedSource.wrap(named(names)).tensors.map(\.name)
    }

    @Test(
        "only what makes the names those of a family is removed",
        arguments: [
            // Inside the names, and a head beside the wrapped body.
            (
                ["model._orig_mod.embedder.token.weight", "classifier.weight"],
                ["classifier.weight", "model.embedder.token.weight"]
            ),
            (
                ["model.model.embedder.token.weight", "model.classifier.weight", "model.model.norms.0.weight"],
                ["classifier.weight", "model.embedder.token.weight", "model.norms.0.weight"]
            ),
            // A body in a class of one's own.
            (
                ["net.encoder.embeddings.word_embeddings.weight", "net.classifier.weight"],
                ["classifier.weight", "embeddings.word_embeddings.weight"]
            ),
            // torch's AveragedModel.
            (["module.bert.embeddings.word_embeddings.weight", "n_averaged"], [anchor]),
            // Of no family: wrappers go, other parts stay.
            (["module.layer.weight", "module.layer.bias"], ["layer.bias", "layer.weight"]),
            (["module.weight", "bias"], ["bias", "module.weight"]),
            (["module", "module.weight"], ["module", "module.weight"]),
            (["student.layer.weight"], ["student.layer.weight"]),
            // Another model, whose names end like BERT's.
            (["roberta.embeddings.word_embeddings.weight"], ["roberta.embeddings.word_embeddings.weight"]),
            (["_orig_mod.electra.embeddings.word_embeddings.weight"], ["electra.embeddings.word_embeddings.weight"]),
            // What is neither of the model nor of training stays, to be refused by name.
            (["model.\(anchor)", "projection.weight"], [anchor, "projection.weight"]),
            // A word that only looks like a copy's.
            (["semantic.\(anchor)", "semantic.classifier.weight"], [anchor, "classifier.weight"]),
            (["\(anchor)", "ema.module.\(anchor)"], [anchor]),
        ])
    func names(original: [String], expected: [String]) throws {
        #expect(try renamed(original) == expected)
    }

    @Test("values and notes follow the names")
    func values() throws {
        let source = try RenamedSource.wrap(named(["m.classifier.bias", "m.\(Self.anchor)"]))
        #expect(try source.floats("classifier.bias").values == [0] && source.floats(Self.anchor).values == [1])
        #expect(failure { () throws(EmbqError) in try source.floats("m.classifier.bias") }?.code == .missing)
    }

    @Test("two tensors of one name, and two models, are refused by name")
    func refused() throws {
        let twice = failure { () throws(EmbqError) in
            try RenamedSource.wrap(named(["classifier.weight", "m.\(Self.anchor)", "m.classifier.weight"]))
        }
        #expect(twice?.code == .duplicate && twice?.place == "tensor 'm.classifier.weight'")
        #expect(twice?.problem.contains("'classifier.weight'") == true)
        let two = failure { () throws(EmbqError) in
            try RenamedSource.wrap(named(["a.\(Self.anchor)", "b.\(Self.anchor)"]))
        }
        #expect(two?.code == .unsupported && two?.problem.contains("under 'a', 'b'") == true)
    }
}

@Suite("Adapters as PEFT saves them")
struct FolderAdapterTests {
    private let base = "ckpt-plain"

    @Test("every adapter is merged, a saved head and saved biases in the place of the base's")
    func merged() throws {
        let names = try FolderCases.names("ckpt-lora-")
        #expect(names.count == 8)
        for name in names {
            let source = try FolderCases.source(base, adapter: name)
            let adapter = try SafetensorsFile(FolderCases.path("\(name)/adapter_model.safetensors"))
            #expect(source.remarks.isEmpty, "\(name) has no key that is not known")
            for info in adapter.tensors where !info.name.contains(".lora_") && !info.name.contains(".original_module.")
            {
                let target = info.name.replacing("base_model.model.", with: "").replacing(".base_layer", with: "")
                    .replacing(".modules_to_save", with: "")
                #expect(
                    try source.floats(target).values == adapter.floats(info.name).values, "\(name): \(info.name)")
            }
            let adapted = adapter.tensors.filter { $0.name.hasSuffix(".lora_A.weight") }.count
            #expect(source.notes.filter { $0.text.contains("LoRA of rank") }.count == adapted, "\(name)")
        }
    }

    /// A copy of an adapter with another configuration.
    private func edited(_ name: String, _ old: String, _ new: String) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for file in ["adapter_config.json", "adapter_model.safetensors"] {
            try folder.write(MappedFile(FolderCases.path("\(name)/\(file)")).contents, to: file)
        }
        let config = String(decoding: try MappedFile(folder["adapter_config.json"]).contents, as: UTF8.self)
        #expect(config.contains(old))
        try folder.write(config.replacing(old, with: new), to: "adapter_config.json")
        return folder
    }

    @Test("a key that embq does not know is told")
    func unknown() throws {
        let folder = try edited("ckpt-lora-plain", "\"r\": 2", "\"r\": 2, \"new_way\": 1, \"other\": null")
        let source = try Checkpoint(CheckpointLocation(FolderCases.path(base), adapter: folder.path)).source
        #expect(source.remarks.map(\.kind) == [.unknownKeys])
        #expect(source.remarks.first?.names == ["adapter_config.json", "new_way", "other"])
    }

    @Test(
        "a way of adapting that changes the sum is refused by file, key and value",
        arguments: [
            ("\"use_dora\": false", "\"use_dora\": true", "use_dora", "true"),
            ("\"lora_bias\": false", "\"lora_bias\": true", "lora_bias", "true"),
            ("\"layer_replication\": null", "\"layer_replication\": [[0, 1]]", "layer_replication", "[[0,1]]"),
            ("\"init_lora_weights\": true", "\"init_lora_weights\": \"olora\"", "init_lora_weights", "'olora'"),
            ("\"peft_type\": \"LORA\"", "\"peft_type\": \"IA3\"", "peft_type", "IA3"),
            ("\"bias\": \"none\"", "\"bias\": \"some\"", "bias", "'some'"),
            ("\"alpha_pattern\": {}", "\"alpha_pattern\": {\"a|b\": 2}", "alpha_pattern", "'a|b'"),
        ])
    func refused(old: String, new: String, key: String, value: String) throws {
        let folder = try edited("ckpt-lora-plain", old, new)
        let error = failure { () throws(EmbqError) in
            _ = try Checkpoint(CheckpointLocation(FolderCases.path(base), adapter: folder.path))
        }
        #expect(error?.file == folder["adapter_config.json"] && error?.place == "'\(key)'")
        #expect(error?.problem.contains(value) == true, "\(error?.description ?? "was accepted")")
    }

    @Test("a saved head's bias that stands twice with different values is refused")
    func unequal() throws {
        let folder = try edited("ckpt-lora-bias-all", "\"r\": 2", "\"r\": 2")
        let source = try SafetensorsFile(FolderCases.path("ckpt-lora-bias-all/adapter_model.safetensors"))
        let name = "base_model.model.classifier.modules_to_save.bias"
        let changed = MemorySource(
            try source.tensors.map { info in
                var bytes = try source.withBytes(of: info.name) { bytes in bytes.indices.map { bytes[$0] } }
                if info.name == name { bytes[0] ^= 1 }
                return (info.name, info.dtype, info.shape, bytes)
            })
        try SafetensorsWriter.write(changed, to: folder["adapter_model.safetensors"])
        let error = failure { () throws(EmbqError) in
            _ = try Checkpoint(CheckpointLocation(FolderCases.path(base), adapter: folder.path))
        }
        #expect(error?.code == .duplicate && error?.description.contains("modules_to_save.bias") == true)
    }

    @Test("a target without matrices is refused unless it is saved whole or other keys limit the targets")
    func targets() throws {
        let old = "\"target_modules\": [\"query\", \"value\"]"
        let new = "\"target_modules\": [\"query\", \"value\", \"key\"]"
        let folder = try edited("ckpt-lora-plain", old, new)
        let error = failure { () throws(EmbqError) in
            _ = try Checkpoint(CheckpointLocation(FolderCases.path(base), adapter: folder.path))
        }
        #expect(error?.place == "'target_modules'" && error?.problem.contains("'key'") == true)
    }
}

@Suite("ONNX as exporters and optimizers leave it")
struct FolderONNXTests {
    private let plain = FolderCases.path("ckpt-plain/model.safetensors")

    @Test("weights of integers times a scale are within half a step of the original")
    func products() throws {
        let source = try FolderCases.source("ckpt-onnx-int8")
        let expected = try SafetensorsFile(plain)
        #expect(source.tensors.map(\.name) == expected.tensors.map(\.name))
        for info in expected.tensors {
            let (found, wanted) = (try source.floats(info.name), try expected.floats(info.name).values)
            #expect(found.shape == info.shape, "\(info.name)")
            let step = (wanted.map(abs).max() ?? 0) / 127
            #expect(zip(found.values, wanted).allSatisfy { abs($0 - $1) <= 0.51 * step }, "\(info.name)")
        }
        #expect(source.notes.contains { $0.text.contains("I8") || $0.text.contains("int8") })
    }

    @Test("folded tables are found by what they are added to")
    func folded() throws {
        let source = try FolderCases.source("ckpt-onnx-folded")
        let types = "bert.embeddings.token_type_embeddings.weight"
        try expectEqual(source, to: plain) { $0 == types }
        let row = try SafetensorsFile(plain).floats(types).values.prefix(8)
        #expect(try source.floats(types).values == Array(row) + Array(row), "all tokens have type 0")
        #expect(source.notes.first { $0.tensor == types }?.text.contains("folded") == true)
    }
}
