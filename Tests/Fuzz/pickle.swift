import EmbqCheckpoints
import EmbqCore

/// A pickle, or a file of torch's old form, is refused, or its tensors lie inside their storages and can be gathered.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe Span(_unsafeStart: start, count: count)
    if let content = try? PyTorchLegacy.Content(bytes) {
        precondition(content.ranges.count == content.heap.storages.count)
        for (range, storage) in zip(content.ranges, content.heap.storages) {
            precondition(range.count == storage.byteCount && range.upperBound <= count)
        }
        check(content.heap, content.root)
    }
    var unpickler = Unpickler()
    var reader = ByteReader(bytes)
    if let root = try? unpickler.run(&reader) { check(unpickler.heap, root) }
    return 0
}

private func check(_ heap: PickleHeap, _ root: PickleValue) {
    for key in [nil, "model", "a.b"] {
        guard let state = try? StateDict(heap, root, key: key) else { continue }
        for (_, index) in state.tensors { precondition(heap.tensors.indices.contains(index)) }
    }
    for tensor in heap.tensors {
        let size = heap.storages[tensor.storage].byteCount
        let bytes = tensor.view.count.times(tensor.dtype.bits / 8)
        guard let bytes, size <= 1 << 16, bytes <= 1 << 16 else { continue }
        let storage = [UInt8](repeating: 7, count: size)
        precondition(tensor.view.gather(storage.span).count == bytes)
        if let range = tensor.view.contiguousRange { precondition(range.count == bytes && range.upperBound <= size) }
    }
}
