import EmbqCore

/// Rows from JSON Lines: one object a line, with the columns' names as its keys.
struct JSONLines {
    private static let layouts = "Each line is an object: {\"label\": …, \"text\": …}, or with text_a and text_b."

    private let columns: DataColumns
    /// The keys that have the texts and the label; those of the first row.
    private var keys: (text: String, second: String?, label: String?)?
    private(set) var rows: [LabelledData.Row] = []

    init(columns: DataColumns) { self.columns = columns }

    /// Takes a line. Errors name it, not the file.
    mutating func add(_ line: String, _ number: Int) throws(EmbqError) {
        do throws(EmbqError) { try addRow(line, number) } catch { throw error.inside("line \(number)") }
    }

    private mutating func addRow(_ line: String, _ number: Int) throws(EmbqError) {
        guard line.utf8.first != UInt8(ascii: "[") else {
            throw EmbqError(
                .unsupported, "an array begins, an object is expected: one for each line",
                advice: "Make lines of the array with `jq -c '.[]' FILE > FILE.jsonl`.")
        }
        let value: JSONValue
        do throws(EmbqError) { value = try JSONParser.parse(Array(line.utf8)) } catch {
            var error = error
            error.advice = "Each line is a JSON object of its own. \(Self.layouts)"
            throw error
        }
        guard let object = value.object else {
            throw EmbqError(.malformed, "it is \(value.kind), an object is expected", advice: Self.layouts)
        }
        if keys == nil {
            let names = object.map(\.key)
            let places = try columns.find(in: names, layouts: Self.layouts)
            keys = (names[places.text], places.second.map { names[$0] }, places.label.map { names[$0] })
        }
        guard let keys else { return }
        var second: String?
        if let key = keys.second { second = try text(value, key) }
        var label: String?
        if let key = keys.label { label = try self.label(value, key) }
        try rows.append(
            LabelledData.Row(text(value, keys.text), second: second, label: label, line: number, after: rows.count))
    }

    func finish(fileBytes: Int) throws(EmbqError) {
        guard rows.isEmpty else { return }
        throw EmbqError(
            .missing, fileBytes == 0 ? "the file is empty" : "the file has blank lines only", advice: Self.layouts)
    }

    private func text(_ row: JSONValue, _ key: String) throws(EmbqError) -> String {
        if let text = row[key]?.string { return text }
        throw Self.fault(key, row[key], "a string is expected", "Write the text as a string.")
    }

    /// A name, a number, or several of a row, which commas join as in a table.
    private func label(_ row: JSONValue, _ key: String) throws(EmbqError) -> String {
        let advice = "Write a name or a number, or an array of them."
        guard let value = row[key] else { throw Self.fault(key, nil, "a label is expected", advice) }
        guard let items = value.array else { return try Self.name(value, key, advice) }
        var names: [String] = []
        for item in items {
            let name = try Self.name(item, key, advice)
            guard !name.utf8.contains(UInt8(ascii: ",")) else {
                throw EmbqError(
                    .malformed, place: "'\(EmbqError.printable(key))'",
                    "the label \(name.quoted) has a comma, which separates the labels of a row",
                    advice: "Rename the label, in the model too.")
            }
            names.append(name)
        }
        return names.joined(separator: ",")
    }

    private static func name(_ value: JSONValue, _ key: String, _ advice: String) throws(EmbqError) -> String {
        switch value {
        case .string(let name): return name
        case .number(let digits): return String(digits)
        default: throw fault(key, value, "a name or a number is expected", advice)
        }
    }

    private static func fault(_ key: String, _ value: JSONValue?, _ expected: String, _ advice: String) -> EmbqError {
        EmbqError(
            value == nil ? .missing : .malformed, place: "'\(EmbqError.printable(key))'",
            "\(expected), \(value.map { $0.kind } ?? "nothing") is found", advice: advice)
    }
}
