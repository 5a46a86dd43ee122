import EmbqContainers
package import EmbqCore

/// A numpy archive: a zip archive with one array a tensor, named `NAME.npy`; stored or deflated.
package struct NpzFile: TensorSource {
    static let ending = ".npy"

    package let tensors: [TensorInfo]
    package var format: String { CheckpointFormat.npz.name }
    package var path: String { archive.file.path }
    private let archive: ZipArchive
    /// In the order of ``tensors``.
    private let arrays: [StoredArray]

    private struct StoredArray {
        let entry: ZipEntry
        let header: NpyHeader
        let view: StridedView
    }

    /// Opens and checks an archive.
    ///
    /// - Throws: what is wrong with the archive or with the header of which array.
    package init(_ path: String) throws(EmbqError) { try self.init(try MappedFile(path)) }

    /// Checks an archive that is mapped already.
    package init(_ file: MappedFile) throws(EmbqError) {
        let archive = try ZipArchive(file)
        try naming(file.path) { () throws(EmbqError) in try TensorInfo.requireCount(archive.entries.count) }
        var tensors: [TensorInfo] = []
        var arrays: [StoredArray] = []
        for entry in archive.entries {
            do throws(EmbqError) {
                let (info, array) = try Self.array(entry, archive)
                tensors.append(info)
                arrays.append(array)
            } catch {
                throw
                    (error.place?.hasPrefix("entry") == true
                    ? error : error.inside("entry '\(EmbqError.printable(entry.name))'")).at(file: file.path)
            }
        }
        file.release(0..<file.count)
        // The entries are sorted with their endings, which can change the order: "a-b.npy" and "a.npy".
        let order = tensors.indices.sorted { tensors[$0].name.precedesByBytes(tensors[$1].name) }
        self.tensors = order.map { tensors[$0] }
        self.arrays = order.map { arrays[$0] }
        self.archive = archive
    }

    private static func array(_ entry: ZipEntry, _ archive: ZipArchive) throws(EmbqError) -> (TensorInfo, StoredArray) {
        guard entry.name.hasSuffix(ending), entry.name.utf8.count > ending.utf8.count else {
            throw EmbqError(
                .unsupported, "it is not an array (.npy)", advice: "Keep nothing but arrays in the archive.")
        }
        let start = try archive.prefix(of: entry, NpyHeader.maximumBytes)
        let header = try NpyHeader(start.span)
        let byteCount = entry.size - header.length
        let strides =
            header.isFortranOrder
            ? StridedView.rowMajor(header.shape.reversed()).reversed() : StridedView.rowMajor(header.shape)
        let view = try StridedView(
            shape: header.shape, strides: strides, offset: 0, elementSize: header.dtype.bits / 8, byteCount: byteCount)
        guard view.count * view.elementSize == byteCount else {
            throw NpyHeader.fault(
                "byte \(header.length)",
                "\(byteCount) bytes follow the header, \(header.shape) takes \(view.count * view.elementSize)")
        }
        let isPlain = entry.method == .stored && !header.isBigEndian && view.contiguousRange != nil
        guard
            let info = TensorInfo(
                name: String(entry.name.dropLast(ending.count)), dtype: header.dtype, shape: header.shape,
                fileRange: isPlain ? entry.range.lowerBound + header.length..<entry.range.upperBound : nil)
        else { preconditionFailure("the view was checked") }
        return (info, StoredArray(entry: entry, header: header, view: view))
    }

    package func withBytes<R>(of name: String, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        _ = try requireInfo(name)
        guard let index = tensors.place(of: name) else { preconditionFailure("the tensor was just found") }
        let array = arrays[index]
        let start = array.header.length
        if !array.header.isBigEndian, array.view.contiguousRange != nil {
            return try archive.withBytes(of: array.entry, in: start..<array.entry.size, body)
        }
        let copy = try archive.withBytes(of: array.entry) { bytes in
            // What is read leaves memory, so that such an array does not take twice its size.
            if array.entry.method == .stored { archive.file.release(array.entry.range) }
            return array.view.gather(bytes.extracting(start...), swapped: array.header.isBigEndian) { done in
                guard array.entry.method == .stored else { return }
                let first = array.entry.range.lowerBound
                archive.file.release(first..<first + start + done)
            }
        }
        return try body(copy.span)
    }
}

extension CheckpointFormat {
    /// What numpy.savez and numpy.savez_compressed write.
    static let npz = CheckpointFormat(
        name: "a numpy archive (.npz)", endings: ["npz"], isOftenTestData: true,
        recognises: { bytes in zipNames(bytes)?.contains { $0.hasSuffix(NpzFile.ending) } ?? false },
        open: { file throws(EmbqError) in try NpzFile(file) })
}
