import EmbqCore
import Testing

@Suite("Errors")
struct EmbqErrorTests {
    @Test("an error reads: file, place, problem, cause, then the advice on a line of its own")
    func rendering() {
        let error = EmbqError(
            .malformed, place: "byte 3", "it is odd", advice: "Get another.", cause: "bad luck"
        ).inside("header").at(file: "a.bin")
        #expect(error.description == "a.bin: header, byte 3: it is odd (bad luck).\n  Get another.")
        #expect(error.at(file: "b.bin").file == "a.bin")
    }

    @Test(
        "text from a file cannot control the terminal",
        arguments: [
            ("plain 模型 é 🙂", "plain 模型 é 🙂"), ("\u{1B}[31m", "\\u{1b}[31m"), ("a\nb\t", "a\\u{a}b\\u{9}"),
            ("\u{202E}x", "\\u{202e}x"), ("\u{0}", "\\u{0}"), ("\u{9B}2J", "\\u{9b}2J"),
        ])
    func printable(text: String, shown: String) { #expect(EmbqError.printable(text) == shown) }

    @Test("long text from a file is cut")
    func cut() {
        #expect(EmbqError.printable(String(repeating: "x", count: 120)).count == 120)
        #expect(EmbqError.printable(String(repeating: "x", count: 5000)) == String(repeating: "x", count: 120) + "…")
    }
}
