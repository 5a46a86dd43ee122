import EmbqCore

/// Collects the rows of a table from its records: the header, then one record a row.
struct TableParser {
    /// What separates cells, for messages.
    enum Separator {
        case tab, comma

        var layouts: String {
            let name = self == .tab ? "tabs" : "commas"
            return
                "The first line names the columns, separated by \(name): label and text, or label, text_a and text_b; "
                + "label may be left out for calibration."
        }

        var advice: String {
            switch self {
            case .tab: "Separate cells by one tab, and write no tab inside a text."
            case .comma: "Put a text with a comma in quotation marks, and write a quotation mark inside it twice."
            }
        }
    }

    private let separator: Separator
    private let columns: DataColumns
    private var names: [String] = []
    private var places = DataColumns.Places(text: 0)
    private(set) var rows: [LabelledData.Row] = []

    init(_ separator: Separator, columns: DataColumns) {
        self.separator = separator
        self.columns = columns
    }

    /// Takes a record.
    ///
    /// - Parameter number: of its line, or of the first of them.
    mutating func add(_ cells: [String], _ number: Int) throws(EmbqError) {
        if names.isEmpty { try readHeader(cells, number) } else { try readRow(cells, number) }
    }

    func finish(fileBytes: Int) throws(EmbqError) {
        guard !names.isEmpty else {
            throw EmbqError(
                .missing, fileBytes == 0 ? "the file is empty" : "the file has blank lines only",
                advice: separator.layouts)
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
        do throws(EmbqError) { places = try columns.find(in: names, layouts: separator.layouts) } catch {
            var error = error
            if separator == .tab, names.count == 1, names[0].contains(",") || names[0].hasPrefix("{") {
                error.advice =
                    "Call a file with commas .csv and one of JSON objects .jsonl: the name's ending tells the form."
            }
            throw error.inside(place)
        }
        self.names = names
    }

    private mutating func readRow(_ cells: [String], _ number: Int) throws(EmbqError) {
        guard cells.count == names.count else {
            throw EmbqError(
                .malformed, place: "line \(number)",
                "the row has \(cells.count) cell\(cells.count == 1 ? "" : "s"); the header has \(names.count): "
                    + names.quotedList,
                advice: separator.advice)
        }
        try rows.append(
            LabelledData.Row(
                cells[places.text], second: places.second.map { cells[$0] }, label: places.label.map { cells[$0] },
                line: number, after: rows.count))
    }
}

extension LabelledData.Row {
    /// A row behind `count` others.
    ///
    /// - Throws: `.limitExceeded` for one too many.
    init(_ text: String, second: String?, label: String?, line: Int, after count: Int) throws(EmbqError) {
        guard count < LabelledData.maximumRows else {
            throw EmbqError(
                .limitExceeded, place: "line \(line)", "the file has more than \(LabelledData.maximumRows) rows",
                advice: "Take a part of it.")
        }
        self.init(
            text: second.map { text + LabelledData.pairSeparator + $0 } ?? text, label: label, line: line,
            second: second)
    }
}
