import EmbqCore

/// A tensor of a GGUF file.
package struct GGUFTensor: Sendable {
    /// What the header says of it.
    struct Entry {
        let name: String
        /// Fastest first, as ggml has them.
        let dimensions: [UInt64]
        let type: UInt32
        let offset: UInt64

        private static let maximumRank: UInt32 = 4

        init(_ reader: inout ByteReader) throws(EmbqError) {
            name = try GGUFValue.text(&reader, "a tensor's name")
            let place = EmbqError.place(tensor: name)
            let rank = try reader.read(UInt32.self, "the number of dimensions")
            guard rank <= Self.maximumRank else {
                throw GGUFHeader.fault(
                    .limitExceeded, place, "it has \(rank) dimensions, the limit is \(Self.maximumRank)")
            }
            var dimensions: [UInt64] = []
            for _ in 0..<rank { dimensions.append(try reader.read(UInt64.self, "a dimension")) }
            self.dimensions = dimensions
            type = try reader.read(UInt32.self, "a tensor's type")
            offset = try reader.read(UInt64.self, "a tensor's place")
        }
    }

    let name: String
    /// Slowest first.
    let shape: [Int]
    let type: GGUFType
    /// Of its bytes in the file.
    package let range: Range<Int>

    /// - Parameter start: where the values begin in the file.
    init(_ entry: Entry, start: Int, fileSize: Int, alignment: Int) throws(EmbqError) {
        name = entry.name
        let place = EmbqError.place(tensor: name)
        type = try GGUFType(entry.type, place)
        let sizes = entry.dimensions.compactMap { Int(exactly: $0) }
        guard sizes.count == entry.dimensions.count, let count = sizes.checkedProduct else {
            throw GGUFHeader.fault(.limitExceeded, place, "its dimensions \(entry.dimensions) are too large")
        }
        // Rows are made of whole blocks.
        guard (sizes.first ?? 1) % type.block == 0 else {
            throw GGUFHeader.fault(
                .malformed, place,
                "its rows have \(sizes.first ?? 1) numbers, \(type.rawValue) has blocks of \(type.block)"
            )
        }
        guard let bytes = (count / type.block).times(type.bytes), let offset = Int(exactly: entry.offset),
            let first = start.adding(offset), let end = first.adding(bytes), end <= fileSize
        else {
            throw GGUFHeader.fault(.truncated, place, "its values do not fit into the \(fileSize) bytes of the file")
        }
        guard offset % alignment == 0 else {
            throw GGUFHeader.fault(.malformed, place, "its offset \(offset) is no multiple of \(alignment)")
        }
        shape = sizes.reversed()
        range = first..<end
    }
}

extension GGUFTensor {
    /// The numbers of a tensor of whole blocks; nil for one whose numbers lie in the file as they are.
    ///
    /// - Parameter file: the whole file.
    package func blocks(_ file: Span<UInt8>) -> [Float]? {
        type.block == 1 ? nil : type.floats(file.extracting(range))
    }
}

/// How numbers are stored.
enum GGUFType: String, Sendable {
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    /// Blocks of 32: a factor in F16, and int8.
    case q8 = "Q8_0"
    /// Blocks of 32: a factor in F16, and 4 bits less 8; byte j holds number j below and number j + 16 above.
    case q4 = "Q4_0"

    /// ggml's numbers of the types that are not read.
    private static let others: [UInt32: String] = [
        3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K",
        15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S",
        23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0",
        39: "MXFP4",
    ]

    init(_ number: UInt32, _ place: String) throws(EmbqError) {
        switch number {
        case 0: self = .f32
        case 1: self = .f16
        case 2: self = .q4
        case 8: self = .q8
        case 30: self = .bf16
        default:
            throw GGUFHeader.fault(
                .unsupported, place, "its values are \(Self.others[number] ?? "of the unknown type \(number)")",
                advice: "Supported: F32, F16, BF16, Q8_0, Q4_0. Convert the model again to one of them.")
        }
    }

    /// Numbers of a block.
    var block: Int {
        switch self {
        case .f32, .f16, .bf16: 1
        case .q8, .q4: 32
        }
    }

    /// Bytes of a block.
    var bytes: Int {
        switch self {
        case .f32: 4
        case .f16, .bf16: 2
        case .q8: 34
        case .q4: 18
        }
    }

    /// What its numbers are given as.
    var dtype: DType {
        switch self {
        case .f32, .q8, .q4: .f32
        case .f16: .f16
        case .bf16: .bf16
        }
    }

    /// The numbers of whole blocks of ``q8`` or ``q4``.
    func floats(_ bytes: Span<UInt8>) -> [Float] {
        var values: [Float] = []
        values.reserveCapacity(bytes.count / self.bytes * block)
        for start in stride(from: 0, to: bytes.count, by: self.bytes) {
            let factor = Float(f16Bits: UInt16(bytes[start]) | UInt16(bytes[start + 1]) << 8)
            for index in 0..<block {
                let code: Int8
                if self == .q8 {
                    code = Int8(bitPattern: bytes[start + 2 + index])
                } else {
                    let byte = bytes[start + 2 + index % 16]
                    code = Int8(index < 16 ? byte & 15 : byte >> 4) - 8
                }
                values.append(Float(code) * factor)
            }
        }
        return values
    }
}
