import EmbqTestSupport
import Foundation
import Testing

@Suite("What models answer")
struct AnswerTests {
    private let texts = ["tea", "walk the dog", "cook red soups with beans"]

    private func folder(_ name: String) -> String { Fixtures.path("folders/\(name)") }

    private func results(_ workspace: Workspace, _ model: String) throws -> [[String: Any]] {
        try #require(try workspace.json(["run", model] + texts)["results"] as? [[String: Any]])
    }

    /// The fields before the text of each line that `run` prints.
    private func firstFields(_ workspace: Workspace, _ model: String) throws -> [String] {
        try workspace.expect(["run", model] + texts).split(separator: "\n").map { line in
            String(line.prefix { $0 != "\t" })
        }
    }

    /// What the exported example prints for the texts.
    private func printed(_ workspace: Workspace, _ artifact: String) throws -> [String] {
        try workspace.expect(["export", artifact, "--c", "c"])
        let build = try Program.run(
            "/bin/sh", ["-c", "cd c && cc -std=c11 -Wall -Wextra -Wconversion -Werror -O1 *.c -o ../classify"],
            in: workspace.path)
        #expect(build.status == 0, "\(build.err)")
        let lines = texts.joined(separator: "\n") + "\n"
        let result = try Program.run("/bin/sh", ["-c", "printf '%s' \"$0\" | ./classify", lines], in: workspace.path)
        return result.out.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    @Test("of a multi-label model: a share for each label and those above one half, on the device too")
    func multiLabel() throws {
        let workspace = try Workspace()
        let model = folder("cls-multilabel")
        let fp32 = try results(workspace, model)
        for result in fp32 {
            let scores = try #require(result["scores"] as? [String: Double])
            let labels = try #require(result["labels"] as? [String])
            #expect(labels == ["calm", "glad", "cross"].filter { (scores[$0] ?? 0) > 0.5 })
            #expect(result["label"] == nil && (result["logits"] as? [Double])?.count == 3)
        }
        try workspace.folder.write(
            "label\ttext\n"
                + zip(fp32, texts).map { result, text in
                    "\((result["labels"] as? [String] ?? []).joined(separator: ","))\t\(text)\n"
                }.joined(), to: "d.tsv")
        try workspace.expect(["quantize", model, "--data", "d.tsv", "-o", "m.embq"])
        #expect(
            try workspace.json("inspect", "m.embq")["provenance"].flatMap { ($0 as? [String: Any])?["task"] as? String }
                == "multi_label")
        let fields = try firstFields(workspace, "m.embq")
        #expect(try results(workspace, "m.embq").map { ($0["labels"] as? [String])?.joined(separator: ",") } == fields)
        #expect(try printed(workspace, "m.embq") == fields)
        let alone = try workspace.json("evaluate", model, "--data", "d.tsv")
        #expect(alone["f1_micro"] as? Double == 1 && alone["accuracy"] as? Double == 1 && alone["mcc"] == nil)
        #expect(alone["metric"] as? String == "f1")
        let compared = try workspace.json(
            "evaluate", "m.embq", "--data", "d.tsv", "--against", model, "--report", "r.html")
        #expect(compared["agreement"] != nil && compared["mcnemar"] != nil && compared["sqnr_db"] as? Double ?? 0 > 20)
        #expect(String(decoding: try workspace.bytes("r.html"), as: UTF8.self).contains("Rows with all labels right"))
        let header = String(decoding: try workspace.bytes("c/model.h"), as: UTF8.self)
        #expect(header.contains("of which any number applies, those above 0:"))
    }

    @Test("of a regression with several outputs: numbers and no shares, on the device too")
    func numbers() throws {
        let workspace = try Workspace()
        let model = folder("cls-regression")
        for result in try results(workspace, model) {
            #expect((result["values"] as? [Double])?.count == 3 && result["scores"] == nil && result["value"] == nil)
        }
        try workspace.folder.write("label\ttext\n" + texts.map { "1,2,3\t\($0)\n" }.joined(), to: "d.tsv")
        try workspace.expect(["quantize", model, "--data", "d.tsv", "-o", "m.embq"])
        #expect(try printed(workspace, "m.embq") == firstFields(workspace, "m.embq"))
        let result = try workspace.json("evaluate", "m.embq", "--data", "d.tsv", "--against", model)
        #expect(result["metric"] as? String == "spearman" && result["agreement"] != nil)
    }

    @Test("of a cross-encoder: its activation's scores, in an artifact too")
    func crossEncoder() throws {
        let workspace = try Workspace()
        try workspace.folder.write("text_a\ttext_b\n" + texts.map { "\($0)\ttea\n" }.joined(), to: "d.tsv")
        let model = folder("ce-three")
        try workspace.expect(["quantize", model, "--data", "d.tsv", "-o", "m.embq"])
        for model in [model, "m.embq"] {
            for result in try results(workspace, model) {
                let scores = try #require(result["scores"] as? [String: Double])
                let logits = try #require(result["logits"] as? [Double])
                #expect(
                    ["calm", "glad", "cross"].map { scores[$0] ?? .nan }.elementsEqual(logits) { abs($0 - $1) < 1e-6 })
                #expect(result["label"] is String)
            }
        }
        try workspace.folder.write(
            "label\ttext_a\ttext_b\n" + texts.enumerated().map { "\($0).5\t\($1)\ttea\n" }.joined(), to: "scored.tsv")
        let scored = try workspace.json("evaluate", folder("ce-default"), "--data", "scored.tsv")
        #expect(scored["metric"] as? String == "spearman" && scored["scc"] != nil)
    }

    @Test("scores are listed in the order of the labels' ids")
    func order() throws {
        let text = try Workspace().expect(["run", folder("cls-single"), "tea", "--json"])
        let places = ["\"calm\" : ", "\"glad\" : ", "\"cross\" : "].compactMap { text.range(of: $0)?.lowerBound }
        #expect(places.count == 3 && places == places.sorted())
    }

    @Test("inspect prints the recipe with its sources, and the keys that embq does not know")
    func recipe() throws {
        let workspace = try Workspace()
        let summary = try workspace.json("inspect", folder("unknown-key"))
        #expect(summary["unknown_keys"] as? [String: [String]] == ["config.json": ["acme_setting"]])
        let recipe = try #require(summary["recipe"] as? [[String: String]])
        #expect(recipe.allSatisfy { Set($0.keys) == ["name", "value", "source"] })
        let scores = try #require(recipe.first { $0["name"] == "scores" })
        #expect(scores["value"] == "softmax (classification)")
        let text = try workspace.expect(["inspect", folder("cls-bare")])
        #expect(text.contains("the tensors: the names of the transformers library's BertModel"))
        #expect(
            try workspace.expect(["inspect", folder("unknown-key")]).contains("unknown     config.json: acme_setting"))
        #expect(try workspace.json("inspect", folder("inert-config"))["unknown_keys"] == nil)
    }
}
