import CEmbqHDF5
import CEmbqHDF5Shim
package import EmbqCore

/// An HDF5 file that is being written, from the start: datasets in nested groups, in the oldest form, which every
/// version of the library reads. Same datasets in the same order, same bytes: no times are stored.
@safe package struct HDF5Output: ~Copyable {
    private let file: HDF5Handle
    private let links: HDF5Handle
    private let creation: HDF5Handle

    /// Creates (or empties) a file.
    package init(_ path: String) throws(EmbqError) {
        ch5_keep_to_itself()
        do throws(EmbqError) {
            let file = try HDF5Handle(
                unsafe H5Fcreate(path.system, ch5_truncate(), standard, standard), closedBy: H5Fclose, nil,
                "the HDF5 file cannot be created")
            let links = try HDF5Handle(ch5_property_list_link_create(), closedBy: H5Pclose, nil, "no memory")
            let creation = try HDF5Handle(ch5_property_list_dataset_create(), closedBy: H5Pclose, nil, "no memory")
            guard H5Pset_create_intermediate_group(links.id, 1) >= 0,
                H5Pset_char_encoding(links.id, H5T_CSET_UTF8) >= 0,
                H5Pset_obj_track_times(creation.id, false) >= 0
            else { throw Self.failed(nil) }
            self.init(file: file, links: links, creation: creation)
        } catch {
            throw Self.unwritable(error)
        }
    }

    private init(file: consuming HDF5Handle, links: consuming HDF5Handle, creation: consuming HDF5Handle) {
        self.file = file
        self.links = links
        self.creation = creation
    }

    /// Whether HDF5 has a type for these values.
    package static func holds(_ dtype: DType) -> Bool {
        switch dtype {
        case .bool, .f16, .f32, .f64, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64: true
        default: false
        }
    }

    /// Groups that a dataset may be inside of, and itself.
    package static let maximumDepth = HDF5Limits.depth

    /// Dimensions of a dataset.
    package static let maximumDimensions = Int(H5S_MAX_RANK)

    /// Whether this can be a group's or a dataset's name that is read again.
    package static func isName(_ name: String) -> Bool { HDF5Contents.isName(name) }

    /// Adds a dataset; its groups are made as needed.
    ///
    /// - Parameter bytes: row-major, little-endian.
    /// - Precondition: ``holds(_:)``, and `bytes` has as many as type and shape take.
    package borrowing func add(_ path: [String], _ dtype: DType, _ shape: [Int], _ bytes: Span<UInt8>) throws(EmbqError)
    {
        do throws(EmbqError) { try write(path, dtype, shape, bytes) } catch { throw Self.unwritable(error) }
    }

    private borrowing func write(_ path: [String], _ dtype: DType, _ shape: [Int], _ bytes: Span<UInt8>)
        throws(EmbqError)
    {
        let place = HDF5Walk.place(path)
        guard let type = try dtype.hdf5Type(place) else { preconditionFailure("\(dtype) has no HDF5 type") }
        precondition(bytes.count == shape.checkedProduct.flatMap(dtype.byteCount(of:)), "bytes of another size")
        var sizes = shape.map { hsize_t($0) }
        let space = try HDF5Handle(
            shape.isEmpty ? H5Screate(H5S_SCALAR) : unsafe H5Screate_simple(Int32(sizes.count), &sizes, nil),
            closedBy: H5Sclose, place, "its shape cannot be written")
        let dataset = try HDF5Handle(
            unsafe H5Dcreate2(
                file.id, path.joined(separator: "/"), type.id, space.id, links.id, creation.id, standard),
            closedBy: H5Dclose, place, "it cannot be written")
        guard bytes.count > 0 else { return }
        // Holds: the values have the size that type and shape say, as checked above.
        let status = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe H5Dwrite(dataset.id, type.id, hid_t(H5S_ALL), hid_t(H5S_ALL), standard, buffer.baseAddress)
        }
        guard status >= 0 else { throw Self.failed(place) }
    }

    /// Adds a text to the root group.
    package borrowing func add(text: String, named name: String) throws(EmbqError) {
        do throws(EmbqError) { try write(text: text, named: name) } catch { throw Self.unwritable(error) }
    }

    private borrowing func write(text: String, named name: String) throws(EmbqError) {
        let place = "the attribute \(HDF5Walk.place([name]))"
        var bytes = Array(text.utf8)
        if bytes.isEmpty { bytes = [0] }
        let type = try HDF5Handle(ch5_text(bytes.count), closedBy: H5Tclose, place, "it cannot be written")
        let space = try HDF5Handle(H5Screate(H5S_SCALAR), closedBy: H5Sclose, place, "it cannot be written")
        let attribute = try HDF5Handle(
            unsafe H5Acreate2(file.id, name, type.id, space.id, standard, standard), closedBy: H5Aclose, place,
            "it cannot be written")
        // Holds: the text has the size of its type.
        guard unsafe H5Awrite(attribute.id, type.id, bytes) >= 0 else { throw Self.failed(place) }
    }

    /// Writes out what is still in memory.
    package consuming func finish() throws(EmbqError) {
        guard H5Fflush(file.id, H5F_SCOPE_GLOBAL) >= 0 else { throw Self.unwritable(Self.failed(nil)) }
    }

    private static func failed(_ place: String?) -> EmbqError { HDF5Failure.error(place, "writing it failed") }

    /// A failed call as a file that cannot be written. The library is left alone from then on: closing what a full disk has
    /// left half-written crashes it.
    private static func unwritable(_ error: EmbqError) -> EmbqError {
        HDF5Handle.abandonAll()
        var error = error
        error.code = .unwritable
        error.advice = SystemFailure(saying: error.cause ?? "").writingAdvice
        return error
    }
}
