import EmbqCore
import EmbqTestSupport
import Testing

/// Operations whose last bits a whole model rounds away, seen to the last bit: ``HandMadeModel/logits(_:)`` compares
/// the runtime with the reference.
@Suite("The last bit of")
struct LastBitTests {
    private static let i16 = ProgramRecord.int16, i32 = ProgramRecord.int32

    @Test("SCAN is the format's, for random numbers of every size", arguments: 0..<40)
    func scan(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed))
        func random(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
        func randoms(_ count: Int, _ range: ClosedRange<Int>) -> [Int] { (0..<count).map { _ in random(range) } }
        let (width, states) = (random(1...20), random(1...9))
        var model = HandMadeModel()
        let bits = [random(4...15), random(10...26), random(4...17), random(4...17)]
        let rates = randoms(width * states, 0...(1 << random(20...31)) - 1)
        let skip = randoms(width, -0x7FFF_FFFF...0x7FFF_FFFF)
        let constants = (0..<4).map { part in
            randoms(part < 2 ? width : states, (part == 1 ? -10 : -(1 << bits[part]) + 1)...(1 << bits[part]) - 1)
        }
        let digits = (0..<4).map { part in
            Dictionary(uniqueKeysWithValues: (5..<64).map { ($0, randoms(part < 2 ? width : states, 0...3)) })
        }
        let factors = Dictionary(uniqueKeysWithValues: (5..<64).map { ($0, 1 << random(0...8)) })
        let state = model.store(Self.i32, width * states, span: 1)
        let (rateArray, skipArray) = (model.words(rates), model.words(skip))
        let parameters = [
            state, rateArray, random(20...34), random(1...20), random(0...0xF_FFFF), random(16...34),
            random(0...0xF_FFFF), random(8...30), skipArray, random(20...50),
        ]
        // Over the sentence, and once more at its beginning with the state that it has left.
        var outputs: [Int] = []
        for positions in [ProgramRecord.all, ProgramRecord.first] {
            if positions == ProgramRecord.first { model.beginPass(positions) }
            let rows = (0..<4).map { model.row(constants[$0], digits: digits[$0], factors: factors) }
            let input = model.short(rows[0])
            let out = model.register(Self.i32, width)
            model.add(.scan, [input, rows[1], rows[2], rows[3], out] + parameters)
            outputs.append(out)
        }
        model.output(outputs[1])
        for tokens in [1, 2, 5, 24] {
            #expect(try model.logits((0..<tokens).map { UInt16(5 + ($0 * 13 + seed) % 59) }).count == width)
        }
    }

    @Test("COMBINE is the format's, for rows of either type and factors of either sign", arguments: 0..<20)
    func combine(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(100 + seed))
        func randoms(_ count: Int, _ range: ClosedRange<Int>) -> [Int] {
            (0..<count).map { _ in Int.random(in: range, using: &generator) }
        }
        let width = 33
        for types in [
            [Self.i32, Self.i32], [Self.i16, Self.i32], [Self.i32, Self.i16], [Self.i16, Self.i16], [Self.i16],
        ] {
            var model = HandMadeModel()
            let limit = (1 << Int.random(in: 10...26, using: &generator)) - 1
            let inputs = types.map { type in
                let row = model.row(randoms(width, -limit...limit))
                return type == Self.i16 ? model.short(row) : row
            }
            let isOver = seed % 2 == 0 && types[0] == Self.i32
            let out = isOver ? inputs[0] : model.register(Self.i32, width)
            let multipliers = inputs.map { _ in model.table(randoms(width, -0x7FFF_FFFF...0x7FFF_FFFF)) }
            let words =
                [inputs[0], inputs.count > 1 ? inputs[1] : ProgramRecord.none, out, multipliers[0]]
                + [inputs.count > 1 ? multipliers[1] : ProgramRecord.none]
                + [Int.random(in: 24...40, using: &generator), model.words(randoms(width, -100_000...100_000))]
            model.add(.combine, words)
            model.program.passes[0].positions = ProgramRecord.first
            model.output(out)
            #expect(try Set(model.logits([7])).count > 1, "types \(types)")
        }
    }

    @Test(
        "WIDE_LINEAR is the format's, for rows of 16 bits and the largest sums of either sign",
        arguments: [1, 15, 16, 17, 90, 4096])
    func wideLinear(inputs: Int) throws {
        var generator = SplitMix64(seed: UInt64(inputs))
        func randoms(_ count: Int, _ range: ClosedRange<Int>) -> [Int] {
            (0..<count).map { _ in Int.random(in: range, using: &generator) }
        }
        for ends in [-127...127, 127...127, -127...(-127)] as [ClosedRange<Int>] {
            var model = HandMadeModel()
            let wide = model.row([0], digits: [7: [127], 8: [-127], 9: [1]], factors: [7: 1, 8: 1, 9: 1])
            let (one, inner) = (model.register(ProgramRecord.int8, 1), model.register(Self.i32, inputs))
            let row = model.register(Self.i16, inputs)
            model.add(.rescale, [wide, one, 2, 1])
            model.add(.linear, [one, inner, model.bytes(randoms(inputs, ends))])
            // Up to four times what 16 bits hold.
            model.add(.rescale, [inner, row, 8, 1])
            let weights =
                [-128, 127, -127].flatMap { [Int](repeating: $0, count: inputs) } + randoms(2 * inputs, -128...127)
            model.program.outputs = 10
            for (part, shift) in [1, 4].enumerated() {
                model.add(
                    .wideLinear,
                    [row, ProgramRecord.none, 5, 5 * part, model.bytes(weights), model.words(randoms(5, -9...9))]
                        + [model.table([Int](repeating: 1, count: 5)), shift])
            }
            model.program.passes[0].positions = ProgramRecord.first
            for token in [7, 8, 9] as [UInt16] { #expect(try model.logits([token]).count == 10) }
        }
    }
}
