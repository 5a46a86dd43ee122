package import EmbqCore

/// A checkpoint in several files, of safetensors or of torch.save: an index says which tensor is in which file beside it.
///
/// Index and files are taken at their word only together: every tensor is where the index says, once, and no file holds
/// one that the index does not know.
package struct ShardedWeights: TensorSource {
    private static let advice = "Get index and files again from one source, all of them."
    private static let limit = FileLimit("an index", bytes: 64 << 20, advice: advice)
    /// The most files of one checkpoint.
    package static let maximumShards = 4096

    package let format: String
    package let path: String
    package let tensors: [TensorInfo]
    package let metadata: [(key: String, value: String)]
    private let shards: [any TensorSource]
    /// By the bytes of a tensor's name, the shard that it is in.
    private let owners: [[UInt8]: Int]

    package var inputs: [String] { [path] + shards.flatMap(\.inputs) }

    /// Opens the index and every file that it names, which must lie beside it.
    ///
    /// - Throws: what is wrong with the index, with a file, or between them, naming the tensor.
    package init(_ index: MappedFile) throws(EmbqError) {
        path = index.path
        let map = try naming(index.path) { () throws(EmbqError) in try Self.parse(index) }
        let folder = Folder.parent(of: index.path)
        var shards: [any TensorSource] = []
        var indices: [[UInt8]: Int] = [:]
        for name in map.shards {
            indices[Array(name.utf8)] = shards.count
            shards.append(try Self.open(name, folder, index))
        }
        var tensors: [TensorInfo] = []
        var owners: [[UInt8]: Int] = [:]
        for (name, shard) in map.entries {
            guard let owner = indices[Array(shard.utf8)] else { continue }
            guard let info = shards[owner].info(name) else {
                throw Self.fault(
                    .missing, EmbqError.place(tensor: name),
                    "it is not in '\(EmbqError.printable(shard))', where the index has it"
                ).at(file: index.path)
            }
            // Ranges belong to a shard, not to the file that is this source's path.
            guard let placed = TensorInfo(name: name, dtype: info.dtype, shape: info.shape) else { continue }
            tensors.append(placed)
            owners[Array(name.utf8)] = owner
        }
        for (number, shard) in shards.enumerated() {
            for info in shard.tensors where owners[Array(info.name.utf8)] != number {
                let isElsewhere = owners[Array(info.name.utf8)] != nil
                throw Self.fault(
                    isElsewhere ? .duplicate : .mismatch, EmbqError.place(tensor: info.name),
                    isElsewhere
                        ? "it is in this file, and the index has it in another one" : "the index does not know it"
                ).at(file: shard.path)
            }
        }
        let isPyTorch = shards.contains { !($0 is SafetensorsFile) }
        if let total = map.totalSize {
            let found = tensors.reduce(0) { $0 + $1.byteCount }
            // torch.save keeps values that two tensors share once, and its index counts them once.
            guard total == found || isPyTorch && total < found else {
                throw Self.fault(.mismatch, "'total_size'", "it is \(total); the tensors take \(found) bytes").at(
                    file: index.path)
            }
        }
        format = (isPyTorch ? CheckpointFormat.pyTorchIndex : .safetensorsIndex).name
        self.shards = shards
        self.owners = owners
        self.tensors = tensors.sorted { $0.name.precedesByBytes($1.name) }
        // What all files say.
        var shared = shards.first?.metadata ?? []
        for shard in shards.dropFirst() {
            let texts = JSONObject(shard.metadata.map { ($0.key, .string($0.value)) })
            shared = shared.filter { entry in
                texts.index(of: entry.key).map { texts[$0].value } == .string(entry.value)
            }
        }
        metadata = shared
    }

    package func withBytes<R>(of name: String, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        let info = try requireInfo(name)
        return try shards[owners[Array(info.name.utf8)] ?? 0].withBytes(of: name, body)
    }

    /// Opens a file that the index names. It lies beside the index, or beside the file that the index is a link to, as in
    /// a download cache; other links out of the folder are refused, as those of ONNX are.
    private static func open(_ name: String, _ folder: String, _ index: MappedFile) throws(EmbqError)
        -> any TensorSource
    {
        let path: String
        do throws(EmbqError) {
            path = try Folder.inside(folder, name, orBeside: index.path)
        } catch {
            // A file that is not there is named itself.
            throw error.file == nil ? error.at(file: index.path) : error
        }
        let file = try MappedFile(path)
        switch CheckpointFormat.of(file)?.name {
        case CheckpointFormat.pyTorchZip.name: return try PyTorchZip.open(file, key: nil)
        case CheckpointFormat.pyTorchLegacy.name: return try PyTorchLegacy.open(file, key: nil)
        default: return try SafetensorsFile(file)
        }
    }

    /// What an index says.
    private struct Map {
        var entries: [(name: String, shard: String)] = []
        /// In the order of their bytes.
        var shards: [String] = []
        var totalSize: Int?
    }

    private static func parse(_ file: MappedFile) throws(EmbqError) -> Map {
        let json = try limit.object(file)
        guard let weights = json["weight_map"] else { throw fault(.missing, nil, "it has no weight_map") }
        guard let entries = weights.object else {
            throw fault(.malformed, "'weight_map'", "it is \(weights.kind), an object is expected")
        }
        guard !entries.isEmpty else { throw fault(.missing, "'weight_map'", "it names no tensor") }
        try TensorInfo.requireCount(entries.count, place: "'weight_map'")
        var map = Map()
        var seen: Set<[UInt8]> = []
        for (name, value) in entries {
            let place = EmbqError.place(tensor: name)
            guard let shard = value.string else {
                throw fault(.malformed, place, "its file is \(value.kind), a file name is expected")
            }
            try checkName(shard, place)
            map.entries.append((name, shard))
            if seen.insert(Array(shard.utf8)).inserted { map.shards.append(shard) }
        }
        guard map.shards.count <= maximumShards else {
            throw fault(.limitExceeded, nil, "it names \(map.shards.count) files, the limit is \(maximumShards)")
        }
        map.shards.sort { $0.precedesByBytes($1) }
        if let metadata = json["metadata"], !metadata.isNull, metadata.object == nil {
            throw fault(.malformed, "'metadata'", "it is \(metadata.kind), an object is expected")
        }
        if let total = json["metadata"]?["total_size"] {
            // Some writers have it as a number with a fraction.
            guard let size = total.int ?? total.double.flatMap({ Int(exactly: $0) }), size >= 0 else {
                throw fault(.malformed, "'total_size'", "it is \(total.kind), a number of bytes is expected")
            }
            map.totalSize = size
        }
        return map
    }

    /// A shard is a file beside the index: a plain name, which may be a link as in a download cache.
    private static func checkName(_ name: String, _ place: String) throws(EmbqError) {
        let isPlain =
            !name.isEmpty && name != "." && name != ".."
            && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 < 0x20 }
        guard isPlain else {
            throw fault(
                .unsupported, place,
                "its file '\(EmbqError.printable(name))' is no plain file name; files lie beside the index")
        }
    }

    private static func fault(_ code: EmbqError.Code, _ place: String?, _ problem: String) -> EmbqError {
        EmbqError(code, place: place, problem, advice: advice)
    }
}

extension CheckpointFormat {
    /// Several safetensors files behind an index.
    static let safetensorsIndex = CheckpointFormat(
        name: "safetensors in several files", usualName: "model.safetensors.index.json",
        recognises: { bytes in isIndex(bytes) && !contains(bytes, Array(".bin\"".utf8), within: 4096) },
        open: { file throws(EmbqError) in try ShardedWeights(file) })

    /// Several files of torch.save behind an index.
    static let pyTorchIndex = CheckpointFormat(
        name: "PyTorch (torch.save) in several files", usualName: "pytorch_model.bin.index.json",
        recognises: { bytes in isIndex(bytes) }, open: { file throws(EmbqError) in try ShardedWeights(file) })

    private static func isIndex(_ bytes: Span<UInt8>) -> Bool {
        bytes.count > 0 && bytes[0] == UInt8(ascii: "{") && contains(bytes, Array("\"weight_map\"".utf8), within: 4096)
    }
}
