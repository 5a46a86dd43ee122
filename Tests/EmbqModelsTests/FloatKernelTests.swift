import CEmbqFloatKernels
import EmbqCore
import EmbqTestSupport
import Testing

@Suite("The fp32 product")
struct FloatKernelTests {
    /// The sum that cfloatkernels.h promises, a number at a time.
    private func plain(_ x: [Float], rows: Int, inputs: Int, outputs: Int, panels: [Float], bias: [Float]) -> [Float] {
        let lanes = Int(EMBQ_FLOAT_LANES)
        return (0..<rows * outputs).map { index in
            let (row, output) = (index / outputs, index % outputs)
            let (panel, lane) = (output / lanes, output % lanes)
            var sum = bias[output]
            for i in 0..<inputs { sum += x[row * inputs + i] * panels[(panel * inputs + i) * lanes + lane] }
            return sum
        }
    }

    @Test(
        "has the same bits at every level of instructions, and writes nothing beyond its outputs",
        arguments: [1, 2, 3, 7, 8, 9, 17, 24], [(1, 1), (3, 15), (16, 16), (5, 17), (128, 40)])
    func levels(rows: Int, shape: (inputs: Int, outputs: Int)) {
        let (inputs, outputs) = shape
        let lanes = Int(EMBQ_FLOAT_LANES)
        let padded = (outputs + lanes - 1) / lanes * lanes
        var generator = SplitMix64(seed: UInt64(rows * 1000 + outputs))
        // Of many magnitudes, so that an order of sums or a rounding that differs shows.
        func randoms(_ count: Int) -> [Float] {
            (0..<count).map { _ in
                Float.random(in: -1...1, using: &generator) * Float.random(in: 0.001...1000, using: &generator)
            }
        }
        let (x, panels, bias) = (randoms(rows * inputs), randoms(padded * inputs), randoms(padded))
        let expected = plain(x, rows: rows, inputs: inputs, outputs: outputs, panels: panels, bias: bias)
        for level in 0...embq_float_level() {
            var y = [Float](repeating: 99, count: rows * outputs + 16)
            unsafe embq_float_linear(level, x, rows, inputs, panels, bias, outputs, &y)
            #expect(y[..<expected.count].map(\.bitPattern) == expected.map(\.bitPattern), "level \(level)")
            #expect(y[expected.count...].allSatisfy { $0 == 99 }, "level \(level)")
        }
    }
}
