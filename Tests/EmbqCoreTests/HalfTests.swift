import EmbqCore
import Testing

/// 2^n for the slow reference.
private func power(_ n: Int) -> Double { Double(sign: .plus, exponent: n, significand: 1) }

@Suite("Half precision")
struct HalfTests {
    @Test("every binary16 pattern has the value that IEEE 754 gives it")
    func f16Values() {
        for bits in UInt16.min...UInt16.max {
            let value = Float(f16Bits: bits)
            let exponent = Int(bits >> 10 & 0x1F)
            let fraction = Double(bits & 0x3FF)
            let sign: Double = bits >> 15 == 1 ? -1 : 1
            switch exponent {
            case 31 where fraction != 0: #expect(value.isNaN)
            case 31: #expect(Double(value) == sign * .infinity)
            case 0: #expect(Double(value) == sign * fraction * power(-24))
            default: #expect(Double(value) == sign * (1 + fraction / 1024) * power(exponent - 15))
            }
            #expect((value.sign == .minus) == (bits >> 15 == 1))
        }
    }

    @Test("every binary16 pattern comes back from fp32 unchanged, NaN payloads included")
    func f16RoundTrip() {
        #expect((UInt16.min...UInt16.max).allSatisfy { Float(f16Bits: $0).f16Bits == $0 })
    }

    @Test("every bfloat16 pattern is the upper half of its fp32 and comes back unchanged")
    func bf16RoundTrip() {
        for bits in UInt16.min...UInt16.max {
            #expect(Float(bf16Bits: bits).bitPattern == UInt32(bits) << 16)
            #expect(Float(bf16Bits: bits).bf16Bits == bits)
        }
    }

    @Test("between two binary16 numbers the nearer one is taken, halfway the even one")
    func f16Rounding() {
        for bits in UInt16(0)..<0x7BFF {
            let low = Float(f16Bits: bits)
            let high = Float(f16Bits: bits + 1)
            let middle = (low + high) / 2
            let even = bits & 1 == 0 ? bits : bits + 1
            #expect(middle.f16Bits == even)
            #expect(middle.nextDown.f16Bits == bits)
            #expect(middle.nextUp.f16Bits == bits + 1)
            #expect((-middle).f16Bits == even | 0x8000)
        }
    }

    @Test("between two bfloat16 numbers the nearer one is taken, halfway the even one")
    func bf16Rounding() {
        for bits in UInt16(0)..<0x7F7F {
            let middle = Float(bitPattern: UInt32(bits) << 16 | 0x8000)
            let even = bits & 1 == 0 ? bits : bits + 1
            #expect(middle.bf16Bits == even)
            #expect(middle.nextDown.bf16Bits == bits)
            #expect(middle.nextUp.bf16Bits == bits + 1)
            #expect((-middle).bf16Bits == even | 0x8000)
        }
    }

    @Test(
        "the ends of binary16's range",
        arguments: [
            (65504, 0x7BFF), (65519.996, 0x7BFF), (65520, 0x7C00), (1e30, 0x7C00), (.infinity, 0x7C00),
            (-65520, 0xFC00), (0x1p-24, 1), (0x1p-25, 0), (Float(0x1p-25).nextUp, 1), (-0x1p-26, 0x8000),
            (.leastNonzeroMagnitude, 0), (0x1.ff8p-15, 0x3FF), (0x1p-14, 0x400),
        ] as [(Float, UInt16)])
    func f16Ends(value: Float, bits: UInt16) { #expect(value.f16Bits == bits) }

    @Test(
        "the ends of bfloat16's range",
        arguments: [
            (.greatestFiniteMagnitude, 0x7F80), (Float(bitPattern: 0x7F7F_7FFF), 0x7F7F),
            (Float(bitPattern: 0x7F7F_8000), 0x7F80), (.infinity, 0x7F80), (-.infinity, 0xFF80),
            (.leastNonzeroMagnitude, 0), (Float(bitPattern: 0x8000), 0), (Float(bitPattern: 0x8001), 1),
        ] as [(Float, UInt16)])
    func bf16Ends(value: Float, bits: UInt16) { #expect(value.bf16Bits == bits) }

    @Test("a NaN stays a NaN even when its payload lies in the bits that are cut")
    func nanStays() {
        for payload: UInt32 in [1, 0x1FFF, 0x2000, 0xFFFF, 0x7F_FFFF] {
            for sign: UInt32 in [0, 0x8000_0000] {
                let nan = Float(bitPattern: 0x7F80_0000 | sign | payload)
                #expect(Float(f16Bits: nan.f16Bits).isNaN)
                #expect(Float(bf16Bits: nan.bf16Bits).isNaN)
            }
        }
    }

    #if !(os(macOS) && arch(x86_64))
        @Test("rounding agrees with Swift's own Float16 on a spread of fp32 patterns")
        func agreesWithFloat16() {
            for bits in stride(from: UInt32(0), to: .max, by: 65_521) {
                let value = Float(bitPattern: bits)
                if !value.isNaN { #expect(value.f16Bits == Float16(value).bitPattern) }
            }
        }
    #endif
}
