import EmbqCore

extension DType {
    /// Little-endian values of a readable type as fp32.
    ///
    /// - Parameter toOdd: an F64 value between two fp32 numbers becomes the one with an odd last bit, instead of the
    ///   nearest, so that rounding it again to a shorter type gives what rounding once gives.
    /// - Precondition: `isReadable`, and `bytes` holds whole values.
    func floats(_ bytes: Span<UInt8>, toOdd: Bool = false) -> [Float] {
        precondition(isReadable && bytes.count % (bits / 8) == 0)
        let count = bytes.count / (bits / 8)
        switch self {
        case .f16: return Self.map(count) { Float(f16Bits: Self.half(bytes, $0)) }
        case .bf16: return Self.map(count) { Float(bf16Bits: Self.half(bytes, $0)) }
        case .f64:
            return Self.map(count) { i in
                let low = UInt64(Self.word(bytes, 2 * i))
                let value = Double(bitPattern: UInt64(Self.word(bytes, 2 * i + 1)) << 32 | low)
                return toOdd ? Float(roundingToOdd: value) : Float(value)
            }
        default: return Self.map(count) { Float(bitPattern: Self.word(bytes, $0)) }
        }
    }

    /// True for the types of whole numbers.
    var isInteger: Bool {
        switch self {
        case .u8, .i8, .i16, .u16, .i32, .u32, .i64, .u64: true
        default: false
        }
    }

    /// Little-endian whole numbers; those of 64 bits without a sign wrap around.
    ///
    /// - Precondition: `isInteger`, and `bytes` holds whole values.
    func integers(_ bytes: Span<UInt8>) -> [Int] {
        precondition(isInteger && bytes.count % (bits / 8) == 0)
        let (size, isSigned) = (bits / 8, [.i8, .i16, .i32, .i64].contains(self))
        return (0..<bytes.count / size).map { i in
            var value: UInt64 = 0
            for byte in (0..<size).reversed() { value = value << 8 | UInt64(bytes[i * size + byte]) }
            let unused = 64 - bits
            return isSigned ? Int(Int64(bitPattern: value << unused) >> unused) : Int(truncatingIfNeeded: value)
        }
    }

    /// fp32 values as little-endian bytes of a readable type, rounded to nearest, ties to even.
    ///
    /// - Precondition: `isWritable`.
    func bytes(_ values: [Float]) -> [UInt8] {
        precondition(isWritable)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * bits / 8)
        for value in values {
            switch self {
            case .f16: Self.append(value.f16Bits, to: &bytes)
            case .bf16: Self.append(value.bf16Bits, to: &bytes)
            default:
                Self.append(UInt16(truncatingIfNeeded: value.bitPattern), to: &bytes)
                Self.append(UInt16(truncatingIfNeeded: value.bitPattern >> 16), to: &bytes)
            }
        }
        return bytes
    }

    @inline(__always)
    private static func map(_ count: Int, _ value: (Int) -> Float) -> [Float] {
        var values = [Float](repeating: 0, count: count)
        for i in 0..<count { values[i] = value(i) }
        return values
    }

    @inline(__always)
    private static func word(_ bytes: Span<UInt8>, _ i: Int) -> UInt32 {
        UInt32(half(bytes, 2 * i)) | UInt32(half(bytes, 2 * i + 1)) << 16
    }

    @inline(__always)
    private static func half(_ bytes: Span<UInt8>, _ i: Int) -> UInt16 {
        UInt16(bytes[2 * i]) | UInt16(bytes[2 * i + 1]) << 8
    }

    @inline(__always)
    private static func append(_ bits: UInt16, to bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: bits))
        bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
    }
}

extension Float {
    /// The fp32 number itself, or of the two around it the one whose last bit is set.
    fileprivate init(roundingToOdd value: Double) {
        let nearest = Float(value)
        guard value.isFinite, Double(nearest) != value else {
            self = nearest
            return
        }
        // Towards zero, then the odd one: it is this or its successor in size.
        let smaller =
            nearest.magnitude.isInfinite || Double(nearest.magnitude) > value.magnitude
            ? nearest.magnitude.nextDown : nearest.magnitude
        let odd = Float(bitPattern: smaller.bitPattern | 1)
        self = value.sign == .minus ? -odd : odd
    }
}
