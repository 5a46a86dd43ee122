import Testing

@Suite("What the program prints") struct TranscriptTests {
    private static let verbs = [
        "inspect", "convert", "calibrate", "quantize", "evaluate", "export", "package", "run", "tokenize", "verify",
        "diff",
    ]

    private static let data = ["--data", "tiny/data.tsv"]
    private static let quantize = ["quantize", "tiny"] + data + ["-o", "tiny.embq"]

    static var helpPages: [Transcript] {
        verbs.map { Transcript("help-\($0)", [$0, "--help"]) }
            + [Transcript("help", ["--help"]), Transcript("help-none", []), Transcript("version", ["--version"])]
    }

    static let verbsAtWork: [Transcript] = [
        Transcript("inspect-checkpoint", ["inspect", "tiny"], ["inspect", "tiny/model.safetensors", "--json"]),
        Transcript("inspect-artifact", quantize, ["inspect", "tiny.embq"]),
        Transcript(
            "convert", ["convert", "tiny", "-o", "half.safetensors", "--dtype", "f16"],
            ["convert", "half.safetensors", "-o", "whole.safetensors", "--dtype", "f32", "--json"],
            ["convert", "tiny", "-o", "tiny.npz"],
            ["convert", "tiny", "-o", "brain.npz", "--dtype", "bf16"],
            ["inspect", "half.safetensors"]),
        Transcript(
            "calibrate", ["calibrate", "tiny"] + data + ["-o", "tiny.embqcal", "--threads", "1"],
            ["calibrate", "tiny"] + data + ["-o", "few.embqcal", "--samples", "5", "--observer", "minmax", "--json"],
            ["quantize", "tiny", "--profile", "tiny.embqcal", "-o", "tiny.embq"]),
        Transcript(
            "calibrate-auto",
            ["calibrate", "tiny"] + data + ["-o", "tiny.embqcal", "--samples", "auto", "--observer", "moving-average"],
            ["calibrate", "tiny"] + data + ["-o", "tiny.embqcal", "--samples", "auto", "--json"],
            quantize + ["--samples", "auto"]),
        Transcript(
            "calibrate-merge",
            ["calibrate", "tiny"] + data + ["-o", "a.embqcal", "--samples", "24"],
            ["calibrate", "tiny", "--data", "encoder/pairs.tsv", "-o", "b.embqcal", "--observer", "mse"],
            ["calibrate", "--merge", "a.embqcal", "b.embqcal", "-o", "c.embqcal"],
            ["calibrate", "--merge", "a.embqcal", "b.embqcal", "--observer", "entropy", "-o", "c.embqcal", "--json"],
            ["calibrate", "--merge", "a.embqcal", "c.embqcal", "--observer", "entropy", "-o", "d.embqcal"],
            ["inspect", "c.embqcal"]),
        Transcript(
            "budget", quantize + ["--budget", "19kB"], quantize + ["--budget", "9kB"],
            quantize + ["--min-agreement", "0", "--json"]),
        Transcript("quiet", quantize + ["-q"], ["evaluate", "tiny.embq"] + data + ["--quiet"]),
        Transcript("quantize", quantize, quantize + ["--budget", "23.7kB"], quantize + ["--json"]),
        Transcript(
            "evaluate", quantize, ["evaluate", "tiny"] + data, ["evaluate", "tiny.embq"] + data,
            ["evaluate", "tiny.embq"] + data + ["--against", "tiny", "--max-drop", "5", "--min-agreement", "90"],
            ["evaluate", "tiny.embq"] + data + ["--against", "tiny", "--task", "weather", "--metric", "f1", "--json"]),
        Transcript(
            "evaluate-failed", quantize,
            ["evaluate", "tiny.embq"] + data + ["--against", "tiny", "--max-drop", "-100", "--report", "r.html"],
            ["evaluate", "tiny.embq"] + data + ["--against", "tiny", "--min-agreement", "100"]),
        Transcript(
            "evaluate-inside", quantize,
            ["evaluate", "tiny.embq"] + data + ["--against", "tiny", "--layers", "--worst", "3"]),
        Transcript(
            "evaluate-unlabelled", quantize,
            [
                "evaluate", "tiny.embq", "--data", "plain.tsv", "--task", "plain", "--against", "tiny",
                "--min-agreement", "50",
            ],
            [
                "evaluate", "tiny.embq", "--data", "plain.tsv", "--task", "plain", "--against", "tiny", "--worst", "1",
                "--json",
            ],
            ["evaluate", "tiny.embq", "--data", "plain.tsv"]),
        Transcript(
            "evaluate-suite", quantize, ["evaluate", "--suite", "suite.json"],
            ["evaluate", "--suite", "suite.json", "--format", "markdown"],
            ["evaluate", "--suite", "suite.json", "--format", "csv"],
            ["evaluate", "--suite", "suite.json", "--json", "--max-drop", "-1", "--min-agreement", "50"]),
        Transcript(
            "methods", ["calibrate", "tiny"] + data + ["--methods", "none", "-o", "released.embqcal"],
            ["inspect", "released.embqcal"],
            ["quantize", "tiny", "--profile", "released.embqcal", "-o", "tiny.embq"],
            ["quantize", "tiny", "--profile", "released.embqcal", "--methods", "none", "-o", "tiny.embq"]),
        Transcript(
            "evaluate-unlabelled-report", quantize,
            [
                "evaluate", "tiny.embq", "--data", "plain.tsv", "--task", "plain", "--against", "tiny",
                "--min-agreement", "100", "--report", "r.html",
            ]),
        Transcript(
            "export", quantize, ["export", "tiny.embq", "--c", "firmware/tiny"],
            ["export", "tiny.embq", "--layout", "arduino", "--name", "Weather 1", "--c", "firmware/weather"],
            [
                "export", "tiny.embq", "--layout", "cmake", "--arrays", "sections", "--license", "MIT", "--c",
                "firmware/x",
            ],
            ["export", "tiny.embq", "--layout", "zephyr", "--name", "天気", "--c", "firmware/y"],
            ["export", "tiny.embq", "--license", "my own words", "--c", "firmware/y"],
            ["export", "tiny.embq", "--layout", "esp-idf", "--license", "\"; rm", "--c", "firmware/y"]),
        Transcript(
            "package-layout",
            ["package", "tiny"] + data + ["--test", "tiny/data.tsv", "--layout", "esp-idf", "-o", "out"],
            ["verify", "out"]),
        Transcript(
            "package",
            ["package", "tiny"] + data + ["--test", "tiny/data.tsv", "-o", "out"], ["verify", "out"],
            ["verify", "out", "--json"],
            ["verify", "out/model.embq"]),
        Transcript(
            "package-failed",
            ["package", "tiny"] + data + ["--test", "tiny/data.tsv", "--max-drop", "-100", "-o", "out"],
            ["verify", "out"]),
        Transcript(
            "run", quantize, ["run", "tiny.embq", "rain in oslo", "", "Snow?\tSNOW!"], ["run", "tiny", "rain in oslo"],
            ["run", "tiny.embq", "rain [SEP] sun", "--json"]),
        Transcript(
            "run-encoder", ["quantize", "encoder", "--data", "encoder/pairs.tsv", "-o", "encoder.embq"],
            ["run", "encoder.embq", "--similarity", "rain", "sun", "snow in oslo"],
            ["run", "encoder.embq", "rain\tsun"],
            ["run", "encoder.embq", "rain", "sun", "--similarity", "--json"],
            ["run", "encoder.embq", "rain", "--similarity"], ["run", "tiny", "rain", "sun", "--similarity"],
            ["evaluate", "encoder.embq", "--data", "encoder/pairs.tsv", "--against", "encoder"],
            ["evaluate", "encoder.embq", "--data", "tiny/data.tsv"]),
        Transcript(
            "run-words", ["quantize", "words"] + data + ["-o", "words.embq"],
            ["run", "words.embq", "rain [MASK] sun", "rain [SEP] sun"], ["run", "words.embq", "[MASK]", "--json"],
            ["evaluate", "words.embq"] + data),
        Transcript(
            "run-tags", ["quantize", "tags", "--data", "tags/calibration.conll", "-o", "tags.embq"],
            ["run", "tags.embq", "Turn the lamp in the Küche warm white, please!", "thank you", ""],
            ["run", "tags", "wake me tomorrow", "--json"],
            ["evaluate", "tags.embq", "--data", "tags/test.conll", "--against", "tags", "--worst", "1"],
            ["evaluate", "tags", "--data", "tags/test.conll", "--json"],
            ["evaluate", "tags", "--data", "plain.tsv"], ["evaluate", "tiny", "--data", "tags/test.conll"],
            ["evaluate", "tags", "--data", "tags/test.conll", "--metric", "mcc"], ["run", "tags", "a\tb", "--pairs"]),
        Transcript("run-lines", input: "rain in oslo\r\n\nwhy?\nlast", ["run", "tiny", "-"]),
        Transcript("run-nothing", input: "", ["run", "tiny", "-"]),
        Transcript(
            "tokenize", ["tokenize", "tiny", "Rain, é 漢", ""], ["tokenize", "tiny/tokenizer.json", "snow [SEP] sun"],
            [
                "tokenize", "tiny",
                "rain rain rain rain rain rain rain rain rain rain rain rain rain rain rain rain rain x y z a b c d",
            ],
            [
                "tokenize", "tiny/tokenizer.json",
                "rain rain rain rain rain rain rain rain rain rain rain rain rain rain rain rain rain x y z a b c d",
            ],
            ["tokenize", "tiny", "sun", "--json"]),
        Transcript("tokenize-lines", input: "rain\nsun", ["tokenize", "tiny", "-"]),
    ]

