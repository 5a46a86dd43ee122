import EmbqCore
import EmbqRuntime
import EmbqTestSupport
import Testing

/// PACKED_LINEAR and PACKED_EMBED on matrices that no quantizer makes: ``HandMadeModel/logits(_:)`` compares the runtime
/// with the reference.
@Suite("Packed matrices")
struct PackedTests {
    private static let i8 = ProgramRecord.int8, i32 = ProgramRecord.int32, i64 = ProgramRecord.int64
    /// Bytes of codes and factors: any, and those with the largest sums of either sign.
    static let bytes: [(name: String, weight: ClosedRange<Int>, factor: ClosedRange<Int>)] = [
        ("any", 0...255, 0...255), ("-8 times 15", 0x88...0x88, 0xFF...0xFF), ("7 times 15", 0x77...0x77, 0xFF...0xFF),
        ("factors of 0", 0...255, 0...0),
    ]

    @Test(
        "give the format's sums for rows that do and do not fill their groups, one and two at a time",
        arguments: [1, 15, 16, 17, 31, 90, 4096], [1, 2, 3, 4, 5, 67])
    func linear(inputs: Int, outputs: Int) throws {
        for (seed, range) in Self.bytes.enumerated() {
            var generator = SplitMix64(seed: UInt64(inputs * 100 + outputs * 7 + seed))
            func random(_ count: Int, _ range: ClosedRange<Int>) -> [Int] {
                (0..<count).map { _ in Int.random(in: range, using: &generator) }
            }
            var model = HandMadeModel()
            let groups = outputs * ((inputs + 15) / 16)
            let input = row(&model, random(inputs, -127...127), biases: random(inputs, -127...127))
            let out = model.register(Self.i32, outputs)
            let weight = model.bytes(random(8 * groups, range.weight))
            let factor = model.bytes(random((groups + 1) / 2, range.factor))
            model.add(.packedLinear, [input, out, weight, factor])
            // The mean of all positions shows every row but for its last bit.
            let sums = model.store(Self.i64, outputs, span: 1)
            model.add(.pool, [out, sums, 1])
            model.beginPass(ProgramRecord.once)
            model.add(.pooled, [out, sums, 1])
            model.output(out)
            for ids in [[7], [1, 6], [6, 7, 9], [5, 9, 9, 1, 8]] as [[UInt16]] {
                #expect(try model.logits(ids).count == outputs, "\(range.name)")
            }
        }
    }

    /// int8 `[inputs]`: `clip(weights · v + biases)` for a v in -127 … 127 that the token tells, all 127 for token 9.
    private func row(_ model: inout HandMadeModel, _ weights: [Int], biases: [Int]) -> Int {
        let wide = model.row([0], digits: [5: [1], 6: [-1], 7: [127], 8: [-3], 9: [-127]], factors: factors)
        let (one, inner) = (model.register(Self.i8, 1), model.register(Self.i32, weights.count))
        let out = model.register(Self.i8, weights.count)
        model.add(.rescale, [wide, one, 2, 1])
        model.add(.linear, [one, inner, model.bytes(weights)])
        let multipliers = model.table([Int](repeating: 0x7FFF_FFFF, count: weights.count))
        model.add(.requantize, [inner, out, model.words(biases), multipliers, 31])
        return out
    }

    private var factors: [Int: Int] { Dictionary(uniqueKeysWithValues: (5...9).map { ($0, 1) }) }

    /// A model of one packed token table of `reduced` columns and rows of `width`.
    private func embedding(width: Int, reduced: Int, whole: Int, seed: Int) -> HandMadeModel {
        var generator = SplitMix64(seed: UInt64(seed))
        func random(_ count: Int, _ range: ClosedRange<Int>) -> [Int] {
            (0..<count).map { _ in Int.random(in: range, using: &generator) }
        }
        var model = HandMadeModel()
        let columns = reduced == 0 ? width : reduced
        let (packed, length) = (HandMadeModel.vocabulary - whole, HandMadeModel.length)
        let groups = packed * ((columns + 15) / 16)
        let out = model.register(Self.i32, width)
        let acc = reduced == 0 ? ProgramRecord.none : model.register(Self.i32, width)
        let expanders = [0, 1].map { _ in
            reduced == 0 ? ProgramRecord.none : model.bytes(random(width * columns, -128...127))
        }
        let multipliers = [HandMadeModel.vocabulary, length].map { rows in
            reduced == 0 ? model.words(random(rows, 0...100_000)) : model.table(random(width, 0...100_000))
        }
        let tables = [model.bytes(random(8 * groups, 0...255)), model.bytes(random(length * columns, -127...127))]
        let segments = model.words(random(3 * width, -1000...1000))
        let factor = model.bytes(random((groups + 1) / 2, 0...255))
        model.add(
            .packedEmbed,
            [out, acc, reduced] + tables + expanders + [segments, 3, 1] + multipliers
                + [7, factor, whole, model.bytes(random(whole * columns, -127...127))])
        model.program.passes[0].positions = ProgramRecord.first
        model.output(out)
        return model
    }

    @Test(
        "are token tables of any width, with and without rows of 8 bits", arguments: [1, 4, 15, 16, 17, 90],
        [0, 1, 63, 64])
    func tables(columns: Int, whole: Int) throws {
        for (width, reduced) in [(columns, 0), (max(20, columns / 2), columns)] {
            let model = embedding(width: width, reduced: reduced, whole: whole, seed: columns + whole)
            let answers = try (1..<64).filter { $0 != 4 }.map { try model.logits([UInt16($0)]) }
            #expect(Set(answers).count > 1)
        }
    }

    @Test("have no rows that are longer than the memory they are unpacked into, nor more rows than there are tokens")
    func room() throws {
        #expect(try embedding(width: 2, reduced: 8, whole: 5, seed: 1).logits([40]).count == 2)
        expectRefusal(embedding(width: 2, reduced: 9, whole: 5, seed: 1))
        var model = embedding(width: 2, reduced: 8, whole: 0, seed: 1)
        model.program.passes[0].operations[0].words[14] = 65
        expectRefusal(model)
    }

    private func expectRefusal(_ model: HandMadeModel) {
        #expect(
            performing: { try model.logits([40]) }, throws: { ($0 as? RuntimeError)?.code == .malformed })
    }
}
