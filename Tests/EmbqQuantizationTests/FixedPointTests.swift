import EmbqCore
import EmbqQuantization
import EmbqTestSupport
import Testing

@Suite("Fixed-point factors and int8 matrices")
struct FixedPointTests {
    @Test(
        "a factor is the nearest that its shift can hold, with all 31 bits where the shifts allow them",
        arguments: [1...31, 31...62, 1...62])
    func nearest(shifts: ClosedRange<Int>) {
        var generator = SplitMix64(seed: 5)
        for _ in 0..<5000 {
            let exponent = Int.random(in: -40...(30 - shifts.lowerBound), using: &generator)
            let real = Double(sign: .plus, exponent: exponent, significand: Double.random(in: 1..<2, using: &generator))
            guard let factor = FixedPointFactor(real, shifts: shifts) else {
                Issue.record("\(real) has no factor")
                continue
            }
            #expect(shifts.contains(Int(factor.shift)))
            let step = Double(sign: .plus, exponent: -Int(factor.shift), significand: 1)
            #expect(abs(Double(factor.multiplier) * step - real) <= step / 2)
            #expect(factor.multiplier >= 1 << 30 || factor.shift == shifts.upperBound)
        }
    }

    @Test(
        "a factor that is too large for the smallest shift is none",
        arguments: [
            (1.0, 31...62, false), (1.0.nextDown, 31...62, false), (1 - 0x1p-31, 31...62, true),
            (0x1p30, 1...31, false), (0x1p30 - 0.5, 1...31, true), (0x1p30 - 0.25, 1...31, false),
            (Double.infinity, 1...62, false), (Double.greatestFiniteMagnitude, 1...62, false),
            (Double.leastNonzeroMagnitude, 1...62, true),
        ] as [(Double, ClosedRange<Int>, Bool)])
    func limits(real: Double, shifts: ClosedRange<Int>, exists: Bool) {
        #expect((FixedPointFactor(real, shifts: shifts) != nil) == exists)
    }

    @Test("a matrix row takes the scale of its largest weight, and no weight is off by more than half a step")
    func matrix() {
        var generator = SplitMix64(seed: 6)
        for (outputs, inputs) in [(1, 1), (3, 7), (16, 33)] {
            let weights = (0..<outputs * inputs).map { i in
                Float.random(in: -1...1, using: &generator) * Float(i / inputs + 1)
            }
            let matrix = QuantizedMatrix(weights, outputs: outputs, inputs: inputs)
            for row in 0..<outputs {
                let range = row * inputs..<(row + 1) * inputs
                let largest = weights[range].reduce(0) { max($0, abs($1)) }
                #expect(matrix.scales[row] == Double(largest) / 127)
                #expect(matrix.values[range].map { abs(Int($0)) }.max() == 127)
                for i in range {
                    let off = abs(Double(matrix.values[i]) * matrix.scales[row] - Double(weights[i]))
                    #expect(off <= matrix.scales[row] * (0.5 + 1e-12))
                }
            }
        }
    }

    @Test("a row's scale is never below its floor, and a row of zeros has one too")
    func floor() {
        let matrix = QuantizedMatrix([0, 0, 127, -63.5, 127, 1], outputs: 3, inputs: 2, floor: [0, 0.5, 2])
        #expect(matrix.values == [0, 0, 127, -64, 64, 1])
        #expect(matrix.scales[1...] == [1, 2])
        #expect(matrix.scales[0] > 0)
    }
}
