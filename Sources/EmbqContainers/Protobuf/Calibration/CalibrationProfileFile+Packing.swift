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
        unsafe message.pointee.version = UInt32(version(isAsReleased: profile.isAsReleased))
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
        unsafe message.pointee.n_merged_data_sha256 = profile.mergedDataSHA256.count
        unsafe message.pointee.merged_data_sha256 = arena.allocate(
            UnsafeMutablePointer<CChar>?.self, count: profile.mergedDataSHA256.count)
        for (index, digest) in profile.mergedDataSHA256.enumerated() {
            unsafe message.pointee.merged_data_sha256[index] = arena.text(digest)
        }
        unsafe message.pointee.has_as_released = profile.isAsReleased ? 1 : 0
        unsafe message.pointee.as_released = profile.isAsReleased ? 1 : 0
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
        unsafe histogram.pointee.counts = arena.allocate(UInt64.self, count: point.histogram.counts.count)
        unsafe histogram.pointee.counts.update(from: point.histogram.counts, count: point.histogram.counts.count)
        unsafe message.pointee.histogram = unsafe histogram

        unsafe message.pointee.n_channel_maxima = point.channelMaxima.count
        unsafe message.pointee.channel_maxima = arena.allocate(Float.self, count: point.channelMaxima.count)
        unsafe message.pointee.channel_maxima.update(from: point.channelMaxima, count: point.channelMaxima.count)
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
        unsafe message.pointee.terms = arena.allocate(Int64.self, count: sum.terms.count)
        unsafe message.pointee.terms.update(from: sum.terms, count: sum.terms.count)
        return unsafe message
    }
}
