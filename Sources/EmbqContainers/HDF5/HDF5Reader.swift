import CEmbqHDF5
import CEmbqHDF5Shim
package import EmbqCore

/// Reads an HDF5 file through the library **in this process**: the helper's side of ``HDF5File``.
///
/// The library is not safe on files that nobody vouches for, so nothing but the helper process (and the fuzzer) may
/// use this type.
@safe package struct HDF5Reader: ~Copyable {
    private let file: HDF5Handle
    private let access: HDF5Handle
    private let size: Int
    /// What the file holds.
    package let contents: HDF5Contents

    /// Opens a file and lists it, without reading values.
    ///
    /// - Parameter size: the file's size in bytes.
    /// - Throws: what the library says, or `.unsupported` for what is not read: other files, foreign filters, texts.
    package init(path: String, size: Int) throws(EmbqError) {
        ch5_keep_to_itself()
        let file = try HDF5Handle(
            unsafe H5Fopen(path, ch5_read_only(), standard), closedBy: H5Fclose, nil, "the HDF5 file cannot be opened")
        try self.init(file: file, size: size)
    }

    /// Opens a file whose bytes are in memory: for the fuzzer.
    package init(image: [UInt8]) throws(EmbqError) {
        ch5_keep_to_itself()
        let access = try HDF5Handle(ch5_property_list_file_access(), closedBy: H5Pclose, nil, "no memory")
        var bytes = image
        // Holds: the library copies the image before the call returns.
        let isSet =
            unsafe H5Pset_fapl_core(access.id, 1 << 16, false) >= 0
            && H5Pset_file_image(access.id, &bytes, bytes.count) >= 0
        guard isSet else { throw HDF5Failure.error(nil, "the HDF5 image cannot be opened") }
        let file = try HDF5Handle(
            unsafe H5Fopen("image", ch5_read_only(), access.id), closedBy: H5Fclose, nil,
            "the HDF5 file cannot be opened")
        try self.init(file: file, size: image.count)
    }

    private init(file: consuming HDF5Handle, size: Int) throws(EmbqError) {
        let access = try HDF5Handle(ch5_property_list_link_access(), closedBy: H5Pclose, nil, "no memory")
        guard ch5_refuse_external_links(access.id) >= 0 else { throw HDF5Failure.error(nil, "no memory") }
        let contents = try Self.contents(file.id, access.id, size)
        self.init(file: file, access: access, size: size, contents: contents)
    }

    private init(file: consuming HDF5Handle, access: consuming HDF5Handle, size: Int, contents: HDF5Contents) {
        self.file = file
        self.access = access
        self.size = size
        self.contents = contents
    }

    private static func contents(_ file: hid_t, _ access: hid_t, _ size: Int) throws(EmbqError) -> HDF5Contents {
        let walk = HDF5Walk(linkAccess: access, fileSize: size)
        let root = try HDF5Handle(
            unsafe H5Oopen(file, "/", access), closedBy: H5Oclose, nil, "its root group cannot be opened")
        try walk.visit(root.id, path: [])
        try walk.checkSharing()
        return HDF5Contents(datasets: walk.datasets, attributes: walk.attributes)
    }

    /// Reads the values of a dataset, by its index in ``contents``, in pieces that follow one another.
    ///
    /// - Throws: what the library says; `.corrupted` when values are missing; what `body` throws.
    package func read(_ index: Int, _ body: (Span<UInt8>) throws(EmbqError) -> Void) throws(EmbqError) {
        let listed = contents.datasets[index]
        let place = HDF5Walk.place(listed.path)
        let object = try HDF5Handle(
            unsafe H5Oopen(file.id, "/" + listed.path.joined(separator: "/"), access.id), closedBy: H5Oclose, place,
            "it cannot be opened again")
        let found = try HDF5Layout(dataset: object.id, path: listed.path, fileSize: size)
        guard found.dataset == listed, listed.byteCount > 0 else {
            if found.dataset == listed { return }
            throw EmbqError(.corrupted, place: place, "it changed while it was read", advice: HDF5Failure.damaged)
        }
        let space = try HDF5Handle(H5Dget_space(object.id), closedBy: H5Sclose, place, "its shape cannot be read")
        try found.requireWritten(object.id, space: space.id)
        guard let rows = listed.shape.first else {
            try piece(object.id, hid_t(H5S_ALL), found, rows: nil, body)
            return
        }
        var start = 0
        while start < rows {
            let count = min(found.rowsAtOnce, rows - start)
            var from = [hsize_t](repeating: 0, count: listed.shape.count)
            from[0] = hsize_t(start)
            var counts = listed.shape.map { hsize_t($0) }
            counts[0] = hsize_t(count)
            // Holds: both arrays have as many elements as the space has dimensions.
            guard unsafe H5Sselect_hyperslab(space.id, H5S_SELECT_SET, &from, nil, &counts, nil) >= 0 else {
                throw HDF5Failure.error(place, "its rows cannot be chosen")
            }
            try piece(object.id, space.id, found, rows: counts, body)
            start += count
        }
    }

    /// Reads some rows, or (nil) a single number.
    private func piece(
        _ object: hid_t, _ selection: hid_t, _ layout: HDF5Layout, rows: [hsize_t]?,
        _ body: (Span<UInt8>) throws(EmbqError) -> Void
    ) throws(EmbqError) {
        let place = HDF5Walk.place(layout.dataset.path)
        let whole = layout.dataset.shape.first ?? 1
        let count = layout.dataset.byteCount / whole * Int(rows?.first ?? 1)
        let own = try HDF5Handle(H5Dget_type(object), closedBy: H5Tclose, place, "its type cannot be read")
        let type = try HDF5Handle(H5Tcopy(own.id), closedBy: H5Tclose, place, "its type cannot be read")
        // The file's own type but for the byte order: nothing is rounded, every NaN keeps its bits.
        guard layout.dataset.dtype == .bool || H5Tset_order(type.id, H5T_ORDER_LE) >= 0 else {
            throw HDF5Failure.error(place, "its type cannot be read")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        let status: herr_t
        if var rows {
            let memory = try HDF5Handle(
                unsafe H5Screate_simple(Int32(rows.count), &rows, nil), closedBy: H5Sclose, place,
                "its shape cannot be read")
            // Holds: the rows chosen have exactly `count` bytes in this type.
            status = unsafe H5Dread(object, type.id, memory.id, selection, standard, &bytes)
        } else {
            status = unsafe H5Dread(object, type.id, selection, selection, standard, &bytes)
        }
        guard status >= 0 else { throw HDF5Failure.error(place, "its values cannot be read") }
        if layout.dataset.dtype == .bool, bytes.contains(where: { $0 > 1 }) {
            throw EmbqError(
                .malformed, place: place, "a truth value is neither 0 nor 1", advice: HDF5Failure.damaged)
        }
        try body(bytes.span)
    }
}
