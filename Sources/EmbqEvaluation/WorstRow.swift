package import EmbqData

/// A row that the model answers differently from its reference, or with logits far from the reference's.
package struct WorstRow: Sendable, Equatable, Codable {
    /// The line in the data file, counted from 1.
    package var line: Int
    package var text: String
    /// The right answer; left out without labels.
    package var expected: String?
    package var reference: String
    package var predicted: String
    /// Whether the answers differ.
    package var flipped: Bool
    /// The largest difference of a logit.
    package var logitError: Double

    enum CodingKeys: String, CodingKey {
        case line, text, expected, reference, predicted, flipped
        case logitError = "logit_error"
    }

    /// The worst rows: those that flipped before all others, and the largest errors first. Rows without an error are
    /// left out.
    package static func list(_ count: Int, _ answers: Agreement, _ data: LabelledData) -> [WorstRow] {
        answers.worstRows(count, flippedFirst: true).filter { answers.errors[$0] > 0 }.map { row in
            WorstRow(
                line: data.rows[row].line, text: data.rows[row].text, expected: data.rows[row].label,
                reference: answers.reference.label(ofRow: row), predicted: answers.test.label(ofRow: row),
                flipped: answers.flippedRows.contains(row), logitError: Double(answers.errors[row]))
        }
    }
}
