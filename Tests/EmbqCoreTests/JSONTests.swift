import EmbqCore
import EmbqTestSupport
import Testing

private func parse(_ text: String) throws(EmbqError) -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

@Suite("JSON")
struct JSONTests {
    @Test(
        "valid documents",
        arguments: [
            ("null", .null), ("true", .bool(true)), (" \t\r\n false \n", .bool(false)), ("{}", .object([])),
            ("[]", .array([])), ("[ ]", .array([])), ("{ }", .object([])), ("0", .number("0")), ("-0", .number("-0")),
            ("-12.5e+3", .number("-12.5e+3")), ("1E9", .number("1E9")), ("0.10", .number("0.10")),
            ("123456789012345678901234567890", .number("123456789012345678901234567890")),
            ("\"\"", .string("")), ("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", .string("a\"\\/\u{8}\u{C}\n\r\t")),
            ("\"\\u00e9\\u4E2d\"", .string("é中")), ("\"\\ud83d\\ude42\"", .string("🙂")), ("\"é中🙂\"", .string("é中🙂")),
            ("\"\\u0000\"", .string("\0")), ("\"\u{7F}\"", .string("\u{7F}")), ("\"\u{FEFF}\"", .string("\u{FEFF}")),
            (
                "[1,[2,[]],{\"a\":null}]",
                .array([.number("1"), .array([.number("2"), .array([])]), .object([("a", .null)])])
            ),
            ("{\"b\":1,\"a\":2}", .object([("b", .number("1")), ("a", .number("2"))])),
            ("{\"\":{\"\":0}}", .object([("", .object([("", .number("0"))]))])),
        ] as [(String, JSONValue)])
    func valid(text: String, value: JSONValue) throws { #expect(try parse(text) == value) }

    @Test(
        "hostile documents are refused with the place and the reason",
        arguments: [
            ("", "byte 0", "the document ends where a value is expected"), ("  ", "byte 2", "the document ends"),
            ("\u{FEFF}{}", "byte 0", "a value cannot start here"), ("{", "byte 1", "a key in double quotes"),
            ("[", "byte 1", "the document ends"), ("[1", "byte 2", "',' or the closing bracket"),
            ("[1,]", "byte 3", "a value cannot start here"), ("[,1]", "byte 1", "a value cannot start here"),
            ("[1 2]", "byte 3", "',' or the closing bracket"), ("[1}", "byte 2", "',' or the closing bracket"),
            ("{\"a\"}", "byte 4", "':' is expected"), ("{\"a\":}", "byte 5", "a value cannot start here"),
            ("{\"a\":1,}", "byte 7", "a key in double quotes"), ("{a:1}", "byte 1", "a key in double quotes"),
            ("{'a':1}", "byte 1", "a key in double quotes"), ("{1:1}", "byte 1", "a key in double quotes"),
            ("{\"a\":1 \"b\":2}", "byte 7", "',' or the closing bracket"), ("{}{}", "byte 2", "text follows"),
            ("1 2", "byte 2", "text follows"), ("nulL", "byte 3", "'null' is expected"), ("nul", "byte 3", "'null'"),
            ("True", "byte 0", "a value cannot start here"), ("NaN", "byte 0", "a value cannot start here"),
            ("Infinity", "byte 0", "a value cannot start here"), ("-Infinity", "byte 1", "a digit is expected"),
            ("+1", "byte 0", "a value cannot start here"), (".5", "byte 0", "a value cannot start here"),
            ("1.", "byte 2", "a digit is expected"), ("1.e5", "byte 2", "a digit is expected"),
            ("1e", "byte 2", "a digit is expected"), ("1e+", "byte 3", "a digit is expected"),
            ("01", "byte 2", "a leading zero"), ("-01", "byte 3", "a leading zero"),
            ("-", "byte 1", "a digit is expected"),
            ("0x10", "byte 1", "text follows"), ("1_000", "byte 1", "text follows"), ("\"", "byte 1", "not closed"),
            ("\"a", "byte 2", "not closed"), ("\"\\", "byte 2", "not closed"),
            ("\"\\x41\"", "byte 3", "an unknown escape"),
            ("\"\\u12\"", "byte 5", "four hexadecimal digits"), ("\"\\u12g4\"", "byte 5", "four hexadecimal digits"),
            ("\"\\u", "byte 3", "four hexadecimal digits"), ("\"\\ud800\"", "byte 7", "half a surrogate pair"),
            ("\"\\ud800\\n\"", "byte 8", "half a surrogate pair"),
            ("\"\\ud800\\ud800\"", "byte 13", "half a surrogate pair"),
            ("\"\\udc00\"", "byte 7", "half a surrogate pair"),
            ("\"a\nb\"", "byte 3", "a control character"), ("\"\u{0}\"", "byte 2", "a control character"),
            ("/**/1", "byte 0", "a value cannot start here"), ("1//", "byte 1", "text follows"),
            ("\u{A0}1", "byte 0", "a value cannot start here"), ("\u{B}1", "byte 0", "a value cannot start here"),
        ])
    func hostile(text: String, place: String, reason: String) {
        let error = failure { () throws(EmbqError) in try parse(text) }
        #expect(error?.code == .malformed)
        #expect(error?.place == place)
        #expect(error?.problem.contains(reason) == true, "\(error?.problem ?? "no error")")
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [
            [0xFF], [0xC0, 0x80], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80],
        ] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        let error = failure { () throws(EmbqError) in try JSONParser.parse([0x22] + bytes + [0x22]) }
        #expect(error?.problem == "invalid JSON: a string is not UTF-8")
    }

