package import EmbqCore

/// The text before the values of a numpy array: type, order and shape, written as a Python dict.
///
/// Read by a parser for exactly that dict, never by evaluation.
///
/// Source: numpy.lib.format, versions 1.0 to 3.0.
package struct NpyHeader: Sendable, Equatable {
    static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]
    /// The longest text accepted, as in numpy itself.
    package static let maximumLength = 10_000
    /// Bytes that hold the header of every array that is accepted.
    package static let maximumBytes = maximumLength + 12

    package let dtype: DType
    package let isBigEndian: Bool
    package let isFortranOrder: Bool
    package let shape: [Int]
    /// Bytes before the values.
    package let length: Int

    /// Reads the header from the first bytes of an array file.
    package init(_ bytes: Span<UInt8>) throws(EmbqError) {
        var reader = ByteReader(bytes)
        guard try reader.readBytes(Self.magic.count, "the mark of a numpy array") == Self.magic else {
            throw Self.fault("byte 0", "it does not start as a numpy array does")
        }
        let major = try reader.read(UInt8.self, "the version")
        let minor = try reader.read(UInt8.self, "the version")
        guard (1...3).contains(major), minor == 0 else {
            throw EmbqError(
                .unsupported, place: "byte 6", "the array's form has the version \(major).\(minor)",
                advice: "Versions 1.0, 2.0 and 3.0 are read: save the arrays again.")
        }
        let textLength =
            major == 1
            ? Int(try reader.read(UInt16.self, "the header's length"))
            : Int(try reader.read(UInt32.self, "the header's length"))
        guard textLength <= Self.maximumLength else {
            throw EmbqError(
                .limitExceeded, place: "byte 8",
                "the header would be \(textLength) bytes long, the limit is \(Self.maximumLength)",
                advice: "Plain arrays of numbers have short headers: save them again.")
        }
        let start = reader.offset
        let text = try reader.readBytes(textLength, "the header")
        length = reader.offset
        var parser = NpyDictParser(text, place: start)
        let fields = try parser.parse()
        (dtype, isBigEndian) = try Self.type(fields.descr)
        isFortranOrder = fields.fortranOrder
        shape = fields.shape
    }

    /// numpy's names of the types that both have.
    private static let types: [(name: String, dtype: DType)] = [
        ("b1", .bool), ("i1", .i8), ("i2", .i16), ("i4", .i32), ("i8", .i64), ("u1", .u8), ("u2", .u16), ("u4", .u32),
        ("u8", .u64), ("f2", .f16), ("f4", .f32), ("f8", .f64), ("c8", .c64),
    ]

    /// The header of a tensor as numpy 2 writes it, to the byte, or nil for a type that numpy has no name for.
    ///
    /// The form is 1.0: with at most ``StridedView/maximumRank`` dimensions no header is long enough for another.
    static func bytes(_ info: TensorInfo) -> [UInt8]? {
        guard let type = types.first(where: { $0.dtype == info.dtype })?.name,
            info.shape.count <= StridedView.maximumRank
        else { return nil }
        let sizes = info.shape.map { String($0) }
        let shape = sizes.count == 1 ? "\(sizes[0])," : sizes.joined(separator: ", ")
        var text =
            "{'descr': '\(info.dtype.bits == 8 ? "|" : "<")\(type)', 'fortran_order': False, 'shape': (\(shape)), }"
        // numpy leaves room for the first dimension to grow.
        if let first = sizes.first { text += String(repeating: " ", count: growth - first.utf8.count) }
        let unpadded = magic.count + 4 + text.utf8.count + 1
        text += String(repeating: " ", count: alignment - unpadded % alignment) + "\n"
        var writer = ByteWriter()
        writer.write(bytes: magic)
        writer.write(contentsOf: [UInt8(1), 0])
        writer.write(UInt16(text.utf8.count))
        writer.write(bytes: text.utf8)
        return writer.bytes
    }

    /// Digits of the largest dimension.
    private static let growth = 21
    /// The values begin at a multiple of so many bytes.
    private static let alignment = 64

    /// numpy's type string: byte order, kind, bytes of a value.
    private static func type(_ descr: String) throws(EmbqError) -> (DType, Bool) {
        let order = descr.first ?? " "
        let name = ["<", ">", "=", "|"].contains(order) ? String(descr.dropFirst()) : descr
        if let dtype = types.first(where: { $0.name == name })?.dtype, order != "|" || dtype.bits == 8,
            order != ">" || dtype != .c64
        {
            return (dtype, order == ">" && dtype.bits > 8)
        }
        let (problem, advice): (String, String) =
            switch name.first {
            case "O":
                (
                    "its values are Python objects: a pickle, which could run any code",
                    "Save arrays of numbers only (allow_pickle=False)."
                )
            case "V" where name == "V2":
                (
                    "its values are bytes without a meaning ('\(descr)'): numpy cannot name bfloat16",
                    "Save the tensor as float32, or use safetensors."
                )
            default:
                (
                    "its type '\(EmbqError.printable(descr))' is none that embq knows",
                    "Known are b1, i1 to i8, u1 to u8, f2, f4, f8 and c8: save the array as one of these."
                )
            }
        throw EmbqError(.unsupported, problem, advice: advice)
    }

    static func fault(_ place: String, _ problem: String) -> EmbqError {
        EmbqError(
            .malformed, place: place, problem,
            advice: "The file is damaged or was not written by numpy: save the arrays again.")
    }
}
