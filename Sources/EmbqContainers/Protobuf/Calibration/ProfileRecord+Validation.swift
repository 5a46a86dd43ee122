import EmbqCore

/// What a calibration profile may hold: checked after reading and before writing, so that no file is written that
/// could not be read.
extension ProfileRecord {
    func validate() throws(EmbqError) {
        try Self.checkName(family, "family")
        try Self.checkName(observer, "observer")
        try Self.checkDigest(modelSHA256, "model_sha256")
        try Self.checkDigest(dataSHA256, "data_sha256")
        try Self.checkPositive(sentences, "sentences")
        try Self.checkPositive(tokens, "tokens")
        guard sentences <= CalibrationProfileFile.maximumSentences else {
            throw Self.fault(
                .limitExceeded, place: nil,
                "sentences is \(sentences); at most \(CalibrationProfileFile.maximumSentences) are read")
        }
        try checkKept()
        guard !points.isEmpty else {
            throw Self.fault(.missing, place: nil, "the profile holds no points; at least one is needed")
        }
        let limits = CalibrationProfileFile.self
        guard points.count <= limits.maximumPoints else {
            throw Self.fault(
                .limitExceeded, place: nil,
                "the profile holds \(points.count) points; at most \(limits.maximumPoints) are read")
        }
        var names: Set<String> = []
        var bins = 0
        for (index, point) in points.enumerated() {
            try Self.checkName(point.name, "name of point \(index)")
            guard names.insert(point.name).inserted else {
                throw Self.fault(.duplicate, place: "point '\(point.name)'", "the name stands twice")
            }
            try point.validate()
            try point.validateSums(sentences: sentences)
            bins += point.histogram.counts.count
        }
        guard bins <= limits.maximumBinsInAll else {
            throw Self.fault(
                .limitExceeded, place: nil,
                "the points have \(bins) bins in all; at most \(limits.maximumBinsInAll) are read")
        }
    }

    private func checkKept() throws(EmbqError) {
        let most = CalibrationProfileFile.maximumKept
        guard kept.isEmpty || kept.count == min(most, sentences) else {
            throw Self.fault(
                .malformed, place: nil,
                "the profile keeps \(kept.count) of \(sentences) sentences; none or \(min(most, sentences)) are expected"
            )
        }
        for (index, sentence) in kept.enumerated() { try sentence.validate("sentence \(index)") }
        guard zip(kept, kept.dropFirst()).allSatisfy({ !$1.textSHA256.lexicographicallyPrecedes($0.textSHA256) }) else {
            throw Self.fault(.malformed, place: nil, "the sentences are not in ascending order of text_sha256")
        }
        let ids = kept.reduce(0) { $0 + $1.ids.count }
        let limit = CalibrationProfileFile.maximumKeptTokens
        guard ids <= tokens, ids <= limit else {
            throw Self.fault(
                ids > limit ? .limitExceeded : .malformed, place: nil,
                "the sentences have \(ids) tokens; at most \(min(limit, tokens)) are expected")
        }
    }

    private static func checkPositive(_ value: Int, _ field: String) throws(EmbqError) {
        guard value >= 1 else {
            throw fault(.malformed, place: nil, "\(field) is \(value); at least 1 is expected")
        }
    }

    /// Names end up in messages and reports, so control characters are refused with the NUL.
    private static func checkName(_ name: String, _ field: String) throws(EmbqError) {
        let limit = CalibrationProfileFile.maximumNameBytes
        guard (1...limit).contains(name.utf8.count) else {
            throw fault(.malformed, place: nil, "\(field) has \(name.utf8.count) bytes; 1 to \(limit) are expected")
        }
        guard !name.holdsControls else {
            throw fault(.malformed, place: nil, "\(field) holds a control character")
        }
    }

    private static func checkDigest(_ digest: String, _ field: String) throws(EmbqError) {
        let digits = digest.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
        guard digits, digest.utf8.count == 64 else {
            throw fault(.malformed, place: nil, "\(field) is not 64 lower-case hexadecimal digits")
        }
    }

