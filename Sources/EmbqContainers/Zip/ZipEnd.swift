import EmbqCore

/// The records at the very end of a zip archive, which say where its directory lies.
struct ZipEnd {
    /// Bytes of the end record without its comment.
    private static let length = 22
    /// Bytes of the Zip64 locator, which lies before the end record.
    private static let locatorLength = 20
    /// Bytes of the shortest Zip64 end record.
    private static let wideLength = 56

    /// Where the directory's records lie.
    let directory: Range<Int>
    /// How many there are.
    let count: Int

    init(_ file: Span<UInt8>) throws(EmbqError) {
        let position = try Self.position(file)
        var reader = ByteReader(file.extracting(position..<file.count))
        _ = try reader.read(UInt32.self, "the end record")
        let disk = try reader.read(UInt16.self, "the disk's number")
        let firstDisk = try reader.read(UInt16.self, "the directory's disk")
        let countHere = try reader.read(UInt16.self, "the number of entries")
        let count = try reader.read(UInt16.self, "the number of entries")
        let size = try reader.read(UInt32.self, "the directory's size")
        let offset = try reader.read(UInt32.self, "the directory's offset")

        var fields = (count: UInt64(count), size: UInt64(size), offset: UInt64(offset))
        var end = position
        if let wide = try Self.wide(file, before: position) {
            // A field of the short record is either full, which sends the reader to the long one, or says the same.
            guard count == .max || UInt64(count) == wide.count, size == .max || UInt64(size) == wide.size,
                offset == .max || UInt64(offset) == wide.offset
            else { throw zipFault(.malformed, "byte \(position)", "the two end records say different things") }
            fields = (wide.count, wide.size, wide.offset)
            end = wide.position
        }
        guard disk == 0 || disk == .max, firstDisk == 0 || firstDisk == .max, countHere == count else {
            throw zipFault(.unsupported, "byte \(position)", "the archive is one of several disks")
        }
        guard fields.count <= UInt64(ZipDirectory.maximumEntries) else {
            throw zipFault(
                .limitExceeded, "byte \(position)",
                "the archive has \(fields.count) entries, the limit is \(ZipDirectory.maximumEntries)")
        }
        guard let start = Int(exactly: fields.offset), let length = Int(exactly: fields.size),
            start.adding(length) == end
        else {
            throw zipFault(
                .malformed, "byte \(position)",
                "the directory takes \(fields.size) bytes from \(fields.offset) on, it must end at \(end)")
        }
        directory = start..<end
        self.count = Int(fields.count)
    }

    /// The end record: its comment is the rest of the file.
    private static func position(_ file: Span<UInt8>) throws(EmbqError) -> Int {
        var position = file.count - length
        while position >= max(0, file.count - length - Int(UInt16.max)) {
            if file[position] == 0x50, file[position + 1] == 0x4B, file[position + 2] == 5, file[position + 3] == 6,
                Int(file[position + 20]) | Int(file[position + 21]) << 8 == file.count - length - position
            {
                return position
            }
            position -= 1
        }
        throw EmbqError(
            .truncated, place: "byte \(file.count)", "the zip archive's directory is missing, which ends such a file",
            advice: "The file is cut short or damaged: copy or download it again.")
    }

    /// The Zip64 end record, when a locator points to it.
    private static func wide(_ file: Span<UInt8>, before end: Int) throws(EmbqError) -> (
        position: Int, count: UInt64, size: UInt64, offset: UInt64
    )? {
        let locator = end - locatorLength
        guard locator >= 0 else { return nil }
        var reader = ByteReader(file.extracting(locator..<end))
        guard try reader.read(UInt32.self, "the Zip64 locator") == 0x0706_4B50 else { return nil }
        let disk = try reader.read(UInt32.self, "the disk's number")
        let position = try reader.read(UInt64.self, "the Zip64 end record's offset")
        let disks = try reader.read(UInt32.self, "the number of disks")
        guard disk == 0, disks <= 1 else {
            throw zipFault(.unsupported, "byte \(locator)", "the archive is one of several disks")
        }
        guard let start = Int(exactly: position), start <= locator - wideLength else {
            throw zipFault(.malformed, "byte \(locator)", "the Zip64 end record would be at byte \(position)")
        }
        reader = ByteReader(file.extracting(start..<locator))
        let signature = try reader.read(UInt32.self, "the Zip64 end record")
        let length = try reader.read(UInt64.self, "the Zip64 end record's length")
        guard signature == 0x0606_4B50, length == UInt64(locator - start - 12) else {
            throw zipFault(.malformed, "byte \(start)", "the Zip64 end record is not where its locator says")
        }
        _ = try reader.read(UInt32.self, "versions")
        let (thisDisk, firstDisk) = (
            try reader.read(UInt32.self, "the disk's number"), try reader.read(UInt32.self, "the directory's disk")
        )
        let countHere = try reader.read(UInt64.self, "the number of entries")
        let count = try reader.read(UInt64.self, "the number of entries")
        guard thisDisk == 0, firstDisk == 0, countHere == count else {
            throw zipFault(.unsupported, "byte \(start)", "the archive is one of several disks")
        }
        return (
            start, count, try reader.read(UInt64.self, "the directory's size"),
            try reader.read(UInt64.self, "the directory's offset")
        )
    }
}
