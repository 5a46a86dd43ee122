package import EmbqCore

/// UTF-8 text cut into lines, as data files need it: a byte order mark and CRLF are tolerated, the rest is checked.
package enum TextLines {
    /// More than any public set of sentences; a larger file is a wrong path.
    package static let maximumFileBytes = 1 << 30
    /// A thousand times a model's input; a longer line is no text of a person.
    package static let maximumLineBytes = 1 << 20

    /// Calls `body` with every line that is not blank (empty or spaces only) and its number, counted from 1.
    ///
    /// Lines end with LF or CRLF. Errors name the line, not the file.
    /// - Throws: `.limitExceeded`, or `.malformed` for a NUL, bytes that are not UTF-8, and UTF-16.
    package static func forEach(
        _ bytes: Span<UInt8>, _ body: (_ number: Int, _ line: String) throws(EmbqError) -> Void
    ) throws(EmbqError) {
        var start = try start(of: bytes)
        var number = 1
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
            var length = end - start
            if length > 0, bytes[end - 1] == UInt8(ascii: "\r") { length -= 1 }
            let line = try text(bytes, from: start, count: length, number: number)
            if !line.utf8.allSatisfy({ $0 == UInt8(ascii: " ") }) { try body(number, line) }
            start = end + 1
            number += 1
        }
    }

    /// The place behind a byte order mark.
    ///
    /// - Throws: `.limitExceeded` for too large a file, `.malformed` for UTF-16.
    static func start(of bytes: Span<UInt8>) throws(EmbqError) -> Int {
        guard bytes.count <= maximumFileBytes else {
            throw EmbqError(
                .limitExceeded, "the file has \(bytes.count) bytes; the limit is \(maximumFileBytes)",
                advice: "Split the file, or check that it is the right one.")
        }
        guard bytes.count >= 2 else { return 0 }
        let first = (bytes[0], bytes[1])
        guard first != (0xFF, 0xFE), first != (0xFE, 0xFF) else {
            throw fault(1, "the file is UTF-16; UTF-8 is expected")
        }
        return bytes.count >= 3 && first == (0xEF, 0xBB) && bytes[2] == 0xBF ? 3 : 0
    }

    private static func text(_ bytes: Span<UInt8>, from start: Int, count: Int, number: Int) throws(EmbqError) -> String
    {
        guard count <= maximumLineBytes else {
            throw EmbqError(
                .limitExceeded, place: "line \(number)",
                "the line has \(count) bytes; the limit is \(maximumLineBytes)",
                advice: "Check that lines end with LF or CRLF and that this is a text file.")
        }
        var utf8: [UInt8] = []
        utf8.reserveCapacity(count)
        for i in start..<start + count { utf8.append(bytes[i]) }
        return try text(utf8, line: number)
    }

    /// Bytes of a line as text.
    ///
    /// - Throws: `.malformed` for a NUL and bytes that are not UTF-8.
    static func text(_ utf8: [UInt8], line number: Int) throws(EmbqError) -> String {
        guard !utf8.contains(0) else { throw fault(number, "a NUL byte stands in the line") }
        guard let text = String(validating: utf8, as: UTF8.self) else { throw fault(number, "the line is not UTF-8") }
        return text
    }

    private static func fault(_ number: Int, _ problem: String) -> EmbqError {
        EmbqError(
            .malformed, place: "line \(number)", problem, advice: "Save the file as UTF-8 text and try again.")
    }
}

extension String {
    /// The text in single quotes for an error message: at most 60 characters, control characters spelled out.
    package var quoted: String {
        "'\(EmbqError.printable(self, limit: 60))'"
    }
}

extension Sequence<String> {
    /// The texts in quotes, separated by commas: the first twelve, then how many more there are.
    package var quotedList: String {
        let all = Array(self)
        let shown = all.prefix(12).map(\.quoted).joined(separator: ", ")
        return all.count > 12 ? "\(shown) and \(all.count - 12) more" : shown
    }
}
