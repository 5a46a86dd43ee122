import EmbqCheckpoints
import EmbqCore
import EmbqTestSupport
import Testing

private func config(_ text: String) throws(EmbqError) -> CheckpointConfig {
    try CheckpointConfig(path: "config.json", Array(text.utf8).span)
}

private func labels(_ text: String) throws(EmbqError) -> [String]? { try config("{\"id2label\":\(text)}").labels() }

@Suite("Configuration")
struct CheckpointConfigTests {
    private static let text = """
        {"hidden_size": 128, "forward_expansion": 0.7, "model_type": "EmbBERT", "architectures": ["A", "B"],
         "tie": true, "unset": null, "huge": 99999999999999999999, "inf": 1e999, "whole": 2.0}
        """

    @Test("values are given by their type")
    func values() throws {
        let config = try config(Self.text)
        #expect(try config.integer("hidden_size", in: 1...65536) == 128)
        #expect(try config.number("forward_expansion") == 0.7)
        #expect(try config.number("hidden_size") == 128)
        #expect(try config.string("model_type") == "EmbBERT")
        #expect(try config.strings("architectures") == ["A", "B"])
        #expect(try config.bool("tie", default: false))
    }

    @Test("a key that is missing or null takes the default")
    func defaults() throws {
        let config = try config(Self.text)
        for key in ["nothing", "unset"] {
            #expect(try config.integer(key, in: 1...9, default: 5) == 5)
            #expect(try config.number(key, default: 0.5) == 0.5)
            #expect(try config.bool(key, default: true))
            #expect(try config.strings(key) == [])
            #expect(config[key] == nil)
        }
    }

    @Test("a wrong value is named with the file, the key, what was expected and what was found")
    func wrong() throws {
        let config = try config(Self.text)
        let cases: [(EmbqError?, EmbqError.Code, String)] = [
            (
                failure { () throws(EmbqError) in try config.integer("nothing", in: 0...1) }, .missing,
                "config.json: the key 'nothing' is missing."
            ),
            (
                failure { () throws(EmbqError) in try config.integer("unset", in: 0...1) }, .missing,
                "config.json: the key 'unset' is missing."
            ),
            (
                failure { () throws(EmbqError) in try config.integer("hidden_size", in: 1...64) }, .limitExceeded,
                "config.json: 'hidden_size': it is the number 128, 1 to 64 is expected."
            ),
            (
                failure { () throws(EmbqError) in try config.integer("hidden_size", in: 1...64, default: 3) },
                .limitExceeded,
                "config.json: 'hidden_size': it is the number 128, 1 to 64 is expected."
            ),
            (
                failure { () throws(EmbqError) in try config.integer("model_type", in: 1...64) }, .malformed,
                "config.json: 'model_type': it is the string \"EmbBERT\", an integer is expected."
            ),
            (
                failure { () throws(EmbqError) in try config.integer("huge", in: 1...64) }, .malformed,
                "config.json: 'huge': it is the number 99999999999999999999, an integer is expected."
            ),
            (
                failure { () throws(EmbqError) in try config.integer("whole", in: 1...64) }, .malformed,
                "config.json: 'whole': it is the number 2.0, an integer is expected."
            ),
            (
                failure { () throws(EmbqError) in try config.number("inf") }, .malformed,
                "config.json: 'inf': it is the number 1e999, a number is expected."
            ),
            (
                failure { () throws(EmbqError) in try config.number("forward_expansion", in: 1...2) }, .limitExceeded,
                "config.json: 'forward_expansion': it is the number 0.7, 1.0 to 2.0 is expected."
            ),
            (
                failure { () throws(EmbqError) in try config.string("hidden_size") }, .malformed,
                "config.json: 'hidden_size': it is the number 128, a string is expected."
            ),
            (
                failure { () throws(EmbqError) in try config.bool("hidden_size", default: true) }, .malformed,
                "config.json: 'hidden_size': it is the number 128, true or false is expected."
            ),
            (
                failure { () throws(EmbqError) in try config.strings("model_type") }, .malformed,
                "config.json: 'model_type': it is the string \"EmbBERT\", an array of strings is expected."
            ),
        ]
        for (error, code, message) in cases {
            #expect(error?.code == code, "\(message)")
            #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "no error")")
        }
    }

    @Test(
        "a configuration must be one JSON object without duplicates",
        arguments: ["[]", "1", "", "{\"a\":1,\"a\":2}", "{}x"])
    func notAnObject(text: String) {
        #expect(failure { () throws(EmbqError) in try config(text) } != nil)
    }

    @Test("a file above the limit is refused before it is parsed")
    func limit() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            [UInt8](repeating: 0x20, count: CheckpointConfig.limit.bytes + 1), to: "config.json")
        let error = failure { () throws(EmbqError) in try CheckpointConfig(path) }
        #expect(error?.code == .limitExceeded)
        #expect(error?.problem == "it is 1048577 bytes, the limit of a configuration is 1048576")
    }

    @Test(
        "labels stand in the order of their ids, not in the file's",
        arguments: [
            ("{\"0\":\"no\",\"1\":\"yes\"}", ["no", "yes"]), ("{\"1\":\"b\",\"0\":\"a\"}", ["a", "b"]),
            (
                "{\"0\":\"a\",\"1\":\"b\",\"10\":\"k\",\"2\":\"c\",\"3\":\"d\",\"4\":\"e\",\"5\":\"f\",\"6\":\"g\",\"7\":\"h\",\"8\":\"i\",\"9\":\"j\"}",
                Array("abcdefghijk").map { String($0) }
            ),
            ("{}", nil), ("null", nil),
        ])
    func orderedLabels(text: String, expected: [String]?) throws { #expect(try labels(text) == expected) }

    @Test("a configuration without id2label has no labels")
    func noLabels() throws { #expect(try config("{}").labels() == nil) }

    @Test(
        "labels that cannot be counted on are refused",
        arguments: [
            ("[\"a\"]", "it is an array of 1, an object from ids to labels is expected"),
            ("{\"1\":\"a\"}", "it has the id '1', with 1 labels the ids are 0 to 0"),
            ("{\"0\":\"a\",\"2\":\"b\"}", "it has the id '2', with 2 labels the ids are 0 to 1"),
            ("{\"0\":\"a\",\"01\":\"b\"}", "it has the id '01'"), ("{\"-1\":\"a\",\"0\":\"b\"}", "it has the id '-1'"),
            ("{\"+0\":\"a\"}", "it has the id '+0'"), ("{\"x\":\"a\"}", "it has the id 'x'"),
            ("{\"99999999999999999999\":\"a\"}", "it has the id '99999999999999999999'"),
            ("{\"0\":1}", "it holds the number 1, a string for each id is expected"),
            ("{\"0\":\"a\",\"1\":\"a\"}", "the label 'a' stands twice"),
            ("{\"0\":\"\"}", "the label of id 0 is '', a line of text is expected"),
            ("{\"0\":\"a\\tb\"}", "the label of id 0 is 'a\\u{9}b', a line of text is expected"),
        ])
    func badLabels(text: String, problem: String) {
        let error = failure { () throws(EmbqError) in try labels(text) }
        #expect(error?.place == "'id2label'")
        #expect(error?.problem.hasPrefix(problem) == true, "\(error?.problem ?? "no error")")
    }
}
