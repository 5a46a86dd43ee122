import EmbqContainers
package import EmbqCore

/// A file that torch.save wrote: a state_dict, alone or in a training checkpoint. Its pickle is read as data and never
/// run; a tensor's bytes are loaded when they are asked for.
package struct PyTorchFile: TensorSource {
    package let format: String
    package let tensors: [TensorInfo]
    package let remarks: [CheckpointNote]
    package var path: String { file.path }
    private let file: MappedFile
    /// nil for the old form.
    private let archive: ZipArchive?
    /// The views, in the order of ``tensors``.
    private let views: [TorchTensor]
    /// Where the storages lie, in the pickle's order.
    private let storages: [Place]

    /// Where a storage's bytes lie.
    enum Place: Sendable {
        case range(Range<Int>)
        case entry(ZipEntry)

        /// The bytes' place in the file, when they lie there as they are.
        var range: Range<Int>? {
            switch self {
            case .range(let range): range
            case .entry(let entry): entry.method == .stored ? entry.range : nil
            }
        }
    }

    init(
        _ file: MappedFile, format: String, archive: ZipArchive?, heap: PickleHeap, root: PickleValue,
        storages: [Place], key: String?
    ) throws(EmbqError) {
        self.file = file
        self.format = format
        self.archive = archive
        self.storages = storages
        var tensors: [TensorInfo] = []
        var views: [TorchTensor] = []
        // With what reading the tensors inflates.
        var limit = SharingLimit(stored: heap.storages.reduce(0) { $0 + $1.byteCount })
        let dict = try StateDict(heap, root, key: key)
        remarks = dict.remarks
        for (name, index) in dict.tensors {
            let tensor = heap.tensors[index]
            let place = storages[tensor.storage]
            let inFile = place.range.flatMap { range in
                tensor.view.contiguousRange.map { range.lowerBound + $0.lowerBound..<range.lowerBound + $0.upperBound }
            }
            guard
                let info = TensorInfo(name: name, dtype: tensor.dtype, shape: tensor.view.shape, fileRange: inFile),
                limit.add(place.range == nil ? heap.storages[tensor.storage].byteCount : 0), limit.add(info.byteCount)
            else {
                throw limit.fault(
                    EmbqError.place(tensor: name), advice: "Save the state_dict again, each tensor cloned.")
            }
            tensors.append(info)
            views.append(tensor)
        }
        self.tensors = tensors
        self.views = views
    }

    package func withBytes<R>(of name: String, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        _ = try requireInfo(name)
        guard let index = tensors.place(of: name) else { preconditionFailure("the tensor was just found") }
        let tensor = views[index]
        if let range = tensor.view.contiguousRange { return try withStorage(tensor.storage, range, body) }
        let copy = try withStorage(tensor.storage, nil) { bytes in
            // What is read leaves memory, so that a transposed tensor does not take twice its size.
            let inFile = storages[tensor.storage].range
            if let inFile { file.release(inFile) }
            return tensor.view.gather(bytes) { done in
                if let inFile { file.release(inFile.lowerBound..<inFile.lowerBound + done) }
            }
        }
        return try body(copy.span)
    }

    /// A range of a storage's bytes; nil: all.
    private func withStorage<R>(
        _ index: Int, _ range: Range<Int>?, _ body: (Span<UInt8>) throws(EmbqError) -> R
    ) throws(EmbqError) -> R {
        switch storages[index] {
        case .range(let all):
            let range = range.map { all.lowerBound + $0.lowerBound..<all.lowerBound + $0.upperBound } ?? all
            defer { file.finish(range) }
            return try file.withBytes { bytes throws(EmbqError) in try body(bytes.extracting(range)) }
        case .entry(let entry):
            guard let archive else { preconditionFailure("an entry without its archive") }
            return try archive.withBytes(of: entry, in: range, body)
        }
    }
}
