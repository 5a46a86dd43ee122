import EmbqCheckpoints
import EmbqCore
import EmbqTestSupport
import EmbqTokenizers
import Foundation
import Testing

/// The smallest safetensors file, with no tensor.
private let bare: [UInt8] = [2, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D]

@Suite("Opening checkpoints")
struct CheckpointTests {
    @Test("a folder gives its weights, configuration, tokenizer and labels")
    func folder() throws {
        let folder = try TemporaryFolder()
        try folder.write(bare, to: "model.safetensors")
        try folder.write("{\"id2label\":{\"0\":\"no\",\"1\":\"yes\"}}", to: "config.json")
        try folder.write("{}", to: "tokenizer.json")
        try folder.write([0x80, 2], to: "pytorch_model.bin")
        try folder.write(bare, to: "other.safetensors")
        for path in [folder.path, folder.path + "/", folder["model.safetensors"]] {
            let checkpoint = try Checkpoint(path)
            #expect(checkpoint.source.path.hasSuffix("/model.safetensors"))
            #expect(checkpoint.source.format == "safetensors")
            #expect(checkpoint.labels == ["no", "yes"])
            #expect(checkpoint.tokenizer?.path.hasSuffix("/tokenizer.json") == true)
            #expect(try checkpoint.requireConfig().path.hasSuffix("/config.json"))
            #expect(checkpoint.inputs.count == 3)
        }
    }

