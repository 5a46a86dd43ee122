import EmbqCore
import EmbqQuantization
import EmbqTestSupport
import Foundation
import Testing

@Suite("Rounding of weights")
struct RoundingTests {
    /// `Fixtures/rounding/make.py` made them, with the paper's own formulas.
    struct Golden: Decodable {
        struct Case: Decodable, CustomTestStringConvertible {
            var rows: Int
            var width: Int
            var step: Float
            var low: Float
            var high: Float
            var weights: [Float]
            var gram: [Float]
            var codes: [Int8]
            var testDescription: String { "\(rows) x \(width), \(low) to \(high)" }
        }

        var cases: [Case]
    }

    static let golden: [Golden.Case] =
        (try? JSONDecoder().decode(Golden.self, from: Data(Fixtures.bytes("rounding/golden.json"))).cases) ?? []

    @Test("has its golden cases") func present() { #expect(Self.golden.count == 10) }

    @Test("with feedback is GPTQ's, code for code", arguments: golden)
    func gptq(golden: Golden.Case) throws {
        let feedback = try #require(ErrorFeedback(golden.gram, width: golden.width))
        let steps = [Float](repeating: golden.step, count: golden.width)
        let codes = (0..<golden.rows).flatMap { row in
            feedback.round(
                golden.weights[row * golden.width..<(row + 1) * golden.width], steps: steps, passes: 0,
                nearest: Self.whole(golden.low, golden.high))
        }
        #expect(codes == golden.codes)
    }

    @Test("loses less the more is done: to the nearest, with feedback, with moves", arguments: golden)
    func order(golden: Golden.Case) throws {
        let feedback = try #require(ErrorFeedback(golden.gram, width: golden.width))
        let steps = [Float](repeating: golden.step, count: golden.width)
        var losses = [0.0, 0.0, 0.0]
        for row in 0..<golden.rows {
            let weights = golden.weights[row * golden.width..<(row + 1) * golden.width]
            let nearest = weights.map {
                Int8(min(max(($0 / golden.step).rounded(), golden.low), golden.high))
            }
            let whole = Self.whole(golden.low, golden.high)
            let rounded = [
                nearest, feedback.round(weights, steps: steps, passes: 0, nearest: whole),
                feedback.round(weights, steps: steps, nearest: whole),
            ]
            for (index, codes) in rounded.enumerated() { losses[index] += Self.loss(weights, codes, golden) }
        }
        #expect(losses[2] <= losses[1] * 1.0001 && losses[2] <= losses[0] * 1.0001, "\(losses)")
    }

    /// The nearest whole number between two.
    private static func whole(_ low: Float, _ high: Float) -> (Int, Float) -> Float {
        { min(max($1.rounded(), low), high) }
    }

    /// eᵀ H e with what damping adds, as the rounding sees it.
    private static func loss(_ weights: ArraySlice<Float>, _ codes: [Int8], _ golden: Golden.Case) -> Double {
        let errors = zip(weights, codes).map { Double($0) - Double($1) * Double(golden.step) }
        let width = golden.width
        let mean = (0..<width).reduce(0.0) { $0 + Double(golden.gram[$1 * width + $1]) } / Double(width)
        var loss = 0.0
        for i in 0..<width {
            loss += errors[i] * errors[i] * mean * 0.01
            for j in 0..<width { loss += errors[i] * errors[j] * Double(golden.gram[i * width + j]) }
        }
        return loss
    }

    @Test("is to the nearest where columns have nothing in common")
    func independent() throws {
        let gram: [Float] = [4, 0, 0, 0, 1, 0, 0, 0, 9]
        let feedback = try #require(ErrorFeedback(gram, width: 3))
        let codes = feedback.round([0.34, -1.26, 7.9][...], steps: [0.5, 0.5, 0.5], nearest: Self.whole(-8, 7))
        #expect(codes == [1, -3, 7])
    }

    @Test("gives 0 where only 0 can be stored")
    func zeroStep() throws {
        let feedback = try #require(ErrorFeedback([1, 0.5, 0.5, 1], width: 2))
        #expect(feedback.round([3, 1][...], steps: [0, 0.5], nearest: Self.whole(-8, 7))[0] == 0)
    }

    @Test(
        "knows moments that say nothing",
        arguments: [[0, 0, 0, 0], [.nan, 0, 0, 1], [.infinity, 0, 0, 1]] as [[Float]])
    func useless(gram: [Float]) { #expect(ErrorFeedback(gram, width: 2) == nil) }

    @Test("of few levels is the better the more is done, and with one more bit", arguments: WeightGrid.packed)
    func levels(bits: Int) throws {
        var generator = SplitMix64(seed: 11)
        let width = 96
        func gaussian() -> Float {
            (0..<12).reduce(Float(-6)) { sum, _ in sum + Float.random(in: 0..<1, using: &generator) }
        }
        let row = (0..<width).map { _ in gaussian() }
        // Columns that have much in common.
        let shared = (0..<8).map { _ in (0..<width).map { _ in gaussian() } }
        var gram = [Float](repeating: 0, count: width * width)
        for i in 0..<width * width {
            gram[i] = shared.reduce(i / width == i % width ? 1 : 0) { $0 + $1[i / width] * $1[i % width] }
        }
        func loss(_ integers: [Int8], _ step: Double) -> Float {
            let errors = zip(row, integers).map { $0 - Float($1) * Float(step) }
            return gram.indices.reduce(0) { $0 + errors[$1 / width] * errors[$1 % width] * gram[$1] }
        }
        func best(_ bits: Int) throws -> Float {
            let grid = WeightGrid(bits: bits)
            let (integers, step) = try #require(ErrorFeedback(gram, width: width)).round(row[...], grid: grid, floor: 0)
            for integer in integers { #expect(grid.nearest(Float(integer)) == Float(integer)) }
            return loss(integers, step)
        }
        let grid = WeightGrid(bits: bits)
        let step = grid.step(for: row[...], importance: [Float](repeating: 1, count: width))
        let plain = loss(row.map { Int8(grid.nearest($0 / Float(step))) }, step)
        #expect(try best(bits) < 0.6 * plain)
        if bits < 6 { #expect(try best(bits + 1) < 0.5 * best(bits)) }
    }

    @Test("of a row of zeros has a step", arguments: WeightGrid.packed)
    func zeros(bits: Int) {
        #expect(WeightGrid(bits: bits).step(for: [0, 0, 0][...], importance: [1, 1, 1]) > 0)
    }

    @Test(
        "takes the nearest integer of the grid, odd ones up to 3 bits",
        arguments: [
            (1, [-9, -0.1, 0, 9], [-1, -1, 1, 1]), (2, [-9, -2.1, -1.9, 0, 1.9, 2], [-3, -3, -1, 1, 1, 3]),
            (3, [-7.5, 6.1, 5.9], [-7, 7, 5]), (4, [-8.6, -0.4, 7.6], [-8, 0, 7]), (6, [-40, 31.4], [-32, 31]),
        ] as [(Int, [Float], [Float])])
    func nearest(bits: Int, values: [Float], integers: [Float]) {
        #expect(values.map { WeightGrid(bits: bits).nearest($0) } == integers)
    }

    @Test("packed integers come back", arguments: WeightGrid.packed)
    func packed(bits: Int) {
        for inputs in [1, 2, 15, 33] {
            var random = SplitMix64(seed: UInt64(bits * 100 + inputs))
            let grid = WeightGrid(bits: bits)
            let values = (0..<3 * inputs).map { _ in
                Int8(grid.nearest(Float(random.index(below: 256)) / 2 - 64))
            }
            let packed = PackedWeights(values, inputs: inputs, bits: bits)
            #expect(PackedWeights.integers(packed.words, inputs: inputs, bits: bits) == values.map { Float($0) })
        }
    }
}
