import EmbqCheckpoints
import EmbqCore

/// A file is refused, or its tensors partition the bytes after the header, and the header written for them says the
/// same about them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let file = unsafe Span(_unsafeStart: start, count: count)
    guard let header = try? SafetensorsHeader(file) else { return 0 }
    var total = 0
    for info in header.tensors {
        guard let range = info.fileRange, range.count == info.byteCount, range.upperBound <= count else {
            fatalError("a tensor lies outside of the file")
        }
        total += range.count
        guard info.dtype.isReadable, let source = Slice(info, file.extracting(range)) else { continue }
        guard let tensor = try? source.floats(info.name) else { fatalError("a readable tensor is not read") }
        precondition(tensor.values.count == info.count)
    }
    let placed = header.tensors.sorted { ($0.fileRange?.lowerBound ?? 0) < ($1.fileRange?.lowerBound ?? 0) }
    guard let written = try? SafetensorsWriter.header(placed, metadata: header.metadata, path: "out") else {
        fatalError("the header of a valid file cannot be written")
    }
    let whole = written + [UInt8](repeating: 0, count: total)
    guard let again = try? SafetensorsHeader(whole.span) else { fatalError("what was written is refused") }
    precondition(again.tensors.count == header.tensors.count && again.metadata.count == header.metadata.count)
    for (a, b) in zip(again.tensors, header.tensors) {
        precondition(a.name.hasSameBytes(as: b.name) && a.dtype == b.dtype && a.shape == b.shape)
    }
    return 0
}

/// One tensor of the input.
private struct Slice: TensorSource {
    let format = "slice"
    let path = "slice"
    let tensors: [TensorInfo]
    private let bytes: [UInt8]

    init?(_ info: TensorInfo, _ span: Span<UInt8>) {
        tensors = [info]
        bytes = span.indices.map { span[$0] }
    }

    func withBytes<R>(of name: String, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        try body(bytes.span)
    }
}