    @Test("without a tokenizer.json, vocab.txt is the tokenizer, and what configures it is an input too")
    func vocabulary() throws {
        let folder = try TemporaryFolder()
        try folder.write(bare, to: "model.safetensors")
        try folder.write("[UNK]", to: "vocab.txt")
        try folder.write("{}", to: "tokenizer_config.json")
        let checkpoint = try Checkpoint(folder.path)
        #expect(checkpoint.tokenizer?.path.hasSuffix("/vocab.txt") == true)
        #expect(
            checkpoint.inputs.map { Folder.name(of: $0) }.sorted().suffix(2) == ["tokenizer_config.json", "vocab.txt"])
        try folder.write("{}", to: "tokenizer.json")
        let both = try Checkpoint(folder.path)
        #expect(both.tokenizer?.path.hasSuffix("/tokenizer.json") == true && both.inputs.count == 3)
    }

    @Test("files that lie elsewhere are named, and win over those beside the weights")
    func overrides() throws {
        let folder = try TemporaryFolder()
        try folder.write(bare, to: "model.safetensors")
        try folder.write("{\"model_type\":\"A\"}", to: "config.json")
        let config = try folder.write("{\"model_type\":\"B\"}", to: "b.json")
        let tokenizer = try folder.write("{}", to: "t.json")
        let checkpoint = try Checkpoint(CheckpointLocation(folder.path, config: config, tokenizer: tokenizer))
        #expect(try checkpoint.config?.string("model_type") == "B")
        #expect(checkpoint.tokenizer?.path == tokenizer)
        #expect(
            failure { () throws(EmbqError) in try Checkpoint(CheckpointLocation(folder.path, config: folder["none"])) }?
                .file
                == folder["none"])
        #expect(
            failure { () throws(EmbqError) in try Checkpoint(CheckpointLocation(folder.path, tokenizer: folder["none"]))
            }?.code
                == .unreadable)
    }

    @Test("weights alone are a checkpoint; what is missing is named when it is needed")
    func weightsAlone() throws {
        let folder = try TemporaryFolder()
        try folder.write(bare, to: "model.safetensors")
        let checkpoint = try Checkpoint(folder.path)
        #expect(checkpoint.config == nil && checkpoint.tokenizer?.path == nil && checkpoint.labels == nil)
        let config = failure { () throws(EmbqError) in try checkpoint.requireConfig() }
        #expect(config?.code == .missing)
        #expect(config?.advice.contains("--config") == true)
        let tokenizer = failure { () throws(EmbqError) in try checkpoint.requireTokenizer() }
        #expect(tokenizer?.code == .missing)
        #expect(tokenizer?.advice.contains("--tokenizer") == true)
    }

    @Test("a single file with the right ending is taken whatever its name")
    func singleFile() throws {
        let folder = try TemporaryFolder()
        try folder.write(bare, to: "EmbBERT-SNIPS.SafeTensors")
        try folder.write("notes", to: "README.md")
        #expect(try Checkpoint(folder.path).source.path == folder["EmbBERT-SNIPS.SafeTensors"])
    }

    @Test(
        "a folder without one clear weights file is refused with what it holds",
        arguments: [
            ([], .missing, "the folder is empty"),
            (["a.txt", "b.md"], .missing, "the folder holds no weights, only a.txt, b.md"),
            (
                ["b.safetensors", "a.safetensors"], .invalidRequest,
                "the folder holds 2 weights files: a.safetensors, b.safetensors"
            ),
            (["a.pt", "b.bin", "c.txt"], .invalidRequest, "the folder holds 2 weights files: a.pt, b.bin"),
            (
                (0..<12).map { "\($0).h5" }, .invalidRequest,
                "the folder holds 12 weights files: 0.h5, 1.h5, 10.h5, 11.h5, 2.h5, 3.h5, 4.h5, 5.h5, 6.h5, 7.h5 and 2 more"
            ),
        ] as [([String], EmbqError.Code, String)])
    func unclear(names: [String], code: EmbqError.Code, problem: String) throws {
        let folder = try TemporaryFolder()
        for name in names { try folder.write("x", to: name) }
        let error = failure { () throws(EmbqError) in try Checkpoint(folder.path) }
        #expect(error?.code == code)
        #expect(error?.file == folder.path)
        #expect(error?.problem == problem)
    }

    @Test(
        "a folder of a format that is not read is refused by the format's name",
        arguments: [
            ("pytorch_model.bin", [0x80, 2, 0x7D, 0x2E], "it is a Python pickle, which embq does not read")
        ] as [(String, [UInt8], String)])
    func refusedFormat(name: String, bytes: [UInt8], problem: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(bytes, to: name)
        try folder.write("{}", to: "config.json")
        let error = failure { () throws(EmbqError) in try Checkpoint(folder.path) }
        #expect(error?.code == .unsupported)
        #expect(error?.file == folder[name])
        #expect(error?.problem == problem)
    }

    @Test("a path that leads nowhere is named with the system's reason")
    func nowhere() {
        let error = failure { () throws(EmbqError) in try Checkpoint("/no/such/checkpoint") }
        #expect(error?.code == .unreadable)
        #expect(
            error?.description.hasPrefix("/no/such/checkpoint: it cannot be opened (No such file or directory).")
                == true)
    }

    @Test(
        "tensors and texts above the limit are refused, as many as the limit are read",
        arguments: ["tensors", "texts", "index"], [0, 1])
    func countLimit(kind: String, more: Int) throws {
        let folder = try TemporaryFolder()
        let count = TensorInfo.maximumCount + more
        let entry = #"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#
        func list(_ item: (Int) -> String) -> String { (0..<count).map(item).joined(separator: ",") }
        func write(_ header: String) throws {
            let count = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
            try folder.write(count + Array(header.utf8), to: "model.safetensors")
        }
        switch kind {
        case "tensors": try write("{" + list { "\"t\($0)\":\(entry)" } + "}")
        case "texts": try write("{\"__metadata__\":{" + list { "\"t\($0)\":\"\"" } + "}}")
        default:
            try write("{" + list { "\"t\($0)\":\(entry)" } + "}")
            let index = "{\"weight_map\":{" + list { "\"t\($0)\":\"model.safetensors\"" } + "}}"
            try folder.write(Array(index.utf8), to: "model.safetensors.index.json")
        }
        let path = folder[kind == "index" ? "model.safetensors.index.json" : "model.safetensors"]
        let error = failure { () throws(EmbqError) in try Checkpoint(path) }
        #expect(error?.code == (more == 0 ? nil : .limitExceeded), "\(error.map { "\($0)" } ?? "was read")")
    }

    @Test("a tokenizer above the limit is refused before it is read")
    func tokenizerLimit() throws {
        let folder = try TemporaryFolder()
        try folder.write(bare, to: "model.safetensors")
        #expect(FileManager.default.createFile(atPath: folder["tokenizer.json"], contents: nil))
        let file = try #require(FileHandle(forWritingAtPath: folder["tokenizer.json"]))
        // A hole: nothing is written to the disk.
        try file.truncate(atOffset: UInt64(ReleasedTokenizer.limit.bytes) + 1)
        try file.close()
        let error = failure { () throws(EmbqError) in try Checkpoint(folder.path) }
        #expect(error?.code == .limitExceeded)
    }
}
