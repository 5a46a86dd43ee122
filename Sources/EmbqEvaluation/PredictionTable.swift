package import EmbqCore
package import EmbqData

/// What a model answered on the rows of a data set, as `evaluate --predictions` writes it: a header, then a line for each
/// row, or for each word of a tagger's sentences.
///
///     row ⇥ expected ⇥ label ⇥ logit_0 ⇥ logit_1 …
///
/// Lines may be shared out among files, each with the header: ``merged(_:ofWords:)`` joins them.
package struct PredictionTable: Sendable, Equatable {
    package struct Row: Sendable, Equatable {
        /// Of the data, counted from 0; a tagger's words have that of their sentence.
        package var number: Int
        /// The label as the data have it; empty where they have none.
        package var expected: String
        /// What the model answered.
        package var label: String
    }

    package let rows: [Row]
    /// `[rows, width]`, row-major.
    package let logits: [Float]
    package let width: Int

    static let columns = ["row", "expected", "label"]

    /// - Parameters:
    ///   - data: the rows that were predicted, of a tagger sentences of words.
    ///   - first: the number of the first of them in the whole data.
    package init(_ predictions: Predictions, of data: LabelledData, first: Int = 0) {
        let expected: [(Int, String)] = data.rows.enumerated().flatMap { index, row in
            let number = first + index
            return row.words.isEmpty ? [(number, row.label ?? "")] : row.words.map { (number, $0.tag ?? "") }
        }
        rows = expected.enumerated().map { index, row in
            Row(
                number: row.0, expected: row.1.escaped(for: .field),
                label: predictions.label(ofRow: index).escaped(for: .field))
        }
        logits = predictions.logits
        width = predictions.width
    }

    private init(rows: [Row], logits: [Float], width: Int) {
        self.rows = rows
        self.logits = logits
        self.width = width
    }

    /// The file; each logit is the shortest text that reads back equal.
    package var text: String {
        var text = (Self.columns + (0..<width).map { "logit_\($0)" }).joined(separator: "\t") + "\n"
        for (index, row) in rows.enumerated() {
            text += "\(row.number)\t\(row.expected)\t\(row.label)"
            for logit in logits[index * width..<(index + 1) * width] { text += "\t\(logit)" }
            text += "\n"
        }
        return text
    }

    /// Writes ``text`` to a file.
    package func write(to path: String) throws(EmbqError) { try AtomicOutput.write(text, to: path) }

    /// One table of several that share out the rows of a data set.
    ///
    /// - Parameter ofWords: whether lines are a tagger's words, which share the number of their sentence.
    /// - Throws: `.duplicate` for a row that is there twice, `.missing` for one that no table has, `.mismatch` for tables
    ///   with different numbers of logits; each with the file.
    package static func merged(_ tables: [(file: String, table: PredictionTable)], ofWords: Bool) throws(EmbqError)
        -> PredictionTable
    {
        guard let width = tables.first?.table.width else { return PredictionTable(rows: [], logits: [], width: 1) }
        // Runs of lines with one number: each row, or the words of a sentence.
        var runs: [(number: Int, table: Int, lines: Range<Int>)] = []
        for (index, (file, table)) in tables.enumerated() {
            guard table.width == width else {
                throw EmbqError(
                    .mismatch, file: file, "it has \(table.width) logits a row, \(tables[0].file) has \(width)",
                    advice: "Merge predictions of one model.")
            }
            for (line, row) in table.rows.enumerated() {
                if ofWords, let last = runs.last, last.table == index, last.number == row.number {
                    runs[runs.count - 1].lines = last.lines.lowerBound..<line + 1
                } else {
                    runs.append((row.number, index, line..<line + 1))
                }
            }
        }
        runs.sort { ($0.number, $0.table, $0.lines.lowerBound) < ($1.number, $1.table, $1.lines.lowerBound) }
        var (rows, logits): ([Row], [Float]) = ([], [])
        for (number, run) in runs.enumerated() {
            let file = tables[run.table].file
            guard run.number >= number else {
                throw EmbqError(
                    .duplicate, file: file, "row \(run.number) is there twice, in this file or another of them",
                    advice: "Give each row once: row counts the rows of the whole data, from 0.")
            }
            guard run.number == number else {
                throw EmbqError(
                    .missing, file: file, "row \(number) is in none of the files, row \(run.number) is",
                    advice: "Give the predictions of all rows.")
            }
            let table = tables[run.table].table
            rows += table.rows[run.lines]
            logits += table.logits[run.lines.lowerBound * width..<run.lines.upperBound * width]
        }
        return PredictionTable(rows: rows, logits: logits, width: width)
    }

    /// The rows as data: what is expected of each, without its text.
    ///
    /// - Parameter ofWords: whether lines are a tagger's words.
    package func data(file: String, ofWords: Bool) -> LabelledData {
        let isLabelled = rows.contains { !$0.expected.isEmpty }
        guard ofWords else {
            return LabelledData(
                file: file, sha256: "",
                rows: rows.map {
                    LabelledData.Row(text: "", label: isLabelled ? $0.expected : nil, line: $0.number + 2)
                })
        }
        var sentences: [[LabelledData.Word]] = []
        for (index, row) in rows.enumerated() {
            if row.number == sentences.count { sentences.append([]) }
            sentences[sentences.count - 1].append(
                LabelledData.Word("", tag: isLabelled ? row.expected : nil, line: index + 2))
        }
        return LabelledData(
            file: file, sha256: "",
            rows: sentences.map { LabelledData.Row(words: $0, line: $0.first?.line ?? 2) })
    }

    /// The model's answers.
    ///
    /// - Throws: `.mismatch` where the labels are not what the model makes of the logits.
    package func predictions(_ kind: Predictions.Kind, file: String) throws(EmbqError) -> Predictions {
        let advice = "Give the model that made the predictions."
        let predictions: Predictions
        do throws(EmbqError) { predictions = try Predictions(kind, logits: logits) } catch {
            throw error.at(file: file)
        }
        guard predictions.width == width else {
            throw EmbqError(
                .mismatch, file: file, "it has \(width) logits a row, the model \(predictions.width)", advice: advice)
        }
        for (index, row) in rows.enumerated() {
            let label = predictions.label(ofRow: index).escaped(for: .field)
            guard row.label == label else {
                throw EmbqError(
                    .mismatch, file: file, place: "row \(row.number)",
                    "its label is \(row.label.quoted), the model makes \(label.quoted) of its logits", advice: advice)
            }
        }
        return predictions
    }
}

