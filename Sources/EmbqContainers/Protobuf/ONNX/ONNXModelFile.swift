internal import CEmbqSchemas
package import EmbqCore

/// ONNX models as bytes: protobuf, the part laid down in `Schemas/onnx.proto`.
package enum ONNXModelFile {
    /// Fields, known or not, over the whole model: large models have some 100,000.
    package static let maximumRecords = 2_000_000
    /// Bytes of memory for all but the values: an unpacked node takes some 500.
    package static let maximumMemory = 256 << 20
    /// Messages inside each other: each If or Loop inside another one adds three.
    package static let maximumDepth = 100
    /// Dimensions of a tensor, as many as numpy has.
    package static let maximumRank = 64

    static let advice = "Export the model again, or get the file again from its source."

    /// Reads a model; `bytes` are the whole file, whose values are not touched.
    ///
    /// - Throws: `.malformed`, `.truncated`, `.missing`, `.duplicate`, `.unsupported` or `.limitExceeded`, with the byte
    ///   offset, the node or the tensor; the caller adds the file.
    package static func decode(_ bytes: Span<UInt8>) throws(EmbqError) -> ONNXModel {
        var prototype = unsafe Onnx__ModelProto()
        unsafe onnx__model_proto__init(&prototype)
        let limits = embq_protobuf_limits(
            depth: UInt32(maximumDepth), records: maximumRecords, memory: maximumMemory)
        let document = try unsafe ProtobufDocument(
            bytes, as: prototype.base.descriptor, limits: limits, byReference: true, advice: advice)
        return try unsafe document.withMessage(as: Onnx__ModelProto.self) { message throws(EmbqError) in
            guard let graph = unsafe message.graph else {
                throw fault(.missing, nil, "the model has no graph")
            }
            return try unsafe ONNXModelReader.graph(graph.pointee)
        }
    }

    static func fault(_ code: EmbqError.Code, _ place: String?, _ problem: String, advice: String = advice) -> EmbqError
    {
        EmbqError(code, place: place, problem, advice: advice)
    }
}
