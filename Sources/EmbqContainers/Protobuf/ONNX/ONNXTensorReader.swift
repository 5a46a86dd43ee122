internal import CEmbqSchemas
import EmbqCore

/// Reads a `TensorProto` and checks that its values are as many as its shape says.
///
/// Varints are only counted when they are read.
enum ONNXTensorReader {
    private typealias File = ONNXModelFile

    static func tensor(_ message: borrowing Onnx__TensorProto, name: String) throws(EmbqError) -> ONNXTensor {
        let place = EmbqError.place(tensor: name)
        guard unsafe message.has_data_type != 0 else { throw File.fault(.missing, place, "it has no data_type") }
        let number = Int(unsafe message.data_type)
        guard let type = ONNXElementType(rawValue: number) else {
            throw File.fault(.unsupported, place, "its data_type \(number) is unknown")
        }
        let (shape, count) = try unsafe size(message, type, place)
        guard unsafe message.has_segment == 0 else {
            throw File.fault(.unsupported, place, "it is stored in segments, which embq does not read")
        }
        let storage = try unsafe storage(message, type, count, place)
        return ONNXTensor(name: name, type: type, shape: shape, count: count, storage: storage)
    }

    private static func size(_ message: borrowing Onnx__TensorProto, _ type: ONNXElementType, _ place: String)
        throws(EmbqError) -> (shape: [Int], count: Int)
    {
        guard unsafe message.n_dims <= File.maximumRank else {
            throw File.fault(
                .limitExceeded, place,
                "it has \(unsafe message.n_dims) dimensions, the limit is \(File.maximumRank)")
        }
        let shape = unsafe UnsafeBufferPointer(start: message.dims, count: message.n_dims).map { Int($0) }
        if let negative = shape.first(where: { $0 < 0 }) {
            throw File.fault(.malformed, place, "its dimension \(negative) is negative")
        }
        guard let count = shape.checkedProduct, type.dtype == nil || type.dtype?.byteCount(of: count) != nil else {
            throw File.fault(.malformed, place, "\(type.name) \(shape) is no size that a file can have")
        }
        return (shape, count)
    }

    private static func storage(
        _ message: borrowing Onnx__TensorProto, _ type: ONNXElementType, _ count: Int, _ place: String
    ) throws(EmbqError) -> ONNXTensor.Storage {
        let location = unsafe message.has_data_location == 0 ? 0 : Int(message.data_location)
        guard (0...1).contains(location) else {
            throw File.fault(.unsupported, place, "its data_location \(location) is unknown")
        }
        let filled = unsafe fields(message)
        guard filled.count <= 1 else {
            throw File.fault(
                .malformed, place,
                "its values stand twice, in \(filled[0].field.rawValue) and \(filled[1].field.rawValue)")
        }
        if location == 1 {
            guard filled.isEmpty else {
                throw File.fault(
                    .malformed, place,
                    "its values are said to be in another file, and stand in \(filled[0].field.rawValue)")
            }
            return try unsafe external(message, place)
        }
        guard type.dtype != nil else { return .unread }
        guard let (field, range) = filled.first else {
            guard count == 0 else {
                throw File.fault(.missing, place, "it has \(count) values by its shape and none in the file")
            }
            return .file(0..<0)
        }
        return try stored(field, range, type, count, place)
    }

    /// The fields with values in them.
    private static func fields(_ message: borrowing Onnx__TensorProto) -> [(field: ONNXTensor.Field, range: Range<Int>)]
    {
        var filled: [(field: ONNXTensor.Field, range: Range<Int>)] = []
        func add(_ field: ONNXTensor.Field, _ isPresent: protobuf_c_boolean, _ bytes: ProtobufCBinaryData) {
            guard isPresent != 0 else { return }
            let place = unsafe ProtobufDocument.place(bytes)
            // An empty array is what some writers make of none.
            if field == .raw || !place.isEmpty { filled.append((field, place)) }
        }
        unsafe add(.raw, message.has_raw_data, message.raw_data)
        unsafe add(.floats, message.has_float_data, message.float_data)
        unsafe add(.int32s, message.has_int32_data, message.int32_data)
        unsafe add(.int64s, message.has_int64_data, message.int64_data)
        unsafe add(.doubles, message.has_double_data, message.double_data)
        unsafe add(.uint64s, message.has_uint64_data, message.uint64_data)
        if unsafe message.n_string_data > 0 { filled.append((.strings, 0..<0)) }
        return filled
    }

    private static func stored(
        _ field: ONNXTensor.Field, _ range: Range<Int>, _ type: ONNXElementType, _ count: Int, _ place: String
    ) throws(EmbqError) -> ONNXTensor.Storage {
        guard field == .raw || field == type.field else {
            throw File.fault(
                .malformed, place,
                "its values are \(type.name) and stand in \(field.rawValue)"
                    + (type.field.map { ", \($0.rawValue) or raw_data is expected" } ?? ""))
        }
        if field.isVarints {
            // A varint has one byte at least and ten at most.
            guard range.count >= count, range.count / 10 <= count else {
                throw File.fault(
                    .malformed, place, "its \(count) values cannot take the \(range.count) bytes of \(field.rawValue)")
            }
            return .varints(range)
        }
        let needed = type.dtype?.byteCount(of: count) ?? 0
        guard range.count == needed else {
            throw File.fault(
                .malformed, place, "its \(count) values take \(needed) bytes, \(field.rawValue) has \(range.count)")
        }
        return .file(range)
    }

    private static func external(_ message: borrowing Onnx__TensorProto, _ place: String) throws(EmbqError)
        -> ONNXTensor.Storage
    {
        var entries: [String: String] = [:]
        for index in unsafe 0..<message.n_external_data {
            guard let entry = unsafe message.external_data[index] else { continue }
            let key = unsafe ONNXModelReader.text(entry.pointee.key)
            guard entries[key] == nil else {
                throw File.fault(
                    .duplicate, place, "the key '\(EmbqError.printable(key))' of external_data stands twice")
            }
            entries[key] = unsafe ONNXModelReader.text(entry.pointee.value)
        }
        guard let location = entries["location"], !location.isEmpty else {
            throw File.fault(.missing, place, "its values are said to be in another file, which is not named")
        }
        return .external(
            location: location, offset: try number(entries["offset"], "offset", place) ?? 0,
            length: try number(entries["length"], "length", place))
    }

    private static func number(_ text: String?, _ key: String, _ place: String) throws(EmbqError) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), number >= 0, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw File.fault(
                .malformed, place,
                "the \(key) of its external data is '\(EmbqError.printable(text))', an integer from 0 to \(Int.max) is expected"
            )
        }
        return number
    }
}
