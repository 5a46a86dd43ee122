/// IEEE binary16 and bfloat16 as bits, in integer arithmetic: the same on every target, NaN payloads included.
///
/// Swift's own Float16 is missing on some hosts, and hardware conversions quieten signalling NaNs.
extension Float {
    /// The exact value of an IEEE binary16 number.
    @inlinable package init(f16Bits bits: UInt16) {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10 & 0x1F)
        let fraction = UInt32(bits & 0x3FF)
        switch exponent {
        case 0: self = Float(bitPattern: (Float(fraction) * 0x1p-24).bitPattern | sign)
        case 0x1F: self = Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        default: self = Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }

    /// The exact value of a bfloat16 number.
    @inlinable package init(bf16Bits bits: UInt16) { self = Float(bitPattern: UInt32(bits) << 16) }

    /// The nearest IEEE binary16 number, ties to even; infinity from 65520 on. A NaN stays a NaN.
    @inlinable package var f16Bits: UInt16 {
        let sign = UInt16(truncatingIfNeeded: bitPattern >> 16 & 0x8000)
        let size = bitPattern & 0x7FFF_FFFF
        if size > 0x7F80_0000 {
            let payload = UInt16(truncatingIfNeeded: size >> 13 & 0x3FF)
            return sign | 0x7C00 | (payload == 0 ? 0x200 : payload)
        }
        if size >= Float(65520).bitPattern { return sign | 0x7C00 }
        if size < Float(0x1p-14).bitPattern {
            // A step of the sum is 2^-24, binary16's smallest number: the addition rounds.
            return sign
                | UInt16(truncatingIfNeeded: (Float(bitPattern: size) + 0.5).bitPattern &- Float(0.5).bitPattern)
        }
        let rounded = size &- 112 << 23 &+ 0xFFF &+ (size >> 13 & 1)
        return sign | UInt16(truncatingIfNeeded: rounded >> 13)
    }

    /// The nearest bfloat16 number, ties to even; infinity beyond its range. A NaN stays a NaN.
    @inlinable package var bf16Bits: UInt16 {
        let high = UInt16(truncatingIfNeeded: bitPattern >> 16)
        if isNaN { return high & 0x7F == 0 ? high | 0x40 : high }
        return UInt16(truncatingIfNeeded: (bitPattern &+ 0x7FFF &+ UInt32(high & 1)) >> 16)
    }
}
