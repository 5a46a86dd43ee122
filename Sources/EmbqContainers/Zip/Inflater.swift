import CEmbqLibzip
import EmbqCore

/// libzip's view of an archive, which inflates entries and checks their CRC; the one owner of its handle.
///
/// libzip must see the very entries that ``ZipDirectory`` saw. One entry is open at a time.
@safe struct Inflater: ~Copyable {
    private let archive: OpaquePointer
    /// Owns the bytes that the archive reads.
    private let file: MappedFile

    /// Opens an archive.
    ///
    /// - Throws: `.malformed` with libzip's reason, or when it sees other entries.
    static func open(_ file: MappedFile, _ directory: ZipDirectory) throws(EmbqError) -> Inflater {
        let inflater = unsafe Inflater(try handle(file), file)
        try inflater.requireSame(directory)
        return inflater
    }

    private init(_ archive: OpaquePointer, _ file: MappedFile) {
        unsafe self.archive = unsafe archive
        self.file = file
    }

    deinit { unsafe zip_discard(archive) }

    private static func handle(_ file: MappedFile) throws(EmbqError) -> OpaquePointer {
        var reason = unsafe zip_error_t()
        unsafe zip_error_init(&reason)
        defer { unsafe zip_error_fini(&reason) }
        // Holds: the mapping neither moves nor goes while `file` lives, and the archive goes first.
        let opened: OpaquePointer? = unsafe file.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { buffer -> OpaquePointer? in
                guard
                    let source = unsafe zip_source_buffer_create(
                        buffer.baseAddress, zip_uint64_t(buffer.count), 0, &reason)
                else { return nil }
                let archive = unsafe zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &reason)
                if unsafe archive == nil { unsafe zip_source_free(source) }
                return unsafe archive
            }
        }
        if let opened = unsafe opened { return unsafe opened }
        throw zipFault(
            .malformed, nil, "libzip cannot read the archive",
            cause: unsafe String(cString: zip_error_strerror(&reason)))
    }

    private func requireSame(_ directory: ZipDirectory) throws(EmbqError) {
        guard unsafe zip_get_num_entries(archive, 0) == zip_int64_t(directory.recordCount) else {
            throw zipFault(.malformed, nil, "libzip sees another number of entries in the archive")
        }
        for entry in directory.entries { try requireSame(entry) }
    }

    private func requireSame(_ entry: ZipEntry) throws(EmbqError) {
        var status = unsafe zip_stat_t()
        unsafe zip_stat_init(&status)
        let known = unsafe zip_stat_index(
            archive, zip_uint64_t(entry.index), zip_flags_t(ZIP_FL_UNCHANGED | ZIP_FL_ENC_RAW), &status)
        // Holds: the name, when there is one, ends with a zero and lives as long as the archive.
        guard known == 0, let name = unsafe status.name, unsafe String(cString: name).hasSameBytes(as: entry.name),
            unsafe status.size == UInt64(entry.size), unsafe status.comp_size == UInt64(entry.range.count),
            unsafe status.crc == entry.crc32, unsafe status.encryption_method == UInt16(ZIP_EM_NONE),
            unsafe status.comp_method == UInt16(entry.method == .stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE)
        else { throw zipFault(.malformed, zipPlace(entry.name), "libzip sees it differently") }
    }

    /// The first `count` bytes of an entry; all of them are checked against the CRC.
    ///
    /// - Throws: `.corrupted` when the bytes do not inflate to the size or the CRC that the directory says.
    func bytes(of entry: ZipEntry, count: Int) throws(EmbqError) -> [UInt8] {
        guard let open = unsafe zip_fopen_index(archive, zip_uint64_t(entry.index), 0) else {
            throw corrupted(entry, unsafe String(cString: zip_strerror(archive)))
        }
        defer { unsafe _ = zip_fclose(open) }
        var failure: EmbqError?
        // Holds: libzip writes at most the bytes that are left of the buffer.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let read = unsafe zip_fread(
                    open, buffer.baseAddress.unsafelyUnwrapped + filled, zip_uint64_t(count - filled))
                guard read > 0 else {
                    failure = corrupted(entry, read < 0 ? unsafe String(cString: zip_file_strerror(open)) : nil)
                    return
                }
                filled += Int(read)
            }
        }
        if let failure { throw failure }
        if count == entry.size {
            // Only a read that meets the end makes libzip compare the CRC.
            var beyond: UInt8 = 0
            let read = unsafe zip_fread(open, &beyond, 1)
            guard read == 0 else {
                throw corrupted(
                    entry, read < 0 ? unsafe String(cString: zip_file_strerror(open)) : "it inflates to more bytes")
            }
        }
        return bytes
    }

    private func corrupted(_ entry: ZipEntry, _ cause: String?) -> EmbqError {
        zipFault(
            .corrupted, zipPlace(entry.name), "its bytes do not inflate to the \(entry.size) that the directory says",
            cause: cause)
    }
}
