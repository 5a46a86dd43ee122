import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqModels
import EmbqQuantization
import EmbqRuntime
import EmbqTokenizers

/// A checkpoint or an artifact as named facts, so that two of them can be compared.
struct ModelDescription {
    /// What a fact is about, in the order in which differences are told.
    enum Part: String, CaseIterable, Encodable {
        case configuration, labels, tokenizer, footprint, scales, sections
    }

    struct Fact {
        var part: Part
        var name: String
        var value: String
    }

    struct TensorFact {
        var name: String
        /// Such as `F32`, `I8`, `P4`.
        var dtype: String
        var shape: [Int]
    }

    private(set) var facts: [Fact] = []
    private(set) var tensors: [TensorFact] = []
    private let source: Source

    private enum Source {
        case checkpoint(any TensorSource)
        case artifact(ArtifactReader)
    }

    /// - Throws: what is wrong with the files.
    init(_ location: CheckpointLocation) throws(EmbqError) {
        if let artifact = try OpenedModel.artifact(at: location.path) {
            source = .artifact(artifact)
            describe(artifact)
        } else {
            let checkpoint = try Checkpoint(location)
            source = .checkpoint(checkpoint.source)
            try describe(checkpoint)
        }
    }

    /// Whether both are artifacts, or both are checkpoints.
    func isOfOneKind(with other: ModelDescription) -> Bool {
        switch (source, other.source) {
        case (.artifact, .artifact), (.checkpoint, .checkpoint): true
        case (.artifact, .checkpoint), (.checkpoint, .artifact): false
        }
    }

    /// A tensor's numbers; nil for a packed table, whose rows have widths of their own, and for what are no finite numbers.
    func values(_ name: String) -> [Float]? {
        switch source {
        case .artifact(let artifact): artifact.tensors.first { $0.name == name }.flatMap(artifact.numbers)
        case .checkpoint(let source): (try? source.numbers(name))?.values
        }
    }

    /// SHA-256 of a tensor's bytes as they lie in the file.
    func digest(_ name: String) throws(EmbqError) -> String {
        switch source {
        case .artifact(let artifact):
            let bytes = artifact.tensors.first { $0.name == name }.map(artifact.content) ?? []
            return SHA256.hexadecimal(of: Array(bytes))
        case .checkpoint(let source):
            return try source.withBytes(of: name) { bytes throws(EmbqError) in SHA256.hexadecimal(of: bytes) }
        }
    }

    /// Whether a matrix's rows have scales that the matrix itself does not tell.
    var hasRowScales: Bool { if case .artifact = source { true } else { false } }

    private mutating func add(_ part: Part, _ name: String, _ value: String) {
        facts.append(Fact(part: part, name: name, value: value))
    }

    private mutating func add(labels: [String]) {
        for (index, label) in labels.enumerated() { add(.labels, "\(index)", label) }
    }

    private mutating func add(tables: some Collection<UInt8>) {
        add(.tokenizer, "tables", "\(tables.count.grouped) bytes, SHA-256 \(SHA256.hexadecimal(of: Array(tables)))")
    }
}

// ---- Checkpoints ----

extension ModelDescription {
    /// Whether a checkpoint is a whole model of a family that embq runs.
    ///
    /// - Throws: what is wrong with the configuration of such a model.
    private func isKnown(_ checkpoint: Checkpoint) throws(EmbqError) -> Bool {
        guard checkpoint.config != nil, checkpoint.tokenizer != nil else { return false }
        do throws(EmbqError) {
            _ = try ModelConfig(checkpoint)
            return true
        } catch {
            guard error.code == .unsupported else { throw error }
            return false
        }
    }

    private mutating func describe(_ checkpoint: Checkpoint) throws(EmbqError) {
        tensors = checkpoint.source.tensors.map {
            TensorFact(name: $0.name, dtype: $0.dtype.rawValue, shape: $0.shape)
        }
        // A family that is not known has no recipe, and a model of it is still a set of tensors.
        guard try isKnown(checkpoint) else {
            if let config = checkpoint.config?.json { add(json: config, under: "") }
            add(labels: checkpoint.labels ?? [])
            if let path = checkpoint.tokenizer?.path {
                try add(tables: ReleasedTokenizer.limit.open(path).contents)
            }
            return
        }
        let model = try ReleasedModel(checkpoint)
        for settlement in try Recipe(checkpoint).settlements {
            add(.configuration, settlement.name, settlement.value)
        }
        add(labels: model.config.labels)
        add(tables: model.tokenizerTables)
    }
}

// ---- Artifacts ----

extension ModelDescription {
    /// Of META: what has a part of its own, and what names no property of the model.
    private static let otherKeys: Set<String> = ["points", "rows"]

    private mutating func describe(_ artifact: ArtifactReader) {
        let provenance = artifact.provenance.object ?? []
        for (key, value) in provenance where !Self.otherKeys.contains(key) { add(json: value, under: key) }
        add(.configuration, "longest sentence", "\(artifact.device.maximumLength) tokens")
        add(labels: artifact.device.labels)
        add(tables: artifact.section(.tokenizer) ?? [])
        add(Footprint(artifact))
        for point in artifact.provenance["points"]?.array ?? [] {
            let range = point["integers"]?.array ?? []
            add(
                .scales, point["name"]?.string ?? "",
                "\(point["scale"]?.summary ?? "none"), zero point \(point["zero_point"]?.summary ?? "none"), "
                    + "\(range.first?.summary ?? "")…\(range.last?.summary ?? "")")
        }
        for tag in [ArtifactFormat.Tag.model, .checks] {
            guard let bytes = artifact.section(tag) else { continue }
            add(
                .sections, tag.rawValue,
                "\(bytes.count.grouped) bytes, SHA-256 \(SHA256.hexadecimal(of: Array(bytes)).prefix(12))…")
        }
        tensors = artifact.tensors.map { TensorFact(name: $0.name, dtype: $0.element.name, shape: $0.shape) }
    }

    private mutating func add(_ footprint: Footprint) {
        let sizes: [(String, Int)] = [
            ("weights", footprint.weights), ("tables", footprint.tables), ("tokenizer", footprint.tokenizer),
            ("total", footprint.total), ("flash", footprint.flash.total), ("RAM", footprint.ramAtLongest),
        ]
        for (name, bytes) in sizes { add(.footprint, name, "\(bytes.grouped) bytes") }
        for (tokens, bytes) in footprint.arena.sorted(by: { $0.key < $1.key }) {
            add(.footprint, "arena at \(tokens) tokens", "\(bytes.grouped) bytes")
        }
    }

    /// The leaves of a JSON value, each by the names that lead to it.
    private mutating func add(json value: JSONValue, under name: String) {
        if let members = value.object {
            for (key, value) in members { add(json: value, under: name.isEmpty ? key : "\(name).\(key)") }
        } else if let elements = value.array {
            add(.configuration, name, elements.map { $0.string ?? $0.summary }.joined(separator: ", "))
        } else {
            add(.configuration, name, value.string ?? value.summary)
        }
    }
}

extension ArtifactReader {
    /// The integers of a tensor as numbers; nil for a packed table.
    fileprivate func numbers(_ entry: Entry) -> [Float]? {
        switch entry.element {
        case .int8, .int16, .int32: return integers(entry).map { Float($0) }
        case .rows: return nil
        default:
            guard let bits = entry.element.packedBits else { return nil }
            let bytes = content(entry)
            let words = stride(from: bytes.startIndex, to: bytes.endIndex - 3, by: 4).map { at in
                (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
            }
            return PackedWeights.integers(words, inputs: entry.shape[1], bits: bits)
        }
    }
}
