internal import CEmbqSchemas
import EmbqCore

extension CalibrationProfileFile {
    /// A record is a field or a count. The library holds a count in 8 bytes, a field it does not know in 32.
    private static let limits = embq_protobuf_limits(
        depth: 3,
        records: maximumBinsInAll + maximumChannelsInAll + maximumTermsInAll + 16 * maximumPoints + 8 * maximumKept
            + maximumKeptTokens + maximumLabels,
        memory: 128 << 20)

    /// Reads the fields; refuses missing ones and another version, and leaves their values to be validated.
    static func unpack(_ bytes: Span<UInt8>) throws(EmbqError) -> ProfileRecord {
        var prototype = unsafe Embq__CalibrationProfile()
        unsafe embq__calibration_profile__init(&prototype)
        let document = try unsafe ProtobufDocument(
            bytes, as: prototype.base.descriptor, limits: limits, advice: advice)
        return try unsafe document.withMessage(as: Embq__CalibrationProfile.self) {
            message throws(EmbqError) in try unsafe profile(message)
        }
    }

    // Below, each pointer belongs to the open document: the library null-terminates text, and an array has as many
    // elements as its count says.

    private static func profile(_ message: borrowing Embq__CalibrationProfile) throws(EmbqError) -> ProfileRecord {
        let written = try unsafe text(message.format, "format")
        guard written == format else {
            throw ProfileRecord.fault(
                .malformed, place: nil, "format is \"\(written.prefix(40))\"; \"\(format)\" is expected")
        }
        let version = try unsafe number(message.has_version, UInt64(message.version), "version")
        guard version == Self.version else {
            throw EmbqError(
                .unsupported,
                "the calibration profile has version \(version); this program reads version \(Self.version)",
                advice: version < Self.version
                    ? "Calibrate again with embq calibrate." : "Use a newer embq, or calibrate again with this one.")
        }
        let isAsReleased = unsafe message.has_as_released == 0 ? false : message.as_released != 0
        var points: [PointRecord] = []
        for index in unsafe 0..<message.n_points {
            guard let point = unsafe message.points[index] else { throw missing("point \(index)", nil) }
            points.append(try unsafe self.point(point.pointee, index))
        }
        var kept: [SentenceRecord] = []
        for index in unsafe 0..<message.n_kept {
            guard let sentence = unsafe message.kept[index] else { throw missing("sentence \(index)", nil) }
            kept.append(try unsafe self.sentence(sentence.pointee, "sentence \(index)"))
        }
        return ProfileRecord(
            family: try unsafe text(message.family, "family"),
            modelSHA256: try unsafe text(message.model_sha256, "model_sha256"),
            dataSHA256: try unsafe text(message.data_sha256, "data_sha256"),
            sentences: try unsafe number(message.has_sentences, message.sentences, "sentences"),
            tokens: try unsafe number(message.has_tokens, message.tokens, "tokens"),
            observer: try unsafe text(message.observer, "observer"),
            points: points, isAsReleased: isAsReleased, kept: kept)
    }

    private static func point(_ message: borrowing Embq__Point, _ index: Int) throws(EmbqError) -> PointRecord {
        let name = try unsafe text(message.name, "name", "point \(index)")
        let place = "point '\(name)'"
        guard unsafe message.has_minimum != 0 else { throw missing("minimum", place) }
        guard unsafe message.has_maximum != 0 else { throw missing("maximum", place) }
        guard let histogram = unsafe message.histogram else { throw missing("histogram", place) }
        guard unsafe histogram.pointee.has_exponent != 0 else { throw missing("exponent of the histogram", place) }
        let counts = unsafe UnsafeBufferPointer(start: histogram.pointee.counts, count: histogram.pointee.n_counts)
        let channels = unsafe UnsafeBufferPointer(start: message.channel_maxima, count: message.n_channel_maxima)
        return try unsafe PointRecord(
            name: name, minimum: message.minimum, maximum: message.maximum,
            histogram: HistogramRecord(exponent: Int(histogram.pointee.exponent), counts: Array(counts)),
            channelMaxima: Array(channels),
            sentenceMinima: unsafe sum(message.sentence_minima, "sentence_minima", place),
            sentenceMaxima: unsafe sum(message.sentence_maxima, "sentence_maxima", place))
    }

    private static func sentence(_ message: borrowing Embq__Sentence, _ place: String) throws(EmbqError)
        -> SentenceRecord
    {
        guard unsafe message.has_text_sha256 != 0 else { throw missing("text_sha256", place) }
        guard unsafe message.has_first != 0 else { throw missing("first", place) }
        var ids: [UInt16] = []
        for id in unsafe Array(UnsafeBufferPointer(start: message.ids, count: message.n_ids)) {
            guard let id = UInt16(exactly: id) else {
                throw ProfileRecord.fault(.malformed, place: place, "the id \(id) is above 65535")
            }
            ids.append(id)
        }
        return unsafe SentenceRecord(
            textSHA256: bytes(message.text_sha256), ids: ids, first: Int(message.first),
            second: message.has_second == 0 ? nil : Int(message.second),
            types: message.has_types == 0 ? [] : bytes(message.types), target: target(message.target))
    }

    private static func target(_ field: UnsafeMutablePointer<Embq__Target>?) -> SentenceRecord.Target? {
        guard let field = unsafe field else { return nil }
        let labels = unsafe UnsafeBufferPointer(start: field.pointee.labels, count: field.pointee.n_labels)
        let numbers = unsafe UnsafeBufferPointer(start: field.pointee.numbers, count: field.pointee.n_numbers)
        return unsafe SentenceRecord.Target(labels: labels.map { Int($0) }, numbers: Array(numbers))
    }

    private static func bytes(_ field: ProtobufCBinaryData) -> [UInt8] {
        unsafe Array(UnsafeBufferPointer(start: field.data, count: field.len))
    }

    /// An exact sum, or nil where the field is missing.
    private static func sum(
        _ field: UnsafeMutablePointer<Embq__ExactSum>?, _ name: String, _ place: String
    ) throws(EmbqError) -> ExactSumRecord? {
        guard let field = unsafe field else { return nil }
        guard unsafe field.pointee.has_exponent != 0 else { throw missing("exponent of \(name)", place) }
        let terms = unsafe UnsafeBufferPointer(start: field.pointee.terms, count: field.pointee.n_terms)
        return unsafe ExactSumRecord(exponent: Int(field.pointee.exponent), terms: Array(terms))
    }

    /// A string field: the guard has checked that it is UTF-8 without a NUL.
    private static func text(
        _ field: UnsafePointer<CChar>?, _ name: String, _ place: String? = nil
    ) throws(EmbqError) -> String {
        guard let field = unsafe field else { throw missing(name, place) }
        return unsafe String(cString: field)
    }

    private static func number(_ isPresent: protobuf_c_boolean, _ value: UInt64, _ name: String) throws(EmbqError)
        -> Int
    {
        guard isPresent != 0 else { throw missing(name, nil) }
        guard let number = Int(exactly: value) else {
            throw ProfileRecord.fault(.malformed, place: nil, "\(name) is \(value); at most \(Int.max) is expected")
        }
        return number
    }

    private static func missing(_ name: String, _ place: String?) -> EmbqError {
        ProfileRecord.fault(.missing, place: place, "the field '\(name)' is missing")
    }
}
