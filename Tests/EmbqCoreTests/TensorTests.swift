import EmbqCore
import EmbqTestSupport
import Testing

@Suite("Tensors")
struct TensorTests {
    @Test(
        "NaNs and infinities are refused with the tensor and the index",
        arguments: [(Float.nan, "NaN"), (.infinity, "inf"), (-.infinity, "-inf"), (.signalingNaN, "NaN")])
    func nonFinite(value: Float, shown: String) throws {
        var tensor = Tensor(shape: [2, 3], values: [1, 2, 3, 4, 5, 6])
        try tensor.requireFinite("w")
        tensor.values[4] = value
        tensor.values[5] = .nan
        let error = failure { () throws(EmbqError) in try tensor.requireFinite("w") }
        #expect(error?.code == .nonFinite)
        #expect(error?.place == "tensor 'w'")
        #expect(error?.problem.hasPrefix("the value at [1, 1] is \(shown), ") == true)
    }

    @Test("the largest and smallest numbers are finite")
    func finite() throws {
        try Tensor(
            shape: [4], values: [.greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, 0]
        )
        .requireFinite("w")
    }

    @Test("a single number has no index")
    func scalar() {
        let error = failure { () throws(EmbqError) in try Tensor(shape: [], values: [.nan]).requireFinite("w") }
        #expect(error?.problem.hasPrefix("the value at [] is NaN") == true)
    }
}
