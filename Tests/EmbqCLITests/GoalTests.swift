import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

@Suite("Goals and numbers that cannot be met") struct GoalTests {
    private static let quantize = ["quantize", "tiny", "--data", "tiny/data.tsv", "-o", "q.embq"]
    private static let package = ["package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out"]

    private static func nearest(_ workspace: Workspace, _ arguments: [String]) throws -> [String: Any] {
        let plain = try workspace.run(arguments)
        #expect(plain.status == 3 && plain.out.isEmpty && plain.err.contains("nearest"), "\(plain.err)")
        let error = try #require(try workspace.json(arguments, status: 3)["error"] as? [String: Any])
        #expect(Set(error.keys) == ["advice", "code", "file", "message", "nearest"])
        return try #require(error["nearest"] as? [String: Any])
    }

    @Test("a budget that cannot be met exits 3 with the nearest size, which can be", arguments: [quantize, package])
    func budget(command: [String]) throws {
        let workspace = try Workspace()
        let bytes = try #require(
            try Self.nearest(workspace, command + ["--budget", "1kB"])["bytes"] as? Int)
        #expect(try Self.nearest(workspace, command + ["--budget", "\(bytes - 1)"])["bytes"] as? Int == bytes)
        try workspace.expect(command + ["--budget", "\(bytes)"])
    }

    @Test("an agreement that cannot be met in a budget exits 3 with the nearest, which can be")
    func agreement() throws {
        let workspace = try Workspace()
        try Self.regression(1, in: workspace)
        let quantize = ["quantize", "number", "--data", "number/data.tsv", "-o", "q.embq"]
        let smallest = try #require(try Self.nearest(workspace, quantize + ["--budget", "1kB"])["bytes"] as? Int)
        let command = quantize + ["--budget", "\(smallest)", "--min-agreement"]
        let agreement = try #require(try Self.nearest(workspace, command + ["100"])["agreement"] as? Double)
        #expect(agreement >= 0 && agreement < 1)
        try workspace.expect(command + ["\(agreement * 100)"])
    }

    @Test("an accuracy check that fails still exits 2")
    func check() throws {
        let workspace = try Workspace()
        #expect(try workspace.run(Self.package + ["--max-drop", "-100"]).status == 2)
        #expect(try workspace.run(Self.package + ["--budget", "21kB", "--max-drop", "-100"]).status == 2)
    }

    // MARK: Flash and RAM

    @Test("flash that cannot be met exits 3 with the nearest, which can be, and bounds what the artifact says it takes")
    func flash() throws {
        let workspace = try Workspace()
        let tight = try Self.nearest(workspace, Self.quantize + ["--flash", "1kB"])
        let least = try #require(tight["flash"] as? Int)
        #expect(try Self.nearest(workspace, Self.quantize + ["--flash", "\(least - 200)"])["flash"] as? Int == least)
        for room in [0, 1000, 4000] {
            try workspace.expect(Self.quantize + ["--flash", "\(least + room)"])
            let footprint = try #require(try workspace.json("inspect", "q.embq")["footprint"] as? [String: Any])
            let flash = try #require(footprint["flash"] as? [String: Int])
            #expect(try #require(flash["total"]) <= least + room)
            #expect(
                flash["total"]
                    == ["weights", "tables", "tokenizer", "labels", "checks", "tools", "code_m4"]
                    .reduce(0) { $0 + (flash[$1] ?? .min) })
        }
        try workspace.expect(Self.package + ["--flash", "\(least + 1000)"])
        try workspace.expect("verify", "out", "--against", "tiny", "--data", "tiny/data.tsv")
        #expect(try workspace.expect("inspect", "out/model.embq").contains("bytes of flash"))
    }

    @Test(
        "RAM below that of 8 bits has rows of fewer; RAM that cannot be met exits 3 with the longest sentence that fits",
        arguments: [quantize, package])
    func ram(command: [String]) throws {
        let workspace = try Workspace()
        try workspace.expect(Self.quantize)
        let footprint = try #require(try workspace.json("inspect", "q.embq")["footprint"] as? [String: Any])
        let ram = try #require(footprint["ram"] as? [String: Any])
        let arena = try #require(ram["arena"] as? [String: Int]).values.max() ?? 0
        let rest = ["stack", "model", "logits"].reduce(0) { $0 + (ram[$1] as? Int ?? .min) }
        try workspace.expect(command + ["--ram", "\(arena + rest)"])
        try workspace.expect(command + ["--ram", "\(arena + rest - 1)"])
        let limit = rest + arena / 2
        let nearest = try Self.nearest(workspace, command + ["--ram", "\(limit)"])
        let tokens = try #require(nearest["max_tokens"] as? Int)
        #expect(tokens < 24 && nearest["ram"] as? Int ?? .max <= limit)
        try workspace.expect(command + ["--ram", "\(limit)", "--max-tokens", "\(tokens)"])
        #expect(try Self.nearest(workspace, command + ["--ram", "1kB"])["max_tokens"] as? Int == 1)
    }

    @Test("a board gives its memories, in any spelling; other sizes come before them")
    func board() throws {
        let workspace = try Workspace()
        try workspace.expect(Self.quantize + ["--board", "nRF-52840"])
        let limits = try workspace.expect("inspect", "q.embq")
        #expect(limits.contains("at most 1,048,576 bytes of flash; at most 262,144 bytes of RAM"))
        #expect(try workspace.run(Self.quantize + ["--board", "nrf52840", "--ram", "1kB"]).status == 3)
        let unknown = try workspace.run(Self.quantize + ["--board", "uno"])
        #expect(unknown.status == 64 && unknown.err.contains("nrf52840") && unknown.err.contains("gd32vf103"))
    }

    // MARK: Limits

    @Test("an artifact without a limit says so, in inspect and in the report; one with limits names them")
    func noLimit() throws {
        let workspace = try Workspace()
        try workspace.expect(Self.package)
        #expect(try workspace.expect("inspect", "out/model.embq").contains("limits      No limit set\n"))
        let report = String(decoding: try workspace.bytes("out/report.html"), as: UTF8.self)
        #expect(report.contains(">No limit set</h2>") && !report.contains(">Passed</h2>"))
        try workspace.expect(Self.package + ["--max-drop", "99", "--budget", "24kB"])
        let text = try workspace.expect("inspect", "out/model.embq")
        let limits = "at most 24,000 bytes of weights, tables and arena; a drop of at most 99.0 points"
        #expect(text.contains("limits      \(limits)\n"), "\(text)")
        let passed = String(decoding: try workspace.bytes("out/report.html"), as: UTF8.self)
        #expect(passed.contains(">Passed</h2>"))
    }

    // MARK: Numbers that the device cannot hold

    /// A regression whose answers are some times `scale`.
    private static func regression(_ scale: Float, in workspace: Workspace) throws {
        let sample = TinyEmbBERT { $0.outputs = 1 }
        var tensors = sample.tensors
        let head = try #require(tensors["classifier.weight"])
        tensors["classifier.weight"] = Tensor(shape: head.shape, values: head.values.map { $0 * scale * 8 })
        let folder = try TemporaryFolder()
        try TinyEmbBERT.write(tensors, sample.config, sample.tokenizer, to: folder)
        try FileManager.default.copyItem(atPath: folder.path, toPath: workspace["number"])
        let rows = (0..<70).map { "\(Float($0 % 7) * 0.3 * scale)\tthe text number \($0 * 37)\n" }
        try workspace.folder.write("label\ttext\n" + rows.joined(), to: "number/data.tsv")
    }

    @Test("a regression with answers and targets that the device cannot hold is told, with what to do")
    func saturated() throws {
        let workspace = try Workspace()
        try Self.regression(60_000, in: workspace)
        let command = ["quantize", "number", "--data", "number/data.tsv", "-o", "n.embq"]
        let plain = try workspace.run(command)
        #expect(plain.status == 0)
        let notes = try #require(try workspace.json(command)["notes"] as? [String])
        let told = notes.filter { $0.contains("±32,768") }
        #expect(told.count == 2, "\(notes)")
        for note in told {
            #expect(plain.err.contains("note: \(note)\n"))
            #expect(note.contains("divide"))
        }
        try workspace.expect(
            "package", "number", "--data", "number/data.tsv", "--test", "number/data.tsv", "-o", "out")
        let manifest = String(decoding: try workspace.bytes("out/manifest.json"), as: UTF8.self)
        let report = String(decoding: try workspace.bytes("out/report.html"), as: UTF8.self)
        #expect(told.allSatisfy { manifest.contains($0) } && report.split(separator: "±32,768").count > told.count)
        // Of a profile without sentences the check vectors show it.
        try workspace.expect("calibrate", "number", "--data", "number/data.tsv", "--no-sentences", "-o", "n.embqcal")
        let methods = "folding,balance,wide-activations,products,table-attention"
        let blind = try workspace.run(
            ["quantize", "number", "--profile", "n.embqcal", "--methods", methods, "-o", "n.embq"])
        #expect(blind.status == 0 && blind.err.contains("±32,768"), "\(blind.err)")
    }

    @Test("a regression that fits has no such note")
    func fitting() throws {
        let workspace = try Workspace()
        try Self.regression(500, in: workspace)
        let result = try workspace.json("quantize", "number", "--data", "number/data.tsv", "-o", "n.embq")
        #expect((result["notes"] as? [String] ?? []).allSatisfy { !$0.contains("±32,768") })
    }
}
