package import EmbqCore

/// Texts with or without labels, from a tab-separated file with a header.
///
/// UTF-8, lines end with LF or CRLF, a byte order mark is ignored, blank lines are skipped. The header names the
/// columns in any order: `text`, or `text_a` and `text_b`; `label` where labels are needed. Other columns are ignored.
/// Nothing is quoted: a quotation mark is a character like any other.
package struct LabelledData: Sendable, Equatable {
    /// One line of the file.
    package struct Row: Sendable, Equatable {
        /// The text as the tokenizer gets it: a pair is `A [SEP] B`.
        package let text: String
        /// The label as written, empty for a row of none; nil when the file has no such column.
        package let label: String?
        /// The line's number in the file, counted from 1.
        package let line: Int
        /// The second text of a pair, which is at the end of `text`.
        package let second: String?

        /// The words of a sentence that is cut into words already; empty for any other text.
        package let words: [Word]

        /// Both texts of a pair, or the one text.
        package var pair: (first: String, second: String?) {
            guard let second else { return (text, nil) }
            let count = text.utf8.count - second.utf8.count - LabelledData.pairSeparator.utf8.count
            return (String(decoding: text.utf8.prefix(count), as: UTF8.self), second)
        }

        /// Both texts of a pair, or the texts on both sides of the first separator, or the one text.
        package var parts: [String] {
            if let second { return [pair.first, second] }
            return text.split(separator: LabelledData.pairSeparator, maxSplits: 1, omittingEmptySubsequences: false)
                .map(String.init)
        }

        package init(text: String, label: String?, line: Int, second: String? = nil) {
            self.text = text
            self.second = second
            self.label = label
            self.line = line
            words = []
        }

        /// A sentence of words, which the text has with a space between them.
        package init(words: [Word], line: Int) {
            text = words.map(\.text).joined(separator: " ")
            second = nil
            label = nil
            self.line = line
            self.words = words
        }
    }

    /// A word of a sentence and its tag.
    package struct Word: Sendable, Equatable {
        package let text: String
        /// nil where the file has none.
        package let tag: String?
        /// The line's number in the file, counted from 1.
        package let line: Int

        package init(_ text: String, tag: String?, line: Int) {
            self.text = text
            self.tag = tag
            self.line = line
        }
    }

    /// What stands between the two texts of a pair: the tokenizer makes the separator token of it.
    package static let pairSeparator = " [SEP] "
    /// Ten times the largest set of the benchmark.
    package static let maximumRows = 4_000_000

    /// The file's path as the user gave it.
    package let file: String
    /// Of the file's bytes: 64 lower-case hexadecimal digits.
    package let sha256: String
    /// The header's names, in their order.
    package let columns: [String]
    /// The rows in their order; at least one.
    package let rows: [Row]

    /// Whether every row has a label.
    package var isLabelled: Bool { columns.contains("label") }
    /// Whether every row is a sentence of tagged words.
    package var isTagged: Bool { columns == TaggedParser.columns }
    /// The texts in their order.
    package var texts: [String] { rows.map(\.text) }

    /// Reads a file, or a pipe to its end; `-` is standard input.
    ///
    /// - Throws: `.unreadable`; `.malformed`, `.missing`, `.duplicate` or `.limitExceeded` with the line.
    package init(path: String) throws(EmbqError) {
        let mapped = try MappedFile(orStream: path, maximum: TextLines.maximumFileBytes)
        self = try mapped.withBytes { bytes throws(EmbqError) in try LabelledData(bytes: bytes, file: path) }
    }

    /// Reads the content of a file; `file` is its name in error messages, and `.conll` at its end makes it one of tagged
    /// words.
    package init(bytes: Span<UInt8>, file: String) throws(EmbqError) {
        self.file = file
        guard !file.hasSuffix(Self.taggedEnding) else {
            columns = TaggedParser.columns
            rows = try TaggedParser.rows(of: bytes, file: file)
            sha256 = SHA256.hexadecimal(of: bytes)
            return
        }
        var table = TableParser()
        do throws(EmbqError) {
            try TextLines.forEach(bytes) { number, line throws(EmbqError) in try table.add(line, number) }
            try table.finish(fileBytes: bytes.count)
        } catch {
            throw error.at(file: file)
        }
        columns = table.columns
        rows = table.rows
        sha256 = SHA256.hexadecimal(of: bytes)
    }

    /// Takes rows that were read before, or a part of them.
    package init(file: String, sha256: String, columns: [String], rows: [Row]) {
        self.file = file
        self.sha256 = sha256
        self.columns = columns
        self.rows = rows
    }

    /// Reads the content of a file held in an array.
    package init(bytes: [UInt8], file: String) throws(EmbqError) { try self.init(bytes: bytes.span, file: file) }
}

