import EmbqCore

/// A document is refused, or it is written and parsed again to an equal one.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe Span(_unsafeStart: start, count: count)
    guard let value = try? JSONParser.parse(bytes) else { return 0 }
    let written = value.bytes
    guard let again = try? JSONParser.parse(written) else { fatalError("what was written is refused") }
    precondition(again == value && again.bytes == written)
    return 0
}
