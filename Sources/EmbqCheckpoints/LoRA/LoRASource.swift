package import EmbqCore

/// A model with a LoRA adapter merged: `W + factor · B·A` where the adapter has matrices, tensors of the adapter where
/// it has whole modules, and the base's own everywhere else.
///
/// Source: `LoraLayer` of github.com/huggingface/peft.
package struct LoRASource: TensorSource {
    package let tensors: [TensorInfo]
    private let base: any TensorSource
    private let adapter: LoRAAdapter
    /// By the bytes of a tensor's name, the module that is adapted.
    private let adapted: [[UInt8]: String]

    package var format: String { base.format + ", LoRA adapter" }
    package var path: String { base.path }
    package var inputs: [String] { base.inputs + adapter.inputs }
    package var metadata: [(key: String, value: String)] { base.metadata }
    package var remarks: [CheckpointNote] { base.remarks + adapter.remarks }
    package var notes: [TensorNote] {
        let changed = tensors.compactMap { info -> TensorNote? in
            if let module = adapted[Array(info.name.utf8)] {
                let rank = adapter.config.rank(of: module)
                return TensorNote(
                    tensor: info.name,
                    text: "LoRA of rank \(rank) merged, factor \(adapter.config.factor(of: module))")
            }
            return adapter.replacements[info.name] == nil
                ? nil : TensorNote(tensor: info.name, text: "taken from the adapter")
        }
        // What is said of the base's tensor still holds for what it is merged with.
        var texts = KeyedList<String>()
        for note in base.notes { texts.set(note.tensor, note.text) }
        for note in changed { texts.set(note.tensor, (texts[note.tensor].map { "\($0); " } ?? "") + note.text) }
        return texts.items.map { TensorNote(tensor: $0.name, text: $0.value) }
    }

    /// Merges an adapter's folder with a model.
    ///
    /// - Throws: what is wrong with the adapter, or `.mismatch` and `.shapeMismatch` when it is another model's.
    package init(_ base: any TensorSource, adapter folder: String) throws(EmbqError) {
        let adapter = try LoRAAdapter(folder)
        var adapted: [[UInt8]: String] = [:]
        for module in adapter.modules {
            guard let pair = adapter.pairs[module] else { continue }
            guard let weight = base.info(module + ".weight") else {
                throw adapter.fault(
                    .mismatch, module, "the model \(base.path) has no '\(EmbqError.printable(module)).weight' to adapt")
            }
            try Self.check(weight, module, pair, adapter)
            adapted[Array(weight.name.utf8)] = module
        }
        for (name, replacement) in adapter.replacements.sorted(by: { $0.key.precedesByBytes($1.key) }) {
            let shape = try adapter.source.requireInfo(replacement).shape
            guard let info = base.info(name) else {
                throw adapter.fault(
                    .mismatch, replacement, "the model \(base.path) has no '\(EmbqError.printable(name))' to replace")
            }
            guard adapted[Array(name.utf8)] == nil else {
                throw adapter.fault(
                    .duplicate, replacement,
                    "the adapter both adapts '\(EmbqError.printable(name))' and replaces it")
            }
            guard info.shape == shape else {
                throw adapter.fault(.shapeMismatch, replacement, "it is \(shape); the model's is \(info.shape)")
            }
        }
        var tensors: [TensorInfo] = []
        for info in base.tensors {
            if adapted[Array(info.name.utf8)] != nil,
                let real = TensorInfo(name: info.name, dtype: .f32, shape: info.shape)
            {
                tensors.append(real)
            } else if let name = adapter.replacements[info.name] {
                let replacement = try adapter.source.requireInfo(name)
                if let placed = TensorInfo(name: info.name, dtype: replacement.dtype, shape: info.shape) {
                    tensors.append(placed)
                }
            } else {
                tensors.append(info)
            }
        }
        self.base = base
        self.adapter = adapter
        self.adapted = adapted
        self.tensors = tensors
    }

    package func withBytes<R>(of name: String, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        let info = try requireInfo(name)
        if let module = adapted[Array(info.name.utf8)] { return try body(DType.f32.bytes(merged(info, module)).span) }
        if let replacement = adapter.replacements[info.name] {
            return try adapter.source.withBytes(of: replacement, body)
        }
        return try base.withBytes(of: name, body)
    }

    private static func check(_ weight: TensorInfo, _ module: String, _ pair: LoRAAdapter.Pair, _ adapter: LoRAAdapter)
        throws(EmbqError)
    {
        let a = try adapter.source.requireInfo(pair.a ?? "")
        let b = try adapter.source.requireInfo(pair.b ?? "")
        guard weight.shape.count == 2 else {
            throw adapter.fault(
                .unsupported, a.name,
                "it adapts \(EmbqError.printable(weight.name)), which is \(weight.shape); embq merges matrices, not convolutions"
            )
        }
        guard a.shape.count == 2, b.shape.count == 2 else {
            throw adapter.fault(
                .shapeMismatch, a.name, "it is \(a.shape) and its partner \(b.shape); matrices are expected")
        }
        let rank = adapter.config.rank(of: module)
        // [outputs, inputs] of B·A as it is added.
        let isTurned = isTurned(weight, pair, adapter, a, b)
        let product = isTurned ? [a.shape[1], b.shape[0]] : [b.shape[0], a.shape[1]]
        guard a.shape[0] == rank, b.shape[1] == rank else {
            throw adapter.fault(
                .shapeMismatch, a.name,
                "its rank is \(a.shape[0]), that of its partner \(b.shape[1]); \(LoRAConfig.fileName) says \(rank)")
        }
        guard product == weight.shape else {
            throw adapter.fault(
                .shapeMismatch, a.name,
                "with its partner it makes \(product); \(EmbqError.printable(weight.name)) is \(weight.shape)")
        }
    }

    /// Whether the weight is kept `[inputs, outputs]`. PEFT obeys fan_in_fan_out for such layers only and resets it for a
    /// linear layer, so the sizes decide; where both fit, the layer is a linear one, as in all families here.
    private static func isTurned(
        _ weight: TensorInfo, _ pair: LoRAAdapter.Pair, _ adapter: LoRAAdapter, _ a: TensorInfo, _ b: TensorInfo
    ) -> Bool {
        guard !pair.isEmbedding, a.shape.count == 2, b.shape.count == 2 else { return pair.isEmbedding }
        return adapter.config.isFanInFanOut && weight.shape != [b.shape[0], a.shape[1]]
    }

    private func merged(_ info: TensorInfo, _ module: String) throws(EmbqError) -> [Float] {
        guard let pair = adapter.pairs[module], let nameA = pair.a, let nameB = pair.b else {
            preconditionFailure("adapted modules have both matrices")
        }
        var weight = try base.finiteFloats(info.name).values
        let a = try adapter.source.finiteFloats(nameA)
        let b = try adapter.source.finiteFloats(nameB)
        let (rank, inputs, outputs) = (a.shape[0], a.shape[1], b.shape[0])
        let factor = Float(adapter.config.factor(of: module))
        let isTurned = Self.isTurned(
            info, pair, adapter, try adapter.source.requireInfo(nameA), try adapter.source.requireInfo(nameB))
        for row in 0..<outputs {
            var sums = [Float](repeating: 0, count: inputs)
            for k in 0..<rank {
                let left = b.values[row * rank + k]
                for column in 0..<inputs { sums[column] += left * a.values[k * inputs + column] }
            }
            for column in 0..<inputs {
                weight[isTurned ? column * outputs + row : row * inputs + column] += sums[column] * factor
            }
        }
        return weight
    }
}
