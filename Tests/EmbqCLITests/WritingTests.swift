import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

@Suite("Where the program reads and writes") struct WritingTests {
    private static let data = ["--data", "tiny/data.tsv"]
    private static let package = ["package", "tiny"] + data + ["--test", "tiny/data.tsv", "-o", "out"]

    private func shell(_ line: String, in workspace: Workspace) throws -> Program.Result {
        try Program.run("/bin/bash", ["-c", "embq() { '\(Program.path)' \"$@\"; }; \(line)"], in: workspace.path)
    }

    @Test("One file can go to standard output, and nothing goes there beside it")
    func standardOutput() throws {
        let workspace = try Workspace(artifact: true)
        try workspace.expect("calibrate", "tiny", "--data", "tiny/data.tsv", "-o", "c.embqcal")
        try workspace.expect("convert", "tiny", "-o", "w.safetensors")
        try workspace.expect(
            "evaluate", "tiny.embq", "--data", "tiny/data.tsv", "--predictions", "p.tsv", "--report", "r.html")
        for (command, file) in [
            ("quantize tiny --data tiny/data.tsv -o -", "tiny.embq"),
            ("quantize tiny --data tiny/data.tsv -o /dev/stdout", "tiny.embq"),
            ("calibrate tiny --data tiny/data.tsv -o -", "c.embqcal"), ("convert tiny -o -", "w.safetensors"),
            ("evaluate tiny.embq --data tiny/data.tsv --predictions -", "p.tsv"),
            ("evaluate tiny.embq --data tiny/data.tsv --report -", "r.html"),
        ] {
            for sink in ["> got", "| cat > got"] {
                let result = try shell("set -o pipefail; embq \(command) \(sink)", in: workspace)
                #expect(result.status == 0, "\(command): \(result.err)")
                #expect(try workspace.bytes("got") == workspace.bytes(file), "\(command) \(sink)")
            }
        }
        try #expect(workspace.folder.names.allSatisfy { !$0.hasPrefix(".embq") })
    }

    @Test("What standard output already holds stays", arguments: ["-", "/dev/stdout", "/dev/fd/1"])
    func appended(_ output: String) throws {
        let workspace = try Workspace(artifact: true)
        try workspace.folder.write("before\n", to: "all.txt")
        for _ in 0..<2 {
            let line = "embq evaluate tiny.embq --data tiny/data.tsv --predictions \(output) >> all.txt"
            #expect(try shell(line, in: workspace).status == 0)
        }
        let lines = String(decoding: try workspace.bytes("all.txt"), as: UTF8.self).split(separator: "\n")
        #expect(lines.first == "before")
        #expect(lines.filter { $0.hasPrefix("row\t") }.count == 2 && lines.count >= 1 + 2 * 49)
    }

    @Test(
        "Data come through a pipe as from a file",
        arguments: [
            "embq quantize tiny --data - -o got < tiny/data.tsv",
            "cat tiny/data.tsv | embq quantize tiny --data - -o got",
            "cat tiny/data.tsv | embq quantize tiny --data /dev/stdin -o got",
            "embq quantize tiny --data <(cat tiny/data.tsv) -o got",
            "mkfifo p && (cat tiny/data.tsv > p & embq quantize tiny --data p -o got)",
        ])
    func pipes(_ line: String) throws {
        let workspace = try Workspace(artifact: true)
        let result = try shell(line, in: workspace)
        #expect(result.status == 0, "\(result.err)")
        #expect(try workspace.bytes("got") == workspace.bytes("tiny.embq"))
    }

    @Test("Bytes that are no UTF-8 in a name or a text stay what they are")
    func bytes() throws {
        let workspace = try Workspace(artifact: true)
        let line = """
            name=$(printf 'm\\xff\\xe9') && mkdir "$name" && cp -r tiny "$name/tiny" &&
            embq quantize "$name/tiny" --data "$name/tiny/data.tsv" -o "$name/$name.embq" &&
            cmp tiny.embq "$name/$name.embq" && embq export "$name/$name.embq" --c "$name/c" && ls "$name/c/model.c" &&
            embq run tiny "$(printf 'rain \\xff')" > one && printf 'rain \\xff\\n' | embq run tiny - > two && cmp one two
            """
        let result = try shell(line, in: workspace)
        #expect(result.status == 0, "\(result.err)")
        #expect(result.err.contains("wrote m\\xff\\xe9/c: "))
    }

