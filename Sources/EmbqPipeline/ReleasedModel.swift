import EmbqArtifact
package import EmbqCheckpoints
package import EmbqCore
import EmbqData
package import EmbqModels
package import EmbqQuantization
package import EmbqRuntime
import EmbqTokenizers

/// A checkpoint with everything that running it takes: weights, configuration, tokenizer.
package struct ReleasedModel: Sendable {
    package let checkpoint: Checkpoint
    package let model: QuantizableModel
    package let tokenizer: Tokenizer
    /// The tokenizer's tables as they go into an artifact.
    package let tokenizerTables: [UInt8]
    /// SHA-256 of tokenizer.json or vocab.txt.
    package let tokenizerSHA256: String
    /// SHA-256 over all tensors: name, type, shape and bytes, in the order of their names. Another container of the
    /// same weights has the same one.
    package let modelSHA256: String

    package var config: ModelConfig { model.config }

    /// Loads a checkpoint.
    ///
    /// - Throws: what is missing or wrong in any of its files.
    package init(_ checkpoint: Checkpoint) throws(EmbqError) {
        self.checkpoint = checkpoint
        model = try QuantizableModel(checkpoint)
        let released = try checkpoint.requireTokenizer()
        let path = released.path
        let embedding = model.released.graph.nodes.compactMap { node in
            if case .embed(let embedding) = node.operation { embedding } else { nil }
        }.first
        let pairs = embedding?.segments == .byTemplate
        let compiled = try released.compile(rows: model.config.vocabularySize, pairs: pairs)
        do throws(EmbqError) {
            tokenizer = try onDevice { () throws(RuntimeError) in try Tokenizer(tables: compiled.tables) }
        } catch {
            throw error.at(file: path)
        }
        guard compiled.vocabularySize <= model.config.vocabularySize else {
            throw EmbqError(
                .mismatch, file: path,
                "its vocabulary has \(compiled.vocabularySize) tokens, the model's embedding \(model.config.vocabularySize)",
                advice: "Use the tokenizer.json released with these weights, or pass --tokenizer.")
        }
        tokenizerTables = compiled.tables
        tokenizerSHA256 = SHA256.hexadecimal(of: try MappedFile(path).contents)
        modelSHA256 = try Self.digest(checkpoint.source)
    }

    /// Rejects pairs of a model that has one token type and a tokenizer that gives two.
    func checkPairs(_ data: LabelledData) throws(EmbqError) {
        guard tokenizer.hasPairs, config.task != .embedding, data.rows.contains(where: { $0.second != nil }),
            let keys = checkpoint.config, try keys.integer("type_vocab_size", in: 1...1 << 30, default: 2) == 1
        else { return }
        let pair = try Inference.sentence(Array("a".utf8), and: Array("b".utf8), with: tokenizer, limit: .max)
        guard !pair.types.isEmpty else { return }
        throw EmbqError(
            .unsupported, file: keys.path, place: "'type_vocab_size'",
            "it is 1; the second text of a pair has token type 1",
            advice: "Supported: 2 or more, or data with one text per row.")
    }

    private static func digest(_ source: any TensorSource) throws(EmbqError) -> String {
        var hash = SHA256()
        for info in source.tensors {
            hash.update(Array("\(info.name)\n\(info.dtype.rawValue)\n\(info.shape)\n".utf8).span)
            let inner = try source.withBytes(of: info.name) { bytes throws(EmbqError) in SHA256.hexadecimal(of: bytes) }
            hash.update(Array(inner.utf8).span)
        }
        return hash.hexadecimal()
    }
}
