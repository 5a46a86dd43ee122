import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

@Suite("What verify proves") struct VerifyTests {
    private static let data = ["--data", "tiny/data.tsv"]

    /// A workspace with the tiny model's package in `out/`.
    private static func packaged(_ options: String...) throws -> Workspace {
        let workspace = try Workspace()
        try workspace.expect(["package", "tiny"] + data + ["--test", "tiny/data.tsv", "-o", "out"] + options)
        return workspace
    }

    /// Makes the manifest agree with a file of the package that was changed.
    private static func list(_ name: String, in workspace: Workspace) throws {
        let bytes = try workspace.bytes("out/\(name)")
        let json = try JSONSerialization.jsonObject(with: Data(try workspace.bytes("out/manifest.json")))
        var manifest = try #require(json as? [String: Any])
        var files = try #require(manifest["files"] as? [[String: Any]])
        let index = try #require(files.firstIndex { $0["name"] as? String == name })
        files[index] = ["name": name, "bytes": bytes.count, "sha256": SHA256.hexadecimal(of: bytes)]
        manifest["files"] = files
        let options: JSONSerialization.WritingOptions = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try workspace.folder.write(
            [UInt8](try JSONSerialization.data(withJSONObject: manifest, options: options)), to: "out/manifest.json")
        try workspace.reseal()
    }

    /// Changes bytes of an artifact and makes its checksums right again.
    private static func change(_ name: String, in workspace: Workspace, _ edit: (inout EditedArtifact) -> Void) throws {
        try workspace.edit(name) { bytes in
            var artifact = EditedArtifact(bytes)
            edit(&artifact)
            artifact.restoreChecksums()
            bytes = artifact.bytes
        }
    }

    private static func refuse(_ workspace: Workspace, _ arguments: [String] = ["out"], says: String...) throws {
        let result = try workspace.run(["verify"] + arguments)
        #expect(result.status == 1 && result.out.isEmpty, "\(result.out)")
        for text in says { #expect(result.err.contains(text), "\(result.err)") }
    }

    // MARK: A package's files

    @Test(
        "a byte of a source that the manifest agrees with is found: the sources are made again",
        arguments: [
            ("plain", "model.c"), ("plain", "model.h"), ("plain", "embq_run.c"), ("plain", "embq.h"),
            ("plain", "main.c"), ("cmake", "CMakeLists.txt"), ("cmake", "LICENSE"), ("plain", "README.md"),
            ("cmake", "README.md"), ("plain", "bom.cdx.json"),
        ])
    func changedSource(layout: String, name: String) throws {
        let workspace = try Self.packaged("--layout", layout)
        try workspace.expect("verify", "out")
        try workspace.edit("out/\(name)") { $0[$0.count / 2] ^= 1 }
        try Self.list(name, in: workspace)
        try Self.refuse(workspace, says: "out/\(name): it is not what model.embq gives")
    }

    @Test("options of the export are in the manifest, so that the sources can be made again")
    func options() throws {
        let workspace = try Self.packaged(
            "--layout", "cmake", "--arrays", "sections", "--name", "Weather 1", "--license", "MIT")
        try workspace.expect("verify", "out")
        let json = try JSONSerialization.jsonObject(with: Data(try workspace.bytes("out/manifest.json")))
        let sources = try #require((json as? [String: Any])?["sources"] as? [String: Any])
        #expect(
            sources as? [String: String]
                == ["layout": "cmake", "arrays": "sections", "name": "Weather 1", "license": "MIT"])
        try workspace.replace("out/manifest.json", "\"sections\"", "\"one\"")
        try workspace.reseal()
        try Self.refuse(workspace, says: "it is not what model.embq gives")
    }

    @Test(
        "the licence in a model card is that of the weights, where no other is given",
        arguments: [
            ("license: mit", "MIT"), ("license: \"cc-by-nc-4.0\"", "CC-BY-NC-4.0"),
            ("license: other", "LicenseRef-other"),
        ])
    func modelCard(line: String, license: String) throws {
        let workspace = try Workspace()
        try workspace.folder.write("---\nlanguage: en\n\(line)\n---\n# A model\n", to: "tiny/README.md")
        try workspace.expect(["package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out"])
        try workspace.expect("verify", "out")
        let manifest = String(decoding: try workspace.bytes("out/manifest.json"), as: UTF8.self)
        #expect(manifest.contains("\"license\" : \"\(license)\""))
        let header = String(decoding: try workspace.bytes("out/model.h"), as: UTF8.self)
        #expect(header.hasPrefix("/* SPDX-License-Identifier: Apache-2.0 AND \(license) */\n"))
    }

