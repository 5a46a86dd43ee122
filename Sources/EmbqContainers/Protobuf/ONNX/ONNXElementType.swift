package import EmbqCore

/// How an ONNX tensor's values are stored: `TensorProto.DataType`, by its numbers.
package enum ONNXElementType: Int, Sendable, CaseIterable {
    case float = 1
    case uint8 = 2
    case int8 = 3
    case uint16 = 4
    case int16 = 5
    case int32 = 6
    case int64 = 7
    case string = 8
    case bool = 9
    case float16 = 10
    case double = 11
    case uint32 = 12
    case uint64 = 13
    case complex64 = 14
    case complex128 = 15
    case bfloat16 = 16
    case float8e4m3fn = 17
    case float8e4m3fnuz = 18
    case float8e5m2 = 19
    case float8e5m2fnuz = 20
    case uint4 = 21
    case int4 = 22
    case float4e2m1 = 23
    case float8e8m0 = 24
    case uint2 = 25
    case int2 = 26

    /// The name that ONNX gives it.
    package var name: String { "\(self)".uppercased() }

    /// The same type by the name that embq has for it; nil for those whose values embq never touches.
    package var dtype: DType? {
        switch self {
        case .float: .f32
        case .uint8: .u8
        case .int8: .i8
        case .uint16: .u16
        case .int16: .i16
        case .int32: .i32
        case .int64: .i64
        case .bool: .bool
        case .float16: .f16
        case .double: .f64
        case .uint32: .u32
        case .uint64: .u64
        case .bfloat16: .bf16
        default: nil
        }
    }

    /// The field that holds its values when they are not raw bytes.
    var field: ONNXTensor.Field? {
        switch self {
        case .float: .floats
        case .double: .doubles
        case .int64: .int64s
        case .uint32, .uint64: .uint64s
        case .uint8, .int8, .uint16, .int16, .int32, .bool, .float16, .bfloat16: .int32s
        default: nil
        }
    }
}
