package import EmbqCore

/// Texts with or without labels, from a table with a header or from JSON Lines.
///
/// UTF-8, lines end with LF or CRLF, a byte order mark is ignored, blank lines are skipped. The header names the
/// columns in any order: `text`, or `text_a` and `text_b`; `label` where labels are needed; ``DataColumns`` has other
/// names for them. Other columns are ignored.
///
/// The name's ending tells the form: `.csv`, `.jsonl`, `.ndjson` or `.json`, `.conll`; anything else is separated by tabs. There nothing
/// is quoted: a quotation mark is a character like any other.
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
    /// The rows in their order; at least one.
    package let rows: [Row]

    /// Whether every row has a label.
    package var isLabelled: Bool { rows.first?.label != nil }
    /// Whether every row is a sentence of tagged words.
    package var isTagged: Bool { rows.first?.words.first?.tag != nil }
    /// The texts in their order.
    package var texts: [String] { rows.map(\.text) }

    /// Reads a file, or a pipe to its end; `-` is standard input, which is separated by tabs.
    ///
    /// - Throws: `.unreadable`; `.malformed`, `.missing`, `.duplicate` or `.limitExceeded` with the line; `.unsupported`
    ///   for a form that is not read.
    package init(path: String, columns: DataColumns = DataColumns()) throws(EmbqError) {
        let mapped = try MappedFile(orStream: path, maximum: TextLines.maximumFileBytes)
        self = try mapped.withBytes { bytes throws(EmbqError) in
            try LabelledData(bytes: bytes, file: path, columns: columns)
        }
    }

    /// Reads the content of a file; `file` is its name in error messages, and its ending tells the form.
    package init(bytes: Span<UInt8>, file: String, columns: DataColumns = DataColumns()) throws(EmbqError) {
        self.file = file
        do throws(EmbqError) { rows = try Self.rows(of: bytes, Form(file, bytes), columns) } catch {
            throw error.at(file: file)
        }
        sha256 = SHA256.hexadecimal(of: bytes)
    }

    private static func rows(of bytes: Span<UInt8>, _ form: Form, _ columns: DataColumns) throws(EmbqError) -> [Row] {
        guard form != .tagged || columns == DataColumns() else {
            throw EmbqError(
                .invalidRequest, "a \(taggedEnding) file has words and tags, and no columns to choose",
                advice: "Leave out --text-column and --label-column.")
        }
        switch form {
        case .tagged: return try TaggedParser.rows(of: bytes)
        case .tabs:
            var table = TableParser(.tab, columns: columns)
            try TextLines.forEach(bytes) { number, line throws(EmbqError) in
                let cells = line.utf8.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
                try table.add(cells.map { String(Substring($0)) }, number)
            }
            try table.finish(fileBytes: bytes.count)
            return table.rows
        case .commas:
            var table = TableParser(.comma, columns: columns)
            try CommaRecords.forEach(bytes) { number, cells throws(EmbqError) in try table.add(cells, number) }
            try table.finish(fileBytes: bytes.count)
            return table.rows
        case .objects:
            var objects = JSONLines(columns: columns)
            try TextLines.forEach(bytes) { number, line throws(EmbqError) in try objects.add(line, number) }
            try objects.finish(fileBytes: bytes.count)
            return objects.rows
        }
    }

    /// Some of the rows, counted from 0.
    ///
    /// - Throws: `.invalidRequest` for rows that are not there.
    package func part(_ range: Range<Int>) throws(EmbqError) -> LabelledData {
        guard !range.isEmpty, range.upperBound <= rows.count else {
            throw EmbqError(
                .invalidRequest, file: file,
                "it has \(rows.count) rows, --rows asks for \(range.lowerBound) to \(range.upperBound)",
                advice: "Ask for rows that are there: --rows 0:\(rows.count) is all of them.")
        }
        return LabelledData(file: file, sha256: sha256, rows: Array(rows[range]))
    }

    /// Takes rows that were read before, or a part of them.
    package init(file: String, sha256: String, rows: [Row]) {
        self.file = file
        self.sha256 = sha256
        self.rows = rows
    }

    /// Reads the content of a file held in an array.
    package init(bytes: [UInt8], file: String) throws(EmbqError) { try self.init(bytes: bytes.span, file: file) }
}

/// How the rows of a file are written.
private enum Form {
    case tabs, commas, objects, tagged

    /// - Throws: `.unsupported` for Parquet, which is known by its first bytes too.
    init(_ file: String, _ bytes: Span<UInt8>) throws(EmbqError) {
        let mark = Array("PAR1".utf8)
        let isMarked = bytes.count >= mark.count && mark.indices.allSatisfy { bytes[$0] == mark[$0] }
        let name = file.lowercased()
        guard !isMarked, !name.hasSuffix(".parquet") else {
            let program = "import sys, pandas; pandas.read_parquet(sys.argv[1]).to_csv(sys.argv[2], index=False)"
            throw EmbqError(
                .unsupported, "Parquet is not read",
                advice: "Make a table of it: python3 -c '\(program)' FILE.parquet FILE.csv.")
        }
        if name.hasSuffix(LabelledData.taggedEnding) {
            self = .tagged
        } else if name.hasSuffix(".csv") {
            self = .commas
        } else if [".jsonl", ".ndjson", ".json"].contains(where: name.hasSuffix) {
            self = .objects
        } else {
            self = .tabs
        }
    }
}
