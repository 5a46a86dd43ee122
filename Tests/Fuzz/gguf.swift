import EmbqCheckpoints
import EmbqCore

/// A header is refused, or every tensor lies in the file and its blocks can be read.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe Span(_unsafeStart: start, count: count)
    guard let header = try? GGUFHeader(bytes) else { return 0 }
    for tensor in header.tensors {
        precondition(tensor.range.upperBound <= count)
        if let numbers = tensor.blocks(bytes) { precondition(numbers.count % 32 == 0) }
    }
    return 0
}
