import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

@Suite("What the program gives") struct ResultTests {
    @Test("evaluate --json has the contract's keys")
    func evaluateKeys() throws {
        let workspace = try Workspace(artifact: true)
        let alone = try workspace.json("evaluate", "tiny", "--data", "tiny/data.tsv")
        for key in [
            "task", "rows", "metric", "accuracy", "mcc", "f1", "predictions_sha256", "seconds", "sentences_per_second",
        ] { #expect(alone[key] != nil, "\(key)") }
        #expect(alone["task"] as? String == "tiny" && alone["rows"] as? Int == 48)
        #expect(alone["agreement"] == nil && alone["drop_points"] == nil && alone["scc"] == nil)
        let against = try workspace.json("evaluate", "tiny.embq", "--data", "tiny/data.tsv", "--against", "tiny")
        let agreement = try #require(against["agreement"] as? Double)
        #expect((0...1).contains(agreement) && against["drop_points"] is Double)
    }

    @Test("inspect --json has the contract's keys, for a checkpoint and for an artifact")
    func inspectKeys() throws {
        let workspace = try Workspace(artifact: true)
        let checkpoint = try workspace.json("inspect", "tiny")
        for key in ["format", "family", "head", "parameters", "tensors", "config"] {
            #expect(checkpoint[key] != nil, "\(key)")
        }
        let tensors = try #require(checkpoint["tensors"] as? [String: [String: Any]])
        #expect(tensors["classifier.weight"]?["dtype"] as? String == "F32")
        #expect(tensors["classifier.weight"]?["shape"] as? [Int] == [3, 32])
        let artifact = try workspace.json("inspect", "tiny.embq")
        let footprint = try #require(artifact["footprint"] as? [String: Any])
        let arena = try #require(footprint["arena"] as? [String: Int])
        let sections = try #require(artifact["sections"] as? [[String: Any]])
        #expect(sections.count == 8 && sections.allSatisfy { ($0["crc32"] as? String)?.count == 8 })
        let sizes = try ["weights", "tables", "tokenizer", "total_256"].map { try #require(footprint[$0] as? Int) }
        #expect(sizes[3] == sizes[0] + sizes[1] + (arena["24"] ?? 0))
    }

    @Test(
        "inspect lists the tensors whatever config.json lies beside them, and says what is wrong with it",
        arguments: [
            ("foreign", "missing"), ("list", "malformed"), ("broken", "malformed"), ("empty", "malformed"),
            ("other-type", "unsupported"),
        ])
    func inspectForeign(name: String, code: String) throws {
        let folder = Fixtures.path("folders")
        let result = try Program.run(["inspect", "inspect-\(name)", "--json"], in: folder)
        #expect(result.status == 0 && result.err.isEmpty)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(result.out.utf8)) as? [String: Any])
        let tensors = try #require(json["tensors"] as? [String: [String: Any]])
        #expect(tensors.mapValues { $0["shape"] as? [Int] } == ["layer.weight": [2, 3], "layer.bias": [2]])
        let error = try #require(json["config_error"] as? [String: String])
        #expect(error["code"] == code && error["file"] == "inspect-\(name)/config.json")
        #expect(error["message"]?.isEmpty == false && error["advice"]?.isEmpty == false)
        let text = try Program.run(["inspect", "inspect-\(name)"], in: folder)
        #expect(text.status == 0 && text.out.contains("config      inspect-\(name)/config.json: "))
        let given = try Program.run(["inspect", ".", "--config", "config.json"], in: "\(folder)/inspect-\(name)")
        #expect((given.status == 1) == ["list", "broken", "empty"].contains(name), "one that was asked for is needed")
    }

    @Test("A regression needs no labels: the empty labels.txt beside its data is fine")
    func regressionWithoutLabels() throws {
        let workspace = try Workspace()
        try workspace.copy("families/nanoembedderconv-sequence", to: "number")
        try workspace.copy("embbert-tiny/tokenizer.json", to: "number/tokenizer.json")
        try workspace.folder.write("label\ttext\n1.5\train in oslo\n-0.5\tsun\n2\tsnow\n", to: "number/data.tsv")
        try workspace.folder.write("", to: "number/labels.txt")
        let result = try workspace.json("evaluate", "number", "--data", "number/data.tsv")
        #expect(result["metric"] as? String == "spearman" && result["rows"] as? Int == 3 && result["accuracy"] == nil)
    }

    @Test("what a verb prints with --json has the keys of its schema, and no others")
    func verbSchema() throws {
        let workspace = try Workspace(artifact: true)
        let file = try Data(contentsOf: URL(fileURLWithPath: "\(Fixtures.root)/Schemas/verbs.schema.json"))
        let schema = try #require(try JSONSerialization.jsonObject(with: file) as? [String: Any])
        let verbs = try #require(schema["$defs"] as? [String: [String: Any]])
        let data = ["--data", "tiny/data.tsv"]
        let commands = [
            ["calibrate", "tiny"] + data + ["--samples", "auto", "-o", "a.embqcal"],
            ["convert", "tiny", "-o", "x.npz"], ["export", "tiny.embq", "--c", "c"],
            ["package", "tiny"] + data + ["--test", "tiny/data.tsv", "-o", "out"], ["run", "tiny.embq", "rain"],
            ["tokenize", "tiny.embq", "rain"], ["verify", "out"],
            ["diff", "tiny.embq", "tiny.embq"] + data, ["--version"],
        ]
        #expect(Set(commands.map { $0[0] }) == Set(verbs.keys))
        for command in commands {
            let printed = Set(try workspace.json(command).keys)
            let verb = try #require(verbs[command[0]])
            let known = Set(try #require(verb["properties"] as? [String: Any]).keys)
            let required = Set(try #require(verb["required"] as? [String]))
            #expect(printed.isSubset(of: known) && required.isSubset(of: printed), "\(command[0]): \(printed)")
        }
    }

    @Test(
        "a vocab.txt serves Hugging Face's BERT and pretraining heads, whose words are labels",
        arguments: ["words", "encoder"])
    func vocabulary(model: String) throws {
        let workspace = try Workspace()
        let words =
            ["[PAD]", "[UNK]", "[CLS]", "[MASK]", "[SEP]"] + (5..<(model == "words" ? 71 : 70)).map { "w\($0)" }
        try workspace.folder.write(words.joined(separator: "\n") + "\n", to: "vocab.txt")
        let run = try workspace.json("run", model, "--tokenizer", "vocab.txt", "w5 [MASK] w6")
        let result = try #require((run["results"] as? [[String: Any]])?.first)
        if model == "words" {
            let found = try #require(result["words"] as? [[String: Any]]).compactMap { $0["word"] as? String }
            #expect(found.count == 5 && found.allSatisfy(words.contains))
        } else {
            #expect((result["embedding"] as? [Double])?.isEmpty == false)
        }
    }

    @Test(
        "companions beside what is no checkpoint are wrong usage",
        arguments: [
            ["run", "tiny.embq", "rain"], ["tokenize", "tiny.embq", "rain"], ["inspect", "tiny.embq"],
            ["tokenize", "tiny/tokenizer.json", "rain"], ["evaluate", "tiny.embq", "--data", "tiny/data.tsv"],
        ])
    func companions(command: [String]) throws {
        let result = try Workspace(artifact: true).run(command + ["--adapter", "none"])
        #expect(result.status == 64 && result.err.contains("leave out --config"), "\(result.err)")
    }

    @Test("a [MASK] that is cut off is none", arguments: ["words", "words.embq"])
    func cutMask(model: String) throws {
        let workspace = try Workspace()
        try workspace.expect("quantize", "words", "--data", "tiny/data.tsv", "-o", "words.embq")
        let text = String(repeating: "rain ", count: 60) + "[MASK]"
        #expect(try workspace.expect("run", model, text).hasPrefix("no [MASK]\t"))
    }

    @Test("texts from a pipe are answered as those of the command line, however many")
    func lines() throws {
        let workspace = try Workspace(artifact: true)
        let lines = (0..<3000).map { "rain \($0 % 7) sun" }
        let piped = try workspace.run(["run", "tiny.embq", "-"], input: lines.joined(separator: "\n"))
        let given = try workspace.run(["run", "tiny.embq"] + lines)
        #expect(piped.status == 0 && piped.out == given.out && !piped.out.isEmpty)
    }

    @Test(
        "a file that outgrows its limit is an error, and nothing of it is left",
        arguments: ["h5", "npz", "safetensors"])
    func outgrown(ending: String) throws {
        let workspace = try Workspace()
        let before = try workspace.listing()
        let result = try Program.run(
            "/bin/bash",
            ["-c", "ulimit -f 40 && exec \"$0\" \"$@\"", Program.path, "convert", "tiny", "-o", "x.\(ending)"],
            in: workspace.path)
        #expect(result.status == 1 && result.err.contains("x.\(ending): "), "\(result.err)")
        #expect(result.err.contains("writing it failed (File too large)"), "\(result.err)")
        #expect(try workspace.listing() == before)
    }

    @Test("a program that is ended takes its temporary files along", arguments: ["TERM", "HUP"])
    func ended(signal: String) throws {
        let workspace = try Workspace()
        // Nobody reads the pipe: the program waits for that with the bytes in a temporary file.
        let script = """
            mkfifo pipe.npz && mkdir t && export TMPDIR=$PWD/t
            "$0" convert tiny -o pipe.npz & embq=$!
            for _ in {1..400}; do [ -n "$(find t -size +8k)" ] && break; sleep 0.05; done
            find t -type f | wc -l
            kill -\(signal) $embq
            wait $embq
            echo $? $(ls -A t)
            """
        let result = try Program.run(
            "/usr/bin/timeout", ["60", "bash", "-c", script, Program.path], in: workspace.path)
        #expect(result.out == "1\n\(signal == "TERM" ? 143 : 129)\n", "\(result.out) \(result.err)")
    }

    @Test("Each --json is one object with the verb's keys")
    func otherKeys() throws {
        let workspace = try Workspace(artifact: true)
        let run = try workspace.json("run", "tiny.embq", "rain", "sun")
        let results = try #require(run["results"] as? [[String: Any]])
        #expect(results.count == 2 && results[0]["text"] as? String == "rain")
        let scores = try #require(results[0]["scores"] as? [String: Double])
        #expect(abs(scores.values.reduce(0, +) - 1) < 1e-9)
        #expect(scores.max { $0.value < $1.value }?.key == results[0]["label"] as? String)
        #expect((results[0]["logits"] as? [Double])?.count == 3)
        let ids = try workspace.json("tokenize", "tiny.embq", "rain", "sun")["ids"] as? [[Int]]
        #expect(ids == [[2, 49], [2, 51]])
        let package = try workspace.json(
            "package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out")
        #expect(package["footprint"] != nil && package["evaluation"] != nil)
        #expect(try workspace.json("verify", "out")["valid"] as? Bool == true)
    }

    @Test("A predictions file has a line a row: its number, two labels, the logits that run --json gives")
    func predictions() throws {
        let workspace = try Workspace(artifact: true)
        for model in ["tiny", "tiny.embq"] {
            let summary = try workspace.json("evaluate", model, "--data", "tiny/data.tsv", "--predictions", "p.tsv")
            let lines = try Self.rows("p.tsv", in: workspace)
            let data = try Self.rows("tiny/data.tsv", in: workspace).map { $0.split(separator: "\t").map(String.init) }
            let texts = data.map { $0[1] }
            let out = try workspace.run(["run", model, "-", "--json"], input: texts.joined(separator: "\n")).out
            let object = try JSONSerialization.jsonObject(with: Data(out.utf8)) as? [String: Any]
            let results = try #require(object?["results"] as? [[String: Any]])
            try #require(lines.count == 48 && results.count == 48)
            var labels = ""
            for (index, (line, result)) in zip(lines, results).enumerated() {
                let fields = line.split(separator: "\t").map(String.init)
                #expect(fields[0] == "\(index)" && fields[1] == data[index][0])
                #expect(fields[2] == result["label"] as? String)
                #expect(fields.dropFirst(3).map { Float($0) } == (result["logits"] as? [Double])?.map { Float($0) })
                labels += fields[2] + "\n"
            }
            #expect(summary["predictions_sha256"] as? String == SHA256.hexadecimal(of: Array(labels.utf8)))
        }
    }

    private static func text(_ object: [String: Any]) throws -> String {
        String(
            decoding: try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys]), as: UTF8.self)
    }

    /// The lines of a table behind its header.
    private static func rows(_ file: String, in workspace: Workspace) throws -> [String] {
        String(decoding: try workspace.bytes(file), as: UTF8.self).split(separator: "\n").dropFirst().map(String.init)
    }

    @Test("Merged predictions give the result of one run", arguments: ["tiny", "tiny.embq"])
    func merge(model: String) throws {
        let workspace = try Workspace(artifact: true)
        var whole = try workspace.json(
            "evaluate", model, "--data", "tiny/data.tsv", "--task", "weather", "--predictions", "p.tsv")
        let lines = String(decoding: try workspace.bytes("p.tsv"), as: UTF8.self).split(separator: "\n")
        for (name, part) in [("a.tsv", lines[20..<49]), ("b.tsv", lines[1..<20])] {
            try workspace.folder.write(([lines[0]] + part).joined(separator: "\n") + "\n", to: name)
        }
        for (name, rows) in [("c.tsv", "0:20"), ("d.tsv", "20:48")] {
            let part = ["evaluate", model, "--data", "tiny/data.tsv", "--rows", rows, "--predictions", name]
            try workspace.expect(part)
        }
        for files in [["a.tsv", "b.tsv"], ["b.tsv", "a.tsv"], ["p.tsv"], ["d.tsv", "c.tsv"]] {
            let merged = try workspace.json(["evaluate", model, "--task", "weather", "--merge"] + files)
            for key in ["seconds", "sentences_per_second"] {
                #expect((merged[key] as? NSNumber)?.doubleValue == 0)
                whole[key] = merged[key]
            }
            #expect(try Self.text(merged) == Self.text(whole), "\(files)")
        }
    }

    @Test("A result names the model, and of an artifact its file, methods and footprint")
    func identity() throws {
        let workspace = try Workspace(artifact: true)
        let fp32 = try workspace.json("evaluate", "tiny", "--data", "tiny/data.tsv")
        let int8 = try workspace.json("evaluate", "tiny.embq", "--data", "tiny/data.tsv")
        let inspected = try workspace.json("inspect", "tiny.embq")
        let provenance = try #require(inspected["provenance"] as? [String: Any])
        #expect(fp32["model_sha256"] as? String == provenance["model_sha256"] as? String)
        #expect(int8["model_sha256"] as? String == fp32["model_sha256"] as? String)
        #expect(int8["artifact_sha256"] as? String == SHA256.hexadecimal(of: try workspace.bytes("tiny.embq")))
        #expect((int8["methods"] as? [String])?.contains("folding") == true)
        let footprint = try #require(int8["footprint"] as? [String: Any])
        #expect(NSDictionary(dictionary: footprint).isEqual(to: inspected["footprint"] as? [String: Any] ?? [:]))
        #expect(fp32["artifact_sha256"] == nil && fp32["methods"] == nil && fp32["footprint"] == nil)
    }

    @Test("The trained model keeps its answers in int8")
    func snips() throws {
        let workspace = try Workspace()
        let (model, data) = (Fixtures.path("embbert-snips"), Fixtures.path("snips-own"))
        try workspace.expect("calibrate", model, "--data", data + "/calibration.tsv", "-o", "snips.embqcal")
        try workspace.expect("quantize", model, "--profile", "snips.embqcal", "--budget", "450kB", "-o", "snips.embq")
        let result = try workspace.json(
            "evaluate", "snips.embq", "--data", data + "/test.tsv", "--against", model, "--max-drop", "0.5")
        #expect(result["task"] as? String == "snips-own" && result["rows"] as? Int == 364)
        #expect(try #require(result["agreement"] as? Double) >= 0.99)
        let fp32 = try workspace.json("evaluate", model, "--data", data + "/test.tsv")
        let drop = try #require(result["drop_points"] as? Double)
        let scores = try (#require(fp32["accuracy"] as? Double), #require(result["accuracy"] as? Double))
        #expect(abs((scores.0 - scores.1) * 100 - drop) < 1e-6)
    }

    @Test("The suite of the fixtures gives what its rows give alone")
    func suite() throws {
        let workspace = try Workspace()
        let path = Fixtures.path("suite/suite.json")
        let tables = try #require(try workspace.json("evaluate", "--suite", path)["tables"] as? [[String: Any]])
        #expect(tables.compactMap { $0["name"] as? String } == ["GLUE", "TinyNLP", "Other tasks"])
        let rows = tables.flatMap { $0["rows"] as? [[String: Any]] ?? [] }
        #expect(rows.count == 18 && rows.filter { $0["missing"] as? Bool == true }.count == 15)
        let (model, data) = (Fixtures.path("embbert-snips"), Fixtures.path("snips-own"))
        try workspace.expect("quantize", model, "--data", data + "/calibration.tsv", "-o", "snips.embq")
        let alone = try workspace.json("evaluate", "snips.embq", "--data", data + "/test.tsv", "--against", model)
        let snips = try #require(rows.first { $0["task"] as? String == "SNIPS" })
        for key in ["score", "reference_score", "drop_points", "agreement", "sqnr_db", "rows"] {
            #expect(snips[key] as? Double == alone[key] as? Double && snips[key] != nil, "\(key)")
        }
        let weather = try #require(rows.last)
        #expect(try #require(weather["total_256"] as? Int) <= 20_000)
        let threads = try ["1", "2", "5"].map { try workspace.expect("evaluate", "--suite", path, "--threads", $0) }
        #expect(Set(threads).count == 1)
    }

    @Test("The worst rows and the layers are in --json, and layers are in a package's report")
    func inside() throws {
        let workspace = try Workspace(artifact: true)
        let result = try workspace.json(
            "evaluate", "tiny.embq", "--data", "tiny/data.tsv", "--against", "tiny", "--layers", "--worst", "48")
        let worst = try #require(result["worst"] as? [[String: Any]])
        let errors = worst.compactMap { $0["logit_error"] as? Double }
        let flips = worst.compactMap { $0["flipped"] as? Bool }
        #expect(flips.filter { $0 }.count == result["flipped_rows"] as? Int)
        #expect(errors.count == flips.count && errors.allSatisfy { $0 > 0 })
        let unflipped = zip(errors, flips).filter { !$0.1 }.map(\.0)
        #expect(unflipped == unflipped.sorted(by: >))
        let layers = try #require(result["layers"] as? [String: Any])
        #expect(layers["sentences"] as? Int == 48)
        let names = try #require(layers["layers"] as? [[String: Any]]).compactMap { $0["name"] as? String }
        #expect(names.first == "embedder" && names.last == "logits" && names.contains("layers.1.query"))
        try workspace.expect("package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out")
        let html = String(decoding: try workspace.bytes("out/report.html"), as: UTF8.self)
        #expect(html.contains("<section id=\"layers\""))
    }

    @Test("A drop's interval may fail the check where the drop itself passes")
    func upperBound() throws {
        let workspace = try Workspace(artifact: true)
        let arguments = ["evaluate", "tiny.embq", "--data", "tiny/data.tsv", "--against", "tiny"]
        for (limit, status) in [("-1", Int32(2)), ("100", 0)] {
            let result = try workspace.run(arguments + ["--max-drop", "100", "--max-drop-upper-bound", limit])
            #expect(result.status == status && result.err.contains("points on other rows") == (status == 2))
        }
        _ = try workspace.run(
            ["package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out"]
                + ["--max-drop-upper-bound", "-1"])
        let manifest = try JSONSerialization.jsonObject(with: Data(try workspace.bytes("out/manifest.json")))
        let evaluation = try #require((manifest as? [String: Any])?["evaluation"] as? [String: Any])
        #expect(evaluation["passed"] as? Bool == false && evaluation["max_drop_upper_bound_points"] as? Double == -1)
        #expect((evaluation["drop_interval_points"] as? [Double])?.count == 2 && evaluation["mcnemar"] != nil)
        #expect(
            String(decoding: try workspace.bytes("out/report.html"), as: UTF8.self).contains(
                "upper end of its interval"))
    }

    @Test("The working directory does not matter, nor does the order of the options")
    func anywhere() throws {
        let workspace = try Workspace(artifact: true)
        let relative = try workspace.expect("evaluate", "tiny.embq", "--data", "tiny/data.tsv", "--threads", "2")
        let absolute = try Program.run(
            ["evaluate", "--threads", "1", "--data", workspace["tiny/data.tsv"], workspace["tiny.embq"]], in: "/")
        #expect(Transcript.comparable(absolute.out) == Transcript.comparable(relative))
        let inside = try Program.run(["evaluate", "../tiny.embq", "--data", "data.tsv"], in: workspace["tiny"])
        #expect(Transcript.comparable(inside.out) == Transcript.comparable(relative), "\(inside.err)")
        let here = try Program.run(["inspect", "."], in: workspace["tiny"])
        #expect(here.out == (try workspace.expect("inspect", "tiny")))
    }

    @Test("The same commands give the same files")
    func deterministic() throws {
        let workspace = try Workspace(artifact: true)
        let first = try workspace.bytes("tiny.embq")
        try workspace.expect("quantize", "tiny", "--data", "tiny/data.tsv", "--threads", "2", "-o", "tiny.embq")
        #expect(try workspace.bytes("tiny.embq") == first)
        for threads in ["1", "2"] {
            try workspace.expect(
                "calibrate", "tiny", "--data", "tiny/data.tsv", "--threads", threads, "-o", "c\(threads)")
        }
        #expect(try workspace.bytes("c1") == workspace.bytes("c2"))
        try workspace.expect("quantize", "tiny", "--profile", "c1", "-o", "p.embq")
        #expect(try workspace.bytes("p.embq") == first)
        try workspace.expect("convert", "tiny", "-o", "same.safetensors")
        try workspace.expect(
            "quantize", "same.safetensors", "--config", "tiny/config.json", "--tokenizer", "tiny/tokenizer.json",
            "--profile", "c1", "-o", "converted.embq")
        #expect(try workspace.bytes("converted.embq") == first)
    }

    @Test("A failed accuracy check ends with status 2 and leaves everything written, the verdict in the report")
    func maxDrop() throws {
        let workspace = try Workspace(artifact: true)
        let limits = ["--max-drop", "-100"]
        let packaged = try workspace.run(
            ["package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out"] + limits)
        let evaluated = try workspace.run(
            ["evaluate", "tiny.embq", "--data", "tiny/data.tsv", "--against", "tiny", "--report", "r.html"] + limits)
        for (result, report) in [(packaged, "out/report.html"), (evaluated, "r.html")] {
            #expect(result.status == 2)
            #expect(result.err.contains("embq: accuracy check failed: accuracy drops by"))
            let html = String(decoding: try workspace.bytes(report), as: UTF8.self)
            #expect(html.contains("Failed") && html.contains("at most -100.0 points"), "\(report)")
        }
        let manifest = try JSONSerialization.jsonObject(with: Data(try workspace.bytes("out/manifest.json")))
        let evaluation = (manifest as? [String: Any])?["evaluation"] as? [String: Any]
        #expect(evaluation?["passed"] as? Bool == false)
        try workspace.expect("verify", "out")
    }

    @Test("The exported C compiles without a warning and classifies as embq run does")
    func exportedC() throws {
        let workspace = try Workspace()
        let (model, data) = (Fixtures.path("embbert-snips"), Fixtures.path("snips-own"))
        try workspace.expect("quantize", model, "--data", data + "/calibration.tsv", "-o", "snips.embq")
        try workspace.expect("export", "snips.embq", "--c", "c")
        let compiled = try Program.run(
            "/bin/sh", ["-c", "cc -std=c11 -O1 -Wall -Wextra -Wpedantic -Werror *.c -o classify"], in: workspace["c"])
        try #require(compiled.status == 0, "\(compiled.err)")
        let texts =
            try String(contentsOfFile: data + "/test.tsv", encoding: .utf8).split(separator: "\n").dropFirst()
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false)[1] + "\n" }.joined()
            + "naïve Ünïcödé 漢字 😀\n\n[SEP] [SEP]\n" + String(repeating: "a long text ", count: 300) + "\nwithout an end"
        let device = try Program.run(workspace["c/classify"], [], in: "/", input: texts)
        let host = try workspace.run(["run", "snips.embq", "-"], input: texts)
        #expect(device.status == 0 && host.status == 0)
        let labels = host.out.split(separator: "\n").map { $0.prefix { $0 != "\t" } + "\n" }
        #expect(labels.count == 369)
        #expect(device.out == labels.joined())
    }

