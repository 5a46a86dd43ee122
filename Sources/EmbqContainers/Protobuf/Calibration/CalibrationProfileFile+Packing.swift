internal import CEmbqSchemas

extension CalibrationProfileFile {
    /// The bytes of a valid profile: fields in the order of their numbers, as libprotobuf-c always packs them.
    static func pack(_ profile: ProfileRecord) -> [UInt8] {
        // Holds: all that the message points to lives in the arena, which outlives the packing.
        var arena = MessageArena()
        let message = unsafe arena.allocate(Embq__CalibrationProfile.self)
        unsafe embq__calibration_profile__init(message)
        unsafe message.pointee.format = arena.text(format)
        unsafe message.pointee.has_version = 1
        unsafe message.pointee.version = UInt32(version)
        unsafe message.pointee.family = arena.text(profile.family)
        unsafe message.pointee.model_sha256 = arena.text(profile.modelSHA256)
        unsafe message.pointee.data_sha256 = arena.text(profile.dataSHA256)
        unsafe message.pointee.has_sentences = 1
        unsafe message.pointee.sentences = UInt64(profile.sentences)
        unsafe message.pointee.has_tokens = 1
        unsafe message.pointee.tokens = UInt64(profile.tokens)
        unsafe message.pointee.observer = arena.text(profile.observer)
        unsafe message.pointee.n_points = profile.points.count
        unsafe message.pointee.points = arena.allocate(
            UnsafeMutablePointer<Embq__Point>?.self, count: profile.points.count)
        for (index, point) in profile.points.enumerated() {
            unsafe message.pointee.points[index] = build(point, in: &arena)
        }
        unsafe message.pointee.has_as_released = profile.isAsReleased ? 1 : 0
        unsafe message.pointee.as_released = profile.isAsReleased ? 1 : 0
        unsafe message.pointee.n_kept = profile.kept.count
        unsafe message.pointee.kept = arena.allocate(
            UnsafeMutablePointer<Embq__Sentence>?.self, count: profile.kept.count)
        for (index, sentence) in profile.kept.enumerated() {
            unsafe message.pointee.kept[index] = build(sentence, in: &arena)
        }
        let size = unsafe embq__calibration_profile__get_packed_size(message)
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, written in
            if let start = buffer.baseAddress { written = unsafe embq__calibration_profile__pack(message, start) }
        }
        return bytes
    }

    private static func build(_ point: PointRecord, in arena: inout MessageArena) -> UnsafeMutablePointer<Embq__Point> {
        let message = unsafe arena.allocate(Embq__Point.self)
        unsafe embq__point__init(message)
        unsafe message.pointee.name = arena.text(point.name)
        unsafe message.pointee.has_minimum = 1
        unsafe message.pointee.minimum = point.minimum
        unsafe message.pointee.has_maximum = 1
        unsafe message.pointee.maximum = point.maximum

        let histogram = unsafe arena.allocate(Embq__Histogram.self)
        unsafe embq__histogram__init(histogram)
        unsafe histogram.pointee.has_exponent = 1
        unsafe histogram.pointee.exponent = Int32(point.histogram.exponent)
        unsafe histogram.pointee.n_counts = point.histogram.counts.count
        unsafe histogram.pointee.counts = arena.copy(point.histogram.counts)
        unsafe message.pointee.histogram = unsafe histogram

        unsafe message.pointee.n_channel_maxima = point.channelMaxima.count
        unsafe message.pointee.channel_maxima = arena.copy(point.channelMaxima)
        unsafe message.pointee.sentence_minima = point.sentenceMinima.map { unsafe build($0, in: &arena) }
        unsafe message.pointee.sentence_maxima = point.sentenceMaxima.map { unsafe build($0, in: &arena) }
        return unsafe message
    }

    private static func build(
        _ sum: ExactSumRecord, in arena: inout MessageArena
    ) -> UnsafeMutablePointer<Embq__ExactSum> {
        let message = unsafe arena.allocate(Embq__ExactSum.self)
        unsafe embq__exact_sum__init(message)
        unsafe message.pointee.has_exponent = 1
        unsafe message.pointee.exponent = Int32(sum.exponent)
        unsafe message.pointee.n_terms = sum.terms.count
        unsafe message.pointee.terms = arena.copy(sum.terms)
        return unsafe message
    }

    private static func build(
        _ sentence: SentenceRecord, in arena: inout MessageArena
    ) -> UnsafeMutablePointer<Embq__Sentence> {
        let message = unsafe arena.allocate(Embq__Sentence.self)
        unsafe embq__sentence__init(message)
        unsafe message.pointee.has_text_sha256 = 1
        unsafe message.pointee.text_sha256.len = sentence.textSHA256.count
        unsafe message.pointee.text_sha256.data = arena.copy(sentence.textSHA256)
        unsafe message.pointee.n_ids = sentence.ids.count
        unsafe message.pointee.ids = arena.copy(sentence.ids.map { UInt32($0) })
        unsafe message.pointee.has_first = 1
        unsafe message.pointee.first = UInt32(sentence.first)
        unsafe message.pointee.has_second = sentence.second == nil ? 0 : 1
        unsafe message.pointee.second = UInt32(sentence.second ?? 0)
        unsafe message.pointee.has_types = sentence.types.isEmpty ? 0 : 1
        unsafe message.pointee.types.len = sentence.types.count
        unsafe message.pointee.types.data = arena.copy(sentence.types)
        guard let target = sentence.target else { return unsafe message }
        let answer = unsafe arena.allocate(Embq__Target.self)
        unsafe embq__target__init(answer)
        unsafe answer.pointee.n_labels = target.labels.count
        unsafe answer.pointee.labels = arena.copy(target.labels.map { UInt32($0) })
        unsafe answer.pointee.n_numbers = target.numbers.count
        unsafe answer.pointee.numbers = arena.copy(target.numbers)
        unsafe message.pointee.target = unsafe answer
        return unsafe message
    }
}