    @Test("a byte of the artifact behind right checksums is found: it is not in model.c")
    func changedArtifact() throws {
        let workspace = try Self.packaged()
        try Self.change("out/model.embq", in: workspace) { artifact in
            // The last digit of the provenance: the runtime does not read it.
            let range = artifact.range("META")
            let digit = range.last { (48...56).contains(artifact.bytes[$0]) } ?? range.lowerBound
            artifact.bytes[digit] += 1
        }
        try Self.list("model.embq", in: workspace)
        try Self.refuse(workspace, says: "out/model.c: it is not what model.embq gives")
    }

    @Test(
        "a file that the manifest does not list is refused, by name",
        arguments: [
            ("notes.txt", "notes.txt"), ("sub/notes.txt", "sub"), (".hidden", ".hidden"), ("embq.c", "embq.c"),
        ])
    func unlisted(name: String, told: String) throws {
        let workspace = try Self.packaged()
        try workspace.folder.write("x", to: "out/\(name)")
        try Self.refuse(workspace, says: "out/\(told): manifest.json does not list it")
    }

    @Test("an empty folder is no file of the package either")
    func emptyFolder() throws {
        let workspace = try Self.packaged()
        try FileManager.default.createDirectory(atPath: workspace["out/empty"], withIntermediateDirectories: false)
        try Self.refuse(workspace, says: "out/empty", "manifest.json does not list it")
    }

    @Test(
        "a link in place of a file or a folder is refused, whatever it leads to",
        arguments: [("plain", "model.c"), ("plain", "manifest.json"), ("zephyr", "src"), ("zephyr", "zephyr")])
    func link(layout: String, name: String) throws {
        let workspace = try Self.packaged("--layout", layout)
        let entries = try FileManager.default.contentsOfDirectory(atPath: workspace["out"])
        let name = entries.contains(name) ? name : try #require(entries.first { Folder.exists(workspace["out/\($0)"]) })
        try FileManager.default.moveItem(atPath: workspace["out/\(name)"], toPath: workspace["moved"])
        try FileManager.default.createSymbolicLink(
            atPath: workspace["out/\(name)"], withDestinationPath: workspace["moved"])
        try Self.refuse(workspace, says: "out/\(name)", "it is a link")
    }

    // MARK: Weights

