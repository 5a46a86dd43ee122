import EmbqCore
import EmbqRuntime
import EmbqTestSupport
import Testing

/// PACKED_LINEAR and PACKED_EMBED on matrices that no quantizer makes: ``HandMadeModel/logits(_:)`` compares the runtime
/// with the reference.
@Suite("Packed matrices")
struct PackedTests {
    private static let i8 = ProgramRecord.int8, i32 = ProgramRecord.int32, i64 = ProgramRecord.int64
    /// Bytes of words: any, and those with the largest sums of either sign.
    static let bytes: [(name: String, weight: ClosedRange<Int>)] = [
        ("any", 0...255), ("the lowest codes", 0...0), ("the highest codes", 255...255),
    ]

    @Test(
        "give the format's sums for rows that do and do not fill their words, one and two at a time",
        arguments: [1, 15, 16, 17, 31, 90, 4096], [1, 2, 3, 4, 5, 67])
    func linear(inputs: Int, outputs: Int) throws {
        for bits in inputs > 100 ? [1 + outputs % 6] : Array(1...6) {
            for (seed, range) in Self.bytes.enumerated() {
                var generator = SplitMix64(seed: UInt64(inputs * 100 + outputs * 7 + seed))
                func random(_ count: Int, _ range: ClosedRange<Int>) -> [Int] {
                    (0..<count).map { _ in Int.random(in: range, using: &generator) }
                }
                var model = HandMadeModel()
                let input = row(&model, random(inputs, -127...127), biases: random(inputs, -127...127))
                let out = model.register(Self.i32, outputs)
                let weight = model.bytes(
                    random(4 * outputs * ProgramRecord.packedWords(inputs, bits: bits), range.weight))
                model.add(.packedLinear, [input, out, weight, bits])
                // The mean of all positions shows every row but for its last bit.
                let sums = model.store(Self.i64, outputs, span: 1)
                model.add(.pool, [out, sums, 1])
                model.beginPass(ProgramRecord.once)
                model.add(.pooled, [out, sums, 1])
                model.output(out)
                for ids in [[7], [1, 6], [6, 7, 9], [5, 9, 9, 1, 8]] as [[UInt16]] {
                    #expect(try model.logits(ids).count == outputs, "\(range.name), \(bits) bits")
                }
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

    /// A class of rows as the file describes it.
    private typealias RowClass = (end: Int, bits: Int)

    /// A model of one packed token table of `reduced` columns and rows of `width`.
    private func embedding(width: Int, reduced: Int, _ classes: [RowClass], shift: Int = 0, seed: Int) -> HandMadeModel
    {
        var generator = SplitMix64(seed: UInt64(seed))
        func random(_ count: Int, _ range: ClosedRange<Int>) -> [Int] {
            (0..<count).map { _ in Int.random(in: range, using: &generator) }
        }
        var model = HandMadeModel()
        let columns = reduced == 0 ? width : reduced
        let length = HandMadeModel.length
        let out = model.register(Self.i32, width)
        let acc = reduced == 0 ? ProgramRecord.none : model.register(Self.i32, width)
        let expanders = [0, 1].map { _ in
            reduced == 0 ? ProgramRecord.none : model.bytes(random(width * columns, -128...127))
        }
        let multipliers = [HandMadeModel.vocabulary, length].map { rows in
            reduced == 0 ? model.words(random(rows, 0...100_000)) : model.table(random(width, 0...100_000))
        }
        // Columns in turn are wider and narrower than their class.
        let shifts = (0..<columns).map { $0 % 2 == 0 ? shift : -shift }
        var (words, first, bytes): ([Int], Int, Int) = ([], 0, 0)
        for (end, bits) in classes {
            words += [end, bits, bytes]
            let width = shifts.reduce(0) { $0 + (bits == 8 ? 8 : min(max(bits + $1, 1), 8)) }
            bytes += (end - first) * ((width + 7) / 8)
            first = end
        }
        let tables = [model.bytes(random(bytes, 0...255)), model.bytes(random(length * columns, -127...127))]
        let segments = model.words(random(3 * width, -1000...1000))
        let packing = [
            model.table(words), classes.count, model.tableBytes(shifts), model.tableBytes(random(254, -127...127)),
        ]
        model.add(
            .packedEmbed, [out, acc, reduced] + tables + expanders + [segments, 3, 1] + multipliers + [7] + packing)
        model.program.passes[0].positions = ProgramRecord.first
        model.output(out)
        return model
    }

    @Test(
        "are token tables of any width, in classes of any number of bits", arguments: [1, 4, 15, 16, 17, 90],
        [[1, 2, 3, 4, 5, 6, 7, 8], [8], [1], [5, 2]])
    func tables(columns: Int, bits: [Int]) throws {
        let classes = bits.enumerated().map { index, bits_ in
            (end: index == bits.count - 1 ? HandMadeModel.vocabulary : 6 + 8 * index, bits: bits_)
        }
        for shift in [0, 2, 7] {
            for (width, reduced) in [(columns, 0), (max(20, columns / 2), columns)] {
                let model = embedding(width: width, reduced: reduced, classes, shift: shift, seed: columns + shift)
                let answers = try (1..<64).filter { $0 != 4 }.map { try model.logits([UInt16($0)]) }
                #expect(Set(answers).count > 1)
            }
        }
    }

    @Test("have no rows that are longer than the memory they are unpacked into")
    func room() throws {
        #expect(try embedding(width: 2, reduced: 8, [(64, 4)], seed: 1).logits([40]).count == 2)
        expectRefusal(embedding(width: 2, reduced: 9, [(64, 4)], seed: 1))
    }

    @Test(
        "have classes one behind the other that are all rows, of 1 to 8 bits",
        arguments: [
            [(63, 4)], [(65, 4)], [(64, 0)], [(64, 9)], [(9, 4), (9, 3), (64, 2)], [(20, 4), (10, 3), (64, 2)], [],
        ] as [[(Int, Int)]])
    func classes(_ classes: [(Int, Int)]) throws {
        expectRefusal(embedding(width: 2, reduced: 8, classes.map { (end: $0.0, bits: $0.1) }, seed: 1))
    }

    private func expectRefusal(_ model: HandMadeModel) {
        #expect(
            performing: { try model.logits([40]) }, throws: { ($0 as? RuntimeError)?.code == .malformed })
    }
}