    @Test(
        "equal keys are refused however they are written",
        arguments: [
            "{\"a\":1,\"a\":1}", "{\"a\":1,\"b\":2,\"\\u0061\":3}", "{\"\":1,\"\":2}",
            "[{\"x\":{\"é\":1,\"\\u00e9\":1}}]",
        ])
    func duplicates(text: String) {
        #expect(failure { () throws(EmbqError) in try parse(text) }?.code == .duplicate)
    }

    @Test("keys that differ in bytes alone, like the two forms of é, are different keys")
    func canonicalEquivalents() throws {
        let value = try parse("{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(value["\u{E9}"] == .number("1"))
        #expect(value["e\u{301}"] == .number("2"))
        #expect(JSONValue.string("\u{E9}") != .string("e\u{301}"))
    }

    @Test("nesting is bounded in arrays, objects and both")
    func nesting() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try parse(nested(JSONParser.maximumDepth))
        #expect(failure { () throws(EmbqError) in try parse(nested(JSONParser.maximumDepth + 1)) }?.code == .malformed)
        #expect(failure { () throws(EmbqError) in try parse(nested(1_000_000)) }?.code == .malformed)
        #expect(
            failure { () throws(EmbqError) in try parse(String(repeating: "{\"a\":[", count: 100_000)) }?.problem
                == "invalid JSON: nested deeper than 64")
    }

    @Test("the number of values is bounded")
    func manyValues() {
        let text =
            [UInt8]("[".utf8) + Array(repeating: Array("0,".utf8), count: JSONParser.maximumValues).joined() + [
                0x30, 0x5D,
            ]
        #expect(failure { () throws(EmbqError) in try JSONParser.parse(text) }?.code == .limitExceeded)
    }

    @Test("numbers are integers only when they are written so and fit")
    func numbers() throws {
        #expect(try parse("9223372036854775807").int == .max)
        #expect(try parse("9223372036854775808").int == nil)
        #expect(try parse("1.0").int == nil)
        #expect(try parse("1e2").int == nil)
        #expect(try parse("1e2").double == 100)
        #expect(try parse("1e999").double == nil)
        #expect(try parse("\"1\"").int == nil)
    }

    @Test(
        "what is written is parsed back, in one form",
        arguments: [
            (" { \"b\" : [ 1 , -2.50 ] , \"a\" : { } } ", "{\"b\":[1,-2.50],\"a\":{}}"),
            ("[true, false, null]", "[true,false,null]"),
            ("\"\\u0001\\u001f\\b\\f\\n\\r\\t\\\"\\\\\\/é\"", "\"\\u0001\\u001f\\b\\f\\n\\r\\t\\\"\\\\/é\""),
        ])
    func writing(text: String, written: String) throws {
        let value = try parse(text)
        #expect(String(decoding: value.bytes, as: UTF8.self) == written)
        #expect(try JSONParser.parse(value.bytes) == value)
    }

    @Test("every cut of a document is refused")
    func cuts() throws {
        let text = Array("{\"a\":[1,{\"b\":\"\\u00e9\\ud83d\\ude42\"}],\"c\":true}".utf8)
        _ = try JSONParser.parse(text)
        for count in text.indices {
            #expect(failure { () throws(EmbqError) in try JSONParser.parse(Array(text[..<count])) } != nil)
        }
    }
}
