/// A word of an operation's record: what embq_open accepts in it.
package struct OperationField: Sendable {
    package enum Role: Sendable {
        /// A register that this pass has written, of one of these types.
        case takes([Int])
        /// A register that is written.
        case gives([Int])
        /// A register for the operation alone.
        case scratch
        case store
        /// A register for the operation alone, of int8 rows that are unpacked.
        case window
        /// Where an array of numbers within these lies.
        case array(ClosedRange<Int>)
        case number(ClosedRange<Int>)
        /// A shift within these, and in its upper bytes the forms of vectors.
        case shift(ClosedRange<Int>)
        /// Nothing: 0xFFFFFFFF.
        case none
        /// A number that other words tell.
        case bound
    }

    package let name: String
    package let role: Role
    /// The register's width is bound by others.
    package let isExact: Bool

    init(_ name: String, _ role: Role, isExact: Bool = true) {
        self.name = name
        self.role = role
        self.isExact = isExact
    }

    private static let largest = 0x7FFF_FFFF
    private static let byte = -128...127
    /// int8 that may be negated.
    private static let symmetric = -127...127
    private static let bias = -0x4000_0000...0x4000_0000
    private static let positive = 0...largest
    private static let signed = -largest...largest
    private static let twentyBits = 0...0xF_FFFF
    private static let i8 = ProgramRecord.int8, i16 = ProgramRecord.int16, i32 = ProgramRecord.int32

    private static let sums: [OperationField] = [
        .init("bias", .array(bias)), .init("multiplier", .array(positive)),
    ]

    private static let packedTable: [OperationField] = [
        .init("classes", .array(positive)), .init("count", .bound), .init("shifts", .array(symmetric)),
        .init("levels", .array(symmetric)),
    ]

    /// The words of an operation, in order.
    package static func all(_ kind: OperationKind) -> [OperationField] {
        switch kind {
        case .embed:
            [
                .init("out", .gives([i32])), .init("acc", .scratch), .init("reduced", .number(0...1024)),
                .init("token", .array(symmetric)), .init("position", .array(symmetric)),
                .init("token expander", .array(byte)), .init("position expander", .array(byte)),
                .init("segment", .array(bias)), .init("segments", .bound), .init("rule", .number(1...3)),
                .init("token multiplier", .array(positive)), .init("position multiplier", .array(positive)),
                .init("shift", .number(1...62)),
            ]
        case .norm:
            [
                .init("in", .takes([i32])), .init("out", .gives([i8, i16])), .init("centred", .scratch),
                .init("mean multiplier", .number(0...1 << 25)), .init("mean shift", .number(1...62)),
                .init("epsilon, low", .number(0...0xFFFF_FFFF)), .init("epsilon, high", .number(0...0x3FFF_FFFF)),
                .init("multiplier", .number(positive)), .init("shift", .number(1...31)),
            ]
        case .packedEmbed:
            // The packed rows may hold any byte.
            all(.embed).map { $0.name == "token" ? .init("token", .array(byte)) : $0 } + packedTable
        case .packedLinear:
            [
                .init("in", .takes([i8]), isExact: false), .init("out", .gives([i32]), isExact: false),
                .init("weight", .array(byte)), .init("bits", .number(1...6)),
            ]
        case .linear:
            [
                .init("in", .takes([i8]), isExact: false), .init("out", .gives([i32]), isExact: false),
                .init("weight", .array(byte)),
            ]
        case .requantize:
            [.init("in", .takes([i32])), .init("out", .gives([i8]))] + sums + [.init("shift", .shift(31...62))]
        case .activate:
            [.init("in", .takes([i32])), .init("out", .gives([i8]))] + sums + [
                .init("shift", .shift(31...62)), .init("table", .array(symmetric)), .init("bits", .number(1...12)),
                .init("zero", .bound),
            ]
        case .combine:
            [
                .init("a", .takes([i16, i32])), .init("b", .takes([i16, i32])), .init("out", .gives([i32])),
                .init("a's multiplier", .array(signed)), .init("b's multiplier", .array(signed)),
                .init("shift", .shift(1...62)), .init("bias", .array(bias)),
            ]
        case .rescale:
            [
                .init("in", .takes([i16, i32])), .init("out", .gives([i8, i16])),
                .init("multiplier", .number(positive)),
                .init("shift", .number(1...62)),
            ]
        case .load: [.init("row", .gives([i8, i16])), .init("store", .store)]
        case .store: [.init("row", .takes([i8, i16])), .init("store", .store)]
        case .attend:
            [
                .init("query", .takes([i8])), .init("out", .gives([i8])), .init("acc", .scratch),
                .init("keys", .store), .init("values", .store), .init("scores", .store), .init("heads", .bound),
                .init("ignores pad", .number(0...1)), .init("softmax multiplier", .number(positive)),
                .init("softmax shift", .number(1...62)), .init("context multiplier", .number(positive)),
                .init("context shift", .number(1...31)),
            ]
        case .wideAttend:
            all(.attend).map { field in
                switch field.name {
                case "query": .init("query", .takes([i16]))
                case "out": .init("out", .gives([i16]))
                case "acc": .init("acc", .none)
                default: field
                }
            } + [.init("score shift", .bound)]
        case .pack:
            [
                .init("row", .takes([i8, i16])), .init("store", .store), .init("bits", .bound),
                .init("multiplier", .number(positive)), .init("shift", .number(1...62)),
            ]
        case .unpack: [.init("row", .gives([i8])), .init("store", .store), .init("bits", .bound)]
        case .packedAttend: all(.attend) + [.init("bits", .bound)]
        case .packedConvolve:
            all(.convolve) + [.init("bits", .bound), .init("acc", .scratch), .init("window", .window)] + [
                .init("tap bits", .bound), .init("taps", .none),
            ]
        case .tableNorm:
            [
                .init("in", .takes([i32])), .init("out", .gives([i8, i16])), .init("acc", .scratch),
                .init("reduced", .bound), .init("token", .array(symmetric)), .init("position", .array(symmetric)),
                .init("rule", .number(1...3)), .init("column multiplier", .array(positive)),
                .init("column shift", .number(1...62)), .init("epsilon, low", .number(0...0xFFFF_FFFF)),
                .init("epsilon, high", .number(0...0x3FFF_FFFF)), .init("multiplier", .number(positive)),
                .init("shift", .number(1...31)),
            ]
        case .packedTableNorm:
            all(.tableNorm).map { $0.name == "token" ? .init("token", .array(byte)) : $0 } + packedTable
        case .lookUp:
            [
                .init("out", .gives([i32]), isExact: false), .init("table", .array(symmetric)),
                .init("multiplier", .array(positive)),
                .init("rule", .number(1...6)), .init("shift", .number(1...62)),
            ]
        case .convolve:
            [
                .init("rows", .store), .init("out", .gives([i32]), isExact: false), .init("kernel", .number(1...1024)),
                .init("weight", .array(byte)),
            ]
        case .wideLinear:
            [
                .init("in", .takes([i8, i16, i32]), isExact: false), .init("out", .gives([i32])),
                .init("outputs", .bound), .init("first", .bound), .init("weight", .array(byte)),
                .init("bias", .array(bias)), .init("multiplier", .array(0...0x3_FFFF)),
                .init("shift", .number(1...62)),
            ]
        case .curve:
            [.init("in", .takes([i32])), .init("out", .gives([i16, i32]))] + sums + [
                .init("shift", .number(1...62)), .init("zero", .bound), .init("table", .array(-32767...32767)),
                .init("bits", .number(1...12)), .init("fraction", .number(1...12)),
            ]
        case .gate:
            [
                .init("a", .takes([i32])), .init("b", .takes([i16])), .init("out", .gives([i8, i16])),
                .init("multiplier", .number(twentyBits)), .init("shift", .number(1...62)),
            ]
        case .scan:
            [
                .init("in", .takes([i16])), .init("step", .takes([i32])), .init("write", .takes([i32])),
                .init("read", .takes([i32])), .init("out", .gives([i32])), .init("state", .store),
                .init("rate", .array(positive)), .init("rate shift", .number(1...62)),
                .init("input shift", .number(1...40)), .init("write multiplier", .number(twentyBits)),
                .init("write shift", .number(1...62)), .init("read multiplier", .number(twentyBits)),
                .init("read shift", .number(1...62)), .init("skip", .array(signed)),
                .init("skip shift", .number(1...62)),
            ]
        case .pool: [.init("row", .takes([i32])), .init("sums", .store), .init("kind", .number(1...8))]
        case .pooled: [.init("row", .gives([i32])), .init("sums", .store), .init("kind", .number(1...8))]
        case .unit: [.init("in", .takes([i32]))]
        case .unitRow: [.init("in", .takes([i32])), .init("out", .gives([i32]))]
        case .join:
            [
                .init("a", .takes([i32])), .init("b", .takes([i32])), .init("out", .gives([i32])),
                .init("a's multiplier", .number(positive)), .init("a's shift", .number(1...62)),
                .init("b's multiplier", .number(positive)), .init("b's shift", .number(1...62)),
            ]
        case .output:
            [
                .init("in", .takes([i8, i16, i32]), isExact: false), .init("outputs", .bound), .init("first", .bound),
                .init("multiplier", .number(positive)), .init("shift", .number(1...62)),
            ]
        case .tag: [.init("in", .takes([i32]))]
        }
    }
}