    static func fault(_ code: EmbqError.Code, place: String?, _ problem: String) -> EmbqError {
        EmbqError(code, place: place, problem, advice: CalibrationProfileFile.advice)
    }
}

extension PointRecord {
    /// Checks all but the name, which is checked first so that messages can show it.
    fileprivate func validate() throws(EmbqError) {
        let place = "point '\(name)'"
        guard minimum.isFinite, maximum.isFinite else {
            throw ProfileRecord.fault(
                .nonFinite, place: place, "the range is \(minimum) to \(maximum); finite numbers are expected")
        }
        guard minimum <= maximum else {
            throw ProfileRecord.fault(
                .malformed, place: place, "the minimum \(minimum) is above the maximum \(maximum)")
        }
        let exponents = CalibrationProfileFile.exponents
        guard exponents.contains(histogram.exponent) else {
            throw ProfileRecord.fault(
                .malformed, place: place,
                "the histogram's exponent is \(histogram.exponent); \(exponents.lowerBound) to \(exponents.upperBound) is expected"
            )
        }
        let limit = CalibrationProfileFile.maximumBins
        guard (1...limit).contains(histogram.counts.count) else {
            throw ProfileRecord.fault(
                histogram.counts.isEmpty ? .malformed : .limitExceeded, place: place,
                "the histogram has \(histogram.counts.count) bins; 1 to \(limit) are expected")
        }
        var total: UInt64 = 0
        for count in histogram.counts {
            guard let sum = total.adding(count), sum <= UInt64(Int64.max) else {
                throw ProfileRecord.fault(
                    .malformed, place: place, "the histogram's counts add up to more than \(Int64.max)")
            }
            total = sum
        }
        guard total > 0 else {
            throw ProfileRecord.fault(.malformed, place: place, "the histogram counts no value at all")
        }
        guard channelMaxima.count <= CalibrationProfileFile.maximumChannels else {
            throw ProfileRecord.fault(
                .limitExceeded, place: place,
                "it has \(channelMaxima.count) channels; at most \(CalibrationProfileFile.maximumChannels) are expected"
            )
        }
        let reach = max(minimum.magnitude, maximum.magnitude)
        guard channelMaxima.allSatisfy({ $0 >= 0 && $0 <= reach }) else {
            throw ProfileRecord.fault(
                .malformed, place: place, "a channel's largest magnitude is not between 0 and that of the point")
        }
    }

    /// Checks the sums over the sentences.
    fileprivate func validateSums(sentences: Int) throws(EmbqError) {
        let place = "point '\(name)'"
        guard (sentenceMinima == nil) == (sentenceMaxima == nil) else {
            throw ProfileRecord.fault(
                .missing, place: place, "it has one of sentence_minima and sentence_maxima; both or none are expected")
        }
        for (sum, field) in [(sentenceMinima, "sentence_minima"), (sentenceMaxima, "sentence_maxima")] {
            guard let sum else { continue }
            let exponents = CalibrationProfileFile.termExponents
            let last = sum.exponent.addingReportingOverflow(max(sum.terms.count - 1, 0))
            guard !last.overflow, exponents.contains(sum.exponent), exponents.contains(last.partialValue) else {
                throw ProfileRecord.fault(
                    .malformed, place: place,
                    "\(field) has \(sum.terms.count) terms from exponent \(sum.exponent); "
                        + "\(exponents.lowerBound) to \(exponents.upperBound) are expected")
            }
            guard sum.terms.first != 0, sum.terms.last != 0, !sum.terms.isEmpty || sum.exponent == 0 else {
                throw ProfileRecord.fault(
                    .malformed, place: place, "\(field) begins or ends with a term of 0, or has an exponent alone")
            }
            // A significand has 24 bits, and the number of sentences is bounded: no product overflows.
            let limit = Int64(sentences) * ((1 << 24) - 1)
            guard sum.terms.allSatisfy({ (-limit...limit).contains($0) }) else {
                throw ProfileRecord.fault(
                    .malformed, place: place, "\(field) has a term beyond \(sentences) significands of 24 bits")
            }
        }
    }
}
