import EmbqCheckpoints
import EmbqCore

/// A header is refused, or it says what an array of that size can be.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe Span(_unsafeStart: start, count: count)
    guard let header = try? NpyHeader(bytes) else { return 0 }
    precondition(header.length <= count)
    let strides =
        header.isFortranOrder
        ? StridedView.rowMajor(header.shape.reversed()).reversed() : StridedView.rowMajor(header.shape)
    let size = header.dtype.bits / 8
    guard
        let view = try? StridedView(
            shape: header.shape, strides: strides, offset: 0, elementSize: size, byteCount: count - header.length)
    else { return 0 }
    precondition(
        view.gather(bytes.extracting(header.length...), swapped: header.isBigEndian).count == view.count * size)
    return 0
}
