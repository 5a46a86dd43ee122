import EmbqCore

/// One record of a zip archive's directory, and its check against the header before the entry's bytes.
struct ZipRecord {
    let name: String
    let flags: UInt16
    let method: UInt16
    let crc32: UInt32
    let size: Int
    /// Bytes in the archive.
    let deflatedSize: Int
    /// Where the entry's own header begins.
    let headerOffset: Int

    private static let signature: UInt32 = 0x0201_4B50
    private static let headerSignature: UInt32 = 0x0403_4B50
    private static let headerLength = 30
    /// Sizes and CRC follow the bytes; the header may leave them zero.
    private static let sizesFollow: UInt16 = 1 << 3
    /// Encrypted, patch data, strongly encrypted, masked headers.
    private static let refusedFlags: UInt16 = 1 << 0 | 1 << 5 | 1 << 6 | 1 << 13

    /// Reads the next record and checks its name.
    init(_ reader: inout ByteReader) throws(EmbqError) {
        guard try reader.read(UInt32.self, "a directory record") == Self.signature else {
            throw zipFault(.malformed, "directory", "byte \(reader.offset - 4) of it starts no record")
        }
        _ = try reader.read(UInt32.self, "versions")
        flags = try reader.read(UInt16.self, "flags")
        method = try reader.read(UInt16.self, "the method")
        _ = try reader.read(UInt32.self, "the time")
        crc32 = try reader.read(UInt32.self, "the CRC")
        let short = (
            deflated: try reader.read(UInt32.self, "a size"), size: try reader.read(UInt32.self, "a size")
        )
        let nameLength = try reader.read(UInt16.self, "a length")
        let extraLength = try reader.read(UInt16.self, "a length")
        let commentLength = try reader.read(UInt16.self, "a length")
        let disk = try reader.read(UInt16.self, "the disk's number")
        _ = try reader.readBytes(6, "attributes")
        let shortOffset = try reader.read(UInt32.self, "an offset")
        name = try Self.name(try reader.readBytes(Int(nameLength), "a name"))
        let extra = try reader.readBytes(Int(extraLength), "extra fields")
        _ = try reader.readBytes(Int(commentLength), "a comment")

        var wide = try WideFields(extra, of: name)
        let size = try wide.next(short.size)
        let deflatedSize = try wide.next(short.deflated)
        let offset = try wide.next(shortOffset)
        guard disk == 0 || disk == .max else { throw zipFault(.unsupported, zipPlace(name), "it is on another disk") }
        guard let size = Int(exactly: size), let deflatedSize = Int(exactly: deflatedSize),
            let offset = Int(exactly: offset)
        else { throw zipFault(.malformed, zipPlace(name), "its sizes do not fit 63 bits") }
        (self.size, self.deflatedSize, headerOffset) = (size, deflatedSize, offset)
    }

    /// The method, when embq reads it.
    func checkedMethod() throws(EmbqError) -> ZipEntry.Method {
        guard flags & Self.refusedFlags == 0 else {
            throw EmbqError(
                .unsupported, place: zipPlace(name), "it is encrypted or patched",
                advice: "Give the archive without a password.")
        }
        switch method {
        case 0:
            guard size == deflatedSize else {
                throw fault(.malformed, "it is stored as it is, but \(deflatedSize) bytes are to hold \(size)")
            }
            return .stored
        case 8:
            guard size <= ZipDirectory.bombSize || size / ZipDirectory.maximumRatio <= deflatedSize else {
                throw fault(
                    .limitExceeded,
                    "its \(deflatedSize) bytes would inflate to \(size), more than \(ZipDirectory.maximumRatio) times as many"
                )
            }
            return .deflated
        default:
            let names: [UInt16: String] = [
                1: "shrink", 6: "implode", 9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz",
                98: "PPMd", 99: "encryption (AES)",
            ]
            throw EmbqError(
                .unsupported, place: zipPlace(name),
                "its compression is \(names[method].map { "\($0) (\(method))" } ?? "\(method)"), which embq does not read",
                advice: "Stored and deflated entries are read: make the archive again with one of these.")
        }
    }

