import EmbqCore
import EmbqData
import EmbqTestSupport
import Testing

/// A file's content given as text, under the name `d.tsv`.
func data(_ text: String) throws(EmbqError) -> LabelledData { try LabelledData(bytes: Array(text.utf8), file: "d.tsv") }

struct HostileFile: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let code: EmbqError.Code
    let message: String

    init(_ name: String, _ text: String, _ code: EmbqError.Code, _ message: String) {
        self.init(name, bytes: Array(text.utf8), code, message)
    }

    init(_ name: String, bytes: [UInt8], _ code: EmbqError.Code, _ message: String) {
        self.name = name
        self.bytes = bytes
        self.code = code
        self.message = message
    }

    var testDescription: String { name }
}

struct LabelledDataTests {
    static let layouts = """
        The first line names the columns, separated by tabs: label and text, or label, text_a and text_b; label may \
        be left out for calibration.
        """
    static let named = "\(layouts) Any other column is named with --text-column."
    static let ending =
        "Call a file with commas .csv and one of JSON objects .jsonl: the name's ending tells the form."
    static let save = "Save the file as UTF-8 text and try again."

    @Test(
        "columns are found by name, in any order",
        arguments: [
            ("label\ttext\nA\tx y\n", "x y", "A"),
            ("text\tlabel\nx y\tA", "x y", "A"),
            ("idx\ttext\tlabel\n7\tx y\tA\n", "x y", "A"),
            ("label\ttext_a\ttext_b\nA\tone\ttwo\n", "one [SEP] two", "A"),
            ("text_b\tlabel\ttext_a\ntwo\tA\tone\n", "one [SEP] two", "A"),
            ("text\nx y\n", "x y", nil),
            ("sentence\tlabel\tidx\nx y\tA\t0\n", "x y", "A"),
            ("premise\thypothesis\tlabel\none\ttwo\tA\n", "one [SEP] two", "A"),
            ("sentence1\tsentence2\tlabel\none\ttwo\tA\n", "one [SEP] two", "A"),
            ("question\tsentence\tlabel\none\ttwo\tA\n", "one [SEP] two", "A"),
            ("text\tlabel\tlabel_text\nx y\t0\tA\n", "x y", "A"),
            ("text_a\ttext_b\nx\t\n", "x [SEP] ", nil),
            ("label\ttext\nA\t\n", "", "A"),
            ("label\ttext\nA\t\"quoted\" 'stays'\n", "\"quoted\" 'stays'", "A"),
        ])
    func columns(text: String, expected: String, label: String?) throws {
        let rows = try data(text).rows
        let parts = expected.split(
            separator: LabelledData.pairSeparator, omittingEmptySubsequences: false
        ).map(String.init)
        #expect(
            rows == [
                LabelledData.Row(
                    text: expected, label: label, line: 2, second: parts.count == 2 ? parts[1] : nil)
            ])
        #expect(rows[0].parts == parts)
    }

    @Test("a byte order mark, CRLF and blank lines change nothing but the line numbers")
    func tolerance() throws {
        let plain = try data("label\ttext\nA\tx\nB\té\n")
        let other = try data("\u{FEFF}\r\nlabel\ttext\r\n\r\nA\tx\r\n   \nB\té")
        #expect(plain.rows.map(\.text) == other.rows.map(\.text))
        #expect(plain.rows.map(\.label) == other.rows.map(\.label))
        #expect(other.rows.map(\.line) == [4, 6])
        #expect(plain.sha256 != other.sha256)
    }

    @Test("the checksum is that of the file's bytes")
    func checksum() throws {
        // printf 'text\na\n' | sha256sum
        #expect(try data("text\na\n").sha256 == "ef271522dd0a16c1b66bcbadc17474307a88dea874019dc4146b4789a09a8c2d")
    }

    static let hostile: [HostileFile] = [
        HostileFile("empty", "", .missing, "d.tsv: the file is empty.\n  \(layouts)"),
        HostileFile("a mark alone", "\u{FEFF}", .missing, "d.tsv: the file has blank lines only.\n  \(layouts)"),
        HostileFile("blank lines", "\n\r\n  \n", .missing, "d.tsv: the file has blank lines only.\n  \(layouts)"),
        HostileFile(
            "a header alone", "label\ttext\n\n", .missing,
            "d.tsv: there is a header but no row of data.\n  Add at least one line of data."),
        HostileFile(
            "no header", "A\ta lovely film\nB\ta dull one\n", .missing,
            "d.tsv: line 1: the header has no text column; it has 'A', 'a lovely film'.\n  \(named)"),
        HostileFile(
            "commas", "label,text\nA,x\n", .missing,
            "d.tsv: line 1: the header has no text column; it has 'label,text'.\n  \(ending)"),
        HostileFile(
            "an escape sequence in the header", "\u{1B}[2J\tx\n", .missing,
            "d.tsv: line 1: the header has no text column; it has '\\u{1b}[2J', 'x'.\n  \(named)"),
        HostileFile(
            "half a pair", "label\ttext_b\nA\tx\n", .missing,
            """
            d.tsv: line 1: the header has 'text_b' but no 'text_a'.
              A pair needs both; call the column 'text' when there is one text.
            """),
        HostileFile(
            "text and a pair", "text\ttext_a\ttext_b\nx\ty\tz\n", .malformed,
            """
            d.tsv: line 1: several columns may be the text: 'text_a', 'text_b', 'text'.
              Say which with --text-column, or remove the others.
            """),
        HostileFile(
            "a column twice", "label\ttext\tlabel\nA\tx\tB\n", .duplicate,
            "d.tsv: line 1: the header names the column 'label' twice.\n  Rename or remove one of them."),
        HostileFile(
            "too few cells", "label\ttext\nA\tx\nB\n", .malformed,
            """
            d.tsv: line 3: the row has 1 cell; the header has 2: 'label', 'text'.
              Separate cells by one tab, and write no tab inside a text.
            """),
        HostileFile(
            "too many cells", "label\ttext\nA\tx\ty\n", .malformed,
            """
            d.tsv: line 2: the row has 3 cells; the header has 2: 'label', 'text'.
              Separate cells by one tab, and write no tab inside a text.
            """),
        HostileFile(
            "carriage returns alone", "label\ttext\rA\tx\r", .malformed,
            "d.tsv: line 1: lines end with a carriage return alone.\n  Save the file with LF or CRLF line ends."),
        HostileFile(
            "a NUL", "label\ttext\nA\tx\0y\n", .malformed, "d.tsv: line 2: a NUL byte stands in the line.\n  \(save)"),
        HostileFile(
            "Latin-1", bytes: Array("label\ttext\nA\tcaf".utf8) + [0xE9, 0x0A], .malformed,
            "d.tsv: line 2: the line is not UTF-8.\n  \(save)"),
        HostileFile(
            "an overlong encoding", bytes: Array("text\n".utf8) + [0xC0, 0x80, 0x0A], .malformed,
            "d.tsv: line 2: the line is not UTF-8.\n  \(save)"),
        HostileFile(
            "half a surrogate pair", bytes: Array("text\n".utf8) + [0xED, 0xA0, 0x80], .malformed,
            "d.tsv: line 2: the line is not UTF-8.\n  \(save)"),
        HostileFile(
            "UTF-16", bytes: [0xFF, 0xFE, 0x74, 0x00], .malformed,
            "d.tsv: line 1: the file is UTF-16; UTF-8 is expected.\n  \(save)"),
        HostileFile(
            "a line without end", bytes: Array("text\n".utf8) + Array(repeating: 0x61, count: (1 << 20) + 1),
            .limitExceeded,
            """
            d.tsv: line 2: the line has 1048577 bytes; the limit is 1048576.
              Check that lines end with LF or CRLF and that this is a text file.
            """),
    ]

    @Test("a broken file is refused with its line", arguments: hostile)
    func refusal(file: HostileFile) {
        let error = #expect(throws: EmbqError.self) { try LabelledData(bytes: file.bytes, file: "d.tsv") }
        #expect(error?.code == file.code)
        #expect(error?.description == file.message)
    }

    @Test("a file cut anywhere is read or refused, never worse")
    func truncation() {
        let whole = Array("\u{FEFF}label\ttext_a\ttext_b\r\nA\té 😀\tb\r\n\nB\tc\td\n".utf8)
        for length in 0...whole.count {
            do {
                let part = try LabelledData(bytes: Array(whole.prefix(length)), file: "d.tsv")
                #expect((1...2).contains(part.rows.count))
            } catch {
                #expect(error.file == "d.tsv")
            }
        }
    }

    @Test("a missing file and a folder are refused")
    func unreadable() {
        for path in [Fixtures.path("no-such-file.tsv"), Fixtures.root] {
            #expect(throws: EmbqError.self) { try LabelledData(path: path) }
        }
    }

    @Test("labels become the ids of the model's labels")
    func classIDs() throws {
        let table = try data("label\ttext\nB\tx\nA\ty\nB\tz\n")
        #expect(try table.classIndices(labels: ["A", "B", "C"]) == [1, 0, 1])
        #expect(try table.targets(labels: ["B", "A"]) == .classes([0, 1, 0]))
    }

    @Test("an unknown label is named with its line and the labels known")
    func unknownLabel() throws {
        let table = try data("label\ttext\nA\tx\n\nPlayMuzic\ty\n")
        let error = #expect(throws: EmbqError.self) { try table.classIndices(labels: ["A", "PlayMusic"]) }
        #expect(error?.code == .unknownLabel)
        #expect(
            error?.description == """
                d.tsv: line 4: the label 'PlayMuzic' is not one of the model's 2: 'A', 'PlayMusic'.
                  Use data that belong to this model, or correct the label.
                """)
        let many = #expect(throws: EmbqError.self) { try table.classIndices(labels: (0..<150).map { "intent\($0)" }) }
        #expect(many?.problem.hasSuffix("'intent11' and 138 more") == true)
    }

    @Test("a file without labels serves calibration only")
    func unlabelled() throws {
        let table = try data("text\nx\n")
        #expect(!table.isLabelled)
        let error = #expect(throws: EmbqError.self) { try table.targets(labels: ["A"]) }
        #expect(error?.code == .missing)
        #expect(
            error?.description == """
                d.tsv: line 1: there is no 'label' column.
                  Accuracy needs labels: add a column named label, or say with --label-column which it is.
                """)
    }

    @Test("numeric labels are read as numbers")
    func numbers() throws {
        let table = try data("label\ttext\n2.500\tx\n-1\ty\n1e-2\tz\n")
        #expect(try table.targets(labels: nil) == .values([2.5, -1, 0.01]))
    }

    @Test(
        "what is not a finite decimal number is refused", arguments: ["nan", "inf", "0x10", "1,5", "1e999", " 1", "--"])
    func notANumber(label: String) throws {
        let table = try data("label\ttext\n1\tx\n\(label)\ty\n")
        let error = #expect(throws: EmbqError.self) { try table.regressionTargets() }
        #expect(error?.code == .malformed)
        #expect(
            error?.description == """
                d.tsv: line 3: the label '\(label)' is not a number; the model is a regression.
                  Use data with numeric labels, such as 3.25.
                """)
    }
}

