import EmbqCore
import EmbqData
import Testing

@Suite("Forms of data")
struct FormTests {
    private static func data(_ text: String, _ file: String, _ columns: DataColumns = DataColumns()) throws(EmbqError)
        -> LabelledData
    {
        try LabelledData(bytes: Array(text.utf8).span, file: file, columns: columns)
    }

    @Test(
        "cells in quotation marks hold commas, line ends and quotation marks",
        arguments: [
            ("label,text\nA,x y\n", [("x y", "A", 2)]), ("text,label\r\nx,A\r\ny,B", [("x", "A", 2), ("y", "B", 3)]),
            ("label,text\nA,\"x, y\"\n", [("x, y", "A", 2)]),
            ("label,text\nA,\"say \"\"x\"\"\"\nB,z\n", [("say \"x\"", "A", 2), ("z", "B", 3)]),
            ("label,text\nA,\"x\ny\"\nB,z\n", [("x\ny", "A", 2), ("z", "B", 4)]),
            ("label,text\n\nA,\"\"\nB,\n", [("", "A", 3), ("", "B", 4)]),
            ("\u{FEFF}label,text\nA,x\ty\n", [("x\ty", "A", 2)]),
            ("text,label\n\"a\rb\",A\n", [("a\rb", "A", 2)]),
        ] as [(String, [(String, String, Int)])])
    func commas(text: String, rows: [(String, String, Int)]) throws {
        let found = try Self.data(text, "d.csv").rows
        #expect(found.map(\.text) == rows.map(\.0) && found.map(\.label) == rows.map(\.1))
        #expect(found.map(\.line) == rows.map(\.2))
    }

