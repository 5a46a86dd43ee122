import CEmbqHDF5
import CEmbqHDF5Shim
import EmbqCore

extension DType {
    /// The type of a dataset's values, of either byte order.
    ///
    /// - Throws: `.unsupported` with what the type is.
    init(hdf5 type: hid_t, _ place: String) throws(EmbqError) {
        let found: DType?
        let name: String
        let kind = H5Tget_class(type)
        switch kind {
        case H5T_FLOAT: (found, name) = (Self.float(type), "floating-point numbers of an unusual layout")
        case H5T_INTEGER: (found, name) = (Self.integer(type), "integers of an unusual size")
        case H5T_ENUM: (found, name) = (Self.isBool(type) ? .bool : nil, "an enumeration")
        case H5T_STRING: (found, name) = (nil, "text")
        case H5T_COMPOUND: (found, name) = (nil, "compounds (complex numbers, say)")
        case H5T_REFERENCE: (found, name) = (nil, "references to other objects")
        case H5T_VLEN: (found, name) = (nil, "lists of variable length")
        case H5T_ARRAY: (found, name) = (nil, "arrays")
        case H5T_OPAQUE: (found, name) = (nil, "opaque bytes")
        case H5T_BITFIELD: (found, name) = (nil, "bit fields")
        case H5T_TIME: (found, name) = (nil, "times")
        default: (found, name) = (nil, "of a type that the library does not know")
        }
        guard H5Tcommitted(type) == 0 else {
            throw EmbqError(
                .unsupported, place: place, "its type is a named one, which lies elsewhere in the file",
                advice: HDF5Failure.resave)
        }
        guard let found else {
            throw EmbqError(
                .unsupported, place: place, "its values are \(name), numbers are expected", advice: HDF5Failure.resave)
        }
        self = found
    }

    private static func hasByteOrder(_ type: hid_t) -> Bool {
        let order = H5Tget_order(type)
        return order == H5T_ORDER_LE || order == H5T_ORDER_BE
    }

    /// Whether every bit of a value counts.
    private static func isFull(_ type: hid_t) -> Bool {
        H5Tget_precision(type) == H5Tget_size(type) * 8 && H5Tget_offset(type) == 0
    }

    private static func float(_ type: hid_t) -> DType? {
        guard hasByteOrder(type), isFull(type), H5Tget_norm(type) == H5T_NORM_IMPLIED else { return nil }
        var fields = [Int](repeating: 0, count: 5)
        let isRead = unsafe fields.withUnsafeMutableBufferPointer { fields in
            // Holds: five numbers are written, each into an element of its own.
            guard let base = fields.baseAddress else { return false }
            return unsafe H5Tget_fields(type, base, base + 1, base + 2, base + 3, base + 4) >= 0
        }
        guard isRead else { return nil }
        // Sign's place, exponent's place and size, fraction's place and size; the exponent's bias.
        switch (H5Tget_size(type), fields, H5Tget_ebias(type)) {
        case (2, [15, 10, 5, 0, 10], 15): return .f16
        case (2, [15, 7, 8, 0, 7], 127): return .bf16
        case (4, [31, 23, 8, 0, 23], 127): return .f32
        case (8, [63, 52, 11, 0, 52], 1023): return .f64
        default: return nil
        }
    }

    private static func integer(_ type: hid_t) -> DType? {
        let size = H5Tget_size(type)
        guard isFull(type), size == 1 || hasByteOrder(type) else { return nil }
        let sign = H5Tget_sign(type)
        guard sign == H5T_SGN_2 || sign == H5T_SGN_NONE else { return nil }
        switch (size, sign == H5T_SGN_2) {
        case (1, true): return .i8
        case (1, false): return .u8
        case (2, true): return .i16
        case (2, false): return .u16
        case (4, true): return .i32
        case (4, false): return .u32
        case (8, true): return .i64
        case (8, false): return .u64
        default: return nil
        }
    }

    /// Whether this is how h5py writes truth values: FALSE 0 and TRUE 1 in a byte.
    private static func isBool(_ type: hid_t) -> Bool {
        guard H5Tget_size(type) == 1, H5Tget_nmembers(type) == 2 else { return false }
        var values: [String: UInt8] = [:]
        for member in UInt32(0)..<2 {
            var value: UInt8 = 0xFF
            // Holds: a value has one byte; the name ends with a zero and is freed once.
            guard let name = unsafe H5Tget_member_name(type, member) else { return false }
            defer { unsafe _ = H5free_memory(name) }
            guard unsafe H5Tget_member_value(type, member, &value) >= 0 else { return false }
            unsafe values[String(cString: name)] = value
        }
        return values == ["FALSE": 0, "TRUE": 1]
    }

    /// The type as it lies in a file, little-endian; nil for those that HDF5 has no type for.
    func hdf5Type(_ place: String) throws(EmbqError) -> HDF5Handle? {
        let copy: hid_t
        switch self {
        case .f16: copy = ch5_float16()
        case .f32: copy = H5Tcopy(ch5_float32())
        case .f64: copy = H5Tcopy(ch5_float64())
        case .i8, .i16, .i32, .i64: copy = H5Tcopy(ch5_integer(bits / 8, 1))
        case .u8, .u16, .u32, .u64: copy = H5Tcopy(ch5_integer(bits / 8, 0))
        case .bool:
            copy = H5Tenum_create(ch5_integer(1, 1))
            for (name, value) in [("FALSE", UInt8(0)), ("TRUE", 1)] {
                var value = value
                // Holds: a value has one byte.
                guard unsafe H5Tenum_insert(copy, name, &value) >= 0 else { break }
            }
        default: return nil
        }
        return try HDF5Handle(copy, closedBy: H5Tclose, place, "its type cannot be made")
    }
}
