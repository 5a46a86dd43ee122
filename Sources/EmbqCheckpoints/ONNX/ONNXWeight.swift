import EmbqContainers
import EmbqCore

/// A tensor of the checkpoint, and how it is made from the model's constants.
struct ONNXWeight: Sendable {
    enum Content: Sendable {
        /// A constant as it is, or with its two dimensions exchanged, made real numbers first when it is quantized.
        case constant(ONNXTensor, isTransposed: Bool, ONNXQuantization?)
        /// Values that were worked out.
        case values([Float])
    }

    let info: TensorInfo
    let content: Content
    /// How its name was found and its values made, when that is more than reading them.
    let note: String?

    /// Calls `body` with the values, of the type and shape that ``info`` has.
    func withBytes<R>(from values: ONNXValues, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        switch content {
        case .values(let floats): return try body(info.dtype.bytes(floats).span)
        case .constant(let tensor, let isTransposed, let quantization):
            if quantization == nil, info.dtype == tensor.dtype {
                guard isTransposed else { return try values.withBytes(of: tensor, body) }
                let size = info.dtype.bits / 8
                let bytes = try values.withBytes(of: tensor) { bytes in Self.transpose(bytes, tensor.shape, size) }
                return try body(bytes.span)
            }
            var floats = try values.floats(tensor, quantization)
            if isTransposed { floats = Self.transpose(floats, tensor.shape) }
            return try body(info.dtype.bytes(floats).span)
        }
    }

    private static func transpose(_ bytes: Span<UInt8>, _ shape: [Int], _ size: Int) -> [UInt8] {
        let (rows, columns) = (shape[0], shape[1])
        var result = [UInt8](repeating: 0, count: bytes.count)
        for row in 0..<rows {
            for column in 0..<columns {
                let (from, to) = ((row * columns + column) * size, (column * rows + row) * size)
                for i in 0..<size { result[to + i] = bytes[from + i] }
            }
        }
        return result
    }

    private static func transpose(_ values: [Float], _ shape: [Int]) -> [Float] {
        let (rows, columns) = (shape[0], shape[1])
        return values.indices.map { values[$0 % rows * columns + $0 / rows] }
    }
}