// ---- Reading ----

extension PredictionTable {
    /// Reads a file of predictions, or a pipe to its end; `-` is standard input.
    ///
    /// - Throws: `.unreadable`; `.malformed` or `.limitExceeded` with the line.
    package init(path: String) throws(EmbqError) {
        let mapped = try MappedFile(orStream: path, maximum: TextLines.maximumFileBytes)
        self = try naming(path) { () throws(EmbqError) in
            try mapped.withBytes { bytes throws(EmbqError) in try PredictionTable(bytes: bytes) }
        }
    }

    /// Reads the content of a file. Errors name the line, not the file.
    package init(bytes: Span<UInt8>) throws(EmbqError) {
        var header: [String] = []
        var (rows, logits): ([Row], [Float]) = ([], [])
        try TextLines.forEach(bytes) { number, line throws(EmbqError) in
            let cells = line.utf8.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
                .map { String(Substring($0)) }
            guard !header.isEmpty else {
                header = try Self.checkedHeader(cells, number)
                return
            }
            guard cells.count == header.count else {
                throw Self.fault(number, "the row has \(cells.count) cells, the header \(header.count)")
            }
            guard let row = Int(cells[0]), (0..<LabelledData.maximumRows).contains(row) else {
                throw Self.fault(
                    number, "\(cells[0].quoted) is no number of a row, 0 to \(LabelledData.maximumRows - 1)")
            }
            guard row >= rows.last?.number ?? 0 else {
                throw Self.fault(number, "row \(row) stands behind row \(rows.last?.number ?? 0)")
            }
            for cell in cells.dropFirst(Self.columns.count) {
                guard let logit = Float(cell), logit.isFinite else {
                    throw Self.fault(number, "\(cell.quoted) is no finite number")
                }
                logits.append(logit)
            }
            rows.append(Row(number: row, expected: cells[1], label: cells[2]))
        }
        guard !rows.isEmpty else {
            throw EmbqError(.missing, "there is no row of predictions", advice: Self.advice)
        }
        self.init(rows: rows, logits: logits, width: header.count - Self.columns.count)
    }

    private static func checkedHeader(_ cells: [String], _ line: Int) throws(EmbqError) -> [String] {
        let logits = cells.dropFirst(columns.count)
        guard cells.starts(with: columns), !logits.isEmpty,
            logits.elementsEqual((0..<logits.count).map { "logit_\($0)" })
        else {
            throw fault(line, "the header is \(cells.quotedList), not \((columns + ["logit_0"]).quotedList), …")
        }
        return cells
    }

    private static let advice = "Write the file with `embq evaluate --predictions`."

    private static func fault(_ line: Int, _ problem: String) -> EmbqError {
        EmbqError(.malformed, place: "line \(line)", problem, advice: advice)
    }
}
