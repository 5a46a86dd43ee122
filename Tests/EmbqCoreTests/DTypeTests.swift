import EmbqCore
import Testing

@Suite("Types of values")
struct DTypeTests {
    @Test(
        "each safetensors type has its name and size",
        arguments: [
            ("F64", 64), ("F32", 32), ("F16", 16), ("BF16", 16), ("I64", 64), ("I32", 32), ("I16", 16), ("I8", 8),
            ("U64", 64), ("U32", 32), ("U16", 16), ("U8", 8), ("BOOL", 8), ("F8_E4M3", 8), ("F8_E5M2", 8),
            ("F8_E8M0", 8), ("F8_E4M3FNUZ", 8), ("F8_E5M2FNUZ", 8), ("C64", 64), ("F4", 4), ("F6_E2M3", 6),
            ("F6_E3M2", 6),
        ])
    func names(name: String, bits: Int) { #expect(DType(rawValue: name)?.bits == bits) }

    @Test("only F32, F16, BF16 and F64 are read, and all but the last are written")
    func readable() {
        #expect(DType.allCases.filter(\.isReadable) == [.f16, .bf16, .f32, .f64])
        #expect(DType.allCases.filter(\.isWritable) == [.f16, .bf16, .f32])
    }

    @Test("packed values must fill whole bytes, and a size must fit")
    func byteCounts() {
        #expect(DType.f4.byteCount(of: 4) == 2)
        #expect(DType.f4.byteCount(of: 3) == nil)
        #expect(DType.f6E2M3.byteCount(of: 4) == 3)
        #expect(DType.f32.byteCount(of: 0) == 0)
        #expect(DType.f32.byteCount(of: .max) == nil)
    }

    @Test("larger types come first in a file, as the reference implementation orders them")
    func order() {
        #expect(
            DType.allCases.sorted { $0.rank > $1.rank }.prefix(9) == [
                .u64, .i64, .f64, .c64, .f32, .u32, .i32, .bf16, .f16,
            ])
    }
}
