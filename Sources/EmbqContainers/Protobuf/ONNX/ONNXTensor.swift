package import EmbqCore

/// A constant of an ONNX model: what it is and where its values lie.
package struct ONNXTensor: Sendable, Equatable {
    /// Where values are.
    package enum Storage: Sendable, Equatable {
        /// Little-endian values at a place in the model's file.
        case file(Range<Int>)
        /// One variable-length integer a value, at a place in the model's file.
        case varints(Range<Int>)
        /// Little-endian values in another file: a path relative to the model's folder.
        case external(location: String, offset: Int, length: Int?)
        /// Values that stand in an attribute, in fp32.
        case values([Float])
        /// Values of a type that is never a weight, such as strings.
        case unread
    }

    /// The fields of `TensorProto` that hold values.
    enum Field: String {
        case floats = "float_data"
        case int32s = "int32_data"
        case strings = "string_data"
        case int64s = "int64_data"
        case raw = "raw_data"
        case doubles = "double_data"
        case uint64s = "uint64_data"

        var isVarints: Bool { self == .int32s || self == .int64s || self == .uint64s }
    }

    /// The name of the value that the constant is.
    package let name: String
    package let type: ONNXElementType
    /// Slowest dimension first; empty for a single number.
    package let shape: [Int]
    /// The number of values.
    package let count: Int
    package let storage: Storage

    /// The type by embq's name, when embq can read the values.
    package var dtype: DType? { storage == .unread ? nil : type.dtype }

    /// Bytes of the values as little-endian numbers of ``type``.
    package var byteCount: Int { type.dtype?.byteCount(of: count) ?? 0 }

    package init(name: String, type: ONNXElementType, shape: [Int], count: Int, storage: Storage) {
        self.name = name
        self.type = type
        self.shape = shape
        self.count = count
        self.storage = storage
    }
}
