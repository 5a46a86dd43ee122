import EmbqQuantization
import Testing

@Suite("A vector of 16 bits")
struct StoredVectorTests {
    @Test(
        "is within a 2^15th of its largest number",
        arguments: [
            [0], [1, -1, 5], [32_767, -32_767], [32_768, -32_768, 3], [65_535, 1], [1 << 30, -(1 << 30), 77],
            [Int32.max, -Int32.max, 12_345], [Int32.max - 32_767, 0],
        ] as [[Int32]])
    func precision(values: [Int32]) {
        let vector = StoredVector(values, isNarrow: true)
        #expect((1...17).contains(vector.form))
        let largest = values.reduce(0) { max($0, Int64($1.magnitude)) }
        for (value, number) in zip(values, vector.numbers) {
            #expect(abs(number) <= 32_767)
            let widened = Int64(number) << Int64(vector.form - 1)
            #expect(abs(widened - Int64(value)) <= largest >> 15 + 1 && widened.magnitude <= Int64(Int32.max))
        }
    }

    @Test("that stays at 32 bits has the numbers themselves")
    func wide() {
        let vector = StoredVector([Int32.max, -7], isNarrow: false)
        #expect(vector.form == 0 && vector.numbers == [Int32.max, -7])
    }
}
