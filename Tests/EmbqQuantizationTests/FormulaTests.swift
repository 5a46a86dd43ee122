import EmbqCore
import EmbqQuantization
import EmbqTestSupport
import Foundation
import Testing

/// Each operation alone, against its formula in Double, within the error that its roundings can make.
@Suite("Operations are their formulas")
struct FormulaTests {
    private static let i8 = ProgramRecord.int8, i16 = ProgramRecord.int16, i32 = ProgramRecord.int32

    /// Random numbers of either sign up to a magnitude.
    private static func numbers(_ count: Int, _ magnitude: Int, seed: UInt64) -> [Int] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { _ in Int.random(in: -magnitude...magnitude, using: &generator) }
    }

    private static func factor(_ real: Double, shifts: ClosedRange<Int>) throws -> [Int] {
        let factor = try #require(FixedPointFactor(real, shifts: shifts))
        return [Int(factor.multiplier), Int(factor.shift)]
    }

    /// The largest |Δ| between logits and numbers.
    private static func difference(_ logits: [Int32], _ expected: [Double]) -> Double {
        guard logits.count == expected.count else { return .infinity }
        return zip(logits, expected).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
    }

    // MARK: Rows of one position

    @Test(
        "NORM: x / √(mean(x²) + ε), less the mean before where there is one: half a step and what 2^-25 of a mean is",
        arguments: [1, 2, 17, 128, 300], [false, true])
    func norm(width: Int, isCentred: Bool) throws {
        for (round, magnitude) in [1 << 12, 1 << 20, 1 << 25].enumerated() {
            for (type, limit) in [(Self.i8, 127.0), (Self.i16, 32_767.0)] {
                var model = HandMadeModel()
                let x = Self.numbers(width, magnitude, seed: UInt64(100 * width + round))
                let input = model.row(x)
                let out = model.register(type, width)
                let step = Double(width).squareRoot() / limit
                let epsilon = 1_000_003
                let shift = 24 + (Int.bitWidth - 1 - width.leadingZeroBitCount)
                let centre =
                    isCentred
                    ? [model.register(Self.i32, width), Int((Double(1 << shift) / Double(width)).rounded()), shift]
                    : [ProgramRecord.none, 0, 0]
                let words =
                    [input, out] + centre + [epsilon, 0]
                    + (try Self.factor(Double(width).squareRoot() / step, shifts: 1...31))
                model.add(.norm, words)
                model.program.passes[0].positions = ProgramRecord.first
                model.output(out)
                let mean = isCentred ? Double(x.reduce(0, +)) / Double(width) : 0
                let centred = x.map { Double($0) - mean }
                let root = (centred.reduce(0) { $0 + $1 * $1 } + Double(epsilon)).squareRoot()
                let expected = centred.map { $0 * limit / root }
                // The mean is rounded to a number, and 1 / D to 25 bits.
                let error = isCentred ? (0.5 + abs(mean) * 0x1p-24) * limit / root * 2 : 0
                let bound = 0.5 + 1e-3 + error
                #expect(Self.difference(try model.logits([2]), expected) <= bound, "\(magnitude), type \(type)")
            }
        }
    }

    @Test("CURVE: the function, but for the index's step, the line between two entries and two roundings")
    func curve() throws {
        let functions: [(name: String, slope: Double, bend: Double, value: (Double) -> Double)] = [
            ("silu", 1.1, 0.5, { $0 / (1 + exp(-$0)) }), ("softplus", 1, 0.25, { log1p(exp($0)) }),
            ("tanh", 1, 0.78, { tanh($0) }),
        ]
        for (name, slope, bend, function) in functions {
            for (type, limit) in [(Self.i16, 32_767.0), (Self.i32, Double(1 << 25))] {
                let (bits, fraction, reach, width) = (8, 8, 8.0, 500)
                let (step, spacing) = (2 * reach / 65_536, 2 * reach / 256)
                let entries = (0...1 << bits).map { function(-reach + Double($0) * spacing) }
                let scale = entries.reduce(0) { max($0, abs($1)) } / limit
                var model = HandMadeModel()
                // From beyond one end to beyond the other.
                let unit = 1e-6
                let x = (0..<width).map { Int((-8.5 + 17 * Double($0) / Double(width - 1)) / unit) }
                let input = model.row(x)
                let out = model.register(type, width)
                let factor = try Self.factor(unit / step, shifts: 1...62)
                let words = [
                    input, out, model.words(.init(repeating: 0, count: width)),
                    model.table(.init(repeating: factor[0], count: width)), factor[1], 1 << 15,
                    model.table(entries.map { Int(($0 / scale).rounded()) }), bits, fraction,
                ]
                model.add(.curve, words)
                model.program.passes[0].positions = ProgramRecord.first
                model.output(out)
                let expected = x.map { function(min(max(Double($0) * unit, -reach), reach - step)) / scale }
                let bound = 1 + (step / 2 * slope + spacing * spacing / 8 * bend) / scale + 1e-3
                #expect(Self.difference(try model.logits([2]), expected) <= bound, "\(name), type \(type)")
            }
        }
    }

    @Test("GATE: a product in half a step, clipped", arguments: [i8, i16])
    func gate(type: Int) throws {
        let (width, limit) = (400, type == Self.i8 ? 127.0 : 32_767.0)
        for (round, magnitude) in [1000, 1 << 20, (1 << 26) - 1].enumerated() {
            var model = HandMadeModel()
            let a = Self.numbers(width, magnitude, seed: UInt64(round))
            let b = Self.numbers(width, 32_767, seed: UInt64(round + 10))
            let (first, wide) = (model.row(a), model.row(b))
            let second = model.short(wide)
            let out = model.register(type, width)
            // A fifth of the products pass the ends.
            let real = 2 * limit / (Double(magnitude) * 32_767)
            var shift = 0
            while real * Double(sign: .plus, exponent: shift + 1, significand: 1) < Double(1 << 20) - 1 { shift += 1 }
            let multiplier = Int((real * Double(sign: .plus, exponent: shift, significand: 1)).rounded(.down))
            model.add(.gate, [first, second, out, multiplier, shift])
            model.program.passes[0].positions = ProgramRecord.first
            model.output(out)
            let exact = Double(multiplier) / Double(sign: .plus, exponent: shift, significand: 1)
            let expected = zip(a, b).map { min(max(Double($0) * Double($1) * exact, -limit), limit) }
            let logits = try model.logits([2])
            #expect(Self.difference(logits, expected) <= 0.5 + 1e-6, "\(magnitude)")
            #expect(logits.contains(Int32(limit)) && logits.contains(Int32(-limit)))
        }
    }

    @Test("UNIT: a row of length 1 in steps of 2^-16, zeros stay zeros", arguments: [1, 3, 128, 384])
    func unit(width: Int) throws {
        for magnitude in [0, 1, 50, 1 << 16, (1 << 26) - 1] {
            var model = HandMadeModel()
            var x = Self.numbers(width, magnitude, seed: UInt64(width))
            if magnitude > 0 { x[0] = magnitude }
            let input = model.row(x)
            model.program.outputs = width
            model.add(.unit, [input])
            model.program.passes[0].positions = ProgramRecord.first
            let length = x.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            // An even sum of squares counts one more.
            let error = length > 0 ? 65_536 / (2 * length * length) : 0
            let expected = x.map { length > 0 ? 65_536 * Double($0) / length : 0 }
            #expect(Self.difference(try model.logits([2]), expected) <= 0.5 + 1e-3 + error, "\(magnitude)")
        }
    }

    // MARK: Rows of all positions

    @Test("POOL, POOLED: the mean, or the root of the mean square, of all tokens", arguments: [1, 2])
    func pool(kind: Int) throws {
        let width = 40
        for (round, factor) in [1, 4000, 300_000].enumerated() {
            var model = HandMadeModel()
            let digits = Dictionary(
                uniqueKeysWithValues: (5..<64).map { ($0, Self.numbers(width, 127, seed: UInt64($0 + 100 * round))) })
            let constant = Self.numbers(width, 100 * factor / 3, seed: 3)
            let input = model.row(
                constant, digits: digits, factors: Dictionary(uniqueKeysWithValues: (5..<64).map { ($0, factor) }))
            let sums = model.store(ProgramRecord.int64, width, span: 1)
            model.add(.pool, [input, sums, kind])
            model.beginPass(ProgramRecord.once)
            let out = model.register(Self.i32, width)
            model.add(.pooled, [out, sums, kind])
            model.output(out)
            for tokens in [1, 2, 3, 7, 16, 23, 24] {
                let ids = (0..<tokens).map { 5 + ($0 * 7 + round) % 59 }
                let expected = (0..<width).map { d in
                    let values = ids.map { Double((digits[$0]?[d] ?? 0) * factor + constant[d]) }
                    let sum = values.reduce(0) { $0 + (kind == 1 ? $1 : $1 * $1) } / Double(tokens)
                    return kind == 1 ? sum : sum.squareRoot()
                }
                // One over the tokens has 23 bits; the root of a sum loses less than one.
                let largest = expected.reduce(0) { max($0, abs($1)) }
                let bound = 0.5 + (kind == 1 ? largest * 0x1p-22 : 1 + largest * 0x1p-28)
                #expect(
                    Self.difference(try model.logits(ids.map { UInt16($0) }), expected) <= bound, "\(tokens) tokens")
            }
        }
    }

    @Test("SCAN: the recurrence of its numbers, within 10^-5 of the largest answer and the last step's rounding")
    func scan() throws {
        let (width, states) = (24, 16)
        var model = HandMadeModel()
        let tokens = Array(5..<64) + [HandMadeModel.mask]
        func digits(_ width: Int, _ range: ClosedRange<Int>, seed: UInt64) -> [Int: [Int]] {
            var generator = SplitMix64(seed: seed)
            return Dictionary(
                uniqueKeysWithValues: tokens.map { id in
                    (id, (0..<width).map { _ in Int.random(in: range, using: &generator) })
                })
        }
        let parts = [
            (digits(width, -127...127, seed: 1), 256), (digits(width, 0...127, seed: 2), 200_000),
            (digits(states, -127...127, seed: 3), 250), (digits(states, -127...127, seed: 4), 255),
        ]
        let rows = parts.enumerated().map { index, part in
            model.row(
                .init(repeating: 0, count: index < 2 ? width : states), digits: part.0,
                factors: Dictionary(uniqueKeysWithValues: tokens.map { ($0, part.1) }))
        }
        let input = model.short(rows[0])
        let state = model.store(Self.i32, width * states, span: 1)
        let rates = Self.numbers(width * states, 1 << 30, seed: 5).map { abs($0) }
        let skip = Self.numbers(width, 1 << 30, seed: 6)
        let out = model.register(Self.i32, width)
        // A step of 2^24 and a rate of 2^30 halve a state; a state of 2^24 is usual.
        let (rateShift, inputShift, write, writeShift, read, readShift, skipShift) = (
            30, 15, 1 << 19, 34, 1 << 19, 31, 26
        )
        let words = [
            input, rows[1], rows[2], rows[3], out, state, model.words(rates), rateShift, inputShift, write, writeShift,
            read, readShift, model.words(skip), skipShift,
        ]
        model.add(.scan, words)
        let short = model.register(Self.i16, width)
        let narrowing = 0x1p-6
        model.add(.rescale, [out, short, 1 << 24, 30])
        let kept = model.store(Self.i16, width)
        model.add(.store, [short, kept])
        model.beginPass(ProgramRecord.atMask)
        let loaded = model.register(Self.i16, width)
        model.add(.load, [loaded, kept])
        model.output(loaded)

        func value(_ part: Int, _ id: Int, _ d: Int) -> Double {
            Double((parts[part].0[id]?[d] ?? 0) * parts[part].1)
        }
        for length in 1...24 {
            let ids = (0..<length).map { $0 == length - 1 ? HandMadeModel.mask : 5 + ($0 * 11) % 59 }
            var h = [Double](repeating: 0, count: width * states)
            var y = [Double](repeating: 0, count: width)
            for id in ids {
                for e in 0..<width {
                    let (x, step) = (value(0, id, e), value(1, id, e))
                    var sum = 0.0
                    for n in 0..<states {
                        let decay = exp2(-step * Double(rates[e * states + n]) * pow(2, Double(-rateShift - 24)))
                        let added = step * x / 32_768 * value(2, id, n) * Double(write) * pow(2, Double(-writeShift))
                        h[e * states + n] = decay * h[e * states + n] + added
                        sum += h[e * states + n] * value(3, id, n)
                    }
                    y[e] =
                        sum / 4096 * Double(read) * pow(2, Double(-readShift))
                        + x * Double(skip[e]) * pow(2, Double(-skipShift))
                }
            }
            let largest = y.reduce(0) { max($0, abs($1)) } * narrowing
            #expect(largest < 32_767 && largest > 100)
            let logits = try model.logits(ids.map { UInt16($0) })
            #expect(Self.difference(logits, y.map { $0 * narrowing }) <= 0.55 + largest * 1e-5, "\(length) tokens")
        }
    }

    // MARK: Arithmetic

    @Test("2^-x in 30 bits is within 4.4 of its steps for a million x, and never more than 1")
    func finePowers() {
        var worst = 0.0
        for index in 0..<1 << 20 {
            // All fractions coarsely, then many whole parts.
            let exponent = index < 1 << 19 ? index << 5 | index % 32 : (index - (1 << 19)) * 1000
            let power = ReferenceArithmetic.finePowerOfTwo(exponent)
            worst = max(worst, abs(Double(power) - exp2(30 - Double(exponent) * 0x1p-24)))
            if power > 1 << 30 || power < 0 { worst = .infinity }
        }
        #expect(worst <= 4.4)
        #expect(ReferenceArithmetic.finePowerOfTwo(0) == 1 << 30)
    }

    @Test("2^-x in 15 bits is within 1.28 of its steps, and quotients and roots within 2^-28 of themselves")
    func factors() {
        let worst = (0..<17 << 16).reduce(0.0) { worst, exponent in
            let power = Double(ReferenceArithmetic.powerOfTwo(exponent))
            return max(worst, abs(power - exp2(15 - Double(exponent) / 65_536)))
        }
        #expect(worst <= 1.28)
        var generator = SplitMix64(seed: 8)
        for _ in 0..<20_000 {
            let bits = UInt64.random(in: 1...61, using: &generator)
            let value = UInt64.random(in: 1...(1 << bits), using: &generator)
            let shift = Int.random(in: 1...31, using: &generator)
            let multiplier = Int.random(in: 1 << 30..<1 << 31, using: &generator)
            let root = ReferenceArithmetic.dividedByRoot(multiplier, shift, value)
            let expected = Double(multiplier) * exp2(-Double(shift)) / Double(value).squareRoot()
            #expect(abs(Double(root.multiplier) * exp2(-Double(root.shift)) / expected - 1) <= 0x1p-28)
            let small = Int(value & 0xFFFF_FFFF | 1)
            let quotient = ReferenceArithmetic.divided(multiplier, shift, small)
            let ratio = Double(multiplier) * exp2(-Double(shift)) / Double(small)
            #expect(abs(Double(quotient.multiplier) * exp2(-Double(quotient.shift)) / ratio - 1) <= 0x1p-28)
        }
    }
}
