import EmbqCore

/// A sentence that a calibration profile keeps; `Schemas/calibration.proto` says what each field means.
package struct SentenceRecord: Sendable, Equatable {
    /// Its right answer.
    package struct Target: Sendable, Equatable {
        /// Places of labels among the model's, ascending.
        package var labels: [Int]
        /// Numbers, for a regression.
        package var numbers: [Double]

        package init(labels: [Int] = [], numbers: [Double] = []) {
            self.labels = labels
            self.numbers = numbers
        }
    }

    /// SHA-256 of the text, 32 bytes.
    package var textSHA256: [UInt8]
    /// Token ids with the template's.
    package var ids: [UInt16]
    /// How many ids are the first text's own.
    package var first: Int
    /// How many are the second's; nil: there is one text.
    package var second: Int?
    /// The token type of each id; empty: all are 0.
    package var types: [UInt8]
    /// nil where it is not known.
    package var target: Target?

    package init(
        textSHA256: [UInt8], ids: [UInt16], first: Int = 0, second: Int? = nil, types: [UInt8] = [],
        target: Target? = nil
    ) {
        self.textSHA256 = textSHA256
        self.ids = ids
        self.first = first
        self.second = second
        self.types = types
        self.target = target
    }

    /// - Parameter place: for errors.
    func validate(_ place: String) throws(EmbqError) {
        func fault(_ problem: String) -> EmbqError { ProfileRecord.fault(.malformed, place: place, problem) }
        guard textSHA256.count == 32 else {
            throw fault("text_sha256 has \(textSHA256.count) bytes; 32 are expected")
        }
        let own = first.addingReportingOverflow(second ?? 0)
        guard first >= 0, second ?? 0 >= 0, !own.overflow, own.partialValue <= ids.count else {
            throw fault("first and second are \(first) and \(second ?? 0); there are \(ids.count) ids")
        }
        guard types.isEmpty || types.count == ids.count, types.allSatisfy({ $0 <= 1 }) else {
            throw fault(
                "types has \(types.count) bytes; none or one of 0 or 1 for each of \(ids.count) ids is expected")
        }
        guard let target else { return }
        let (labels, limit) = (target.labels, CalibrationProfileFile.maximumLabels)
        guard labels.count <= limit, target.numbers.count <= limit else {
            throw ProfileRecord.fault(
                .limitExceeded, place: place,
                "the target has \(max(labels.count, target.numbers.count)) labels or numbers; at most \(limit) are read"
            )
        }
        guard labels.allSatisfy({ (0..<limit).contains($0) }), zip(labels, labels.dropFirst()).allSatisfy({ $0 < $1 })
        else { throw fault("the target's labels are not ascending numbers below \(limit)") }
        guard target.numbers.allSatisfy(\.isFinite) else {
            throw ProfileRecord.fault(.nonFinite, place: place, "a number of the target is not finite")
        }
    }
}