    @Test("A pseudo-terminal gets a progress bar; a pipe gets none")
    func progress() throws {
        let workspace = try Workspace()
        let arguments = ["calibrate", "tiny", "--data", "tiny/data.tsv", "-o", "c.embqcal"]
        let piped = try workspace.run(arguments)
        #expect(piped.status == 0 && !piped.err.contains("█") && !piped.err.contains("\r"))
        guard let script = ["/usr/bin/script", "/bin/script"].first(where: FileManager.default.isExecutableFile) else {
            return
        }
        let line = ([Program.path] + arguments).map { "'\($0)'" }.joined(separator: " ")
        let shown = try Program.run(script, ["-qec", line, "/dev/null"], in: workspace.path)
        #expect(shown.status == 0)
        #expect(
            shown.out.contains("\rcalibrate  ██████████████████████████████ 48/48"), "\(shown.out.debugDescription)")
        #expect(shown.out.contains("\u{1B}[K\r\n"))
        #expect(shown.out.contains("wrote c.embqcal"))
    }

    @Test(
        "A full disk behind standard output is told",
        arguments: ["inspect tiny", "help", "run --help", "--version", "--version --json"])
    func fullDisk(command: String) throws {
        let workspace = try Workspace()
        let result = try Program.run(
            "/bin/sh", ["-c", "'\(Program.path)' \(command) >/dev/full"], in: workspace.path)
        #expect(result.status == 1)
        #expect(result.err.hasPrefix("embq: error: standard output cannot be written (No space left on device)."))
        #expect(result.err.contains("Make room there"))
    }
}