/// Collects the rows of a table, line by line.
private struct TableParser {
    private enum TextColumns {
        case single(Int)
        case pair(Int, Int)
    }

    private static let layouts = """
        The first line names the columns, separated by tabs: label and text, or label, text_a and text_b; \
        label may be left out for calibration.
        """

    private(set) var columns: [String] = []
    private(set) var rows: [LabelledData.Row] = []
    private var texts = TextColumns.single(0)
    private var label: Int?

    mutating func add(_ line: String, _ number: Int) throws(EmbqError) {
        let cells = line.utf8.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        if columns.isEmpty {
            try readHeader(cells, number)
        } else {
            try readRow(cells, number)
        }
    }

    func finish(fileBytes: Int) throws(EmbqError) {
        guard !columns.isEmpty else {
            throw EmbqError(
                .missing, fileBytes == 0 ? "the file is empty" : "the file has blank lines only", advice: Self.layouts)
        }
        guard !rows.isEmpty else {
            throw EmbqError(
                .missing, "there is a header but no row of data", advice: "Add at least one line of data.")
        }
    }

    private mutating func readHeader(_ names: [String], _ number: Int) throws(EmbqError) {
        let place = "line \(number)"
        guard !names.contains(where: { $0.utf8.contains(UInt8(ascii: "\r")) }) else {
            throw EmbqError(
                .malformed, place: place, "lines end with a carriage return alone",
                advice: "Save the file with LF or CRLF line ends.")
        }
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            throw EmbqError(
                .duplicate, place: place, "the header names the column \(name.quoted) twice",
                advice: "Rename or remove one of them.")
        }
        let (text, a, b) = (
            names.firstIndex(of: "text"), names.firstIndex(of: "text_a"), names.firstIndex(of: "text_b")
        )
        switch (text, a, b) {
        case (let text?, nil, nil): texts = .single(text)
        case (nil, let a?, let b?): texts = .pair(a, b)
        case (nil, nil, nil):
            throw EmbqError(
                .missing, place: place, "the header has no text column; it has \(names.quotedList)",
                advice: Self.layouts)
        case (.some, _, _):
            throw EmbqError(
                .malformed, place: place, "the header has a 'text' column and 'text_a' or 'text_b' as well",
                advice: "Keep either text, or both text_a and text_b.")
        default:
            throw EmbqError(
                .missing, place: place,
                "the header has '\(a == nil ? "text_b" : "text_a")' but no '\(a == nil ? "text_a" : "text_b")'",
                advice: "A pair needs both; call the column 'text' when there is one text.")
        }
        label = names.firstIndex(of: "label")
        columns = names
    }

    private mutating func readRow(_ cells: [String], _ number: Int) throws(EmbqError) {
        let place = "line \(number)"
        guard cells.count == columns.count else {
            throw EmbqError(
                .malformed, place: place,
                "the row has \(cells.count) cell\(cells.count == 1 ? "" : "s"); the header has \(columns.count): "
                    + columns.quotedList,
                advice: "Separate cells by one tab, and write no tab inside a text.")
        }
        guard rows.count < LabelledData.maximumRows else {
            throw EmbqError(
                .limitExceeded, place: place, "the file has more than \(LabelledData.maximumRows) rows",
                advice: "Take a part of it.")
        }
        let (text, second): (String, String?) =
            switch texts {
            case .single(let i): (cells[i], nil)
            case .pair(let a, let b): (cells[a] + LabelledData.pairSeparator + cells[b], cells[b])
            }
        rows.append(LabelledData.Row(text: text, label: label.map { cells[$0] }, line: number, second: second))
    }
}
