package import EmbqCore

/// The right answers of a set of data.
package enum Targets: Sendable, Equatable {
    /// A class id for each row, as the position in the model's labels.
    case classes([Int])
    /// A number for each row, for a regression.
    case values([Double])

    package var count: Int {
        switch self {
        case .classes(let ids): ids.count
        case .values(let values): values.count
        }
    }
}

extension LabelledData {
    /// The class id of each row: the position of its label in `labels`.
    ///
    /// - Throws: `.missing` without a label column; `.unknownLabel` with the first line whose label is not in `labels`.
    package func classIndices(labels: [String]) throws(EmbqError) -> [Int] {
        let ids = Dictionary(zip(labels, 0...), uniquingKeysWith: { first, _ in first })
        var indices: [Int] = []
        indices.reserveCapacity(rows.count)
        for row in rows {
            let label = try label(of: row)
            guard let id = ids[label] else {
                throw EmbqError(
                    .unknownLabel, file: file, place: "line \(row.line)",
                    "the label \(label.quoted) is not one of the model's \(labels.count): \(labels.quotedList)",
                    advice: "Use data that belong to this model, or correct the label.")
            }
            indices.append(id)
        }
        return indices
    }

    /// The labels as numbers.
    ///
    /// - Throws: `.missing` without a label column; `.malformed` with the first line whose label is not a finite
    ///   decimal number.
    package func regressionTargets() throws(EmbqError) -> [Double] {
        var targets: [Double] = []
        targets.reserveCapacity(rows.count)
        for row in rows {
            let label = try label(of: row)
            // Without this, "nan", "infinity" and "0x10" would count as numbers.
            let isDecimal = label.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) }
            guard isDecimal, let value = Double(label), value.isFinite else {
                throw EmbqError(
                    .malformed, file: file, place: "line \(row.line)",
                    "the label \(label.quoted) is not a number; the model is a regression",
                    advice: "Use data with numeric labels, such as 3.25.")
            }
            targets.append(value)
        }
        return targets
    }

    /// The right answers for a model with these labels; nil stands for a regression.
    package func targets(labels: [String]?) throws(EmbqError) -> Targets {
        if let labels { .classes(try classIndices(labels: labels)) } else { .values(try regressionTargets()) }
    }

    private func label(of row: Row) throws(EmbqError) -> String {
        guard let label = row.label else {
            throw EmbqError(
                .missing, file: file, place: "line 1",
                "there is no 'label' column; the header has \(columns.quotedList)",
                advice: "Accuracy needs labels: add a column named label.")
        }
        return label
    }
}