    @Test("weights are computed again from the checkpoint: what the check vectors do not reach is found")
    func changedWeight() throws {
        let workspace = try Workspace()
        let (model, data) = (Fixtures.path("embbert-snips"), Fixtures.path("snips-own/calibration.tsv"))
        try workspace.expect("quantize", model, "--data", data, "-o", "snips.embq")
        try workspace.expect("verify", "snips.embq", "--against", model, "--data", data)
        let tensors = try #require(try workspace.json("inspect", "snips.embq")["tensors"] as? [String: [String: Any]])
        let token = try #require(tensors["embedder.token"])
        let (offset, shape) = try (#require(token["offset"] as? Int), #require(token["shape"] as? [Int]))
        let whole = try workspace.bytes("snips.embq")
        // Rows of the vocabulary's end, until one is found that no check vector reads.
        for row in (0..<shape[0]).reversed() {
            try workspace.folder.write(whole, to: "snips.embq")
            try Self.change("snips.embq", in: workspace) {
                $0.bytes[$0.range("WGHT").lowerBound + offset + row * shape[1]] ^= 1
            }
            if try workspace.run(["verify", "snips.embq"]).status == 0 { break }
        }
        try workspace.expect("verify", "snips.embq")
        try Self.refuse(
            workspace, ["snips.embq", "--against", model, "--data", data], says: "tensor 'embedder.token'",
            "1 of ")
    }

    @Test(
        "an artifact that was not changed is its checkpoint's, whatever it was made with",
        arguments: [
            [], ["--methods", "none"], ["--methods", "folding,balance", "--observer", "minmax"], ["--samples", "20"],
            ["--budget", "21kB"], ["--min-agreement", "90"], ["--max-tokens", "12"],
        ])
    func against(options: [String]) throws {
        let workspace = try Workspace()
        try workspace.expect(["quantize", "tiny"] + Self.data + ["-o", "q.embq"] + options)
        try workspace.expect(["verify", "q.embq", "--against", "tiny"] + Self.data)
        let result = try workspace.json(["verify", "q.embq", "--against", "tiny", "--threads", "1"] + Self.data)
        #expect(result["recomputed"] as? Bool == true)
    }

    @Test("a package, an encoder's pairs and another container of the weights are checked against them too")
    func againstOthers() throws {
        let workspace = try Self.packaged("--max-drop", "100")
        try workspace.expect(["verify", "out", "--against", "tiny"] + Self.data)
        try workspace.expect("quantize", "encoder", "--data", "encoder/pairs.tsv", "-o", "e.embq")
        try workspace.expect("verify", "e.embq", "--against", "encoder", "--data", "encoder/pairs.tsv")
        try workspace.expect("convert", "tiny", "-o", "same.npz")
        try workspace.expect(
            ["verify", "out", "--against", "same.npz", "--config", "tiny/config.json", "--tokenizer"]
                + ["tiny/tokenizer.json"] + Self.data)
    }

    @Test("with a profile alone no data are asked for; the profile is")
    func profile() throws {
        let workspace = try Workspace()
        try workspace.expect(["calibrate", "tiny"] + Self.data + ["-o", "p.embqcal"])
        try workspace.expect(["calibrate", "tiny"] + Self.data + ["-o", "other.embqcal", "--samples", "9"])
        try workspace.expect("quantize", "tiny", "--profile", "p.embqcal", "-o", "q.embq")
        try workspace.expect("verify", "q.embq", "--against", "tiny", "--profile", "p.embqcal")
        try workspace.expect(["verify", "q.embq", "--against", "tiny"] + Self.data)
        try Self.refuse(workspace, ["q.embq", "--against", "tiny"], says: "--data", "--profile")
        try Self.refuse(
            workspace, ["q.embq", "--against", "tiny", "--profile", "other.embqcal"], says: "other.embqcal", "sentences"
        )
        let both = ["verify", "q.embq", "--against", "tiny", "--profile", "p.embqcal"] + Self.data
        #expect(try workspace.run(both).status == 64)
    }

    @Test("what was made without sentences is made again without, and what was made with some needs them")
    func withoutSentences() throws {
        let workspace = try Workspace(artifact: true)
        let methods = ["--methods", "folding,balance,wide-activations,products,table-attention"]
        try workspace.expect(["calibrate", "tiny"] + Self.data + ["--no-sentences", "-o", "bare.embqcal"])
        try workspace.expect(["quantize", "tiny", "--profile", "bare.embqcal", "-o", "bare.embq"] + methods)
        try workspace.expect(["verify", "bare.embq", "--against", "tiny"] + Self.data)
        try workspace.expect("verify", "bare.embq", "--against", "tiny", "--profile", "bare.embqcal")
        try Self.refuse(
            workspace, ["tiny.embq", "--against", "tiny", "--profile", "bare.embqcal"], says: "bare.embqcal: ",
            "keeps no sentences")
        try workspace.expect(["calibrate", "tiny"] + Self.data + ["--max-tokens", "3", "-o", "short.embqcal"])
        try Self.refuse(
            workspace, ["tiny.embq", "--against", "tiny", "--profile", "short.embqcal"], says: "short.embqcal: ",
            "tokens")
    }

    @Test("other data, or another checkpoint, is refused by its digest")
    func otherInputs() throws {
        let workspace = try Workspace(artifact: true)
        try Self.refuse(workspace, ["tiny.embq", "--against", "tiny"], says: "--data")
        try Self.refuse(
            workspace, ["tiny.embq", "--against", "tiny", "--data", "plain.tsv"], says: "plain.tsv: ", "3 rows")
        try workspace.edit("tiny/data.tsv") { $0[$0.count - 2] ^= 1 }
        try Self.refuse(workspace, ["tiny.embq", "--against", "tiny"] + Self.data, says: "tiny/data.tsv: ", "SHA-256")
        try Self.refuse(
            workspace, ["tiny.embq", "--against", "encoder"] + Self.data, says: "encoder: ", "other weights")
        for arguments in [["--data", "x"], ["--profile", "x"], ["--config", "x"]] {
            #expect(try workspace.run(["verify", "tiny.embq"] + arguments).status == 64)
        }
    }

    // MARK: Check vectors

    @Test("check vectors cover every position of a short model, and a spread of the token table, in few bytes")
    func coverage() throws {
        let workspace = try Workspace(artifact: true)
        let tiny = try #require(try workspace.json("verify", "tiny.embq")["coverage"] as? [String: Any])
        #expect(tiny["positions"] as? Int == tiny["max_length"] as? Int)
        #expect(try #require(tiny["outputs"] as? Int) == 3 && tiny["pairs"] as? Int ?? 0 >= 1)
        let (model, data) = (Fixtures.path("embbert-snips"), Fixtures.path("snips-own/calibration.tsv"))
        try workspace.expect("quantize", model, "--data", data, "-o", "snips.embq")
        let snips = try #require(try workspace.json("verify", "snips.embq")["coverage"] as? [String: Any])
        #expect(try #require(snips["tokens"] as? Int) >= 128 && snips["vocabulary"] as? Int == 8192)
        // No large part of the vocabulary is left out.
        #expect(try #require(snips["largest_gap"] as? Int) <= 8192 / 48)
        let sections = try #require(try workspace.json("inspect", "snips.embq")["sections"] as? [[String: Any]])
        let checks = try #require(sections.first { $0["tag"] as? String == "CHEK" }?["size"] as? Int)
        #expect(checks <= 3000)
        #expect(try workspace.expect("verify", "snips.embq").contains(" of 8,192 tokens"))
    }

    @Test("--help says what is not proven")
    func help() throws {
        let text = try Workspace().expect("verify", "--help")
        for words in ["it is not proved", "signed", "report.html", "--against"] { #expect(text.contains(words)) }
    }
}
