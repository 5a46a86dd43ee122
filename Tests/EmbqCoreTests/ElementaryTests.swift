import CEmbqElementary
import EmbqCore
import Testing

@Suite("Elementary functions")
struct ElementaryTests {
    private static let functions: [String: @Sendable (Double) -> Double] = [
        "exp": { Elementary.exp($0) }, "log": { Elementary.log($0) }, "log10": { Elementary.log10($0) },
        "log1p": { Elementary.log1p($0) }, "tanh": { Elementary.tanh($0) }, "erf": { Elementary.erf($0) },
    ]

    /// Exact values, rounded, from 60 digits. Tests/processors compares thousands.
    @Test(
        "A result is within two units in the last place of the exact value",
        arguments: [
            ("exp", 1.0, 0x1.5bf0a8b145769p+1),
            ("exp", -0x1.0000000000000p-1, 0x1.368b2fc6f960ap-1),
            ("exp", 0x1.5e20000000000p+9, 0x1.2fd8e4cbfa413p+1010),
            ("exp", -0x1.5e20000000000p+9, 0x1.af5fe9a485c8ep-1011),
            ("log", 10.0, 0x1.26bb1bbb55516p+1),
            ("log", 0x1.3333333333333p-2, -0x1.34378fcbda721p+0),
            ("log", 0x1.000001ad7f29bp+0, 0x1.ad7f2847b6492p-24),
            ("log10", 1000.0, 0x1.8000000000000p+1),
            ("log10", 0x1.cac083126e979p-8, -0x1.13d3d3d21ccf0p+1),
            ("log10", 2.0, 0x1.34413509f79ffp-2),
            ("log1p", 0x1.12e0be826d695p-30, 0x1.12e0be801f1d9p-30),
            ("log1p", 0x1.8000000000000p-1, 0x1.1e85f5e7040d0p-1),
            ("log1p", -0x1.ff7ced916872bp-1, -0x1.ba18a998fff9fp+2),
            ("tanh", 0x1.0000000000000p-1, 0x1.d9353d7568af3p-2),
            ("tanh", -2.0, -0x1.ed9505e1bc3d4p-1),
            ("erf", 0x1.0000000000000p-4, 0x1.207d480e90658p-4),
            ("erf", -0x1.6666666666666p-1, -0x1.5b08c21171646p-1),
            ("erf", 0x1.4000000000000p+1, 0x1.ffcaa8f4c9beap-1),
        ])
    func exact(name: String, x: Double, expected: Double) throws {
        let function = try #require(Self.functions[name])
        let found = function(x)
        #expect(abs(found - expected) <= 2 * expected.ulp)
    }

    @Test("Powers of ten that a double holds are exact, and so are their logarithms", arguments: -5...22)
    func powers(exponent: Int) throws {
        let power = try #require(Double("1e\(exponent)"))
        #expect(Elementary.pow(10, Double(exponent)) == power)
        #expect(Elementary.log10(power) == Double(exponent))
    }

    @Test("Arguments without a finite result give infinities, zeros and NaN")
    func limits() {
        #expect(Elementary.exp(710.0) == .infinity && Elementary.exp(-746.0) == 0)
        #expect(Elementary.exp(Float(89)) == .infinity && Elementary.exp(-Float.infinity) == 0)
        #expect(Elementary.log(0.0) == -.infinity && Elementary.log(Double.infinity) == .infinity)
        #expect(Elementary.log(-1.0).isNaN && Elementary.log1p(-2.0).isNaN && Elementary.exp(Double.nan).isNaN)
        #expect(Elementary.log1p(-1.0) == -.infinity && Elementary.log1p(Float(-1)) == -.infinity)
        #expect(Elementary.tanh(Double.infinity) == 1 && Elementary.erf(-Double.infinity) == -1)
        #expect(Elementary.pow(0, 0.5) == 0 && Elementary.pow(0, -1) == .infinity && Elementary.pow(-1, 2).isNaN)
        #expect(Elementary.pow(0, 0) == 1 && Elementary.pow(3, 5000) == .infinity && Elementary.pow(3, -5000) == 0)
    }

    @Test("Every level of vectors gives the bits of the scalar function", arguments: 0...embq_elementary_level())
    func rows(level: Int32) {
        for count in [0, 1, 7, 16, 67] {
            let values = (0..<count).map { Float($0 * $0 % 211) * 1.37 - 110 } + [.nan, .infinity, -.infinity]
            var found = [2] + values + [3]
            Elementary.exponentiate(&found, 1..<values.count + 1, level: level)
            let expected = [2] + values.map { Elementary.exp($0) } + [3]
            #expect(zip(found, expected).allSatisfy { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN })
        }
    }
}
