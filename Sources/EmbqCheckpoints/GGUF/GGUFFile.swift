package import EmbqCore

/// A GGUF file of an encoder, mapped; its tensors have the names of the transformers library.
package struct GGUFFile: TensorSource {
    package let tensors: [TensorInfo]
    package let notes: [TensorNote]
    let header: GGUFHeader
    private let file: MappedFile
    /// By the library's name.
    private let places: [String: GGUFTensor]

    package var format: String { CheckpointFormat.gguf.name }
    package var path: String { file.path }
    package var metadata: [(key: String, value: String)] {
        header.values.compactMap { key, value in value.string.map { (key, $0) } }
            .sorted { $0.key.precedesByBytes($1.key) }
    }

    /// - Throws: what is wrong with the header and with which key or tensor; `.unsupported` for another architecture.
    package init(_ file: MappedFile) throws(EmbqError) {
        self.file = file
        do throws(EmbqError) {
            header = try file.withBytes { bytes throws(EmbqError) in try GGUFHeader(bytes) }
            try GGUFRelease.check(header)
            var infos: [TensorInfo] = []
            var places: [String: GGUFTensor] = [:]
            var notes: [TensorNote] = []
            for tensor in header.tensors {
                let name = GGUFNames.released(tensor.name)
                guard
                    let info = TensorInfo(
                        name: name, dtype: tensor.type.dtype, shape: tensor.shape,
                        fileRange: tensor.type.block == 1 ? tensor.range : nil)
                else {
                    throw GGUFHeader.fault(
                        .limitExceeded, EmbqError.place(tensor: tensor.name), "\(tensor.shape) is too large")
                }
                infos.append(info)
                places[name] = tensor
                if tensor.type.block > 1 {
                    notes.append(TensorNote(tensor: name, text: "\(tensor.type.rawValue) of GGUF made fp32"))
                }
            }
            tensors = infos.sorted { $0.name.precedesByBytes($1.name) }
            self.places = places
            self.notes = notes
        } catch {
            throw error.at(file: file.path)
        }
    }

    package func withBytes<R>(of name: String, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        let info = try requireInfo(name)
        guard let tensor = places[info.name] else { return try body([UInt8]().span) }
        defer { file.finish(tensor.range) }
        return try file.withBytes { bytes throws(EmbqError) in
            guard let floats = tensor.blocks(bytes) else { return try body(bytes.extracting(tensor.range)) }
            return try body(DType.f32.bytes(floats).span)
        }
    }
}

extension CheckpointFormat {
    /// llama.cpp's container: weights, configuration and tokenizer in one file.
    static let gguf = CheckpointFormat(
        name: "GGUF", endings: ["gguf"],
        recognises: { bytes in starts(bytes, Array("GGUF".utf8)) },
        open: { file throws(EmbqError) in try GGUFFile(file) })
}

/// What the tensors of a BERT are called.
enum GGUFNames {
    private static let embedder = [
        "token_embd": "embeddings.word_embeddings", "position_embd": "embeddings.position_embeddings",
        "token_types": "embeddings.token_type_embeddings", "token_embd_norm": "embeddings.LayerNorm",
    ]
    private static let layer = [
        "attn_q": "attention.self.query", "attn_k": "attention.self.key", "attn_v": "attention.self.value",
        "attn_output": "attention.output.dense", "attn_output_norm": "attention.output.LayerNorm",
        "ffn_up": "intermediate.dense", "ffn_down": "output.dense", "layer_output_norm": "output.LayerNorm",
    ]

    /// The library's name; the file's own where there is none.
    static func released(_ name: String) -> String {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2, let stem = embedder[parts[0]] { return "\(stem).\(parts[1])" }
        if parts.count == 4, parts[0] == "blk", let stem = layer[parts[2]] {
            return "encoder.layer.\(parts[1]).\(stem).\(parts[3])"
        }
        return name
    }
}
