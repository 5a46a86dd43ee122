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
                golden.weights[row * golden.width..<(row + 1) * golden.width], steps: steps,
                codes: golden.low...golden.high, passes: 0)
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
            let limits = golden.low...golden.high
            let rounded = [
                nearest, feedback.round(weights, steps: steps, codes: limits, passes: 0),
                feedback.round(weights, steps: steps, codes: limits),
            ]
            for (index, codes) in rounded.enumerated() { losses[index] += Self.loss(weights, codes, golden) }
        }
        #expect(losses[2] <= losses[1] * 1.0001 && losses[2] <= losses[0] * 1.0001, "\(losses)")
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
        let codes = feedback.round([0.34, -1.26, 7.9][...], steps: [0.5, 0.5, 0.5], codes: -8...7)
        #expect(codes == [1, -3, 7])
    }

    @Test("gives 0 where only 0 can be stored")
    func zeroStep() throws {
        let feedback = try #require(ErrorFeedback([1, 0.5, 0.5, 1], width: 2))
        #expect(feedback.round([3, 1][...], steps: [0, 0.5], codes: -8...7)[0] == 0)
    }

    @Test(
        "knows moments that say nothing",
        arguments: [[0, 0, 0, 0], [.nan, 0, 0, 1], [.infinity, 0, 0, 1]] as [[Float]])
    func useless(gram: [Float]) { #expect(ErrorFeedback(gram, width: 2) == nil) }

    @Test("in groups finds scales that hold every weight within half a step of the largest factor")
    func groups() {
        var generator = SplitMix64(seed: 5)
        for inputs in [1, 15, 16, 17, 90] {
            let row = (0..<inputs).map { _ in Float.random(in: -2...2, using: &generator) }
            let scales = GroupScales(row[...], importance: [Float](repeating: 1, count: inputs))
            #expect(scales.factors.count == (inputs + 15) / 16 && scales.factors.allSatisfy { $0 <= 15 })
            for (index, weight) in row.enumerated() {
                let step = Float(scales.scale) * Float(scales.factors[index / 16])
                let nearest = min(max((weight / step).rounded(), -8), 7) * step
                // What is cut off lies within a step and a half of the ends.
                #expect(abs(weight - nearest) <= step * 2, "\(inputs) inputs, \(weight) in steps of \(step)")
            }
        }
    }

    @Test("in groups gives a row of zeros factors of 0") func zeros() {
        let scales = GroupScales([0, 0, 0][...], importance: [1, 1, 1])
        #expect(scales.factors == [0] && scales.scale > 0 && scales.error == 0)
    }
}
