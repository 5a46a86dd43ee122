import EmbqCore

/// Comma-separated values, cut into records: a cell in quotation marks may hold commas, line ends, and quotation marks that
/// are written twice.
///
/// Source: Y. Shafranovich, RFC 4180. LF ends a line as CRLF does.
enum CommaRecords {
    private static let (quote, comma) = (UInt8(ascii: "\""), UInt8(ascii: ","))
    private static let (feed, carriage) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))

    /// Calls `body` with each record and the number of its first line; blank lines are skipped. Errors name the line, not
    /// the file.
    ///
    /// - Throws: `.malformed` for a quotation mark where none can be, or bytes that are not UTF-8; `.limitExceeded` for a
    ///   record of more bytes than a line may have.
    static func forEach(
        _ bytes: Span<UInt8>, _ body: (_ number: Int, _ cells: [String]) throws(EmbqError) -> Void
    ) throws(EmbqError) {
        var at = try TextLines.start(of: bytes)
        var line = 1
        while at < bytes.count {
            let (first, start) = (line, at)
            let cells = try record(bytes, &at, &line)
            let isBlank = (start..<at).allSatisfy { [UInt8(ascii: " "), feed, carriage].contains(bytes[$0]) }
            if !isBlank { try body(first, cells) }
        }
    }

    private static func record(_ bytes: Span<UInt8>, _ at: inout Int, _ line: inout Int) throws(EmbqError) -> [String] {
        let (start, first) = (at, line)
        var cells: [String] = []
        while true {
            cells.append(try cell(bytes, &at, &line, start, first))
            guard at < bytes.count else { return cells }
            if bytes[at] == comma {
                at += 1
                // A comma at the very end has an empty cell behind it.
                if at == bytes.count { return cells + [""] }
                continue
            }
            at += bytes[at] == carriage ? 2 : 1
            line += 1
            return cells
        }
    }

    /// The cell at a place, which moves to the comma or the line end behind it.
    private static func cell(_ bytes: Span<UInt8>, _ at: inout Int, _ line: inout Int, _ start: Int, _ first: Int)
        throws(EmbqError) -> String
    {
        var cell: [UInt8] = []
        let opened = line
        var isQuoted = at < bytes.count && bytes[at] == quote
        let wasQuoted = isQuoted
        if isQuoted { at += 1 }
        while at < bytes.count {
            let byte = bytes[at]
            guard at - start < TextLines.maximumLineBytes else {
                throw EmbqError(
                    .limitExceeded, place: "line \(first)",
                    "the record has more than \(TextLines.maximumLineBytes) bytes",
                    advice: "Check that each quotation mark that opens is closed.")
            }
            if isQuoted {
                if byte == feed { line += 1 }
                if byte != quote {
                    cell.append(byte)
                } else if at + 1 < bytes.count, bytes[at + 1] == quote {
                    cell.append(quote)
                    at += 1
                } else {
                    isQuoted = false
                }
                at += 1
                continue
            }
            if byte == comma || byte == feed { break }
            if byte == carriage {
                if at + 1 < bytes.count, bytes[at + 1] == feed { break }
                throw EmbqError(
                    .malformed, place: "line \(line)", "a carriage return stands alone",
                    advice: "Save the file with LF or CRLF line ends, and put a text with line ends in quotation marks."
                )
            }
            guard byte != quote, !wasQuoted else {
                throw fault(
                    line,
                    byte == quote
                        ? "a quotation mark stands inside a cell without quotation marks"
                        : "text follows the quotation mark that ends a cell")
            }
            cell.append(byte)
            at += 1
        }
        guard !isQuoted else { throw fault(opened, "a quotation mark opens and is never closed") }
        return try TextLines.text(cell, line: opened)
    }

    private static func fault(_ line: Int, _ problem: String) -> EmbqError {
        EmbqError(.malformed, place: "line \(line)", problem, advice: TableParser.Separator.comma.advice)
    }
}
