import CEmbqHDF5
import CEmbqHDF5Shim
import EmbqCore

/// A dataset's type, shape and storage, every one of a kind that is read.
struct HDF5Layout {
    let dataset: HDF5Contents.Dataset
    /// Rows (of the first dimension) that are read at a time: whole chunks, each decompressed once.
    let rowsAtOnce: Int
    /// Chunks that the shape takes; nil when the values lie in one run.
    private let chunks: Int?

    /// - Throws: `.unsupported` with what it is, or `.limitExceeded`.
    init(dataset: hid_t, path: [String], fileSize: Int) throws(EmbqError) {
        let place = HDF5Walk.place(path)
        let type = try HDF5Handle(H5Dget_type(dataset), closedBy: H5Tclose, place, "its type cannot be read")
        let dtype = try DType(hdf5: type.id, place)
        let shape = try Self.shape(dataset, place)
        guard let found = HDF5Contents.Dataset(path: path, dtype: dtype, shape: shape),
            found.byteCount <= HDF5Limits.tensor
        else {
            throw EmbqError(
                .limitExceeded, place: place,
                "\(dtype.rawValue) \(shape) is more than the \(HDF5Limits.tensor) bytes that a tensor may have",
                advice: HDF5Failure.damaged)
        }
        let list = try HDF5Handle(
            H5Dget_create_plist(dataset), closedBy: H5Pclose, place, "its storage cannot be read")
        try Self.requireInside(list.id, place)
        try HDF5Filter.requireBuiltIn(list.id, place)
        guard HDF5Limits.plausible(found.byteCount, inFileOf: fileSize) else {
            throw EmbqError(
                .limitExceeded, place: place,
                "\(dtype.rawValue) \(shape) is \(found.byteCount) bytes, more than a file of \(fileSize) can hold",
                advice: HDF5Failure.damaged)
        }
        self.dataset = found
        let chunk = try Self.chunk(list.id, rank: shape.count, place)
        chunks = chunk.flatMap { chunk in zip(shape, chunk).map { $0 / $1 + ($0 % $1 == 0 ? 0 : 1) }.checkedProduct }
        rowsAtOnce = try Self.rowsAtOnce(found, chunk: chunk, place)
    }

    /// Refuses a dataset whose values, or some of them, were never written: the library would make them up.
    func requireWritten(_ object: hid_t, space: hid_t) throws(EmbqError) {
        var isWhole: Bool
        if let chunks {
            var written: hsize_t = 0
            // Holds: one number is written.
            guard unsafe H5Dget_num_chunks(object, space, &written) >= 0 else {
                throw HDF5Failure.error(HDF5Walk.place(dataset.path), "its chunks cannot be counted")
            }
            isWhole = written == hsize_t(chunks)
        } else {
            var status = H5D_SPACE_STATUS_ERROR
            guard unsafe H5Dget_space_status(object, &status) >= 0 else {
                throw HDF5Failure.error(HDF5Walk.place(dataset.path), "its storage cannot be read")
            }
            isWhole = status != H5D_SPACE_STATUS_NOT_ALLOCATED
        }
        guard isWhole else {
            throw EmbqError(
                .corrupted, place: HDF5Walk.place(dataset.path), "not all of its values were ever written",
                advice: "Saving the file was interrupted: save the model again.")
        }
    }

    private static func shape(_ dataset: hid_t, _ place: String) throws(EmbqError) -> [Int] {
        let space = try HDF5Handle(H5Dget_space(dataset), closedBy: H5Sclose, place, "its shape cannot be read")
        switch H5Sget_simple_extent_type(space.id) {
        case H5S_SCALAR: return []
        case H5S_SIMPLE: break
        default:
            throw EmbqError(.unsupported, place: place, "it is empty: it has no shape", advice: HDF5Failure.resave)
        }
        let rank = H5Sget_simple_extent_ndims(space.id)
        guard rank >= 0, rank <= H5S_MAX_RANK else { throw HDF5Failure.error(place, "its shape cannot be read") }
        var sizes = [hsize_t](repeating: 0, count: max(1, Int(rank)))
        // Holds: the library writes `rank` numbers.
        guard unsafe H5Sget_simple_extent_dims(space.id, &sizes, nil) == rank else {
            throw HDF5Failure.error(place, "its shape cannot be read")
        }
        let shape = sizes.prefix(Int(rank)).compactMap { Int(exactly: $0) }
        guard shape.count == Int(rank) else {
            throw EmbqError(
                .limitExceeded, place: place, "its shape \(sizes.prefix(Int(rank))) is no size that a file can have",
                advice: HDF5Failure.damaged)
        }
        return shape
    }

    /// Refuses values that lie in other files.
    private static func requireInside(_ list: hid_t, _ place: String) throws(EmbqError) {
        let layout = H5Pget_layout(list)
        let problem: String
        if layout == H5D_VIRTUAL {
            problem = "it is virtual: put together from other datasets"
        } else if layout == H5D_CONTIGUOUS, H5Pget_external_count(list) != 0 {
            problem = "its values lie in another file"
        } else if layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED || layout == H5D_COMPACT {
            return
        } else {
            problem = "its storage is of a kind that embq does not know"
        }
        throw EmbqError(.unsupported, place: place, problem, advice: HDF5Failure.resave)
    }

    private static func chunk(_ list: hid_t, rank: Int, _ place: String) throws(EmbqError) -> [Int]? {
        guard H5Pget_layout(list) == H5D_CHUNKED else { return nil }
        var sizes = [hsize_t](repeating: 0, count: max(1, rank))
        // Holds: at most `rank` numbers are written.
        guard rank > 0, unsafe H5Pget_chunk(list, Int32(rank), &sizes) == Int32(rank) else {
            throw HDF5Failure.error(place, "its chunks cannot be read")
        }
        let chunk = sizes.compactMap { Int(exactly: $0) }
        guard chunk.count == rank, chunk.allSatisfy({ (1...Int(UInt32.max)).contains($0) }) else {
            throw EmbqError(
                .malformed, place: place, "its chunks are \(sizes), which is no size", advice: HDF5Failure.damaged)
        }
        return chunk
    }

    private static func rowsAtOnce(_ dataset: HDF5Contents.Dataset, chunk: [Int]?, _ place: String) throws(EmbqError)
        -> Int
    {
        guard let rows = dataset.shape.first, rows > 0, dataset.byteCount > 0 else { return 1 }
        let step = chunk?.first ?? 1
        let size = dataset.dtype.bits / 8
        // Chunks at the edge are as large as the others.
        let padded = chunk.map { chunk in
            zip(dataset.shape, chunk).dropFirst().map { ($0 + $1 - 1) / $1 * $1 } + [chunk[0], size]
        }
        let bytes = (padded ?? [dataset.byteCount / rows]).checkedProduct
        guard let bytes, bytes <= HDF5Limits.chunkRow else {
            throw EmbqError(
                .limitExceeded, place: place,
                "\(chunk.map { "a row of its chunks \($0)" } ?? "one of its rows") is more than the "
                    + "\(HDF5Limits.chunkRow) bytes that are read at a time",
                advice: "Save it again with smaller chunks.")
        }
        return max(1, HDF5Limits.piece / bytes) * step
    }
}
