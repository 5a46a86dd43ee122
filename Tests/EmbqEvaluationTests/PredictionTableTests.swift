import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqTestSupport
import Testing

@Suite("Tables of predictions")
struct PredictionTableTests {
    private static func table(_ lines: [String]) throws(EmbqError) -> PredictionTable {
        try PredictionTable(bytes: Array((lines.joined(separator: "\n") + "\n").utf8).span)
    }

    private static func merged(_ files: [[String]], ofWords: Bool = false) throws(EmbqError) -> PredictionTable {
        var tables: [(file: String, table: PredictionTable)] = []
        for (index, lines) in files.enumerated() { tables.append(("p\(index).tsv", try table(lines))) }
        return try PredictionTable.merged(tables, ofWords: ofWords)
    }

    private static let header = "row\texpected\tlabel\tlogit_0\tlogit_1"
    private static let letters = Predictions.Kind.classes(["A", "B"])
    private static let rows = ["0\tA\tB\t0.5\t1.5", "1\tB\tA\t2.0\t-3.0", "2\tB\tB\t0.1\t0.30000001"]

    private func data(_ labels: [String?]) -> LabelledData {
        LabelledData(
            file: "data.tsv", sha256: "",
            rows: labels.enumerated().map { LabelledData.Row(text: "t", label: $1, line: $0 + 2) })
    }

