package import EmbqCore

/// `labels.txt`: one label a line; the line's position is the class id.
package enum LabelsFile {
    /// More classes than a model of this size tells apart; a confusion matrix of them still fits in memory.
    package static let maximumLabels = 4096

    /// Reads a file.
    ///
    /// - Throws: `.unreadable`; `.missing` for no label, `.duplicate`, `.malformed` for a blank line between labels or
    ///   a tab, `.limitExceeded`.
    package static func read(path: String) throws(EmbqError) -> [String] {
        let mapped = try MappedFile(path)
        return try mapped.withBytes { bytes throws(EmbqError) in try read(bytes: bytes, file: path) }
    }

    /// Reads the content of a file; `file` is its name in error messages.
    package static func read(bytes: Span<UInt8>, file: String) throws(EmbqError) -> [String] {
        var labels: [String] = []
        var lines: [String: Int] = [:]
        do throws(EmbqError) {
            try TextLines.forEach(bytes) { number, label throws(EmbqError) in
                try check(label, number, after: labels.count, lines)
                lines[label] = number
                labels.append(label)
            }
            guard !labels.isEmpty else {
                throw EmbqError(
                    .missing, "there is no label", advice: "Write one label a line, in the order of the ids.")
            }
        } catch {
            throw error.at(file: file)
        }
        return labels
    }

    /// Reads the content of a file held in an array.
    package static func read(bytes: [UInt8], file: String) throws(EmbqError) -> [String] {
        try read(bytes: bytes.span, file: file)
    }

    private static func check(_ label: String, _ number: Int, after count: Int, _ lines: [String: Int])
        throws(EmbqError)
    {
        let place = "line \(number)"
        if let first = lines[label] {
            throw EmbqError(
                .duplicate, place: place, "the label \(label.quoted) stands in line \(first) as well",
                advice: "Each label stands once.")
        }
        // A blank line would shift every id behind it.
        guard number == count + 1 else {
            throw EmbqError(
                .malformed, place: place, "blank lines stand before the label \(label.quoted)",
                advice: "Write one label a line, in the order of the ids.")
        }
        guard !label.utf8.contains(UInt8(ascii: "\t")) else {
            throw EmbqError(
                .malformed, place: place, "the label \(label.quoted) contains a tab",
                advice: "Write one label a line and nothing else.")
        }
        guard count < maximumLabels else {
            throw EmbqError(
                .limitExceeded, place: place, "there are more than \(maximumLabels) labels",
                advice: "Check that this is a file of labels.")
        }
    }
}
