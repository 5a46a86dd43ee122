import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

@Suite("What a package says of itself") struct PackageDocumentsTests {
    private static let package = ["package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out"]
    private static let layouts = ["plain", "arduino", "platformio", "zephyr", "esp-idf", "cmake"]

    private static func object(_ name: String, in workspace: Workspace) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(try workspace.bytes(name)))
        return try #require(value as? [String: Any])
    }

    private static func text(_ name: String, in workspace: Workspace) throws -> String {
        String(decoding: try workspace.bytes(name), as: UTF8.self)
    }

    @Test("the bill of materials has the digest of every file but three, in each layout", arguments: layouts)
    func bill(layout: String) throws {
        let workspace = try Workspace()
        try workspace.expect(Self.package + ["--layout", layout, "--sign", Fixtures.path("signing/key.pem")])
        let bill = try Self.object("out/bom.cdx.json", in: workspace)
        let components = try #require(bill["components"] as? [[String: Any]])
        var listed: [String: String] = [:]
        for file in components where file["type"] as? String == "file" {
            let hashes = try #require(file["hashes"] as? [[String: String]])
            listed[try #require(file["name"] as? String)] = hashes.first?["content"]
        }
        var expected = try workspace.tree("out")
        for name in ["bom.cdx.json", "manifest.json", "model.sig"] {
            #expect(expected.removeValue(forKey: name) != nil, "\(name)")
        }
        #expect(listed == expected)
    }

    @Test("one README.md has the card and what the layout's own says", arguments: layouts)
    func readme(layout: String) throws {
        let workspace = try Workspace(artifact: true)
        try workspace.expect(Self.package + ["--layout", layout])
        try workspace.expect("export", "tiny.embq", "--layout", layout, "--c", "alone")
        let card = try Self.text("out/README.md", in: workspace)
        #expect(card.hasPrefix("---\nlicense: unknown\nlibrary_name: embq\npipeline_tag: text-classification\n"))
        for heading in ["## Footprint", "## Accuracy", "## What was not checked", "## Licence and origin"] {
            #expect(card.contains("\n\(heading)\n"))
        }
        if layout != "plain" { #expect(card.contains(try Self.text("alone/README.md", in: workspace))) }
    }

    @Test("a letter that is changed anywhere in manifest.json is found")
    func seal() throws {
        let workspace = try Workspace()
        try workspace.expect(Self.package)
        let manifest = try workspace.bytes("out/manifest.json")
        // A step that is prime to the lines' lengths, so that keys, values and spaces are met.
        for place in stride(from: 1, to: manifest.count, by: 263) {
            var changed = manifest
            changed[place] = changed[place] == UInt8(ascii: "7") ? UInt8(ascii: "3") : UInt8(ascii: "7")
            try workspace.folder.write(changed, to: "out/manifest.json")
            #expect(try workspace.run(["verify", "out"]).status == 1, "byte \(place)")
        }
        try workspace.folder.write(manifest, to: "out/manifest.json")
        try workspace.expect("verify", "out")
    }

    @Test("an export into a package writes its documents again", arguments: ["plain", "cmake"])
    func export(layout: String) throws {
        let workspace = try Workspace()
        try workspace.expect(Self.package + ["--layout", layout == "plain" ? "cmake" : "plain"])
        try workspace.expect("export", "out", "--layout", layout, "--c", "out")
        try workspace.expect("verify", "out")
        let exported = try workspace.tree("out")
        try workspace.expect(Self.package + ["--layout", layout])
        #expect(try workspace.tree("out") == exported)
    }

    @Test(
        "base models and the licence of a checkpoint's card are in all documents",
        arguments: [
            ("base_model: owner/parent", ["owner/parent"]),
            ("base_model: [\"owner/parent\", other]", ["owner/parent", "other"]),
            ("base_model:\n- owner/parent\n- 'other'\ntags:\n- x", ["owner/parent", "other"]),
            ("base_model: ../../parent", []), ("tags: []", []),
        ])
    func origin(lines: String, models: [String]) throws {
        let workspace = try Workspace()
        try workspace.folder.write("---\nlicense: mit\n\(lines)\n---\n# A model\n", to: "tiny/README.md")
        try workspace.expect(Self.package)
        try workspace.expect("verify", "out")
        let manifest = try Self.object("out/manifest.json", in: workspace)
        #expect(manifest["base_models"] as? [String] ?? [] == models)
        let listed = models.map { "- \"\($0)\"\n" }.joined()
        let metadata = models.isEmpty ? "" : "base_model:\n\(listed)base_model_relation: quantized\n"
        let card = try Self.text("out/README.md", in: workspace)
        #expect(card.hasPrefix("---\nlicense: mit\n\(metadata)library_name: embq\n"))
        let bill = try Self.object("out/bom.cdx.json", in: workspace)
        let model = try #require((bill["metadata"] as? [String: Any])?["component"] as? [String: Any])
        #expect((model["licenses"] as? [[String: String]])?.first?["expression"] == "MIT")
        let ancestors = (model["pedigree"] as? [String: Any])?["ancestors"] as? [[String: String]] ?? []
        #expect(ancestors.compactMap { $0["purl"] } == models.map { "pkg:huggingface/\($0)" })
    }

    @Test("SOURCE_DATE_EPOCH gives the documents a time, and nothing else does")
    func time() throws {
        let workspace = try Workspace()
        func packaged(_ epoch: String) throws -> Program.Result {
            try Program.run(
                "/usr/bin/env", ["SOURCE_DATE_EPOCH=\(epoch)", Program.path] + Self.package, in: workspace.path)
        }
        try workspace.expect(Self.package)
        #expect(try Self.object("out/manifest.json", in: workspace)["created"] == nil)
        let serial = try Self.object("out/bom.cdx.json", in: workspace)["serialNumber"] as? String
        #expect(try packaged("1700000000").status == 0)
        let bill = try Self.object("out/bom.cdx.json", in: workspace)
        #expect((bill["metadata"] as? [String: Any])?["timestamp"] as? String == "2023-11-14T22:13:20Z")
        #expect(serial != nil && bill["serialNumber"] as? String != serial)
        try workspace.expect("verify", "out")
        for wrong in ["", "-1", "now", "253402300800"] {
            let result = try packaged(wrong)
            #expect(result.status == 1 && result.err.contains("SOURCE_DATE_EPOCH"), "\(wrong): \(result.err)")
        }
    }
}
