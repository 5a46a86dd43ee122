/// How a tensor's values are stored: every type that safetensors knows, by the name it has there.
///
/// Only ``isReadable`` types are turned into numbers; the others are known so that they can be listed and refused
/// by name.
package enum DType: String, Sendable, CaseIterable {
    // In the order of the safetensors crate, which is the order of its files: least aligned first.
    case bool = "BOOL"
    case f4 = "F4"
    case f6E2M3 = "F6_E2M3"
    case f6E3M2 = "F6_E3M2"
    case u8 = "U8"
    case i8 = "I8"
    case f8E5M2 = "F8_E5M2"
    case f8E4M3 = "F8_E4M3"
    case f8E8M0 = "F8_E8M0"
    case f8E4M3FNUZ = "F8_E4M3FNUZ"
    case f8E5M2FNUZ = "F8_E5M2FNUZ"
    case i16 = "I16"
    case u16 = "U16"
    case f16 = "F16"
    case bf16 = "BF16"
    case i32 = "I32"
    case u32 = "U32"
    case f32 = "F32"
    case c64 = "C64"
    case f64 = "F64"
    case i64 = "I64"
    case u64 = "U64"

    /// Bits of one value; below 8 for the packed types.
    package var bits: Int {
        switch self {
        case .f4: 4
        case .f6E2M3, .f6E3M2: 6
        case .bool, .u8, .i8, .f8E5M2, .f8E4M3, .f8E8M0, .f8E4M3FNUZ, .f8E5M2FNUZ: 8
        case .i16, .u16, .f16, .bf16: 16
        case .i32, .u32, .f32: 32
        case .c64, .f64, .i64, .u64: 64
        }
    }

    /// Bytes that `count` values take, or nil when that does not fit or is no whole number of bytes.
    package func byteCount(of count: Int) -> Int? {
        guard let total = count.times(bits), total % 8 == 0 else { return nil }
        return total / 8
    }

    /// Whether embq can read the values as fp32 numbers: exactly, but for F64, which is rounded to nearest.
    package var isReadable: Bool { isWritable || self == .f64 }

    /// Whether embq can convert fp32 numbers to this type.
    package var isWritable: Bool { self == .f32 || self == .f16 || self == .bf16 }

    /// The types whose values embq reads, for messages.
    package static let readableNames = "F32, F16, BF16, F64"

    /// The types that embq converts to, for messages.
    package static let writableNames = "F32, F16, BF16"

    /// The place in the order that safetensors files are written in; larger comes first.
    package var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
