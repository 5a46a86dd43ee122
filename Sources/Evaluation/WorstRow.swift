/// A row that the model answers differently from its reference, or with logits far from the reference's.
public struct WorstRow: Sendable, Equatable, Codable {
    /// The line in the data file, counted from 1.
    public var line: Int
    public var text: String
    /// The right answer; left out without labels.
    public var expected: String?
    public var reference: String
    public var predicted: String
    /// Whether the answers differ.
    public var flipped: Bool
    /// The largest difference of a logit.
    public var logitError: Double

    enum CodingKeys: String, CodingKey {
        case line, text, expected, reference, predicted, flipped
        case logitError = "logit_error"
    }

    /// The worst rows: those that flipped before all others, and the largest errors first. Rows without an error are
    /// left out.
    public static func list(_ count: Int, _ answers: Agreement, _ data: LabelledData) -> [WorstRow] {
        answers.worstRows(count, flippedFirst: true).filter { answers.errors[$0] > 0 }.map { row in
            WorstRow(
                line: data.rows[row].line, text: data.rows[row].text, expected: data.rows[row].label,
                reference: answers.reference.label(ofRow: row), predicted: answers.test.label(ofRow: row),
                flipped: answers.flippedRows.contains(row), logitError: Double(answers.errors[row]))
        }
    }
}