    @Test("A reader that goes ends the program, which leaves nothing behind")
    func goneReader() throws {
        let workspace = try Workspace()
        let line = """
            mkdir t && export TMPDIR=$PWD/t && mkfifo p && { (exec 3< p) & exec 4> p; wait; }
            embq convert tiny -o - >&4; status=$?; rmdir t && exit $status
            """
        #expect(try shell(line, in: workspace).status == 128 + SIGPIPE)
    }

    @Test("Standard output that is an input is refused, and stays")
    func standardOutputIsInput() throws {
        let workspace = try Workspace()
        let before = try workspace.listing()
        for line in [
            "embq quantize tiny --data tiny/data.tsv -o - >> tiny/data.tsv",
            "embq quantize tiny --data - -o - < tiny/data.tsv >> tiny/data.tsv",
            "embq convert tiny -o - 1<> tiny/model.safetensors",
        ] {
            #expect(try shell(line, in: workspace).status == 1, "\(line)")
            #expect(try workspace.listing() == before)
        }
    }

    @Test("A package replaces a package; what is of the user's own is refused by name and stays")
    func packages() throws {
        let workspace = try Workspace()
        try workspace.expect(Self.package + ["--layout", "cmake"])
        let old = try workspace.listing()
        for foreign in ["notes.txt", ".git/config", "src/extra.c"] {
            try workspace.folder.write("mine", to: "out/\(foreign)")
            let before = try workspace.listing()
            let result = try workspace.run(Self.package)
            #expect(result.status == 1 && result.err.contains("out/\(foreign == ".git/config" ? ".git" : foreign): "))
            #expect(try workspace.listing() == before)
            try FileManager.default.removeItem(atPath: workspace["out/\(foreign == ".git/config" ? ".git" : foreign)"])
        }
        #expect(try workspace.listing() == old)
        try workspace.expect(Self.package)
        try workspace.expect("verify", "out")
        let names = try FileManager.default.contentsOfDirectory(atPath: workspace["out"])
        #expect(names.contains("model.c") && !names.contains("CMakeLists.txt"), "what the old layout had is gone")
    }

