package import EmbqCore
import EmbqData

/// What a model answered: the logits of every row, and the labels that follow from them.
package struct Predictions: Sendable, Equatable {
    /// What the logits mean.
    package enum Kind: Sendable, Equatable {
        /// One logit a class; the names of the classes in the order of their ids.
        case classes([String])
        /// One logit a label: every label whose logit is above 0 applies, any number of them.
        case multiLabel([String])
        /// One logit a tag, a row for each word of a sentence; the names of the tags in the order of their ids.
        case tags([String])
        /// One logit, which is the predicted number.
        case regression
        /// Several logits, each a predicted number.
        case numbers(Int)
        /// One number, the share that a sigmoid makes of the logit: a degree of what the data score.
        case share
        /// One number, the cosine of a pair's embeddings.
        case cosine

        /// `7 labels (a, b, c, …)`, `one number`.
        package var summary: String {
            switch self {
            case .classes(let labels):
                "\(labels.count) labels (\(labels.prefix(3).map { EmbqError.printable($0, limit: 24) }.joined(separator: ", "))"
                    + (labels.count > 3 ? ", …)" : ")")
            case .multiLabel(let labels): "any of \(labels.count) labels"
            case .tags(let labels): "one of \(labels.count) tags for each word"
            case .regression: "one number"
            case .numbers(let count): "\(count) numbers"
            case .share: "one share"
            case .cosine: "the cosine of a pair"
            }
        }

        /// True if the answer is a number.
        package var isNumber: Bool {
            switch self {
            case .classes, .multiLabel, .tags: false
            case .regression, .numbers, .cosine, .share: true
            }
        }
    }

    package let kind: Kind
    /// `[rows, width]`, row-major, all finite.
    package let logits: [Float]
    /// The class id of each row: the place of its largest logit, the first of equals. All 0 for labels of which
    /// several apply, and for numbers.
    package let classIDs: [Int]

    /// Logits of one row: the number of classes, labels or numbers.
    package var width: Int {
        switch kind {
        case .classes(let labels), .multiLabel(let labels), .tags(let labels): labels.count
        case .numbers(let count): count
        case .regression, .cosine, .share: 1
        }
    }
    package var rows: Int { classIDs.count }

    /// Takes the logits of all rows, one row after the other.
    ///
    /// - Throws: `.mismatch` when the logits do not fill whole rows; `.nonFinite` with the row of the first NaN or
    ///   infinity; `.malformed` for no label or one that holds a tab or a line break; `.limitExceeded` for too many.
    package init(_ kind: Kind, logits: [Float]) throws(EmbqError) {
        let width = try Self.checkedWidth(of: kind)
        guard logits.count % width == 0 else {
            throw EmbqError(
                .mismatch, "\(logits.count) logits do not fill rows of \(width)",
                advice: "The model's labels and its output do not belong together: check the configuration.")
        }
        if let bad = logits.firstIndex(where: { !$0.isFinite }) {
            throw EmbqError(
                .nonFinite, place: "row \(bad / width + 1)", "the model answers \(logits[bad]) as logit \(bad % width)",
                advice: "The weights are damaged or overflow: inspect the checkpoint.")
        }
        self.kind = kind
        self.logits = logits
        classIDs =
            switch kind {
            case .classes, .tags: Self.classIDs(logits, width: width)
            case .multiLabel, .regression, .numbers, .share, .cosine: Array(repeating: 0, count: logits.count / width)
            }
    }

    /// The place of each row's largest logit, the first of equals.
    package static func classIDs(_ logits: [Float], width: Int) -> [Int] {
        stride(from: 0, to: logits.count, by: width).map { start in
            var best = 0
            for i in 1..<max(width, 1) where logits[start + i] > logits[start + best] { best = i }
            return best
        }
    }

    /// Takes the logits row by row.
    package init(_ kind: Kind, rows: [[Float]]) throws(EmbqError) {
        let width = try Self.checkedWidth(of: kind)
        if let bad = rows.firstIndex(where: { $0.count != width }) {
            throw EmbqError(
                .mismatch, place: "row \(bad + 1)",
                "the model answers \(rows[bad].count) logits; \(width) are expected",
                advice: "The model's labels and its output do not belong together: check the configuration.")
        }
        try self.init(kind, logits: Array(rows.joined()))
    }

    /// The logits of one row.
    package func logits(ofRow row: Int) -> ArraySlice<Float> { logits[row * width..<(row + 1) * width] }

    /// The labels of one row of a multi-label model, by id.
    package func labelIDs(ofRow row: Int) -> [Int] {
        logits(ofRow: row).indices.filter { logits[$0] > 0 }.map { $0 - row * width }
    }

    /// True if both models answer a row alike: the same class, or the same labels.
    ///
    /// - Precondition: both of one kind, which is not that of numbers.
    package func answersAlike(_ other: Predictions, row: Int) -> Bool {
        if case .multiLabel = kind { return labelIDs(ofRow: row) == other.labelIDs(ofRow: row) }
        return classIDs[row] == other.classIDs[row]
    }

    /// The predicted label of one row, or labels joined by commas; a number with six decimals.
    package func label(ofRow row: Int) -> String {
        switch kind {
        case .classes(let labels), .tags(let labels): labels[classIDs[row]]
        case .multiLabel(let labels): labelIDs(ofRow: row).map { labels[$0] }.joined(separator: ",")
        case .regression, .cosine, .share: logits[row].sixDecimals
        case .numbers: logits(ofRow: row).map(\.sixDecimals).joined(separator: ",")
        }
    }

    /// How far the largest logit of a row is above the second, or that of a label from 0; nil for numbers.
    package func margin(ofRow row: Int) -> Float? {
        if case .multiLabel = kind { return logits(ofRow: row).map(\.magnitude).min() }
        guard width > 1, !kind.isNumber else { return nil }
        let best = classIDs[row]
        let others = logits(ofRow: row).enumerated().lazy.filter { $0.offset != best }.map(\.element)
        return others.max().map { logits[row * width + best] - $0 }
    }

    /// SHA-256 over ``label(ofRow:)`` and a line feed for every row: equal for models that answer alike.
    package var sha256: String {
        var hash = SHA256()
        for row in 0..<rows { hash.update(Array("\(label(ofRow: row))\n".utf8).span) }
        return hash.hexadecimal()
    }

    private static func checkedWidth(of kind: Kind) throws(EmbqError) -> Int {
        let labels: [String]
        switch kind {
        case .classes(let names), .multiLabel(let names), .tags(let names): labels = names
        case .numbers(let count): return count
        case .regression, .cosine, .share: return 1
        }
        guard labels.count <= LabelsFile.maximumLabels else {
            throw EmbqError(
                .limitExceeded, "the model has \(labels.count) labels; the limit is \(LabelsFile.maximumLabels)",
                advice: "Correct id2label in config.json.")
        }
        let isBroken = { (label: String) in label.utf8.contains { "\t\n\r".utf8.contains($0) } }
        guard !labels.isEmpty, !labels.contains(where: isBroken) else {
            throw EmbqError(
                .malformed,
                labels.first(where: isBroken).map { "the label \($0.quoted) holds a tab or a line break" }
                    ?? "there are no labels",
                advice: "Correct id2label in config.json, or labels.txt.")
        }
        return labels.count
    }
}
