package import EmbqCore

/// The directory of a zip archive, checked against the headers before the entries: two readers that look at different
/// ones must see the same files.
///
/// Source: APPNOTE.TXT 6.3.9, sections 4.3 to 4.5; Zip64 is read, several disks and encryption are not.
package struct ZipDirectory {
    package static let maximumEntries = 100_000
    /// Bytes of a name.
    package static let maximumNameLength = 1024
    /// Bytes of all contents together.
    package static let maximumTotalSize = 1 << 40
    /// A deflated content larger than this may be at most ``maximumRatio`` times its deflated bytes.
    package static let bombSize = 16 << 20
    package static let maximumRatio = 200

    private static let entriesBetweenPauses = 128

    /// The files, in the directory's order; folders are left out.
    package let entries: [ZipEntry]
    /// All records, folders too.
    package let recordCount: Int

    /// - Parameter pause: called now and then; the entries' headers read before will not be read again.
    /// - Throws: what is wrong and with which entry; the caller adds the file.
    package init(_ file: Span<UInt8>, pause: () -> Void = {}) throws(EmbqError) {
        let end = try ZipEnd(file)
        var reader = ByteReader(file.extracting(end.directory))
        var entries: [ZipEntry] = []
        var starts: [Int] = []
        var total = 0
        entries.reserveCapacity(end.count)
        for index in 0..<end.count {
            if index % Self.entriesBetweenPauses == Self.entriesBetweenPauses - 1 { pause() }
            let record = try ZipRecord(&reader)
            let range = try record.dataRange(file, before: end.directory.lowerBound)
            if record.name.utf8.last == UInt8(ascii: "/") {
                guard record.size == 0, record.deflatedSize == 0 else {
                    throw record.fault(.malformed, "it is named like a folder but has \(record.size) bytes")
                }
            }
            guard let sum = total.adding(record.size), sum <= Self.maximumTotalSize else {
                throw record.fault(
                    .limitExceeded, "up to it the contents take more than \(Self.maximumTotalSize) bytes")
            }
            total = sum
            entries.append(
                ZipEntry(
                    name: record.name, method: try record.checkedMethod(), size: record.size, crc32: record.crc32,
                    range: range, index: index))
            starts.append(record.headerOffset)
        }
        guard reader.remaining == 0 else {
            throw zipFault(.malformed, "directory", "\(reader.remaining) bytes follow its last record")
        }
        try Self.requireDistinct(entries)
        try Self.requireApart(entries, starts)
        self.entries = entries.filter { $0.name.utf8.last != UInt8(ascii: "/") }
        recordCount = entries.count
    }

    /// The names of all entries, for a first look: nothing but the directory is read, and nil is given when it is wrong.
    package static func names(_ file: Span<UInt8>) -> [String]? {
        guard let end = try? ZipEnd(file) else { return nil }
        var reader = ByteReader(file.extracting(end.directory))
        var names: [String] = []
        for _ in 0..<end.count {
            guard let record = try? ZipRecord(&reader) else { return nil }
            names.append(record.name)
        }
        return names
    }

    private static func requireDistinct(_ entries: [ZipEntry]) throws(EmbqError) {
        let sorted = entries.map(\.name).sorted { $0.precedesByBytes($1) }
        for (name, next) in zip(sorted, sorted.dropFirst()) where name.hasSameBytes(as: next) {
            throw zipFault(.duplicate, zipPlace(name), "two entries have this name")
        }
    }

    /// No byte belongs to two entries: such archives inflate to far more than their size.
    private static func requireApart(_ entries: [ZipEntry], _ starts: [Int]) throws(EmbqError) {
        var end = 0
        var last = ""
        for (entry, start) in zip(entries, starts).sorted(by: { $0.1 < $1.1 }) {
            guard start >= end else {
                throw zipFault(
                    .malformed, zipPlace(entry.name),
                    "it begins at byte \(start), inside \(zipPlace(last)), which ends at \(end)")
            }
            end = entry.range.upperBound
            last = entry.name
        }
    }
}

/// An entry's name for ``EmbqError/place``.
func zipPlace(_ name: String) -> String { "entry '\(EmbqError.printable(name))'" }

func zipFault(_ code: EmbqError.Code, _ place: String?, _ problem: String, cause: String? = nil) -> EmbqError {
    EmbqError(
        code, place: place, problem,
        advice: "The archive is cut short, damaged, or made to confuse: get it again from its source.", cause: cause)
}