struct LabelsFileTests {
    @Test("labels keep their order")
    func order() throws {
        #expect(
            try LabelsFile.read(bytes: Array("\u{FEFF}b\r\na b\nc\n\n".utf8), file: "labels.txt") == ["b", "a b", "c"])
    }

    @Test(
        "a broken file is refused",
        arguments: [
            HostileFile("empty", "\n", .missing, "labels.txt: there is no label."),
            HostileFile(
                "twice", "a\nb\na\n", .duplicate, "labels.txt: line 3: the label 'a' stands in line 1 as well."),
            HostileFile("a gap", "a\n\nb\n", .malformed, "labels.txt: line 3: blank lines stand before the label 'b'."),
            HostileFile("a tab", "0\ta\n", .malformed, "labels.txt: line 1: the label '0\\u{9}a' contains a tab."),
            HostileFile(
                "too many", (0...4096).map { "l\($0)\n" }.joined(), .limitExceeded,
                "labels.txt: line 4097: there are more than 4096 labels."),
        ])
    func refusal(file: HostileFile) {
        let error = #expect(throws: EmbqError.self) { try LabelsFile.read(bytes: file.bytes, file: "labels.txt") }
        #expect(error?.code == file.code)
        #expect(error?.description.split(separator: "\n").first.map(String.init) == file.message)
    }
}
