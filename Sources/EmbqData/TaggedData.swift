package import EmbqCore

// Sentences of words with a tag each: `.conll` files.

extension LabelledData {
    /// What such a file's name ends with.
    package static let taggedEnding = ".conll"

    /// The rows with the words that a tagger is asked about: those of the file, or what spaces separate in a text.
    package var inWords: LabelledData {
        guard !isTagged else { return self }
        return LabelledData(
            file: file, sha256: sha256,
            rows: rows.map { row in
                let words = row.text.split { $0 == " " || $0 == "\t" }
                return Row(words: words.map { Word(String($0), tag: nil, line: row.line) }, line: row.line)
            })
    }

    /// A row for each word, with its tag as the label; the text is the word in brackets among its neighbours.
    package var byWord: LabelledData {
        let neighbours = 6
        return LabelledData(
            file: file, sha256: sha256,
            rows: rows.flatMap { row in
                row.words.indices.map { index in
                    let near = max(0, index - neighbours)..<min(row.words.count, index + neighbours + 1)
                    let texts = near.map { $0 == index ? "[\(row.words[$0].text)]" : row.words[$0].text }
                    let word = row.words[index]
                    return Row(text: texts.joined(separator: " "), label: word.tag, line: word.line)
                }
            })
    }

    /// The place of each word's tag in `labels`.
    ///
    /// - Throws: `.unknownLabel` with the first line whose tag is not in `labels`; `.missing` for data without tags.
    package func tagIndices(labels: [String]) throws(EmbqError) -> [Int] {
        let ids = Dictionary(zip(labels, 0...), uniquingKeysWith: { first, _ in first })
        var indices: [Int] = []
        for word in rows.lazy.flatMap(\.words) {
            guard let tag = word.tag else {
                throw EmbqError(
                    .missing, file: file, "its words have no tags",
                    advice: "Give a \(Self.taggedEnding) file: a word, a tab and its tag a line.")
            }
            guard let id = ids[tag] else {
                throw EmbqError(
                    .unknownLabel, file: file, place: "line \(word.line)",
                    "the tag \(tag.quoted) is not one of the model's \(labels.count): \(labels.quotedList)",
                    advice: "Use data that belong to this model, or correct the tag.")
            }
            indices.append(id)
        }
        return indices
    }

    /// Tags that are not in `labels`, one for each word that has such a tag.
    package func unknownTags(_ labels: [String]) -> [String] {
        let known = Set(labels)
        return rows.lazy.flatMap(\.words).compactMap { word in
            word.tag.flatMap { known.contains($0) ? nil : $0 }
        }
    }
}

/// Reads sentences: a word, a tab and its tag a line; blank lines stand between sentences.
enum TaggedParser {
    private static let advice =
        "Write a word, a tab and its tag a line, and a blank line between sentences."

    /// - Throws: `.missing` for no word, `.malformed` with the line, `.limitExceeded` for too many.
    static func rows(of bytes: Span<UInt8>) throws(EmbqError) -> [LabelledData.Row] {
        var rows: [LabelledData.Row] = []
        var words: [LabelledData.Word] = []
        var count = 0
        try TextLines.forEach(bytes) { number, line throws(EmbqError) in
            if let last = words.last, number > last.line + 1 {
                rows.append(LabelledData.Row(words: words, line: words[0].line))
                words = []
            }
            words.append(try word(line, number))
            count += 1
            guard count <= LabelledData.maximumRows else {
                throw EmbqError(
                    .limitExceeded, place: "line \(number)",
                    "the file has more than \(LabelledData.maximumRows) words", advice: "Take a part of it.")
            }
        }
        guard let first = words.first else {
            throw EmbqError(.missing, "there is no word", advice: advice)
        }
        rows.append(LabelledData.Row(words: words, line: first.line))
        return rows
    }

    private static func word(_ line: String, _ number: Int) throws(EmbqError) -> LabelledData.Word {
        let cells = line.utf8.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        guard cells.count == 2 else {
            throw EmbqError(
                .malformed, place: "line \(number)",
                "a word, a tab and a tag are expected, \(cells.count) cell\(cells.count == 1 ? " is" : "s are") found",
                advice: advice)
        }
        guard !cells[0].isEmpty, !cells[1].isEmpty else {
            throw EmbqError(
                .malformed, place: "line \(number)", "the \(cells[0].isEmpty ? "word" : "tag") is empty", advice: advice
            )
        }
        return LabelledData.Word(cells[0], tag: cells[1], line: number)
    }
}
