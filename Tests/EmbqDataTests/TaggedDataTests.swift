import EmbqCore
import EmbqData
import EmbqTestSupport
import Testing

@Suite("Files of tagged words")
struct TaggedDataTests {
    private func tagged(_ text: String) throws(EmbqError) -> LabelledData {
        try LabelledData(bytes: Array(text.utf8), file: "d.conll")
    }

    @Test(
        "have a word, a tab and a tag a line, and blank lines between sentences",
        arguments: [
            "a\tO\nb c\tB-x\n\nd\tI-x\n", "a\tO\r\nb c\tB-x\r\n\r\nd\tI-x", "\n\na\tO\nb c\tB-x\n  \n\n\nd\tI-x\n\n",
            "\u{FEFF}a\tO\nb c\tB-x\n\nd\tI-x\n",
        ])
    func sentences(text: String) throws {
        let data = try tagged(text)
        #expect(data.isTagged && !data.isLabelled)
        #expect(data.rows.map { $0.words.map { $0.text } } == [["a", "b c"], ["d"]])
        #expect(data.rows.map { $0.words.map { $0.tag } } == [["O", "B-x"], ["I-x"]])
        #expect(data.texts == ["a b c", "d"])
        #expect(try data.tagIndices(labels: ["O", "B-x", "I-x"]) == [0, 1, 2])
        #expect(data.unknownTags(["O"]) == ["B-x", "I-x"])
    }

    @Test(
        "that are wrong name the line",
        arguments: [
            HostileFile("empty", "", .missing, "d.conll: there is no word"),
            HostileFile("blank", "\n \n", .missing, "there is no word"),
            HostileFile(
                "no tag", "a\tO\nb\n", .malformed, "line 2: a word, a tab and a tag are expected, 1 cell is found"),
            HostileFile(
                "four columns", "a\tb\tc\tO\n", .malformed, "line 1: a word, a tab and a tag are expected, 4 cells"),
            HostileFile("empty word", "\tO\n", .malformed, "line 1: the word is empty"),
            HostileFile("empty tag", "a\t\n", .malformed, "line 1: the tag is empty"),
            HostileFile("no UTF-8", bytes: [0x61, 0x09, 0xFF, 0x0A], .malformed, "line 1: the line is not UTF-8"),
        ])
    func faults(file: HostileFile) {
        let error = #expect(throws: EmbqError.self) { try LabelledData(bytes: file.bytes, file: "d.conll") }
        #expect(
            error?.code == file.code && error?.description.contains(file.message) == true, "\(error?.description ?? "")"
        )
    }

    @Test("by word tell where each stands, with few of its neighbours")
    func byWord() throws {
        let words = (0..<30).map { "w\($0)\tO\n" }.joined()
        let rows = try tagged(words + "\nx\tB-y\n").byWord.rows
        #expect(rows.count == 31 && rows[30].line == 32 && rows[30].label == "B-y" && rows[30].text == "[x]")
        #expect(rows[0].text == "[w0] w1 w2 w3 w4 w5 w6" && rows[29].text == "w23 w24 w25 w26 w27 w28 [w29]")
    }

    @Test("are what spaces separate in other texts, without tags")
    func inWords() throws {
        let data = try LabelledData(bytes: Array("text\n a  b\n\"c\"\n".utf8), file: "d.tsv").inWords
        #expect(data.rows.map { $0.words.map { $0.text } } == [["a", "b"], ["\"c\""]] && !data.isTagged)
        #expect(throws: EmbqError.self) { try data.tagIndices(labels: ["O"]) }
    }

    @Test("with a tag that the model lacks name it and its line")
    func unknownTag() throws {
        let error = #expect(throws: EmbqError.self) { try tagged("a\tO\n\nb\tB-z\n").tagIndices(labels: ["O", "B-x"]) }
        #expect(error?.code == .unknownLabel)
        #expect(error?.description.contains("line 3: the tag 'B-z' is not one of the model's 2: 'O', 'B-x'") == true)
    }
}
