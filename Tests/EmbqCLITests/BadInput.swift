import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

/// A command on something that is wrong: status 1, an error that names it, and nothing written.
struct BadInput: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// All of them stand in what is printed on standard error.
    let says: [String]
    let arguments: [String]
    let prepare: @Sendable (Workspace) throws -> Void

    init(
        _ name: String, _ arguments: [String], says: String...,
        prepare: @escaping @Sendable (Workspace) throws -> Void = { _ in }
    ) {
        testDescription = name
        self.says = says
        self.arguments = arguments
        self.prepare = prepare
    }
}

extension BadInput {
    static let data = ["--data", "tiny/data.tsv"]
    static let calibrate = ["calibrate", "tiny"] + data + ["-o", "c.embqcal"]
    static let quantize = ["quantize", "tiny"] + data + ["-o", "q.embq"]
    static let package = ["package", "tiny"] + data + ["--test", "tiny/data.tsv", "-o", "out"]

    private static func bytes(of value: Float) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * $0)) }
    }

    /// The last tensor by name is the last in the file.
    private static func lastWeight(_ value: Float) -> @Sendable (Workspace) throws -> Void {
        { workspace in
            try workspace.edit("tiny/model.safetensors") {
                $0.replaceSubrange($0.count - 4..<$0.count, with: bytes(of: value))
            }
        }
    }

    private static func lying(_ fixture: String) -> @Sendable (Workspace) throws -> Void {
        { workspace in
            try workspace.folder.write(
                Fixtures.bytes("safetensors/invalid/\(fixture).safetensors"), to: "tiny/model.safetensors")
        }
    }

    static var checkpoints: [BadInput] {
        var inputs: [BadInput] = []
        let cut: @Sendable (Workspace) throws -> Void = {
            try $0.edit("tiny/model.safetensors") { $0.removeLast(5000) }
        }
        for arguments in [
            ["inspect", "tiny"], ["convert", "tiny", "-o", "x.safetensors"], calibrate, quantize, package,
            ["evaluate", "tiny", "--report", "r.html", "--predictions", "p.tsv"] + data, ["run", "tiny", "rain"],
            ["tokenize", "tiny", "rain"],
        ] {
            inputs.append(
                BadInput("cut weights: \(arguments[0])", arguments, says: "tiny/model.safetensors: ", prepare: cut))
        }
        for fixture in [
            "offsets_beyond_the_file", "overlap_whole", "hole_in_the_middle", "shape_product_overflows",
            "dtype_too_large",
            "tensor_twice", "length_of_all_ones", "header_nested_deep", "values_missing",
        ] {
            inputs.append(
                BadInput(
                    "weights with \(fixture)", ["convert", "tiny", "-o", "x.safetensors"],
                    says: "tiny/model.safetensors: ",
                    prepare: lying(fixture)))
        }
        return inputs + configurations
    }

    private static let configurations: [BadInput] = [
        BadInput(
            "another hidden_size", quantize, says: "tensor 'model.embedder.tok_expander.weight'", "[32, 48]",
            "[64, 48]",
            "hidden_size, reduced_embedding"
        ) { try $0.replace("tiny/config.json", "\"hidden_size\": 32", "\"hidden_size\": 64") },
        BadInput(
            "another vocabulary", calibrate, says: "tensor 'model.embedder.token.weight'", "[56, 48]", "[57, 48]",
            "vocab_size"
        ) { try $0.replace("tiny/config.json", "\"vocab_size\": 56", "\"vocab_size\": 57") },
        BadInput("a layer less", package, says: "model.safetensors: tensor 'model.", "num_hidden_layers") {
            try $0.replace("tiny/config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1")
        },
        BadInput("a layer more", package, says: "tiny/model.safetensors: there is no tensor 'model.norms.2.weight'") {
            try $0.replace("tiny/config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3")
        },
        BadInput("a label more", quantize, says: "tensor 'classifier.weight'", "[3, 32]", "[4, 32]") {
            try $0.replace("tiny/config.json", "\"2\": \"snow\"", "\"2\": \"snow\", \"3\": \"fog\"")
        },
        BadInput("another family", quantize, says: "tiny/config.json: model_type", "\"MAMBA2\"", "Supported families") {
            try $0.replace("tiny/config.json", "\"EmbBERT\"", "\"MAMBA2\"")
        },
        BadInput("a configuration that is no JSON", quantize, says: "tiny/config.json: ", "byte 0") {
            try $0.folder.write("hello", to: "tiny/config.json")
        },
        BadInput(
            "no configuration, and tensors of no family", calibrate, says: "tiny: there is no config.json", "--config"
        ) {
            try FileManager.default.removeItem(atPath: $0["tiny/config.json"])
            try $0.folder.write(Fixtures.bytes("safetensors/valid/bare.safetensors"), to: "tiny/model.safetensors")
        },
        BadInput("no tokenizer", quantize, says: "tiny: there is no tokenizer.json", "--tokenizer") {
            try FileManager.default.removeItem(atPath: $0["tiny/tokenizer.json"])
        },
        BadInput("no weights", quantize, says: "tiny: the folder holds no weights") {
            try FileManager.default.removeItem(atPath: $0["tiny/model.safetensors"])
        },
        BadInput("a tokenizer that is no JSON", quantize, says: "tiny/tokenizer.json: ") {
            try $0.edit("tiny/tokenizer.json") { $0.removeLast(20) }
        },
        BadInput("a tokenizer of another kind", quantize, says: "tiny/tokenizer.json: ", "WordLevel") {
            try $0.replace("tiny/tokenizer.json", "\"BPE\"", "\"WordLevel\"")
        },
        BadInput("a tokenizer with more tokens than the model", quantize, says: "tiny/tokenizer.json: ", "57", "56") {
            try $0.replace("tiny/tokenizer.json", "\"[PAD]\": 0,", "\"[PAD]\": 0, \"zzz\": 56,")
        },
        BadInput(
            "a weight that is NaN: quantize", quantize, says: "tensor 'model.norms.1.weight'", "NaN",
            prepare: lastWeight(.nan)),
        BadInput(
            "a weight that is NaN: package", package, says: "tensor 'model.norms.1.weight'", "NaN",
            prepare: lastWeight(.nan)),
        BadInput(
            "a weight that is NaN: evaluate", ["evaluate", "tiny"] + data, says: "model.norms.1.weight",
            prepare: lastWeight(.nan)),
        BadInput(
            "an infinite weight", calibrate, says: "tensor 'model.norms.1.weight'", "inf",
            prepare: lastWeight(-.infinity)),
        BadInput(
            "weights that overflow", quantize, says: "tiny/model.safetensors: point 'layers.1.query'",
            "not a finite number", prepare: lastWeight(3e38)),
    ]

    private static func table(_ text: String) -> @Sendable (Workspace) throws -> Void {
        { try $0.folder.write(text, to: "bad.tsv") }
    }

    static var tables: [BadInput] {
        let bad: [(String, String, [String])] = [
            ("an empty table", "", ["bad.tsv: the file is empty"]),
            ("a header alone", "label\ttext\n", ["bad.tsv: ", "no row"]),
            ("no text column", "label\tutterance\nsun\tx\n", ["bad.tsv: line 1: ", "'utterance'"]),
            ("a cell too many", "label\ttext\nsun\ta\nrain\tb\tc\n", ["bad.tsv: line 3: the row has 3 cells"]),
            ("a cell too few", "label\ttext\n\nsun\ta\nrain\n", ["bad.tsv: line 4: the row has 1 cell"]),
            ("an empty label", "label\ttext\n\ta\n", ["bad.tsv: line 2: the label is empty"]),
            ("a NUL", "label\ttext\nsun\ta\u{0}b\n", ["bad.tsv: line 2: a NUL"]),
        ]
        var inputs: [BadInput] = []
        for (name, text, says) in bad {
            for arguments in [
                ["calibrate", "tiny", "--data", "bad.tsv", "-o", "c.embqcal"],
                ["evaluate", "tiny", "--data", "bad.tsv", "--report", "r.html"],
                ["package", "tiny", "--data", "tiny/data.tsv", "--test", "bad.tsv", "-o", "out"],
            ] {
                inputs.append(BadInput(says: says, "\(name): \(arguments[0])", arguments, table(text)))
            }
        }
        return inputs + otherTables + suites
    }

    private init(
        says: [String], _ name: String, _ arguments: [String], _ prepare: @escaping @Sendable (Workspace) throws -> Void
    ) {
        testDescription = name
        self.says = says
        self.arguments = arguments
        self.prepare = prepare
    }

    private static let otherTables: [BadInput] = [
        BadInput(
            "an unknown label", ["evaluate", "tiny", "--data", "bad.tsv", "--predictions", "p.tsv"],
            says: "bad.tsv: line 3: ", "'fog'", "'rain', 'sun', 'snow'", prepare: table("label\ttext\nsun\ta\nfog\tb\n")
        ),
        BadInput(
            "an unknown label in a package", ["package", "tiny"] + data + ["--test", "bad.tsv", "-o", "out"],
            says: "bad.tsv: line 2: ", prepare: table("label\ttext\nfog\tb\n")),
        BadInput(
            "no labels", ["evaluate", "tiny", "--data", "bad.tsv"], says: "bad.tsv: ", "label",
            prepare: table("text\na\n")),
        BadInput(
            "bytes that are no UTF-8", ["calibrate", "tiny", "--data", "bad.tsv", "-o", "c"], says: "bad.tsv: line 2: ",
            "UTF-8"
        ) {
            try $0.folder.write(Array("text\na".utf8) + [0xFF, 0xFE, 0x0A], to: "bad.tsv")
        },
        BadInput(
            "a table that is not there", ["calibrate", "tiny", "--data", "no.tsv", "-o", "c"],
            says: "no.tsv: it cannot be opened"),
        BadInput(
            "an empty pipe as a table", ["calibrate", "tiny", "--data", "-", "-o", "c"], says: "-: the file is empty"),
        BadInput("no text on standard input: run", ["run", "tiny", "-"], says: "there is no text on standard input"),
        BadInput("no text on standard input: tokenize", ["tokenize", "tiny", "-"], says: "there is no text"),
        BadInput(
            "a folder as a table", ["calibrate", "tiny", "--data", "tiny", "-o", "c"],
            says: "tiny: it is not a regular file"),
        BadInput(
            "more samples than rows", ["calibrate", "tiny"] + data + ["--samples", "49", "-o", "c"],
            says: "tiny/data.tsv: it has 48 rows, --samples asks for 49"),
    ]

    /// A suite of one row of these members.
    private static func suite(_ name: String, _ members: String, _ says: String...) -> BadInput {
        BadInput(
            says: ["suite.json: "] + says, "a suite with \(name)", ["evaluate", "--suite", "suite.json"],
            { try $0.folder.write("{\"rows\": [{\(members)}]}", to: "suite.json") })
    }

    private static let row = """
        "task": "x", "checkpoint": "tiny", "data": "tiny/data.tsv", "calibration": "tiny/data.tsv"
        """

    private static let suites: [BadInput] = [
        BadInput(
            "a suite that is not there", ["evaluate", "--suite", "no.json"], says: "no.json: it cannot be opened"),
        BadInput("a suite that is no JSON", ["evaluate", "--suite", "plain.tsv"], says: "plain.tsv: byte 1"),
        BadInput(
            "a suite that is another document", ["evaluate", "--suite", "tiny/config.json"], says: "tiny/config.json: ",
            "'architectures' is not known"),
        suite("an unknown key", row + ", \"bits\": 4", "rows[0]: the key 'bits' is not known", "budget"),
        suite(
            "a task of two lines", row.replacing("\"x\"", with: "\"a\\nb\""),
            "rows[0]: 'task' is 'a\\u{a}b'; a name on one line"),
        suite("no task", "\"checkpoint\": \"tiny\"", "rows[0]: there is no 'task'"),
        suite("a number for a path", row.replacing("\"tiny\"", with: "7"), "rows[0]: 'checkpoint' is the number 7"),
        suite("neither artifact nor calibration", row.replacing("\"calibration\"", with: "\"adapter\""), "neither"),
        suite("both", row + ", \"artifact\": \"tiny.embq\"", "'artifact' and 'calibration'"),
        suite(
            "samples of an artifact", row.replacing("calibration", with: "artifact") + ", \"samples\": 3",
            "'samples' goes with 'calibration'"),
        suite("no samples", row + ", \"samples\": 0", "'samples' is the number 0"),
        suite("an unknown observer", row + ", \"observer\": \"guess\"", "'observer' is 'guess'; minmax"),
        suite("an unknown method", row + ", \"methods\": \"luck\"", "'methods' is 'luck'", "folding"),
        suite("a budget without sense", row + ", \"budget\": \"big\"", "'budget' is 'big'"),
        suite("an unknown metric", row + ", \"metric\": \"bleu\"", "'metric' is 'bleu'; accuracy"),
        suite(
            "a benchmark's task by another metric", row.replacing("\"x\"", with: "\"CoLA\"") + ", \"metric\": \"f1\"",
            "GLUE judges CoLA by mcc, not by f1"),
        suite(
            "data that are not there", row.replacing("tiny/data.tsv", with: "no.tsv"),
            "rows[0] 'x': there is no 'no.tsv'"),
        BadInput(
            says: ["suite.json: rows[1]: the task 'SNIPS' stands in rows[0] too"], "a suite with a task twice",
            ["evaluate", "--suite", "suite.json"]
        ) {
            let row = row.replacing("\"x\"", with: "\"snips\"")
            try $0.folder.write("{\"rows\": [{\(row)}, {\(row)}]}", to: "suite.json")
        },
        BadInput(
            says: ["plain.tsv: rows[0] 'x', line 1: there is no 'label' column"], "a suite with data without labels",
            ["evaluate", "--suite", "suite.json"]
        ) {
            let row = row.replacing("\"data\": \"tiny/data.tsv\"", with: "\"data\": \"plain.tsv\"")
            try $0.folder.write("{\"rows\": [{\(row)}]}", to: "suite.json")
        },
    ]

    static var outputs: [BadInput] {
        let full = "tiny.embq/x"
        let unwritable: [([String], String)] = [
            (["convert", "tiny", "-o", full + ".safetensors"], full),
            (["calibrate", "tiny"] + data + ["-o", full], full),
            (["quantize", "tiny"] + data + ["-o", full], full), (["export", "tiny.embq", "--c", full], full),
            (["export", "tiny.embq", "--c", "tiny.embq"], "tiny.embq: "),
            (["package", "tiny"] + data + ["--test", "tiny/data.tsv", "-o", full], full),
            (["package", "tiny"] + data + ["--test", "tiny/data.tsv", "-o", "tiny/data.tsv"], "tiny/data.tsv: "),
            (["evaluate", "tiny", "--report", full] + data, full),
            (["evaluate", "tiny", "--predictions", full] + data, full),
        ]
        let same: [([String], String)] = [
            (["convert", "tiny", "-o", "tiny/model.safetensors"], "tiny/model.safetensors"),
            (["convert", "tiny/model.safetensors", "-o", "tiny/../tiny/model.safetensors"], "model.safetensors"),
            (["convert", "tiny", "-o", "link.safetensors"], "link.safetensors"),
            (["calibrate", "tiny"] + data + ["-o", "tiny/data.tsv"], "tiny/data.tsv"),
            (["calibrate", "tiny"] + data + ["-o", "tiny/tokenizer.json"], "tiny/tokenizer.json"),
            (["quantize", "tiny"] + data + ["-o", "tiny/config.json"], "tiny/config.json"),
            (["quantize", "tiny", "--profile", "c.embqcal", "-o", "c.embqcal"], "c.embqcal"),
            (["evaluate", "tiny", "--report", "tiny/data.tsv"] + data, "tiny/data.tsv"),
            (["evaluate", "tiny", "--report", "tiny/model.safetensors"] + data, "tiny/model.safetensors"),
            (["evaluate", "tiny.embq", "--predictions", "tiny.embq"] + data, "tiny.embq"),
            (
                ["evaluate", "tiny.embq", "--against", "tiny", "--report", "tiny/config.json"] + data,
                "tiny/config.json"
            ),
        ]
        let twice: [[String]] = [["one", "one"], ["one", "tiny/../one"], ["./one", "one"]]
        let prepare: @Sendable (Workspace) throws -> Void = { workspace in
            try workspace.expect("quantize", "tiny", "--data", "tiny/data.tsv", "-o", "tiny.embq")
            try workspace.expect("calibrate", "tiny", "--data", "tiny/data.tsv", "-o", "c.embqcal")
            try FileManager.default.createSymbolicLink(
                atPath: workspace["link.safetensors"], withDestinationPath: workspace["tiny/model.safetensors"])
        }
        return unwritable.map { arguments, says in
            BadInput("unwritable: \(arguments.joined(separator: " "))", arguments, says: says, prepare: prepare)
        }
            + same.map { arguments, says in
                BadInput(
                    "an output that is an input: \(arguments.joined(separator: " "))", arguments, says: says,
                    "this output is the input", "embq never overwrites what it reads", prepare: prepare)
            }
            + twice.map { paths in
                BadInput(
                    "outputs that are one file: \(paths)",
                    ["evaluate", "tiny", "--report", paths[0], "--predictions", paths[1]] + data,
                    says: "\(paths[1]): this output is the output '\(paths[0])' too")
            }
    }

    static var artifacts: [BadInput] {
        let verbs: [[String]] = [
            ["inspect", "tiny.embq"], ["run", "tiny.embq", "rain"], ["tokenize", "tiny.embq", "rain"],
            ["evaluate", "tiny.embq", "--report", "r.html"] + data, ["export", "tiny.embq", "--c", "c"],
            ["verify", "tiny.embq"],
        ]
        let damages: [(String, String, @Sendable (inout [UInt8]) -> Void)] = [
            ("cut", "shorter than its header says", { $0.removeLast(100) }),
            ("cut to its first bytes", "shorter than its header says", { $0 = Array($0[..<10]) }),
            ("flipped", "a checksum or a recorded result does not hold", { $0[9000] ^= 0x20 }),
            ("of another version", "another format version", { $0[4] = 9 }),
        ]
        var inputs: [BadInput] = []
        for (name, says, damage) in damages {
            for arguments in verbs {
                inputs.append(
                    BadInput("an artifact \(name): \(arguments[0])", arguments, says: "tiny.embq: ", says) {
                        workspace in
                        try workspace.expect("quantize", "tiny", "--data", "tiny/data.tsv", "-o", "tiny.embq")
                        try workspace.edit("tiny.embq", damage)
                    })
            }
        }
        return inputs + otherArtifacts
    }

    private static let otherArtifacts: [BadInput] = [
        BadInput(
            "a checkpoint where an artifact is needed", ["export", "tiny/model.safetensors", "--c", "c"],
            says: "it is not an .embq artifact"),
        BadInput("a folder where an artifact is needed", ["export", "tiny", "--c", "c"], says: "tiny: "),
        BadInput("a folder that is no package", ["verify", "tiny"], says: "tiny/manifest.json: it cannot be opened"),
        BadInput(
            "an artifact where a checkpoint is needed", ["quantize", "tiny.embq"] + data + ["-o", "x.embq"],
            says: "tiny.embq: "
        ) {
            try $0.expect("quantize", "tiny", "--data", "tiny/data.tsv", "-o", "tiny.embq")
        },
        BadInput(
            "a package with a changed file", ["verify", "out"], says: "out/model.c: it has ", "manifest.json says"
        ) {
            try $0.expect("package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out")
            try $0.edit("out/model.c") { $0[100] ^= 1 }
        },
        BadInput("a package with a file missing", ["verify", "out"], says: "out/embq.h: it cannot be opened") {
            try $0.expect("package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out")
            try FileManager.default.removeItem(atPath: $0["out/embq.h"])
        },
        BadInput(
            "a manifest that leads elsewhere", ["verify", "out"], says: "out/manifest.json: ",
            "leads out of the package"
        ) {
            try $0.expect("package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out")
            try $0.replace("out/manifest.json", "\"embq.h\"", "\"../tiny/config.json\"")
        },
        BadInput(
            "a manifest that lists a file twice", ["verify", "out"], says: "out/manifest.json: ", "embq.h stands twice"
        ) {
            try $0.expect("package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out")
            try $0.replace("out/manifest.json", "\"embq_attend.c\"", "\"embq.h\"")
        },
        BadInput(
            "a manifest with a letter changed", ["verify", "out"],
            says: "out/manifest.json: 'manifest_sha256': expected SHA-256 ",
            "of the manifest with this field empty, found "
        ) {
            try $0.expect("package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out")
            try $0.replace("out/manifest.json", "\"snow\"", "\"Snow\"")
        },
        BadInput(
            "a manifest without its own digest", ["verify", "out"],
            says: "out/manifest.json: 'manifest_sha256': the manifest does not have its own digest"
        ) {
            try $0.expect("package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out")
            try $0.replace("out/manifest.json", "\"manifest_sha256\"", "\"sha256\"")
        },
        BadInput(
            "a manifest with labels of another model", ["verify", "out"],
            says: "out/manifest.json: 'labels': it is not what model.embq beside it holds"
        ) {
            try $0.expect("package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out")
            try $0.replace("out/manifest.json", "\"snow\"", "\"fog\"")
            try $0.reseal()
        },
        BadInput(
            "a manifest with another footprint", ["verify", "out"],
            says: "out/manifest.json: 'footprint': it is not what model.embq beside it holds"
        ) {
            try $0.expect("package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out")
            try $0.replace("out/manifest.json", "\"total_256\" : ", "\"total_256\" : 1")
            try $0.reseal()
        },
        BadInput(
            "a manifest with an impossible score", ["verify", "out"],
            says: "out/manifest.json: 'evaluation': no evaluation gives such numbers"
        ) {
            try $0.expect("package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out")
            try $0.replace("out/manifest.json", "\"score\" : ", "\"score\" : 9")
            try $0.reseal()
        },
        BadInput(
            "embeddings of another width",
            ["evaluate", "encoder.embq", "--data", "encoder/pairs.tsv", "--against", "wide"],
            says: "wide", "its embeddings have 25 numbers, the model's 20"
        ) {
            try $0.expect("quantize", "encoder", "--data", "encoder/pairs.tsv", "-o", "encoder.embq")
            try FileManager.default.copyItem(atPath: $0["encoder"], toPath: $0["wide"])
            try $0.replace("wide/config.json", "\"hidden_size\": 20", "\"hidden_size\": 25")
            try $0.widen("wide/model.safetensors", from: 20, to: 25)
        },
        BadInput(
            "a manifest that is none", ["verify", "out"], says: "out/manifest.json: it is not the manifest of a package"
        ) {
            try $0.expect("package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out")
            try $0.folder.write("{}", to: "out/manifest.json")
        },
        BadInput(
            "a package that a killed run left half replaced", ["verify", "out"],
            says: "out: a run that replaced its files was killed", "Run that command again"
        ) {
            try $0.expect("package", "tiny", "--data", "tiny/data.tsv", "--test", "tiny/data.tsv", "-o", "out")
            try $0.folder.write("put 1 model.c\n", to: "out/.embq.journal/list")
        },
        BadInput("nothing at all", ["run", "no.embq", "rain"], says: "no.embq: it cannot be opened"),
        BadInput(
            "a reference with other labels", ["evaluate", "tiny.embq", "--against", "tiny"] + data, says: "labels"
        ) {
            try $0.expect("quantize", "tiny", "--data", "tiny/data.tsv", "-o", "tiny.embq")
            try $0.replace("tiny/config.json", "\"snow\"", "\"fog\"")
        },
    ]

    /// Profiles that are to be merged with another.
    private static var merges: [BadInput] {
        let merge = ["calibrate", "--merge", "c.embqcal", "d.embqcal", "-o", "e.embqcal"]
        return [
            BadInput("a profile of other weights to merge", merge, says: "d.embqcal: ", "different weights") {
                try $0.expect("calibrate", "tiny", "--data", "tiny/data.tsv", "-o", "c.embqcal")
                try $0.edit("tiny/model.safetensors") { $0[$0.count - 40] ^= 1 }
                try $0.expect("calibrate", "tiny", "--data", "tiny/data.tsv", "-o", "d.embqcal")
            },
            BadInput("a profile of another family to merge", merge, says: "d.embqcal: ", "different families") {
                try $0.expect("calibrate", "tiny", "--data", "tiny/data.tsv", "-o", "c.embqcal")
                try $0.expect("calibrate", "encoder", "--data", "encoder/pairs.tsv", "-o", "d.embqcal")
            },
            BadInput("the same data to merge", merge, says: "d.embqcal: ", "would count twice") {
                try $0.expect("calibrate", "tiny", "--data", "tiny/data.tsv", "-o", "c.embqcal")
                try $0.expect("calibrate", "tiny", "--data", "tiny/data.tsv", "-o", "d.embqcal")
            },
            BadInput("a damaged profile to merge", merge, says: "d.embqcal: ") {
                try $0.expect("calibrate", "tiny", "--data", "tiny/data.tsv", "-o", "c.embqcal")
                try $0.folder.write("hello", to: "d.embqcal")
            },
            BadInput(
                "a damaged profile to inspect", ["inspect", "c.embqcal"], says: "c.embqcal: "
            ) {
                try $0.expect("calibrate", "tiny", "--data", "tiny/data.tsv", "-o", "c.embqcal")
                try $0.edit("c.embqcal") { $0.removeLast(7) }
            },
            BadInput(
                "a merge over its input", ["calibrate", "--merge", "c.embqcal", "d.embqcal", "-o", "c.embqcal"],
                says: "c.embqcal"
            ) {
                try $0.expect("calibrate", "tiny", "--data", "tiny/data.tsv", "-o", "c.embqcal")
                try $0.expect("calibrate", "tiny", "--data", "encoder/pairs.tsv", "-o", "d.embqcal")
            },
        ]
    }

    static var profiles: [BadInput] {
        let damages: [(String, String, @Sendable (Workspace) throws -> Void)] = [
            (
                "of another model", "was made with other weights",
                { workspace in try workspace.edit("tiny/model.safetensors") { $0[$0.count - 40] ^= 1 } }
            ),
            ("cut", "c.embqcal: ", { try $0.edit("c.embqcal") { $0.removeLast(7) } }),
            ("changed", "c.embqcal: ", { try $0.edit("c.embqcal") { $0[3] ^= 0x40 } }),
            ("empty", "c.embqcal: ", { try $0.edit("c.embqcal") { $0 = [] } }),
            ("that is no profile", "c.embqcal: ", { try $0.folder.write("hello", to: "c.embqcal") }),
            (
                "missing", "c.embqcal: it cannot be opened",
                { try FileManager.default.removeItem(atPath: $0["c.embqcal"]) }
            ),
        ]
        return merges
            + damages.map { name, says, damage in
                BadInput(
                    "a profile \(name)", ["quantize", "tiny", "--profile", "c.embqcal", "-o", "q.embq"], says: says
                ) {
                    workspace in
                    try workspace.expect("calibrate", "tiny", "--data", "tiny/data.tsv", "-o", "c.embqcal")
                    try damage(workspace)
                }
            }
    }
}
