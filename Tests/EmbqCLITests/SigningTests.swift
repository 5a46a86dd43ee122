import EmbqTestSupport
import Foundation
import Testing

@Suite("Signed packages")
struct SigningTests {
    private static let package = ["package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out"]
    private static func key(_ name: String) -> String { Fixtures.path("signing/\(name)") }

    @Test("A signed package is verified with its key, and says so without one")
    func signed() throws {
        let workspace = try Workspace()
        try workspace.expect(Self.package + ["--sign", Self.key("key.pem")])
        let checked = try workspace.expect("verify", "out", "--key", Self.key("public.pem"))
        #expect(checked.contains("signed by the key in"))
        #expect(try workspace.expect("verify", "out").contains("signed, origin not checked"))
        #expect(try workspace.json("verify", "out")["signature"] as? String == "unchecked")
        let other = try workspace.run(["verify", "out", "--key", Self.key("other.pem")])
        #expect(other.status == 1 && other.err.contains("another key signed it"))
        // All but the signature is the same each time, and a package that is not signed has none.
        let before = try workspace.tree("out")
        try workspace.expect(Self.package + ["--sign", Self.key("key.pem")])
        let again = try workspace.tree("out")
        #expect(Set(before.keys) == Set(again.keys))
        #expect(before.keys.filter { again[$0] != before[$0] } == ["model.sig"])
        try workspace.expect(Self.package)
        #expect(try workspace.tree("out")["model.sig"] == nil)
        #expect(try workspace.json("verify", "out")["signature"] as? String == "none")
    }

    @Test("What nobody signed, or somebody changed, is not verified with a key")
    func refused() throws {
        let workspace = try Workspace()
        let key = ["--key", Self.key("public.pem")]
        try workspace.expect(Self.package)
        let unsigned = try workspace.run(["verify", "out"] + key)
        #expect(unsigned.status == 1 && unsigned.err.contains("it is not signed"))
        let alone = try workspace.run(["verify", "out/model.embq"] + key)
        #expect(alone.status == 1 && alone.err.contains("an artifact alone has no signature"))
        try workspace.expect(Self.package + ["--sign", Self.key("key.pem")])
        // Whoever changes a file, and manifest.json so that it agrees, has no key.
        let old = try workspace.tree("out")["report.html"]
        try workspace.edit("out/report.html") { $0 += Array("<!-- -->".utf8) }
        let size = try workspace.bytes("out/report.html").count
        try workspace.replace(
            "out/manifest.json", try #require(old), try #require(try workspace.tree("out")["report.html"]))
        try workspace.replace("out/manifest.json", "\"bytes\" : \(size - 8)", "\"bytes\" : \(size)")
        try workspace.reseal()
        // The bill of materials has the digest too: an export into the package writes it again.
        try workspace.expect("export", "out", "--c", "out")
        #expect(try workspace.run(["verify", "out"]).status == 0)
        let changed = try workspace.run(["verify", "out"] + key)
        #expect(changed.status == 1 && changed.err.contains("it is not the file that was signed"), "\(changed.err)")
    }

    @Test("A file called model.sig that is no signature is told without a key too")
    func garbage() throws {
        let workspace = try Workspace()
        try workspace.expect(Self.package)
        try workspace.folder.write("garbage", to: "out/model.sig")
        let result = try workspace.run(["verify", "out"])
        #expect(result.status == 1 && result.err.contains("model.sig: it is no JSON"), "\(result.err)")
    }

    @Test("The archive does not replace the key, or a folder")
    func archive() throws {
        let workspace = try Workspace()
        try workspace.folder.write(Array(try Data(contentsOf: URL(filePath: Self.key("key.pem")))), to: "key.pem")
        let key = try workspace.bytes("key.pem")
        for (place, problem) in [("key.pem", "this output is the input"), ("tiny", "this is a folder")] {
            let result = try workspace.run(Self.package + ["--sign", "key.pem", "--archive", place])
            #expect(result.status == 1 && result.err.contains(problem), "\(result.err)")
        }
        #expect(try workspace.bytes("key.pem") == key)
        #expect(try !workspace.folder.names.contains("out"))
    }

    @Test("A key that cannot sign is told before anything is computed")
    func keys() throws {
        let workspace = try Workspace()
        for (file, problem) in [("encrypted.pem", "protected by a password"), ("public.pem", "it is no private key")] {
            let result = try workspace.run(Self.package + ["--sign", Self.key(file)])
            #expect(result.status == 1 && result.err.contains(problem), "\(result.err)")
        }
        #expect(try !workspace.folder.names.contains("out"))
    }
}
