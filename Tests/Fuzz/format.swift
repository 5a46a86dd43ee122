import EmbqCheckpoints

/// Telling a file's format never reads outside of it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    _ = CheckpointFormat.of(unsafe Span(_unsafeStart: start, count: count))
    return 0
}
