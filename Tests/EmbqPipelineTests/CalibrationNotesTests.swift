import EmbqCore
import EmbqData
import EmbqPipeline
import Testing

struct CalibrationNotesTests {
    /// A file of labels and texts.
    static func data(_ rows: [(label: String, text: String)], file: String = "no/folder/cal.tsv") throws(EmbqError)
        -> LabelledData
    {
        let text = "label\ttext\n" + rows.map { "\($0.label)\t\($0.text)\n" }.joined()
        return try LabelledData(bytes: Array(text.utf8), file: file)
    }

    /// Texts `play 0`, `play 1` …, all labelled `A`.
    static func plain(_ count: Int, file: String = "no/folder/cal.tsv") throws(EmbqError) -> LabelledData {
        try data((0..<count).map { ("A", "play \($0)") }, file: file)
    }

    /// Notes on all rows of a file.
    static func notes(
        _ data: LabelledData, tokens: Int = 500, labels: CalibrationLabels = .classes(["A", "B"])
    ) -> CalibrationNotes {
        CalibrationNotes(
            data, rows: Array(data.rows.indices), sentences: data.rows.count, tokens: tokens, labels: labels)
    }

    @Test("64 sentences with 500 tokens have no note")
    func enough() throws {
        var notes = try Self.notes(Self.plain(64))
        notes.compare(with: try Self.data([("A", "stop")], file: "test.tsv"))
        #expect(notes.sentences.isEmpty && notes.jsonValue == nil)
    }

    @Test(
        "few sentences and few tokens have a note",
        arguments: [(63, 500, "63 sentences with 500 tokens"), (1200, 499, "1,200 sentences with 499 tokens")])
    func few(sentences: Int, tokens: Int, found: String) throws {
        let expected = "Calibration used \(found) from cal.tsv: give at least 64 sentences and 500 tokens."
        let notes = try Self.notes(Self.plain(sentences), tokens: tokens)
        #expect(notes.sentences == [expected] && notes.jsonValue == [expected])
    }

    @Test("empty texts and texts of spaces have a note")
    func empty() throws {
        var rows = (0..<64).map { ("A", "play \($0)") }
        rows += [("A", "")]
        #expect(
            try Self.notes(Self.data(rows)).sentences == ["1 of the 65 calibration rows in cal.tsv has an empty text."])
        rows += [("A", "  ")]
        #expect(
            try Self.notes(Self.data(rows)).sentences == ["2 of the 66 calibration rows in cal.tsv have an empty text."]
        )
    }

    @Test("rows that are all alike have a note")
    func alike() throws {
        let data = try Self.data(Array(repeating: ("A", "play"), count: 64))
        #expect(Self.notes(data).sentences == ["All 64 calibration rows in cal.tsv have the same text."])
    }

    @Test(
        "labels that the model does not know have a note, by the kind of its answers",
        arguments: [
            ("C", .classes(["A", "B"]), "one of the model's 2"),
            ("A,C", .sets(["A", "B"]), "one of the model's 2"),
            ("A", .numbers(1), "a number"), ("nan", .numbers(1), "a number"),
            ("1.5", .numbers(2), "a list of 2 numbers"),
            ("A", .classes(["A"]), nil), ("B, A", .sets(["A", "B"]), nil), ("-1.5", .numbers(1), nil),
            ("1, 2", .numbers(2), nil), ("A", .none, nil),
        ] as [(String, CalibrationLabels, String?)])
    func labels(label: String, known: CalibrationLabels, expected: String?) throws {
        let data = try Self.data((0..<64).map { (label, "play \($0)") })
        let shown = label == "A,C" ? "C" : label
        #expect(
            Self.notes(data, labels: known).sentences
                == (expected.map {
                    [
                        "64 of the 64 labels in cal.tsv are not \($0), such as '\(shown)': "
                            + "rows with such a label are not scored."
                    ]
                } ?? []))
    }

    @Test("data without labels have no note on them")
    func unlabelled() throws {
        let text = "text\n" + (0..<64).map { "play \($0)\n" }.joined()
        let data = try LabelledData(bytes: Array(text.utf8), file: "cal.tsv")
        #expect(Self.notes(data).sentences.isEmpty)
        #expect(Self.notes(data, labels: .numbers(1)).sentences.isEmpty)
    }

    @Test("test data that are the calibration data have a note, also as a copy")
    func same() throws {
        var notes = try Self.notes(Self.plain(64))
        notes.compare(with: try Self.plain(64, file: "copy.tsv"))
        #expect(
            notes.sentences == [
                "The test data are the calibration data, cal.tsv: the accuracy on other sentences may be lower."
            ])
    }

    @Test("test rows that are also calibration rows have a note")
    func shared() throws {
        var notes = try Self.notes(Self.plain(64))
        notes.compare(with: try Self.data([("A", "play 3"), ("B", "stop")], file: "in/test.tsv"))
        #expect(
            notes.sentences == ["1 of the 2 test rows in test.tsv is also a calibration row of cal.tsv."])
        var more = try Self.notes(Self.plain(64))
        more.compare(with: try Self.plain(65, file: "test.tsv"))
        #expect(more.sentences == ["64 of the 65 test rows in test.tsv are also calibration rows of cal.tsv."])
    }

    @Test("a row of the file that calibration left out is not shared")
    func leftOut() throws {
        let data = try Self.plain(65)
        var notes = CalibrationNotes(
            data, rows: Array(0..<64), sentences: 64, tokens: 500, labels: .classes(["A"]))
        notes.compare(with: try Self.data([("A", "play 64")], file: "test.tsv"))
        #expect(notes.sentences.isEmpty)
    }
}
