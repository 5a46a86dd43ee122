import EmbqTestSupport
import Foundation
import Testing

@Suite("What differs between two models")
struct DiffTests {
    private func parts(_ difference: [String: Any]) -> [String: [String]] {
        Dictionary(grouping: difference["parts"] as? [[String: Any]] ?? []) { $0["part"] as? String ?? "" }
            .mapValues { $0.compactMap { $0["name"] as? String } }
    }

    private func tensors(_ difference: [String: Any], _ key: String) -> [[String: Any]] {
        (difference["tensors"] as? [String: Any])?[key] as? [[String: Any]] ?? []
    }

    @Test("A model does not differ from itself, from its other container, or from what is made again")
    func equal() throws {
        let workspace = try Workspace(artifact: true)
        try workspace.expect("quantize", "tiny", "--data", "tiny/data.tsv", "-o", "again.embq")
        try workspace.expect("convert", "tiny", "-o", "tiny.npz")
        try FileManager.default.copyItem(atPath: workspace.folder["tiny"], toPath: workspace.folder["other"])
        try FileManager.default.removeItem(atPath: workspace.folder["other/model.safetensors"])
        try FileManager.default.moveItem(
            atPath: workspace.folder["tiny.npz"], toPath: workspace.folder["other/model.npz"])
        for (first, second) in [("tiny.embq", "again.embq"), ("tiny", "tiny"), ("tiny", "other")] {
            let difference = try workspace.json("diff", first, second, "--data", "tiny/data.tsv")
            #expect(difference["equal"] as? Bool == true, "\(first), \(second): \(difference)")
            let result = try workspace.run(["diff", first, second])
            #expect(result.status == 0 && result.out.hasSuffix("nothing differs\n"))
        }
    }

    @Test("Artifacts of other widths differ in footprint and tensors, and say by how much")
    func widths() throws {
        let workspace = try Workspace(artifact: true)
        try workspace.expect(
            "quantize", "tiny", "--data", "tiny/data.tsv", "--budget", "19kB", "-o", "small.embq")
        let difference = try workspace.json("diff", "tiny.embq", "small.embq", "--data", "tiny/data.tsv", status: 3)
        #expect(difference["equal"] as? Bool == false)
        let parts = parts(difference)
        #expect(
            parts["footprint"]?.contains("weights") == true
                && parts["configuration"]?.contains("limits.budget_bytes") == true
        )
        #expect(parts["labels"] == nil && parts["tokenizer"] == nil)
        let different = tensors(difference, "different")
        let packed = different.filter {
            (($0["second"] as? [String: Any])?["dtype"] as? String)?.hasPrefix("P") == true
                && ($0["first"] as? [String: Any])?["dtype"] as? String == "I8"
        }
        #expect(!packed.isEmpty)
        for tensor in packed {
            let noise = try #require(tensor["sqnr_db"] as? Double, "\(tensor)")
            #expect(noise > 15 && noise < 60, "\(tensor)")
        }
        let answers = try #require(difference["answers"] as? [String: Any])
        let interval = try #require(answers["flipped_share_interval"] as? [Double])
        let flipped = try #require(answers["flipped_rows"] as? Int)
        #expect(
            answers["rows"] as? Int == 48 && interval[0] <= Double(flipped) / 48 && Double(flipped) / 48 <= interval[1])
        #expect((answers["flips"] as? [Any])?.count == flipped)
    }

    @Test("Checkpoints differ by what their folders say and hold")
    func checkpoints() throws {
        let workspace = try Workspace(artifact: false)
        try FileManager.default.copyItem(atPath: workspace.folder["tiny"], toPath: workspace.folder["other"])
        try workspace.replace("other/config.json", "\"rain\"", "\"hail\"")
        let difference = try workspace.json("diff", "tiny", "other", status: 3)
        #expect(parts(difference) == ["configuration": ["outputs"], "labels": ["0"]])
        #expect(tensors(difference, "different").isEmpty)
        let answers = try workspace.run(["diff", "tiny", "other", "--data", "tiny/data.tsv"])
        #expect(answers.status == 1 && answers.err.contains("it answers with"))
    }

    @Test("A damaged model is told, not compared")
    func damaged() throws {
        let workspace = try Workspace()
        try FileManager.default.copyItem(atPath: workspace.folder["tiny"], toPath: workspace.folder["other"])
        try workspace.folder.write("{\"a\"", to: "other/tokenizer.json")
        let result = try workspace.run(["diff", "tiny", "other"])
        #expect(result.status == 1 && result.err.contains("other/tokenizer.json"), "\(result.out)\(result.err)")
        #expect(try workspace.run(["diff", "tiny", "tiny", "--text-column", "x"]).status == 64)
    }

    @Test("A checkpoint and an artifact can be compared by their answers alone")
    func mixed() throws {
        let workspace = try Workspace(artifact: true)
        let refused = try workspace.run(["diff", "tiny", "tiny.embq"])
        #expect(refused.status == 1 && refused.err.contains("--data"))
        let difference = try workspace.json("diff", "tiny", "tiny.embq", "--data", "tiny/data.tsv", status: 3)
        #expect(difference["tensors"] == nil && (difference["answers"] as? [String: Any])?["sqnr_db"] is Double)
    }
}
