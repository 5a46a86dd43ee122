import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

/// A working directory with a copy of the tiny model, `tiny/`, of a sentence encoder, `encoder/`, and of a pretraining
/// head, `words/`, of a tagger, `tags/`, texts without labels, `plain.tsv`, a suite, `suite.json`, and what is made of the first on request.
struct Workspace {
    let folder: TemporaryFolder

    var path: String { folder.path }

    /// - Parameter artifact: whether to make `tiny.embq` too.
    init(artifact: Bool = false) throws {
        folder = try TemporaryFolder()
        try copy("embbert-tiny", to: "tiny")
        try copy("tags", to: "tags")
        for (fixture, name) in [("hf-encoder", "encoder"), ("embbert-pretraining", "words")] {
            try copy("families/\(fixture)", to: name)
            try copy("embbert-tiny/tokenizer.json", to: "\(name)/tokenizer.json")
        }
        let pairs = "label\ttext_a\ttext_b\n1\train in oslo\tsnow in oslo\n0\train\tsun\n0.5\tsun\tsun at noon\n"
        try folder.write(pairs, to: "encoder/pairs.tsv")
        try folder.write("text\nrain in oslo\nsun\nsnow day! why?\n", to: "plain.tsv")
        try folder.write(
            """
            {"rows": [
              {"task": "sst2", "checkpoint": "tiny", "data": "tiny/data.tsv", "artifact": "tiny.embq"},
              {"task": "STS-B", "checkpoint": "encoder", "data": "encoder/pairs.tsv", "calibration": "encoder/pairs.tsv"},
              {"task": "weather", "metric": "f1", "checkpoint": "tiny", "data": "tiny/data.tsv",
               "calibration": "tiny/data.tsv", "samples": 40, "observer": "minmax", "methods": "none"}
            ]}
            """, to: "suite.json")
        if artifact { try expect("quantize", "tiny", "--data", "tiny/data.tsv", "-o", "tiny.embq") }
    }

    /// A path inside.
    subscript(name: String) -> String { folder[name] }

    /// Copies a folder of Fixtures/, without its script.
    func copy(_ fixture: String, to name: String) throws {
        try FileManager.default.copyItem(atPath: Fixtures.path(fixture), toPath: folder[name])
        try? FileManager.default.removeItem(atPath: folder["\(name)/make.py"])
    }

    func bytes(_ name: String) throws -> [UInt8] { try MappedFile(folder[name]).contents }

    /// Changes a file.
    func edit(_ name: String, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = try bytes(name)
        change(&bytes)
        try folder.write(bytes, to: name)
    }

    /// Fills a safetensors file with zeros, dimensions of one size changed to another.
    func widen(_ name: String, from old: Int, to new: Int) throws {
        let bytes = try bytes(name)
        let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        let header = try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length])) as? [String: [String: Any]]
        var changed: [String: [String: Any]] = [:]
        var end = 0
        for (tensor, info) in try #require(header) where tensor != "__metadata__" {
            let shape = try #require(info["shape"] as? [Int]).map { $0 == old ? new : $0 }
            let start = end
            end += 4 * shape.reduce(1, *)
            changed[tensor] = ["dtype": "F32", "shape": shape, "data_offsets": [start, end]]
        }
        let text = Array(try JSONSerialization.data(withJSONObject: changed))
        let size = (0..<8).map { UInt8(text.count >> (8 * $0) & 255) }
        try folder.write(size + text + [UInt8](repeating: 0, count: end), to: name)
    }

    /// Changes a text file by replacing what must be in it.
    func replace(_ name: String, _ old: String, _ new: String) throws {
        let text = String(decoding: try bytes(name), as: UTF8.self)
        #expect(text.contains(old))
        try folder.write(text.replacingOccurrences(of: old, with: new), to: name)
    }

    /// Makes the digest right that a changed manifest has of itself.
    func reseal(_ name: String = "out/manifest.json") throws {
        let text = String(decoding: try bytes(name), as: UTF8.self)
        let start = try #require(text.firstRange(of: "\"manifest_sha256\" : \"")).upperBound
        let end = try #require(text[start...].firstIndex(of: "\""))
        let digest = SHA256.hexadecimal(of: Array((text[..<start] + text[end...]).utf8))
        try folder.write("\(text[..<start])\(digest)\(text[end...])", to: name)
    }

    func run(_ arguments: [String], input: String = "") throws -> Program.Result {
        try Program.run(arguments, in: path, input: input)
    }

    /// Runs embq, which must succeed, and gives its standard output.
    @discardableResult
    func expect(_ arguments: String..., input: String = "") throws -> String {
        try expect(arguments, input: input)
    }

    @discardableResult
    func expect(_ arguments: [String], input: String = "") throws -> String {
        let result = try run(arguments, input: input)
        try #require(result.status == 0, "\(arguments): \(result.err)")
        return result.out
    }

    /// Runs embq with --json and gives the object that it prints.
    func json(_ arguments: String..., status: Int32 = 0) throws -> [String: Any] {
        try json(arguments, status: status)
    }

    func json(_ arguments: [String], status: Int32 = 0) throws -> [String: Any] {
        let result = try run(arguments + ["--json"])
        #expect(result.status == status, "\(arguments): \(result.err)")
        let value = try JSONSerialization.jsonObject(with: Data(result.out.utf8))
        return try #require(value as? [String: Any])
    }

    /// The files of a folder by their paths in it, with digests; a link by its name alone.
    func tree(_ name: String) throws -> [String: String] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder[name])
        let files = try paths.filter { Folder.kind(of: folder["\(name)/\($0)"]) != .folder }.map { path in
            let isFile = Folder.kind(of: folder["\(name)/\(path)"]) == .file
            return (path, isFile ? SHA256.hexadecimal(of: try bytes("\(name)/\(path)")) : "")
        }
        return Dictionary(files, uniquingKeysWith: { first, _ in first })
    }

    /// Every file with a digest of its bytes, every folder: what must not change when a command fails.
    func listing() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: path).sorted().map { name in
            Folder.exists(folder[name]) ? name : "\(name) \(SHA256.hexadecimal(of: try bytes(name)))"
        }
    }
}
