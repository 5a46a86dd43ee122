import EmbqCore
import EmbqData
import EmbqEvaluation

/// What differs between two models, as `embq diff` prints it; `Schemas/verbs.schema.json` describes it.
package struct ModelDifference: Encodable, Sendable {
    /// A property that is not the same in both.
    package struct Fact: Encodable, Sendable, Equatable {
        /// `configuration`, `labels`, `tokenizer`, `footprint`, `scales` or `sections`.
        package var part: String
        package var name: String
        /// nil where the model has none.
        package var first: String?
        package var second: String?
    }

    package struct Form: Encodable, Sendable, Equatable {
        package var dtype: String
        package var shape: [Int]
    }

    package struct Tensor: Encodable, Sendable, Equatable {
        package var name: String
        package var first: Form
        package var second: Form
        /// Of the second's values beside the first's; nil for other shapes, equal values and packed tables.
        package var sqnrDB: Double?

        enum CodingKeys: String, CodingKey {
            case name, first, second
            case sqnrDB = "sqnr_db"
        }
    }

    package struct Tensors: Encodable, Sendable, Equatable {
        /// How many are the same bytes.
        package var equal: Int
        package var onlyFirst: [String]
        package var onlySecond: [String]
        package var different: [Tensor]

        enum CodingKeys: String, CodingKey {
            case equal, different
            case onlyFirst = "only_first"
            case onlySecond = "only_second"
        }
    }

    /// A row that the models answer differently.
    package struct Flip: Encodable, Sendable, Equatable {
        package var line: Int
        package var text: String
        package var first: String
        package var second: String
    }

    package struct Answers: Encodable, Sendable, Equatable {
        package var rows: Int
        package var flippedRows: Int
        /// The 95 % interval of the share of rows that flip, 0 to 1: chance in the choice of the rows.
        package var flippedShareInterval: [Double]
        /// Left out when all logits are equal.
        package var sqnrDB: Double?
        package var flips: [Flip]

        enum CodingKeys: String, CodingKey {
            case rows, flips
            case flippedRows = "flipped_rows"
            case flippedShareInterval = "flipped_share_interval"
            case sqnrDB = "sqnr_db"
        }

        init(_ agreement: Agreement, _ data: LabelledData) {
            rows = agreement.test.rows
            flippedRows = agreement.flippedRows.count
            let interval = Proportion(count: flippedRows, of: rows).interval
            flippedShareInterval = [interval.lowerBound, interval.upperBound]
            sqnrDB = agreement.sqnrDB.isFinite ? agreement.sqnrDB : nil
            flips = agreement.flippedRows.map { row in
                Flip(
                    line: data.rows[row].line, text: data.rows[row].text,
                    first: agreement.reference.label(ofRow: row), second: agreement.test.label(ofRow: row))
            }
        }
    }

    package var parts: [Fact] = []
    /// nil for an artifact and a checkpoint.
    package var tensors: Tensors?
    /// nil without data.
    package var answers: Answers?

    /// Whether nothing differs: no fact, no tensor, no logit.
    package var isEqual: Bool {
        parts.isEmpty
            && (tensors.map { $0.onlyFirst.isEmpty && $0.onlySecond.isEmpty && $0.different.isEmpty } ?? true)
            && (answers.map { $0.flippedRows == 0 && $0.sqnrDB == nil } ?? true)
    }

    enum CodingKeys: String, CodingKey { case equal, parts, tensors, answers }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(isEqual, forKey: .equal)
        try container.encode(parts, forKey: .parts)
        try container.encodeIfPresent(tensors, forKey: .tensors)
        try container.encodeIfPresent(answers, forKey: .answers)
    }
}
