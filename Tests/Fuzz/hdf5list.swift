import EmbqCheckpoints
import EmbqContainers
import EmbqCore

/// What the helper process sends, which a hostile file may have taken over: it is refused, or its tensors have sizes
/// that fit and names that differ, Keras's rules included.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard let json = try? JSONParser.parse(unsafe Span(_unsafeStart: start, count: count)) else { return 0 }
    if let error = EmbqError(json: json) {
        precondition(error.description.utf8.count < 40_000)
    }
    guard let contents = try? HDF5Contents(json: json), let tensors = try? HDF5Source.tensors(of: contents) else {
        return 0
    }
    var names: Set<[UInt8]> = []
    for info in tensors { precondition(info.byteCount >= 0 && names.insert(Array(info.name.utf8)).inserted) }
    return 0
}
