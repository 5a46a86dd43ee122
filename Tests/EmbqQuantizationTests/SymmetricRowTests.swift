import EmbqCore
import EmbqRuntime
import EmbqTestSupport
import Testing

@Suite("Rows whose zero is not at 0")
struct SymmetricRowTests {
    enum Reader: String, CaseIterable, Sendable { case window, rows, query, keys, values, linear }

    private static let width = 4

    /// A program in which an operation reads what ACTIVATE makes, by way of a store.
    ///
    /// - Parameter atZero: the table's entry for 0.
    private static func model(_ reader: Reader, atZero: Int) -> HandMadeModel {
        var model = HandMadeModel()
        let (i8, i32) = (ProgramRecord.int8, ProgramRecord.int32)
        let input = model.row([1000, -2000, 3000, 500])
        let (row, plain, sums) = (model.register(i8, width), model.register(i8, width), model.register(i32, width))
        let bias = model.words([Int](repeating: 0, count: width))
        let multiplier = model.table([Int](repeating: 1 << 21, count: width))
        // 32 entries of 8 bits, of which the 16th is for 0.
        let table = (0..<8).map { word in
            (0..<4).reduce(0) { $0 | (4 * word + $1 == 16 ? atZero & 0xFF : 4 * word + $1) << (8 * $1) }
        }
        // int8 arrays lie at multiples of 16.
        let place = model.table(table)
        model.add(.activate, [input, row, bias, multiplier, 31, place, 5, 16])
        model.add(.requantize, [input, plain, bias, multiplier, 31])
        let (skewed, rows, scores) = (model.store(i8, width), model.store(i8, width), model.store(i32, 1))
        model.add(.store, [row, skewed])
        model.add(.store, [plain, rows])
        let taps = model.bytes([Int](repeating: 1, count: 2 * width))
        if reader == .window {
            let window = model.store(i8, width, span: 3)
            model.add(.store, [row, window])
            model.add(.convolve, [window, sums, 2, taps])
        }
        model.beginPass(ProgramRecord.first)
        let (loaded, out, acc) = (model.register(i8, width), model.register(i8, width), model.register(i32, width))
        model.add(.load, [loaded, reader == .query || reader == .linear ? skewed : rows])
        switch reader {
        case .window, .linear: model.add(.linear, [loaded, sums, model.bytes([Int](repeating: 1, count: 16))])
        case .rows: model.add(.convolve, [skewed, sums, 2, taps])
        case .query, .keys, .values:
            let (keys, values) = (reader == .keys ? skewed : rows, reader == .values ? skewed : rows)
            model.add(.attend, [loaded, out, acc, keys, values, scores, 1, 0, 1 << 20, 20, 1 << 20, 20])
            model.add(.linear, [out, sums, model.bytes([Int](repeating: 1, count: 16))])
        }
        model.output(sums)
        return model
    }

    @Test("are read by no attention and no convolution, by whatever way they come", arguments: Reader.allCases)
    func refusals(reader: Reader) throws {
        // What opens also runs as the reference does.
        _ = try Self.model(reader, atZero: 0).logits([2, 7, 9])
        for atZero in [1, -1, 127, -127] {
            if reader == .linear {
                _ = try Self.model(reader, atZero: atZero).logits([2, 7, 9])
            } else {
                #expect(throws: RuntimeError.self) { try Self.model(reader, atZero: atZero).logits([2, 7, 9]) }
            }
        }
    }
}