    @Test("A folder that is no package is not taken for one")
    func otherFolder() throws {
        let workspace = try Workspace(artifact: true)
        try workspace.expect("export", "tiny.embq", "--c", "out")
        try FileManager.default.removeItem(atPath: workspace["out/manifest.json"])
        #expect(try workspace.run(Self.package).err.contains("out/LICENSE: it is in the way"))
        try workspace.folder.write(#"{"files": [{"name": "embq.h"}]}"#, to: "out/manifest.json")
        #expect(try workspace.run(Self.package).err.contains("out/LICENSE: it is in the way"))
    }

    private static let layouts = [
        "plain", "arduino", "platformio", "zephyr", "esp-idf", "cmake", "cmsis-pack", "swift",
    ]

    @Test(
        "An export removes what another layout left, and nothing that is another's or was changed",
        arguments: layouts)
    func exportOverExport(layout: String) throws {
        let workspace = try Workspace(artifact: true)
        let export = ["export", "tiny.embq", "--layout", layout, "--c"]
        try workspace.expect(export + ["fresh"])
        for other in Self.layouts where other != layout {
            let folder = "\(other)"
            try workspace.expect("export", "tiny.embq", "--layout", other, "--arrays", "sections", "--c", folder)
            try workspace.expect(export + [folder])
            #expect(try workspace.tree(folder) == workspace.tree("fresh"), "\(other), then \(layout)")
        }
        // Beside a stranger's file, and with one that its user changed.
        try workspace.expect("export", "tiny.embq", "--layout", "cmake", "--c", "mine")
        try workspace.folder.write("mine", to: "mine/src/own.c")
        try workspace.folder.write("mine", to: "mine/examples/classify/main.c")
        try FileManager.default.createSymbolicLink(
            atPath: workspace["mine/link"], withDestinationPath: "../fresh")
        try workspace.expect(export + ["mine"])
        var expected = try workspace.tree("fresh")
        for name in ["src/own.c", "examples/classify/main.c", "link"] { expected[name] = "mine" }
        if layout == "cmake" {
            expected["examples/classify/main.c"] = try workspace.tree("fresh")["examples/classify/main.c"]
        }
        #expect(try workspace.tree("mine").keys.sorted() == expected.keys.sorted())
        #expect(try workspace.bytes("mine/src/own.c") == Array("mine".utf8))
    }

    @Test("A manifest that names a stranger's files, or files behind a link, has none of them removed")
    func hostileManifest() throws {
        let workspace = try Workspace(artifact: true)
        try workspace.folder.write("mine", to: "elsewhere/a.c")
        try workspace.folder.write("mine", to: "out/b.c")
        try FileManager.default.createSymbolicLink(
            atPath: workspace["out/link"], withDestinationPath: "../elsewhere")
        let digest = SHA256.hexadecimal(of: Array("mine".utf8))
        let names = ["link/a.c", "../elsewhere/a.c", "b.c", "c.c"]
        let files = names.map { #"{"name": "\#($0)", "bytes": 4, "sha256": "\#($0 == "b.c" ? "00" : digest)"}"# }
        try workspace.folder.write(
            #"{"generator": "embq 0.1.0", "files": [\#(files.joined(separator: ", "))]}"#, to: "out/manifest.json")
        try workspace.expect("export", "tiny.embq", "--c", "out")
        for name in ["elsewhere/a.c", "out/b.c"] { #expect(try workspace.bytes(name) == Array("mine".utf8)) }
    }

    @Test("An export into a package exchanges its sources, and the package stays whole")
    func exportIntoPackage() throws {
        let workspace = try Workspace()
        try workspace.expect(Self.package)
        try workspace.expect("export", "out", "--layout", "zephyr", "--name", "snow", "--c", "out")
        try workspace.expect("verify", "out")
        let names = try FileManager.default.contentsOfDirectory(atPath: workspace["out"])
        #expect(names.contains("zephyr") && names.contains("model.embq") && !names.contains("main.c"))
    }

    @Test("The folder of a package is a model wherever an artifact is")
    func packageAsModel() throws {
        let workspace = try Workspace()
        try workspace.expect(Self.package)
        for arguments in [
            ["run", "MODEL", "rain in oslo"], ["run", "MODEL", "rain in oslo", "--json"],
            ["inspect", "MODEL", "--json"],
            ["tokenize", "MODEL", "rain in oslo"],
            ["evaluate", "MODEL", "--data", "tiny/data.tsv", "--predictions", "-"],
        ] {
            func answer(_ model: String) throws -> String {
                try workspace.expect(arguments.map { $0 == "MODEL" ? model : $0 })
            }
            #expect(try answer("out") == answer("out/model.embq"), "\(arguments)")
        }
        try FileManager.default.createDirectory(
            atPath: workspace["out/.embq.journal"], withIntermediateDirectories: false)
        #expect(try workspace.run(["run", "out", "x"]).err.contains("a run that replaced its files was killed"))
    }

    @Test("The current folder stays the same folder")
    func current() throws {
        let workspace = try Workspace(artifact: true)
        try FileManager.default.createDirectory(atPath: workspace["here"], withIntermediateDirectories: false)
        let line = "cd here && embq export ../tiny.embq --c . && embq export ../tiny.embq --c ../here && ls model.c"
        #expect(try shell(line, in: workspace).status == 0)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: workspace["here"]).allSatisfy { !$0.hasPrefix(".") })
    }

    @Test("A package's archive holds its files, and is the same bytes each time")
    func archive() throws {
        let workspace = try Workspace()
        let package = ["package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out"]
        try workspace.expect(package + ["--archive", "a.zip"])
        try workspace.expect(package + ["--archive", "b.zip"])
        #expect(try shell("embq \(package.joined(separator: " ")) --archive - > c.zip", in: workspace).status == 0)
        #expect(try workspace.bytes("a.zip") == workspace.bytes("b.zip"))
        #expect(try workspace.bytes("a.zip") == workspace.bytes("c.zip"))
        #expect(try shell("python3 -m zipfile -e a.zip again && diff -r out again", in: workspace).status == 0)
        for place in ["out/a.zip", "./out/../out/x/a.zip"] {
            let result = try workspace.run(package + ["--archive", place])
            #expect(result.status == 1 && result.err.contains("would lie in the package"), "\(place): \(result.err)")
        }
        let overwriting = try workspace.run(package + ["--archive", "tiny/model.safetensors"])
        #expect(overwriting.status == 1 && overwriting.err.contains("this output is the input"))
    }
}