    @Test(
        "JSON Lines have a string for a text, and a name, a number or several for a label",
        arguments: [
            (#"{"text": "x y", "label": "A"}"#, "x y", "A"), (#"{"label": 3, "text": "x"}"#, "x", "3"),
            (#"{"label": 2.5, "sentence": "x"}"#, "x", "2.5"), (#"{"text": "x"}"#, "x", nil),
            (#"{"text": "x", "label": ["A", "B"]}"#, "x", "A,B"), (#"{"text": "x", "label": []}"#, "x", ""),
            (#"{"text": "x", "label": 0, "label_text": "A"}"#, "x", "A"),
            (#"{"premise": "x", "hypothesis": "y", "label": 1}"#, "x [SEP] y", "1"),
            (#"{"text": "a\nb \u00e9", "label": "A", "more": {"x": [1]}}"#, "a\nb é", "A"),
        ] as [(String, String, String?)])
    func objects(line: String, text: String, label: String?) throws {
        for file in ["d.jsonl", "d.json"] {
            let data = try Self.data("\n\(line)\n", file)
            #expect(data.rows.map(\.text) == [text] && data.rows.map(\.label) == [label])
            #expect(data.rows[0].line == 2 && data.isLabelled == (label != nil))
        }
    }

    @Test("columns of other names are named")
    func named() throws {
        let table = "utterance,intent,text\nx,A,y\n"
        let one = try Self.data(table, "d.csv", DataColumns(text: ["utterance"], label: "intent"))
        #expect(one.rows.map(\.text) == ["x"] && one.rows.map(\.label) == ["A"])
        let two = try Self.data(table, "d.csv", DataColumns(text: ["utterance", "text"]))
        #expect(two.rows.map(\.text) == ["x [SEP] y"] && !two.isLabelled)
        let line = #"{"utterance": "x", "intent": "A"}"#
        let object = try Self.data(line, "d.jsonl", DataColumns(text: ["utterance"], label: "intent"))
        #expect(object.rows == one.rows.map { LabelledData.Row(text: $0.text, label: $0.label, line: 1) })
    }

    @Test(
        "what cannot be read is told with its line and a remedy",
        arguments: [
            ("d.csv", "label,text\nA,\"x\n", "line 2: a quotation mark opens and is never closed"),
            ("d.csv", "label,text\nA,x\"y\n", "line 2: a quotation mark stands inside a cell without"),
            ("d.csv", "label,text\nA,\"x\"y\n", "line 2: text follows the quotation mark"),
            ("d.csv", "label,text\nA,\"x\ny\",z\n", "line 2: the row has 3 cells; the header has 2"),
            ("d.csv", "label,text\nA,x\rB,y\n", "line 2: a carriage return stands alone"),
            ("d.csv", "label;text\nA;x\n", "line 1: the header has no text column; it has 'label;text'"),
            ("d.csv", "", "the file is empty"), ("d.csv", "label,text\n", "there is a header but no row of data"),
            ("d.csv", "label,text\nA,x\0\n", "line 2: a NUL byte"),
            ("d.csv", "label,text\nA,\"" + String(repeating: "x", count: 1 << 20), "line 2: the record has more than"),
            ("d.jsonl", "", "the file is empty"), ("d.jsonl", "{\"text\": \"x\"}\n3\n", "line 2: it is the number 3"),
            ("d.jsonl", "[{\"text\": \"x\"}]", "line 1: an array begins, an object is expected"),
            ("d.jsonl", "{\"text\": 3}", "line 1, 'text': a string is expected, the number 3 is found"),
            (
                "d.jsonl", "{\"text\": \"x\", \"label\": \"A\"}\n{\"text\": \"y\"}",
                "line 2, 'label': a label is expected, nothing is found"
            ),
            ("d.jsonl", "{\"text\": \"x\", \"label\": null}", "line 1, 'label': a name or a number is expected, null"),
            ("d.jsonl", "{\"text\": \"x\", \"label\": [\"a,b\"]}", "line 1, 'label': the label 'a,b' has a comma"),
            ("d.jsonl", "{\"text\": \"x\"", "line 1, byte 12"), ("d.jsonl", "{\"words\": \"x\"}", "no text column"),
            ("d.parquet", "PAR1", "Parquet is not read"), ("d.tsv", "PAR1\0\0", "Parquet is not read"),
        ])
    func refused(file: String, text: String, message: String) {
        let error = #expect(throws: EmbqError.self) { try Self.data(text, file) }
        let description = error?.description ?? ""
        #expect(
            error?.file == file && description.contains(message) && error?.advice.isEmpty == false, "\(description)")
    }

    @Test("named columns that are not there, or not clear, are told")
    func columns() {
        for (columns, message) in [
            (DataColumns(text: ["words"]), "there is no column 'words'; there are 'text', 'sentence'"),
            (DataColumns(label: "class"), "several columns may be the text: 'text', 'sentence'"),
            (DataColumns(text: ["text"], label: "class"), "there is no column 'class'"),
        ] {
            let error = #expect(throws: EmbqError.self) { try Self.data("text,sentence\nx,y\n", "d.csv", columns) }
            #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        }
        let error = #expect(throws: EmbqError.self) { try Self.data("w\tO\n", "d.conll", DataColumns(label: "x")) }
        #expect(error?.code == .invalidRequest)
    }

    @Test("numbers for labels are places of the model's labels, unless those have numbers for names")
    func places() throws {
        let numbers = try Self.data("label,text\n1,x\n0,y\n", "d.csv")
        #expect(try numbers.classIndices(labels: ["A", "B"]) == [1, 0])
        #expect(try numbers.classIndices(labels: ["1", "0"]) == [0, 1])
        #expect(numbers.hasLabelPlaces(["A", "B"], severalPerRow: false))
        #expect(!numbers.hasLabelPlaces(["1", "0"], severalPerRow: false))
        #expect(numbers.unknownLabels(["A", "B"], severalPerRow: false).isEmpty)
        for labels in [["A"], ["1", "B"]] {
            let error = #expect(throws: EmbqError.self) { try numbers.classIndices(labels: labels) }
            #expect(error?.code == .unknownLabel)
        }
        let mixed = try Self.data("label,text\n1,x\nA,y\n", "d.csv")
        #expect(throws: EmbqError.self) { try mixed.classIndices(labels: ["A", "B"]) }
        let several = try Self.data(#"{"text": "x", "label": [0, 2]}"#, "d.jsonl")
        #expect(try several.labelSets(labels: ["A", "B", "C"]) == [[0, 2]])
    }

    @Test("the ending tells the form in any case, and a table with the wrong one says so")
    func endings() throws {
        #expect(try Self.data("text\n\"a, b\"\n", "D.CSV").texts == ["a, b"])
        #expect(try Self.data("{\"text\": \"a\"}\n", "d.ndjson").texts == ["a"])
        for text in ["label,text\nA,x\n", "{\"text\": \"a\"}\n"] {
            let error = #expect(throws: EmbqError.self) { try Self.data(text, "d.txt") }
            #expect(error?.advice.contains(".csv") == true)
        }
    }

    @Test("an empty text is a row, a blank line is none")
    func empty() throws {
        #expect(try Self.data("text\na\n\n\"\"\n  \nb\n", "d.csv").texts == ["a", "", "b"])
    }

    @Test("a place that stands twice in a row is refused: zeros and ones are not taken for places")
    func twice() throws {
        for (text, file) in [
            (#"{"text": "x", "label": [0, 1, 0]}"#, "d.jsonl"), ("label,text\n\"0,1,0\",x\n", "d.csv"),
        ] {
            let error = #expect(throws: EmbqError.self) {
                try Self.data(text, file).labelSets(labels: ["A", "B", "C"])
            }
            #expect(error?.code == .malformed && error?.problem.contains("stands twice in the row") == true)
        }
    }

    @Test("some rows are taken, and those that are not there refused")
    func part() throws {
        let data = try Self.data("text\na\nb\nc\n", "d.csv")
        #expect(try data.part(1..<3).texts == ["b", "c"])
        for range in [0..<4, 3..<3] {
            let error = #expect(throws: EmbqError.self) { try data.part(range) }
            #expect(error?.code == .invalidRequest)
        }
    }
}
