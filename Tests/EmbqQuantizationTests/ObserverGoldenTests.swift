import EmbqContainers
import EmbqQuantization
import EmbqTestSupport
import Foundation
import Testing

/// What independent implementations make of the same values; `Fixtures/observers/make.py` says which.
struct GoldenRanges: Decodable {
    struct Entropy: Decodable, CustomTestStringConvertible {
        var name: String
        var exponent: Int
        var minimum: Float
        var maximum: Float
        var counts: [Int]
        var symmetric: Double
        var affine: [Double]
        var testDescription: String { name }
    }

    struct Average: Decodable, CustomTestStringConvertible {
        var name: String
        var sentences: [[Float]]
        var range: [Double]
        var testDescription: String { name }
    }

    var entropy: [Entropy]
    var average: [Average]

    enum CodingKeys: String, CodingKey {
        case entropy
        case average = "moving_average"
    }

    static func load() throws -> GoldenRanges {
        try JSONDecoder().decode(GoldenRanges.self, from: Data(Fixtures.bytes("observers/golden.json")))
    }
}

@Suite("Ranges as others choose them")
struct ObserverGoldenTests {
    /// onnxruntime averages in fp32.
    static let averageTolerance = 1e-6

    /// A histogram with given counts, by way of a profile's record.
    private static func histogram(_ golden: GoldenRanges.Entropy) throws -> ActivationHistogram {
        var counts = [UInt64](repeating: 0, count: ActivationHistogram.bins)
        for index in stride(from: 0, to: golden.counts.count, by: 2) {
            counts[golden.counts[index]] = UInt64(golden.counts[index + 1])
        }
        let digest = String(repeating: "0", count: 64)
        let record = ProfileRecord(
            family: "none", modelSHA256: digest, dataSHA256: digest, sentences: 1, tokens: 1, observer: "entropy",
            points: [
                PointRecord(
                    name: "point", minimum: golden.minimum, maximum: golden.maximum,
                    histogram: HistogramRecord(exponent: golden.exponent, counts: counts))
            ])
        return try #require(CalibrationProfile(record).points.first).histogram
    }

    @Test("entropy is that of TensorRT's algorithm in numpy and SciPy", arguments: try GoldenRanges.load().entropy)
    func entropy(golden: GoldenRanges.Entropy) throws {
        let histogram = try Self.histogram(golden)
        let observer = try #require(Observers.named("entropy"))
        let symmetric = observer.range(histogram, levels: 255, symmetric: true)
        #expect(symmetric == -golden.symmetric...golden.symmetric)
        let affine = observer.range(histogram, levels: 255, symmetric: false)
        #expect(affine == golden.affine[0]...golden.affine[1])
    }

    @Test("moving-average is that of onnxruntime's MinMaxCalibrater", arguments: try GoldenRanges.load().average)
    func average(golden: GoldenRanges.Average) throws {
        var histogram = ActivationHistogram()
        for sentence in golden.sentences { histogram.add(sentence, sentences: [0..<sentence.count]) }
        let observer = try #require(Observers.named("moving-average"))
        let range = observer.range(histogram, levels: 255, symmetric: false)
        let scale = max(abs(golden.range[0]), abs(golden.range[1]))
        #expect(abs(range.lowerBound - golden.range[0]) <= Self.averageTolerance * scale)
        #expect(abs(range.upperBound - golden.range[1]) <= Self.averageTolerance * scale)
        let symmetric = observer.range(histogram, levels: 255, symmetric: true)
        #expect(symmetric.upperBound == max(abs(range.lowerBound), abs(range.upperBound)))
    }

    @Test("every observer stays inside what was seen", arguments: try GoldenRanges.load().entropy)
    func inside(golden: GoldenRanges.Entropy) throws {
        let histogram = try Self.histogram(golden)
        let reach = Double(max(abs(golden.minimum), abs(golden.maximum)))
        for observer in Observers.all {
            let affine = observer.range(histogram, levels: 255, symmetric: false)
            #expect(affine.lowerBound >= Double(golden.minimum) && affine.upperBound <= Double(golden.maximum))
            #expect(observer.range(histogram, levels: 255, symmetric: true).upperBound <= reach)
        }
    }
}