    /// Where the entry's bytes lie, from its own header, which must say the same as the directory.
    func dataRange(_ file: Span<UInt8>, before directory: Int) throws(EmbqError) -> Range<Int> {
        guard headerOffset <= directory - Self.headerLength else {
            throw fault(.truncated, "its header would be at byte \(headerOffset), the directory is at \(directory)")
        }
        var reader = ByteReader(file.extracting(headerOffset..<directory))
        let signature = try reader.read(UInt32.self, "an entry's header")
        _ = try reader.read(UInt16.self, "the version")
        let flags = try reader.read(UInt16.self, "flags")
        let method = try reader.read(UInt16.self, "the method")
        _ = try reader.read(UInt32.self, "the time")
        let crc32 = try reader.read(UInt32.self, "the CRC")
        let short = (
            deflated: try reader.read(UInt32.self, "a size"), size: try reader.read(UInt32.self, "a size")
        )
        let nameLength = try reader.read(UInt16.self, "a length")
        let extraLength = try reader.read(UInt16.self, "a length")
        guard signature == Self.headerSignature else {
            throw fault(.malformed, "there is no header at byte \(headerOffset)")
        }
        let name = try reader.readBytes(Int(nameLength), "a name")
        guard name.elementsEqual(self.name.utf8) else {
            throw fault(
                .malformed, "its header names it '\(EmbqError.printable(String(decoding: name, as: UTF8.self)))'")
        }
        var wide = try WideFields(try reader.readBytes(Int(extraLength), "extra fields"), of: self.name)
        let size = try wide.next(short.size)
        let deflatedSize = try wide.next(short.deflated)
        let follow = flags & Self.sizesFollow != 0
        func same<T: FixedWidthInteger>(_ a: T, _ b: T) -> Bool { a == b || follow && a == 0 }
        guard flags == self.flags, method == self.method, same(crc32, self.crc32), same(size, UInt64(self.size)),
            same(deflatedSize, UInt64(self.deflatedSize))
        else { throw fault(.malformed, "its header and the directory say different things") }
        let start = headerOffset + reader.offset
        guard let end = start.adding(self.deflatedSize), end <= directory else {
            throw fault(
                .truncated, "it needs \(self.deflatedSize) bytes from \(start) on, the directory is at \(directory)")
        }
        return start..<end
    }

    func fault(_ code: EmbqError.Code, _ problem: String) -> EmbqError { zipFault(code, zipPlace(name), problem) }

    /// A name that leads nowhere but into the archive.
    private static func name(_ bytes: [UInt8]) throws(EmbqError) -> String {
        func fault(_ code: EmbqError.Code, _ problem: String) -> EmbqError {
            zipFault(code, zipPlace(String(decoding: bytes, as: UTF8.self)), problem)
        }
        guard bytes.count <= ZipDirectory.maximumNameLength else {
            throw fault(
                .limitExceeded,
                "its name is \(bytes.count) bytes, the limit is \(ZipDirectory.maximumNameLength)")
        }
        guard let name = String(validating: bytes, as: UTF8.self) else {
            throw fault(.malformed, "its name is not UTF-8")
        }
        guard ZipEntry.isPlainPath(name) else {
            throw fault(
                .malformed, "its name is not a plain path: empty, absolute, with .. or with a backslash")
        }
        return name
    }
}

/// The Zip64 extra field: the 64-bit values of the fields that are full in the record itself, in order.
private struct WideFields {
    private var values: [UInt64] = []
    private let name: String

    init(_ extra: [UInt8], of name: String) throws(EmbqError) {
        self.name = name
        var reader = ByteReader(extra.span)
        var found = false
        // Writers pad with fewer bytes than a field's head has.
        while reader.remaining >= 4 {
            let kind = try reader.read(UInt16.self, "an extra field")
            let field = try reader.readBytes(Int(try reader.read(UInt16.self, "an extra field")), "an extra field")
            guard kind == 1 else { continue }
            guard !found else { throw zipFault(.malformed, zipPlace(name), "it has two Zip64 fields") }
            found = true
            var numbers = ByteReader(field.span)
            while numbers.remaining >= 8 { values.append(try numbers.read(UInt64.self, "a Zip64 number")) }
        }
    }

    /// The value of the next field of the record.
    mutating func next(_ short: UInt32) throws(EmbqError) -> UInt64 {
        guard short == .max else { return UInt64(short) }
        guard let value = values.first else {
            throw zipFault(.malformed, zipPlace(name), "its Zip64 field is too short")
        }
        values.removeFirst()
        return value
    }
}
