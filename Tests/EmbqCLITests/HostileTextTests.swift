import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

@Suite("Hostile text in a checkpoint")
struct HostileTextTests {
    /// Turns around what follows it, ends comments and strings, moves the cursor, is a backslash as a trigraph.
    private static let text = "\u{202E}*/\u{301}\u{9B}2J\u{85}\"??/<b>"

    /// A file's name may have a line break and an escape sequence too.
    private static let folder = "ti\u{1B}[31m\nny\(text.replacing("/", with: "|"))"

    private func hazards(_ text: String) -> [String] {
        text.unicodeScalars.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control: scalar != "\n" && scalar != "\t"
            case .format, .lineSeparator, .paragraphSeparator: scalar.value != 0x200C && scalar.value != 0x200D
            default: false
            }
        }.map { String($0.value, radix: 16) }
    }

    /// The tiny model with labels, and a folder, that nobody should see as they are.
    private func workspace() throws -> Workspace {
        let workspace = try Workspace()
        try workspace.copy("embbert-tiny", to: Self.folder)
        let label = String(decoding: JSONValue.string("rain" + Self.text).bytes, as: UTF8.self)
        try workspace.replace("\(Self.folder)/config.json", "\"0\": \"rain\"", "\"0\": \(label)")
        let rows = String(decoding: try workspace.bytes("\(Self.folder)/data.tsv"), as: UTF8.self)
            .split(separator: "\n").map { $0.replacing(/^rain\t/, with: "rain\(Self.text)\t") + "\n" }
        try workspace.folder.write(rows.joined(), to: "\(Self.folder)/data.tsv")
        return workspace
    }

    @Test("nothing that any verb prints or writes as text has it raw, and the exported C compiles")
    func everywhere() throws {
        let workspace = try workspace()
        let (model, data) = (Self.folder, ["--data", "\(Self.folder)/data.tsv"])
        let commands = [
            ["inspect", model], ["calibrate", model] + data + ["-o", "p.embqcal"], ["inspect", "p.embqcal"],
            ["quantize", model] + data + ["-o", "m.embq"], ["inspect", "m.embq"], ["verify", "m.embq"],
            ["evaluate", model, "--predictions", "fp32.tsv"] + data,
            ["evaluate", "m.embq", "--against", model, "--report", "r.html", "--predictions", "int8.tsv"] + data,
            ["evaluate", "m.embq", "--against", model, "--worst", "9", "--layers"] + data,
            ["package", model, "--test", "\(model)/data.tsv", "-o", "out"] + data, ["verify", "out"],
            ["export", "m.embq", "--layout", "cmake", "--c", "cmake", "--arrays", "sections"],
            ["run", model, "rain", "sun\(Self.text)"], ["run", "m.embq", "rain in oslo"], ["tokenize", model, "rain"],
            ["convert", model, "-o", "w.npz"],
        ]
        for command in commands {
            for arguments in [command, command + ["--json"]] {
                let result = try workspace.run(arguments)
                #expect(result.status == 0, "\(arguments): \(result.err)")
                #expect(hazards(result.out) == [] && hazards(result.err) == [], "\(command[0])")
            }
        }
        let written =
            ["fp32.tsv", "int8.tsv", "r.html"].map { ("", $0) }
            + (try FileManager.default.subpathsOfDirectory(atPath: workspace["out"]).map { ("out/", $0) })
            + (try FileManager.default.subpathsOfDirectory(atPath: workspace["cmake"]).map { ("cmake/", $0) })
        for (folder, name) in written where !name.hasSuffix(".embq") && !Folder.exists(workspace[folder + name]) {
            let text = String(decoding: try workspace.bytes(folder + name), as: UTF8.self)
            #expect(hazards(text) == [], "\(folder)\(name)")
        }
        let header = String(decoding: try workspace.bytes("out/model.h"), as: UTF8.self)
        #expect(header.contains("0  rain\\u{202e}* /\u{301}\\u{9b}2J\\u{85}\"? ?/<b>\n"))
        let predictions = String(decoding: try workspace.bytes("fp32.tsv"), as: UTF8.self)
        #expect(predictions.contains("rain\\u{202e}*/\u{301}\\u{9b}2J\\u{85}\"??/<b>\t"))
        // c11 has trigraphs.
        let flags = "-std=c11 -O1 -Wall -Wextra -Wpedantic -Wtrigraphs -Werror"
        for place in ["out", "cmake"] {
            let compiled = try Program.run(
                "/bin/sh",
                ["-c", "cd \(place) && cc \(flags) -Iinclude -Iruntime/include -I. -c $(find . -name '*.c')"],
                in: workspace.path)
            #expect(compiled.status == 0, "\(compiled.err)")
        }
    }

    @Test("no error has it raw, for people and for programs")
    func errors() throws {
        let edits: [(file: String, old: String, new: String, isRefused: Bool)] = [
            ("config.json", "\"EmbBERT\"", "\"Emb\u{202E}\\u001b[31m\\nBERT\"", true),
            ("config.json", "\"SequenceClassifier\"", "\"\u{9B}2J\\u0007\\n\"", true),
            ("config.json", "\"1\": \"sun\"", "\"1\": \"sun\\u001b[2J\\n\"", true),
            ("config.json", "\"hidden_size\"", "\"hidden\u{202E}\\u0000\\nsize\": 1, \"hidden_size\"", false),
            ("config.json", "\"kernel_size\": 5", "\"kernel_size\": \"\u{202E}\\u001b\\n\"", true),
            ("tokenizer.json", "\"Whitespace\"", "\"\\u001b]0;x\\u0007\u{2066}\\n\"", true),
            ("tokenizer.json", "\"[SEP]\"", "\"\u{202E}\\u001b\\n\"", false),
            ("data.tsv", "sun\t", "s\u{1B}[31m\u{202E}un\t", true),
            ("data.tsv", "label\t", "la\u{1B}\u{9B}\u{202E}bel\t", true),
        ]
        for edit in edits {
            let workspace = try workspace()
            try workspace.replace("\(Self.folder)/\(edit.file)", edit.old, edit.new)
            let commands = [
                ["inspect", Self.folder], ["run", Self.folder, "rain"],
                ["evaluate", Self.folder, "--data", "\(Self.folder)/data.tsv"],
            ]
            var failures = 0
            for command in commands {
                for arguments in [command, command + ["--json"]] {
                    let result = try workspace.run(arguments)
                    failures += result.status == 1 ? 1 : 0
                    #expect(hazards(result.out) == [] && hazards(result.err) == [], "\(arguments): \(edit.new)")
                    if result.status != 0 {
                        #expect(result.err.split(separator: "\n").count == 2, "\(result.err)")
                    }
                }
            }
            // An unknown key is passed over, and told; a token may have any characters.
            #expect((failures > 0) == edit.isRefused, "\(edit)")
        }
    }

    @Test("an argument that is quoted back is escaped", arguments: ["--x\u{1B}[31m\n\u{202E}", "in\u{9B}spect"])
    func arguments(argument: String) throws {
        let workspace = try Workspace()
        let result = try workspace.run([argument, "--json"])
        #expect(result.status == 64)
        #expect(hazards(result.out) == [] && hazards(result.err) == [])
        #expect(!result.err.contains("[31m\n"))
    }
}