    @Test("a table has the row, what is expected, the label, and logits that read back equal")
    func text() throws {
        let logits: [Float] = [0.1, 1e-20, -3, 16_777_216, 0, .leastNonzeroMagnitude]
        let predictions = try Predictions(.classes(["A", "B", "C"]), logits: logits)
        let table = PredictionTable(predictions, of: data(["C", "A"]))
        #expect(
            table.text == "row\texpected\tlabel\tlogit_0\tlogit_1\tlogit_2\n"
                + "0\tC\tA\t0.1\t1e-20\t-3.0\n1\tA\tA\t16777216.0\t0.0\t1e-45\n")
        #expect(try PredictionTable(bytes: Array(table.text.utf8).span) == table)
        #expect(try table.predictions(predictions.kind, file: "p.tsv") == predictions)
    }

    @Test("without labels nothing is expected")
    func unlabelled() throws {
        let table = PredictionTable(try Predictions(.regression, logits: [3.14159274]), of: data([nil]))
        #expect(table.text == "row\texpected\tlabel\tlogit_0\n0\t\t3.141593\t3.1415927\n")
        #expect(!table.data(file: "p.tsv", ofWords: false).isLabelled)
    }

    @Test("labels of which several apply are joined by commas, and none is an empty cell")
    func labelSets() throws {
        let predictions = try Predictions(.multiLabel(["calm", "cross"]), logits: [1, 2, -1, 0])
        let table = PredictionTable(predictions, of: data(["calm", ""]))
        #expect(table.text.hasSuffix("0\tcalm\tcalm,cross\t1.0\t2.0\n1\t\t\t-1.0\t0.0\n"))
        #expect(try PredictionTable(bytes: Array(table.text.utf8).span) == table)
    }

    @Test("words of a tagger have the row of their sentence, and come back as sentences")
    func words() throws {
        let sentences = [["O", "A"], ["A"]].enumerated().map { index, tags in
            LabelledData.Row(
                words: tags.map { LabelledData.Word("w", tag: $0, line: index + 1) }, line: index + 1)
        }
        let data = LabelledData(
            file: "d.conll", sha256: "", rows: sentences)
        let table = PredictionTable(try Predictions(.tags(["O", "A"]), logits: [1, 0, 0, 1, 1, 0]), of: data)
        #expect(table.rows.map(\.number) == [0, 0, 1])
        let again = table.data(file: "p.tsv", ofWords: true)
        #expect(again.isTagged && again.rows.map { $0.words.map(\.tag) } == [["O", "A"], ["A"]])
    }

    @Test("tables that share out the rows are one, in any order")
    func merging() throws {
        let whole = try Self.table([Self.header] + Self.rows)
        for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
            #expect(try Self.merged(order.map { [Self.header, Self.rows[$0]] }) == whole)
        }
        #expect(try Self.merged([[Self.header, Self.rows[0], Self.rows[2]], [Self.header, Self.rows[1]]]) == whole)
    }

    @Test("words of one sentence stay together")
    func mergingWords() throws {
        let lines = ["0\tO\tA\t1\t0", "0\tA\tA\t2\t0", "1\tA\tA\t3\t0"]
        let merged = try Self.merged([[Self.header, lines[2]], [Self.header, lines[0], lines[1]]], ofWords: true)
        #expect(merged == (try Self.table([Self.header] + lines)))
        let error = #expect(throws: EmbqError.self) {
            try Self.merged([[Self.header, lines[0]], [Self.header, lines[1], lines[2]]], ofWords: true)
        }
        #expect(error?.code == .duplicate)
    }

    @Test(
        "what does not belong together is refused",
        arguments: [
            ([[header, rows[0]], [header, rows[0]]], EmbqError.Code.duplicate, "row 0 is there twice"),
            ([[header, rows[0], rows[0]]], .duplicate, "row 0 is there twice"),
            ([[header, rows[0]], [header, rows[2]]], .missing, "row 1 is in none of the files"),
            ([[header, rows[1]]], .missing, "row 0 is in none of the files"),
            (
                [[header, rows[0]], ["row\texpected\tlabel\tlogit_0", "1\tA\tA\t1"]], .mismatch,
                "it has 1 logits a row, p0.tsv has 2"
            ),
        ] as [([[String]], EmbqError.Code, String)])
    func refused(files: [[String]], code: EmbqError.Code, problem: String) {
        let error = #expect(throws: EmbqError.self) { try Self.merged(files) }
        #expect(error?.code == code && error?.problem.contains(problem) == true, "\(error?.description ?? "")")
        #expect(error?.file?.hasPrefix("p") == true)
    }

    @Test(
        "a damaged table is refused with its line",
        arguments: [
            ([], "there is no row of predictions", nil), ([header], "there is no row of predictions", nil),
            (["label\tlogit_0", "A\t1"], "the header is 'label', 'logit_0'", "line 1"),
            (["row\texpected\tlabel", "0\tA\tA"], "the header is", "line 1"),
            (["row\texpected\tlabel\tlogit_1", "0\tA\tA\t1"], "the header is", "line 1"),
            ([header, "0\tA\tB\t0.5"], "the row has 4 cells, the header 5", "line 2"),
            ([header, "-1\tA\tB\t0.5\t1"], "'-1' is no number of a row", "line 2"),
            ([header, "4000000\tA\tB\t0.5\t1"], "'4000000' is no number of a row", "line 2"),
            ([header, "x\tA\tB\t0.5\t1"], "'x' is no number of a row", "line 2"),
            ([header, "0\tA\tB\tnan\t1"], "'nan' is no finite number", "line 2"),
            ([header, "0\tA\tB\t1e99\t1"], "'1e99' is no finite number", "line 2"),
            ([header, rows[1], rows[0]], "row 0 stands behind row 1", "line 3"),
        ] as [([String], String, String?)])
    func damaged(lines: [String], problem: String, place: String?) {
        let error = #expect(throws: EmbqError.self) { try Self.table(lines) }
        #expect(error?.problem.contains(problem) == true && error?.place == place, "\(error?.description ?? "")")
    }

    @Test("predictions of another model are refused")
    func otherModel() throws {
        let table = try Self.table([Self.header] + Self.rows)
        #expect(try table.predictions(Self.letters, file: "p.tsv").classIDs == [1, 0, 1])
        for kind in [Predictions.Kind.classes(["A", "C"]), .classes(["B", "A"]), .regression] {
            let error = #expect(throws: EmbqError.self) { try table.predictions(kind, file: "p.tsv") }
            #expect(error?.code == .mismatch && error?.file == "p.tsv")
        }
    }
}
