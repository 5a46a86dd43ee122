import EmbqContainers
package import EmbqCore

/// The weights of an ONNX model, by the names that they have in the checkpoint that it was exported from.
///
/// Opening reads the graph alone; values stay in the mapped file (or the files beside it) until a tensor is asked for,
/// and one tensor is in memory at a time.
package struct ONNXFile: TensorSource {
    package let tensors: [TensorInfo]
    /// As ``tensors``.
    private let weights: [ONNXWeight]
    private let values: ONNXValues

    package var format: String { CheckpointFormat.onnx.name }
    package var path: String { values.path }
    package var inputs: [String] { values.inputs }
    package var notes: [TensorNote] {
        weights.compactMap { weight in weight.note.map { TensorNote(tensor: weight.info.name, text: $0) } }
    }

    /// Reads and checks a model's graph.
    ///
    /// - Throws: what is wrong with the file, or which weight has no clear name.
    package init(_ file: MappedFile) throws(EmbqError) {
        let model = try naming(file.path) { () throws(EmbqError) in
            try file.withBytes { bytes throws(EmbqError) in try ONNXModelFile.decode(bytes) }
        }
        let graph = ONNXGraph(model)
        try naming(file.path) { () throws(EmbqError) in try TensorInfo.requireCount(graph.constants.count) }
        values = try ONNXValues(file, graph.constants)
        weights = try Self.weights(graph, values).sorted { $0.info.name.precedesByBytes($1.info.name) }
        tensors = weights.map(\.info)
        try values.finish(tensors)
    }

    package func withBytes<R>(of name: String, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        let info = try requireInfo(name)
        guard let place = tensors.place(of: info.name) else { preconditionFailure("the tensor was just found") }
        return try weights[place].withBytes(from: values, body)
    }

    private static func weights(_ graph: ONNXGraph, _ values: ONNXValues) throws(EmbqError) -> [ONNXWeight] {
        let finder = try ONNXQuantizationFinder(graph, values)
        let quantized = finder.found
        var names = try ONNXNames(graph, helpers: finder.helpers, path: values.path)
        let lambdas = try names.lambdas(values, quantized)
        var weights = try names.foldedTables(values, quantized)
        for (name, claim) in names.claims {
            weights.append(try weight(name, claim, quantized[claim.tensor.name], values))
        }
        for (name, product, evidence) in lambdas {
            guard let info = TensorInfo(name: name, dtype: .f32, shape: [product.count]) else { continue }
            weights.append(ONNXWeight(info: info, content: .values(product), note: evidence))
        }
        // Constants of several numbers that nothing names may be weights all the same: they are shown as they are.
        for tensor in names.unclaimed where tensor.count > 1 {
            guard tensor.isFloat || quantized[tensor.name] != nil, names.claims[tensor.name] == nil else { continue }
            if graph.isLambdaProduct(tensor) { continue }
            let claim = ONNXNames.Claim(
                tensor: tensor, isTransposed: false, evidence: "nothing in the graph tells its name in the checkpoint")
            weights.append(try weight(tensor.name, claim, quantized[tensor.name], values))
        }
        return weights
    }

    private static func weight(
        _ name: String, _ claim: ONNXNames.Claim, _ quantization: ONNXQuantization?, _ values: ONNXValues
    ) throws(EmbqError) -> ONNXWeight {
        let (tensor, isTransposed) = (claim.tensor, claim.isTransposed)
        guard let stored = tensor.dtype else {
            throw EmbqError(
                .unsupported, file: values.path, place: EmbqError.place(tensor: name),
                "its values are \(tensor.type.name), which embq does not read", advice: "Export the model in fp32.")
        }
        let dtype = quantization != nil || stored == .f64 ? .f32 : stored
        var notes = [claim.evidence].compactMap { $0 }
        if let quantization {
            let scales = quantization.scale.count == 1 ? "one scale" : "\(quantization.scale.count) scales"
            notes.append("\(tensor.type.name) made fp32 with \(scales)")
        } else if stored == .f64 {
            notes.append("rounded from fp64 to fp32")
        }
        var range: Range<Int>?
        if case .file(let place) = tensor.storage, !isTransposed, dtype == stored { range = place }
        let shape =
            claim.shape ?? (claim.isFlat ? [tensor.count] : isTransposed ? tensor.shape.reversed() : tensor.shape)
        guard let info = TensorInfo(name: name, dtype: dtype, shape: shape, fileRange: range) else {
            throw EmbqError(
                .malformed, file: values.path, place: EmbqError.place(tensor: name),
                "\(dtype.rawValue) \(shape) is no size that a file can have",
                advice: "Get the file again from its source.")
        }
        return ONNXWeight(
            info: info, content: .constant(tensor, isTransposed: isTransposed, quantization),
            note: notes.isEmpty ? nil : notes.joined(separator: "; "))
    }
}

extension ONNXTensor {
    fileprivate var isFloat: Bool {
        switch dtype {
        case .f32, .f16, .bf16, .f64: true
        default: false
        }
    }
}

extension ONNXGraph {
    /// Whether a constant is summed and exponentiated, and nothing else.
    fileprivate func isLambdaProduct(_ tensor: ONNXTensor) -> Bool {
        let readers = consumers(of: tensor.name)
        return !readers.isEmpty && readers.allSatisfy { $0.operation == "ReduceSum" }
    }
}

extension CheckpointFormat {
    /// ONNX models, as torch.onnx exports them and onnxruntime quantizes them.
    static let onnx = CheckpointFormat(
        name: "ONNX", endings: ["onnx"], usualName: "model.onnx",
        recognises: { bytes in
            // protobuf: field 1 (ir_version, a small number), then the tag of another field of ModelProto.
            bytes.count >= 3 && bytes[0] == 0x08 && (1...32).contains(bytes[1])
                && [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42, 0x72].contains(bytes[2])
        },
        open: { file throws(EmbqError) in try ONNXFile(file) })
}
