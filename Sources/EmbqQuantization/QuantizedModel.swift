import EmbqCore
package import EmbqModels

/// A tensor as it lies in a section of the artifact.
package struct PlacedTensor: Sendable, Equatable {
    package enum Element: UInt16, Sendable, CaseIterable {
        case int8 = 1, int32
        /// Rows of a packed table, as bytes.
        case rows = 3
        case int16 = 4
        /// Words of packed weights of 1 to 6 bits.
        case packed1 = 17, packed2, packed3, packed4, packed5, packed6

        /// Packed weights of so many bits.
        init?(bits: Int) {
            guard WeightGrid.packed.contains(bits) else { return nil }
            self.init(rawValue: UInt16(16 + bits))
        }

        /// Bits of packed weights; nil for everything else.
        package var packedBits: Int? { rawValue > 16 ? Int(rawValue) - 16 : nil }

        /// As `embq inspect` prints it.
        package var name: String {
            switch self {
            case .int8: "I8"
            case .int32: "I32"
            case .int16: "I16"
            case .rows: "ROWS"
            default: "P\(packedBits ?? 0)"
            }
        }

        /// Bytes of a tensor of that shape; nil for a shape that it cannot have.
        package func byteCount(_ shape: [Int]) -> Int? {
            switch self {
            case .int8: return shape.checkedProduct
            case .int32: return shape.checkedProduct?.times(4)
            case .int16: return shape.checkedProduct?.times(2)
            case .rows: return shape.count == 1 ? shape[0] : nil
            default:
                guard let bits = packedBits, shape.count == 2, shape[1] <= DeviceLimits.inner,
                    shape[0].times(shape[1])?.times(4) != nil
                else { return nil }
                return PackedWeights.byteCount(outputs: shape[0], inputs: shape[1], bits: bits)
            }
        }
    }
    /// Unique in the model, such as `layers.0.query.weight`.
    package var name: String
    package var element: Element
    package var shape: [Int]
    /// Bytes from the section's start.
    package var offset: Int
    package var byteCount: Int
}

/// A section's bytes while tensors are laid into it one after the other.
package struct TensorPool: Sendable, Equatable {
    package private(set) var bytes: [UInt8] = []
    package private(set) var tensors: [PlacedTensor] = []
    /// By name, the tensor's index.
    private var indices: [String: Int] = [:]

    /// Appends int8 values, aligned to 16 bytes, and gives their offset.
    mutating func add(_ name: String, _ values: [Int8], shape: [Int]) -> UInt32 {
        place(name, .int8, shape, alignment: 16, values.lazy.map { UInt8(bitPattern: $0) })
    }

    /// Appends a packed matrix `[outputs, inputs]`.
    mutating func add(_ name: String, _ packed: PackedWeights, shape: [Int]) -> UInt32 {
        guard let element = PlacedTensor.Element(bits: packed.bits) else { preconditionFailure("packed bits") }
        return place(name, element, shape, alignment: 16, Self.bytes(packed.words))
    }

    /// Appends the rows of a packed table.
    mutating func add(_ name: String, rows: [UInt8]) -> UInt32 {
        place(name, .rows, [rows.count], alignment: 16, rows)
    }

    private static func bytes<Word: FixedWidthInteger>(_ words: [Word]) -> [UInt8] {
        words.flatMap { word in (0..<Word.bitWidth / 8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    /// Appends int32 values, little-endian, aligned to 4 bytes, and gives their offset.
    mutating func add(_ name: String, _ values: [Int32], shape: [Int]) -> UInt32 {
        place(name, .int32, shape, alignment: 4, Self.bytes(values))
    }

    /// Appends a vector of operations that also take it with 16 bits, aligned to 4 bytes.
    mutating func add(_ name: String, _ vector: StoredVector) -> UInt32 {
        let shape = [vector.numbers.count]
        guard vector.form > 0 else { return add(name, vector.numbers, shape: shape) }
        return place(name, .int16, shape, alignment: 4, Self.bytes(vector.numbers.map { Int16($0) }))
    }

    private mutating func place(
        _ base: String, _ element: PlacedTensor.Element, _ shape: [Int], alignment: Int,
        _ content: some Collection<UInt8>
    ) -> UInt32 {
        // A head that computes a layer again finds its tensors in their places; a row that is quantized in two ways has
        // two of each.
        var (name, again) = (base, 1)
        while let known = indices[name].map({ tensors[$0] }) {
            if known.shape == shape, bytes[known.offset..<known.offset + known.byteCount].elementsEqual(content) {
                return UInt32(known.offset)
            }
            again += 1
            name = "\(base).\(again)"
        }
        indices[name] = tensors.count
        while bytes.count % alignment != 0 { bytes.append(0) }
        let offset = bytes.count
        bytes += content
        tensors.append(
            PlacedTensor(name: name, element: element, shape: shape, offset: offset, byteCount: content.count))
        return UInt32(offset)
    }
}

/// An int8 model ready to be written: what the runtime reads, and what tools want to know about it.
package struct QuantizedModel: Sendable {
    package let config: ModelConfig
    /// The words of section MODL.
    package var record: [UInt32]
    /// Section WGHT: parameters and biases.
    package var weights: TensorPool
    /// Section TABL: multipliers and lookup tables.
    package var tables: TensorPool
    /// Every quantized point in the order of the model.
    package var points: [ActivationQuantizer]
    /// The tensors whose weights may have fewer than 8 bits.
    package var choices: [WidthChoice]
    /// What has 8 bits and could have 16, that with the most multiplications or bytes first.
    package var shortCandidates: ShortPointSearch.Candidates
    /// Where the program makes the graph's values, in the order of the program.
    package var rows: [ObservedRow]
}
