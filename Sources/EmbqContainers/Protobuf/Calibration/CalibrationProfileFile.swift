package import EmbqCore

/// Calibration profiles (`.embqcal`) as bytes: protobuf, laid down in `Schemas/calibration.proto`.
package enum CalibrationProfileFile {
    /// The version that is written, and the only one that is read.
    package static let version = 3
    /// The text in the first field, by which the content tells what it is.
    package static let format = "embq calibration profile"
    /// The largest file read: the largest allowed histograms with every count in its longest form are below it.
    package static let maximumBytes = 64 << 20
    /// Points of one profile: the largest known model has some hundred.
    package static let maximumPoints = 4096
    /// Channels of one point, and of all.
    package static let maximumChannels = 65_536
    static let maximumChannelsInAll = 1 << 22
    /// Bins of one histogram.
    package static let maximumBins = 65536
    /// Bins of all histograms: 32 MiB when unpacked.
    package static let maximumBinsInAll = 4 << 20
    /// Bytes of a family, an observer or a point's name.
    package static let maximumNameBytes = 256
    /// Sentences of one profile: sums over so many significands of 24 bits fit 64 bits, two of them as well.
    package static let maximumSentences = 1 << 38
    /// Sentences that are kept, and tokens of all of them.
    package static let maximumKept = 512
    static let maximumKeptTokens = 1 << 20
    /// Labels or numbers of one sentence's target.
    static let maximumLabels = 65_536
    /// Exponents of the terms of an exact sum.
    static let termExponents = -149...104
    static let maximumTermsInAll = 2 * termExponents.count * maximumPoints
    /// Exponents of a histogram's range.
    package static let exponents = -64...64

    static let advice = "The file is damaged, or another program wrote it: make it anew with embq calibrate."

    /// True when bytes start like a calibration profile, whatever the file's name is; says nothing about the rest.
    package static func matches(_ bytes: Span<UInt8>) -> Bool {
        // The first field's key and length, then the text.
        let start = [0x0A, UInt8(format.utf8.count)] + format.utf8
        return bytes.count >= start.count && start.indices.allSatisfy { bytes[$0] == start[$0] }
    }

    /// Writes a profile; equal profiles give equal bytes.
    ///
    /// - Throws: what ``decode(_:)-(Span<UInt8>)`` would say about the file, so that none is written that cannot be
    ///   read.
    package static func encode(_ profile: ProfileRecord) throws(EmbqError) -> [UInt8] {
        try profile.validate()
        let bytes = pack(profile)
        try checkSize(bytes.count)
        return bytes
    }

    /// Reads a profile.
    ///
    /// - Throws: `.malformed`, `.truncated`, `.missing`, `.duplicate`, `.nonFinite`, `.unsupported` (another version)
    ///   or `.limitExceeded`, with the byte offset or the point's name.
    package static func decode(_ bytes: [UInt8]) throws(EmbqError) -> ProfileRecord { try decode(bytes.span) }

    /// Reads a profile.
    ///
    /// - Throws: as ``decode(_:)-([UInt8])``.
    package static func decode(_ bytes: Span<UInt8>) throws(EmbqError) -> ProfileRecord {
        try checkSize(bytes.count)
        guard matches(bytes) else {
            throw EmbqError(
                .malformed, "this is not a calibration profile: it does not start with \"\(format)\"",
                advice: "Pass the .embqcal file that embq calibrate wrote.")
        }
        let profile = try unpack(bytes)
        try profile.validate()
        return profile
    }

    private static func checkSize(_ count: Int) throws(EmbqError) {
        guard count <= maximumBytes else {
            throw EmbqError(
                .limitExceeded, "the calibration profile has \(count) bytes; at most \(maximumBytes) are read",
                advice: "embq calibrate writes far smaller profiles: check that this is the right file.")
        }
    }
}
