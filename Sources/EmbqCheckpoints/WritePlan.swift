import EmbqCore

/// What a writer puts into its file: every tensor of a source, as it is read and as it is to be written.
struct WritePlan {
    /// One tensor.
    struct Item {
        let original: TensorInfo
        let info: TensorInfo

        var isConverted: Bool { original.dtype != info.dtype }
    }

    /// Values converted at a time.
    private static let chunk = 1 << 16

    /// Sorted by the UTF-8 bytes of their names.
    let items: [Item]
    private let source: any TensorSource

    /// - Parameter dtype: the type that F32, F16, BF16 and F64 tensors are converted to, rounded to nearest, ties to even;
    ///   nil keeps every tensor as it is. Tensors of other types are always kept.
    /// - Parameter path: the output.
    /// - Throws: `.invalidRequest` when `path` is a file that `source` reads or `dtype` is no such type;
    ///   `.limitExceeded` for a tensor that is too large as `dtype`.
    init(_ source: any TensorSource, to path: String, as dtype: DType?) throws(EmbqError) {
        if let dtype, !dtype.isWritable {
            throw EmbqError(
                .invalidRequest, file: path, "tensors cannot be converted to \(dtype.rawValue)",
                advice: "Choose one of \(DType.writableNames).")
        }
        try FileIdentity.refuseOverwriting(source.inputs, with: path)
        var items: [Item] = []
        for original in source.tensors {
            let target = original.dtype.isReadable ? dtype ?? original.dtype : original.dtype
            guard let info = TensorInfo(name: original.name, dtype: target, shape: original.shape) else {
                throw EmbqError(
                    .limitExceeded, file: source.path, place: EmbqError.place(tensor: original.name),
                    "\(target.rawValue) \(original.shape) is larger than a file can be", advice: "Keep its type.")
            }
            items.append(Item(original: original, info: info))
        }
        self.items = items.sorted { $0.info.name.precedesByBytes($1.info.name) }
        self.source = source
    }

    /// Gives a tensor's values to `body`: whole when they are kept, piece by piece when they are converted.
    ///
    /// - Throws: `.corrupted` when the source gives fewer or more bytes than it announced, `.nonFinite` when a finite
    ///   value is too large for the type, and what `body` throws.
    func values(of item: Item, _ body: (Span<UInt8>) throws(EmbqError) -> Void) throws(EmbqError) {
        try source.withBytes(of: item.original.name) { bytes throws(EmbqError) in
            guard bytes.count == item.original.byteCount else {
                // Written on, it would shift every tensor after it.
                throw EmbqError(
                    .corrupted, file: source.path, place: EmbqError.place(tensor: item.original.name),
                    "\(bytes.count) bytes were read, \(item.original.byteCount) are expected",
                    advice: "Get the file again from its source.")
            }
            if item.isConverted { try convert(bytes, item, body) } else { try body(bytes) }
        }
    }

    private func convert(_ bytes: Span<UInt8>, _ item: Item, _ body: (Span<UInt8>) throws(EmbqError) -> Void)
        throws(EmbqError)
    {
        let (info, dtype) = (item.original, item.info.dtype)
        let size = info.dtype.bits / 8
        var start = 0
        while start < info.count {
            let end = min(start + Self.chunk, info.count)
            let piece = bytes.extracting(start * size..<end * size)
            // Finite where the source is, and right for halves: by way of the nearest fp32 number they would be
            // rounded twice.
            let odd = info.dtype.floats(piece, toOdd: true)
            let values = info.dtype == .f64 && dtype == .f32 ? info.dtype.floats(piece) : odd
            for (i, value) in values.enumerated() where odd[i].isFinite && !dtype.holds(value) {
                throw EmbqError(
                    .nonFinite, file: source.path, place: EmbqError.place(tensor: info.name),
                    "the value \(value) at \(info.shape.index(of: start + i)) is too large for \(dtype.rawValue)",
                    advice: dtype == .f32 ? "Keep F64: leave --dtype out." : "Convert to BF16 or F32.")
            }
            try body(dtype.bytes(values).span)
            start = end
        }
    }
}

extension DType {
    /// Whether a value is finite when it is rounded to this writable type.
    fileprivate func holds(_ value: Float) -> Bool {
        switch self {
        case .f16: value.f16Bits & 0x7C00 != 0x7C00
        case .bf16: value.bf16Bits & 0x7F80 != 0x7F80
        default: value.isFinite
        }
    }
}
