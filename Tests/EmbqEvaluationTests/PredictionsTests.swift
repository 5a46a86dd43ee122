import EmbqCore
import EmbqEvaluation
import EmbqTestSupport
import FoundationEssentials
import Testing

struct PredictionsTests {
    static let letters = Predictions.Kind.classes(["A", "B", "C"])

    @Test("the label is that of the largest logit, the first of equals")
    func argmax() throws {
        let predictions = try Predictions(Self.letters, rows: [[0, 2, 1], [3, 3, -1], [-2, -1, -1]])
        #expect(predictions.classIDs == [1, 0, 1])
        #expect((0..<3).map(predictions.label) == ["B", "A", "B"])
        #expect((0..<3).map(predictions.margin) == [1, 0, 0])
    }

    @Test("the checksum is that of the lines of labels")
    func checksum() throws {
        // printf 'B\nA\n' | sha256sum
        let predictions = try Predictions(Self.letters, logits: [0, 2, 1, 3, 3, -1])
        #expect(predictions.sha256 == "8142c36faec58713fe4a9867c5d7b3157e9f3c231f31416ce2dfe5c6dcc7b66d")
        // printf '2.500000\n-0.000001\n' | sha256sum
        let numbers = try Predictions(.regression, logits: [2.5, -1e-6])
        #expect(numbers.sha256 == "957e04cefc98e2a9b25515fa2d460e3913277aca75cb605e956d7ff5c1b20752")
        #expect(numbers.width == 1 && numbers.margin(ofRow: 0) == nil)
    }

    @Test(
        "six decimals are rounded exactly, as C does",
        arguments: [
            (Float(0), "0.000000"), (-0.0, "-0.000000"), (1, "1.000000"), (-2.5, "-2.500000"), (0.1, "0.100000"),
            (4.999999523, "5.000000"), (3.9999995, "4.000000"), (1e-6, "0.000001"), (4e-7, "0.000000"),
            // 2^-7 is 0.0078125 exactly: the seventh decimal is a tie and goes to the even digit, 2^-7·3 likewise.
            (0.0078125, "0.007812"), (0.0234375, "0.023438"), (16_777_216, "16777216.000000"),
            (123_456.789, "123456.789062"), (.leastNonzeroMagnitude, "0.000000"),
            (.greatestFiniteMagnitude, "340282346638528859811704183484516925440.000000"),
            (.nan, "nan"), (-.infinity, "-inf"),
        ])
    func sixDecimals(value: Float, text: String) {
        #expect(value.sixDecimals == text)
    }

    @Test(
        "logits that cannot be are refused",
        arguments: [
            (letters, [[1, 2]], EmbqError.Code.mismatch, "row 1: the model answers 2 logits; 3 are expected"),
            (letters, [[1, 2, 3], [1, .nan, 3]], .nonFinite, "row 2: the model answers nan as logit 1"),
            (.regression, [[.infinity]], .nonFinite, "row 1: the model answers inf as logit 0"),
            (.classes([]), [], .malformed, "there are no labels"),
            (.classes(["a\tb"]), [[1]], .malformed, "the label 'a\\u{9}b' holds a tab or a line break"),
            (.classes(Array(repeating: "x", count: 4097)), [], .limitExceeded, "the model has 4097 labels"),
        ] as [(Predictions.Kind, [[Float]], EmbqError.Code, String)])
    func refusal(kind: Predictions.Kind, rows: [[Float]], code: EmbqError.Code, message: String) {
        let error = #expect(throws: EmbqError.self) { try Predictions(kind, rows: rows) }
        #expect(error?.code == code)
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test("logits in one list have to fill whole rows")
    func flat() {
        let error = #expect(throws: EmbqError.self) { try Predictions(Self.letters, logits: [1, 2, 3, 4]) }
        #expect(error?.problem == "4 logits do not fill rows of 3")
    }
}