    static let wrongUsage: [Transcript] = [
        Transcript(
            "usage-verb", ["bogus"], ["quantise", "tiny", "-o", "x"], ["help", "packge"], ["help", "bogus", "--json"],
            ["-h", "quantise"], ["--help", "DIFF"], ["hlep"], ["help", "package", "extra"]),
        Transcript("usage-running", ["evaluate", "tiny"] + data + ["--layers", "--against", "tiny"]),
        Transcript("usage-flag", ["inspect", "tiny", "--bogus"]),
        Transcript(
            "usage-standard-output", ["quantize", "tiny"] + data + ["-o", "-", "--json"],
            ["evaluate", "tiny"] + data + ["--report", "-", "--predictions", "-"], ["export", "tiny.embq", "--c", "-"],
            ["package", "tiny"] + data + ["--test", "tiny/data.tsv", "-o", "-"],
            ["package", "tiny", "--data", "-", "--test", "-", "-o", "out"]),
        Transcript(
            "usage-missing", ["inspect"], ["run", "tiny"], ["export", "tiny"], ["calibrate", "tiny", "-o", "x"]),
        Transcript(
            "usage-observer", ["calibrate", "tiny"] + data + ["-o", "x.embqcal", "--observer", "guess"],
            quantize + ["--observer", "entrpy"]),
        Transcript(
            "usage-threads", quantize + ["--threads", "0"], quantize + ["--threads", "1025"],
            quantize + ["--threads", "x"]),
        Transcript(
            "usage-samples", quantize + ["--samples", "0"], quantize + ["--samples", "some"],
            ["quantize", "tiny", "--profile", "p", "--samples", "3", "-o", "x"]),
        Transcript(
            "usage-merge", ["calibrate", "--merge", "a.embqcal", "-o", "c.embqcal"],
            ["calibrate", "tiny", "--merge", "a.embqcal", "b.embqcal", "-o", "c.embqcal"],
            ["calibrate", "-o", "c.embqcal"],
            ["calibrate", "--merge", "a.embqcal", "b.embqcal", "--config", "x", "-o", "c.embqcal"],
            ["calibrate", "--merge", "a.embqcal", "b.embqcal", "--methods", "none", "-o", "c.embqcal"]),
        Transcript(
            "usage-budget", quantize + ["--budget", "big"], quantize + ["--budget", "-1"],
            quantize + ["--budget", "0.4"], quantize + ["--budget", "0x70000"],
            quantize + ["--budget", "1GB"]),
        Transcript(
            "usage-layout", ["export", "tiny.embq", "--layout", "mbed", "--c", "x"],
            ["export", "tiny.embq", "--arrays", "two", "--c", "x"],
            ["export", "tiny.embq", "--arrays", "object", "--c", "x"],
            ["package", "tiny"] + data + ["--test", "tiny/data.tsv", "--board", "uno", "-o", "x"]),
        Transcript(
            "usage-profile", ["quantize", "tiny", "-o", "x.embq"],
            ["quantize", "tiny", "--profile", "p.embqcal", "--samples", "4", "-o", "x.embq"]),
        Transcript("usage-methods", quantize + ["--methods", "gptq"], quantize + ["--min-agreement", "101"]),
        Transcript(
            "usage-limits", ["evaluate", "tiny"] + data + ["--max-drop", "1"],
            ["evaluate", "tiny"] + data + ["--against", "tiny", "--max-drop", "nan"],
            ["evaluate", "tiny"] + data + ["--against", "tiny", "--min-agreement", "101"],
            ["evaluate", "tiny"] + data + ["--against", "tiny", "--max-drop-upper-bound", "x"],
            ["evaluate", "tiny", "--data", "plain.tsv", "--against", "tiny", "--max-drop-upper-bound", "1"],
            ["package", "tiny"] + data + ["--test", "plain.tsv", "--metric", "mcc", "-o", "out"],
            ["evaluate", "tiny"] + data + ["--metric", "bleu"]),
        Transcript(
            "usage-evaluate-merge", ["evaluate", "tiny", "--merge", "p.tsv"] + data,
            ["evaluate", "--merge", "p.tsv"],
            ["evaluate", "--suite", "suite.json", "--merge", "p.tsv"]),
        Transcript(
            "usage-evaluate", ["evaluate", "tiny"], ["evaluate"] + data, ["evaluate", "tiny"] + data + ["--layers"],
            ["evaluate", "tiny"] + data + ["--against", "tiny", "--layers"],
            ["evaluate", "tiny"] + data + ["--worst", "3"], ["evaluate", "tiny"] + data + ["--format", "csv"],
            ["evaluate", "tiny"] + data + ["--against", "tiny", "--worst", "10001"],
            ["evaluate", "tiny"] + data + ["--task", "a\nb"],
            ["evaluate", "tiny", "--suite", "suite.json"], ["evaluate", "--suite", "suite.json", "--metric", "f1"],
            ["evaluate", "--suite", "suite.json", "--format", "html"],
            ["evaluate", "--suite", "suite.json", "--format", "csv", "--json"]),
        Transcript(
            "usage-convert", ["convert", "tiny", "-o", "x.bin"],
            ["convert", "tiny", "-o", "x.safetensors", "--dtype", "i8"]),
    ]

    @Test("--help of each verb is as expected", arguments: helpPages)
    func help(_ transcript: Transcript) throws { try transcript.check() }

    @Test("A verb's work is told as expected", arguments: verbsAtWork)
    func work(_ transcript: Transcript) throws { try transcript.check() }

    @Test("Wrong usage is told as expected, with status 64", arguments: wrongUsage)
    func usage(_ transcript: Transcript) throws {
        try transcript.check()
        for command in transcript.commands {
            let result = try Workspace().run(command.arguments)
            // Programs read of it, too.
            #expect(result.status == 64 && result.out.isEmpty != command.arguments.contains("--json"))
        }
    }

    @Test("Examples in --help are whole commands", arguments: verbs)
    func examples(verb: String) throws {
        let text = try Workspace().expect(verb, "--help")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let start = try #require(lines.firstIndex(of: "Examples:"))
        let examples = lines[(start + 1)...].prefix { !$0.isEmpty }
        #expect(examples.count >= 2)
        var continues = false
        for line in examples {
            #expect(continues || ["  embq ", "  cut ", "  cc "].contains { line.hasPrefix($0) }, "\(line)")
            continues = line.hasSuffix("\\")
        }
        #expect(!continues)
    }
}
