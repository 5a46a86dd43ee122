import EmbqCheckpoints
import EmbqCore

/// Tensors made up by a test.
struct MemorySource: TensorSource {
    let format = "memory"
    let path = "memory"
    let inputs: [String] = []
    let metadata: [(key: String, value: String)]
    let tensors: [TensorInfo]
    private let bytes: [[UInt8]]

    init(_ entries: [(name: String, dtype: DType, shape: [Int], bytes: [UInt8])], metadata: [(String, String)] = []) {
        let sorted = entries.sorted { $0.name.precedesByBytes($1.name) }
        tensors = sorted.compactMap { TensorInfo(name: $0.name, dtype: $0.dtype, shape: $0.shape) }
        bytes = sorted.map(\.bytes)
        self.metadata = metadata.map { (key: $0.0, value: $0.1) }
    }

    /// One F32 tensor 'w' of one dimension.
    init(_ values: [Float]) {
        self.init([
            (
                "w", .f32, [values.count],
                values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
            )
        ])
    }

    func withBytes<R>(of name: String, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        let info = try requireInfo(name)
        let values = tensors.firstIndex(of: info).map { bytes[$0] } ?? []
        return try body(values.span)
    }
}
