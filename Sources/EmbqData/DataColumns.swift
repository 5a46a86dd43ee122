import EmbqCore

/// Which columns of a table have the text and the label: those that the user names, or those with usual names.
package struct DataColumns: Sendable, Equatable {
    /// One name, or two for a pair; empty: found by their usual names.
    package var text: [String]
    /// nil: found by its usual names.
    package var label: String?

    package init(text: [String] = [], label: String? = nil) {
        self.text = text
        self.label = label
    }

    /// Places among the names of a header.
    struct Places: Equatable {
        var text: Int
        /// Of a pair's second text.
        var second: Int?
        var label: Int?
    }

    /// Names that public data sets have for a pair's columns.
    static let usualPairs = [
        ("text_a", "text_b"), ("sentence1", "sentence2"), ("premise", "hypothesis"), ("question", "sentence"),
        ("question1", "question2"),
    ]
    /// Names that they have for the column of one text.
    static let usualTexts = ["text", "sentence"]
    /// Where both are, the first has the name of what the second has the number of.
    static let usualLabels = ["label_text", "label"]

    /// - Parameter layouts: what a file of this kind looks like, for advice.
    /// - Throws: `.missing` or `.malformed` for columns that are not there or not clear.
    func find(in names: [String], layouts: String) throws(EmbqError) -> Places {
        var places = try text.isEmpty ? usualText(names, layouts) : named(names)
        if let label {
            places.label = try place(of: label, "--label-column", names)
        } else {
            places.label = Self.usualLabels.lazy.compactMap(names.firstIndex).first
        }
        return places
    }

    private func named(_ names: [String]) throws(EmbqError) -> Places {
        Places(
            text: try place(of: text[0], "--text-column", names),
            second: try text.count > 1 ? place(of: text[1], "--text-column", names) : nil)
    }

    private func place(of name: String, _ option: String, _ names: [String]) throws(EmbqError) -> Int {
        if let place = names.firstIndex(of: name) { return place }
        throw EmbqError(
            .missing, "there is no column \(name.quoted); there are \(names.quotedList)",
            advice: "Name one of them with \(option).")
    }

    private func usualText(_ names: [String], _ layouts: String) throws(EmbqError) -> Places {
        let pairs = Self.usualPairs.filter { names.contains($0.0) && names.contains($0.1) }
        let texts = Self.usualTexts.filter { text in
            names.contains(text) && !pairs.contains { $0.0 == text || $0.1 == text }
        }
        let half = Self.usualPairs.prefix(1).first { names.contains($0.0) != names.contains($0.1) }
        if pairs.count + texts.count == 1, half == nil {
            if let pair = pairs.first, let a = names.firstIndex(of: pair.0), let b = names.firstIndex(of: pair.1) {
                return Places(text: a, second: b)
            }
            if let text = texts.first, let place = names.firstIndex(of: text) { return Places(text: place) }
        }
        guard pairs.isEmpty, texts.isEmpty else {
            let all =
                pairs.flatMap { [$0.0, $0.1] } + texts + (half.map { [$0.0, $0.1].filter(names.contains) } ?? [])
            throw EmbqError(
                .malformed, "several columns may be the text: \(all.quotedList)",
                advice: "Say which with --text-column, or remove the others.")
        }
        if let half {
            let (found, lacking) = names.contains(half.0) ? (half.0, half.1) : (half.1, half.0)
            throw EmbqError(
                .missing, "the header has '\(found)' but no '\(lacking)'",
                advice: "A pair needs both; call the column 'text' when there is one text.")
        }
        throw EmbqError(
            .missing, "the header has no text column; it has \(names.quotedList)",
            advice: "\(layouts) Any other column is named with --text-column.")
    }
}
