import EmbqCore
package import EmbqModels

/// A tensor as it lies in a section of the artifact.
package struct PlacedTensor: Sendable, Equatable {
    package enum Element: UInt16, Sendable, CaseIterable {
        case int8 = 1, int32, packed, factors

        /// As `embq inspect` prints it.
        package var name: String {
            switch self {
            case .int8: "I8"
            case .int32: "I32"
            case .packed: "P4"
            case .factors: "U4"
            }
        }

        /// Bytes of a tensor of that shape; nil for a shape that it cannot have.
        package func byteCount(_ shape: [Int]) -> Int? {
            switch self {
            case .int8: shape.checkedProduct
            case .int32: shape.checkedProduct?.times(4)
            case .packed:
                shape.count == 2 ? shape[1].adding(15).flatMap { shape[0].times($0 / 16)?.times(8) } : nil
            case .factors: shape.checkedProduct?.adding(1).map { $0 / 2 }
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

    /// Appends 4-bit weights of a matrix `[outputs, inputs]`.
    mutating func add(_ name: String, packed: [UInt8], shape: [Int]) -> UInt32 {
        place(name, .packed, shape, alignment: 16, packed)
    }

    /// Appends the factors of their groups, `[outputs, groups]`.
    mutating func add(_ name: String, factors: [UInt8], shape: [Int]) -> UInt32 {
        place(name, .factors, shape, alignment: 16, factors)
    }

    /// Appends int32 values, little-endian, aligned to 4 bytes, and gives their offset.
    mutating func add(_ name: String, _ values: [Int32], shape: [Int]) -> UInt32 {
        let bytes = values.flatMap { value in
            (0..<4).map { UInt8(truncatingIfNeeded: value >> Int32(8 * $0)) }
        }
        return place(name, .int32, shape, alignment: 4, bytes)
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
    /// The tensors whose weights may have 4 bits.
    package var choices: [WidthChoice]
    /// What has 8 bits and could have 16, that with the most multiplications or bytes first.
    package var shortCandidates: ShortPointSearch.Candidates
    /// Where the program makes the graph's values, in the order of the program.
    package var rows: [ObservedRow]
}
