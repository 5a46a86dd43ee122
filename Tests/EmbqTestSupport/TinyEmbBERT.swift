package import EmbqCore

/// A seeded random EmbBERT checkpoint, small enough to make one for every case of a test.
///
/// Every number matters: activations are of order 1 after each layer, scores spread over a few units, so that a term
/// left out anywhere shows in the logits. Change tensors or configuration before ``write(to:)`` to make a broken one.
package struct TinyEmbBERT: Sendable {
    package var vocabulary = 32
    package var maximumLength = 80
    package var hidden = 16
    package var reduced = 4
    package var kernel = 4
    package var layers = 2
    package var expansion = 1
    package var outputs = 3
    package var seed: UInt64 = 1

    package init() {}

    /// The same with some dimensions changed.
    package init(_ change: (inout TinyEmbBERT) -> Void) {
        self.init()
        change(&self)
    }

    package var inner: Int { hidden * expansion }

    /// The tensors by name: uniform random numbers from the seed.
    package var tensors: [String: Tensor] {
        var generator = SplitMix64(seed: seed)
        var tensors: [String: Tensor] = [:]
        /// `deviation` is the standard deviation; a uniform distribution is √3 of it wide.
        func add(_ name: String, _ shape: [Int], deviation: Float, mean: Float = 0) {
            let reach = deviation * Float(3).squareRoot()
            let values = (0..<shape.reduce(1, *)).map { _ in mean + Float.random(in: -reach...reach, using: &generator)
            }
            tensors[name] = Tensor(shape: shape, values: values)
        }
        func matrix(_ name: String, _ shape: [Int], inputs: Int) {
            add(name, shape, deviation: 1 / Float(inputs).squareRoot())
        }
        add("model.embedder.token.weight", [vocabulary, reduced], deviation: 1)
        matrix("model.embedder.tok_expander.weight", [hidden, reduced], inputs: reduced)
        add("model.embedder.position.weight", [maximumLength, reduced], deviation: 0.5)
        matrix("model.embedder.pos_expander.weight", [hidden, reduced], inputs: reduced)
        add("model.embedder.sentence.weight", [3, hidden], deviation: 0.5)
        for layer in 0..<layers {
            add("model.norms.\(layer).weight", [hidden], deviation: 0.2, mean: 1)
            let a = "model.attentions.\(layer)."
            for name in ["query", "att_output"] {
                matrix(a + name + ".weight", [hidden, hidden], inputs: hidden)
                add(a + name + ".bias", [hidden], deviation: 0.2)
            }
            matrix(a + "conv1d.weight", [inner, 1, kernel], inputs: kernel)
            add(a + "conv1d.bias", [inner], deviation: 0.2)
            matrix(a + "contract.weight", [hidden, inner], inputs: inner)
            add(a + "contract.bias", [hidden], deviation: 0.2)
            for name in ["lambda_q1", "lambda_k1", "lambda_q2", "lambda_k2"] { add(a + name, [hidden], deviation: 0.2) }
        }
        matrix("classifier.weight", [outputs, hidden], inputs: hidden)
        add("classifier.bias", [outputs], deviation: 0.2)
        return tensors
    }

    /// The members of config.json, values as JSON.
    package var config: [String: String] {
        [
            "architectures": "[\"SequenceClassifier\"]", "model_type": "\"EmbBERT\"", "vocab_size": "\(vocabulary)",
            "max_length": "\(maximumLength)", "hidden_size": "\(hidden)", "reduced_embedding": "\(reduced)",
            "kernel_size": "\(kernel)", "num_hidden_layers": "\(layers)", "forward_expansion": "\(expansion)",
            "num_labels": "\(outputs)",
        ]
    }

    /// A tokenizer of the special tokens, the letters and one merge.
    package var tokenizer: String {
        let special = ["[PAD]", "[UNK]", "[CLS]", "[MASK]", "[SEP]"]
        let letters = "abcdefghijklmnopqrstuvwxyz".map { String($0) }
        let vocabulary = (special + letters + ["th"]).prefix(vocabulary)
        let entries = vocabulary.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ", ")
        let added = special.enumerated().map { id, content in
            """
            {"id": \(id), "content": "\(content)", "single_word": false, "lstrip": false, "rstrip": false,
             "normalized": false, "special": true}
            """
        }
        return """
            {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [\(added.joined(separator: ", "))],
             "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                            "strip_accents": true, "lowercase": true},
             "pre_tokenizer": {"type": "Whitespace"},
             "post_processor": {"type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                "pair": [], "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}}},
             "decoder": null,
             "model": {"type": "BPE", "unk_token": "[UNK]", "vocab": {\(entries)}, "merges": [["t", "h"]]}}
            """
    }

    /// Token ids as a sentence has them: [CLS], then words, with the given chances of a [PAD] or a [SEP] for each token.
    package func sentence(
        tokens: Int, pad: Double = 0, separator: Double = 0, using generator: inout SplitMix64
    ) -> [UInt16] {
        [2]
            + (1..<max(tokens, 1)).map { _ in
                let chance = Double.random(in: 0..<1, using: &generator)
                if chance < pad { return 0 }
                return chance < pad + separator ? 4 : UInt16.random(in: 5..<UInt16(vocabulary), using: &generator)
            }
    }
}

extension TinyEmbBERT {
    /// Writes model.safetensors, config.json and tokenizer.json.
    package func write(to folder: TemporaryFolder) throws { try Self.write(tensors, config, tokenizer, to: folder) }

    /// Writes a checkpoint's three files.
    package static func write(
        _ tensors: [String: Tensor], _ config: [String: String], _ tokenizer: String, to folder: TemporaryFolder
    ) throws {
        try folder.write(safetensors(tensors), to: "model.safetensors")
        let members = config.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
        try folder.write("{\(members.joined(separator: ", "))}", to: "config.json")
        try folder.write(tokenizer, to: "tokenizer.json")
    }

    /// A safetensors file of fp32 tensors.
    package static func safetensors(_ tensors: [String: Tensor]) -> [UInt8] {
        var entries: [String] = []
        var values = ByteWriter()
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            let start = values.bytes.count
            values.write(contentsOf: tensor.values.map(\.bitPattern))
            entries.append(
                "\"\(name)\":{\"dtype\":\"F32\",\"shape\":\(tensor.shape),\"data_offsets\":[\(start),\(values.bytes.count)]}"
            )
        }
        let header = Array("{\(entries.joined(separator: ","))}".utf8)
        var writer = ByteWriter()
        writer.write(UInt64(header.count))
        writer.write(bytes: header)
        writer.write(bytes: values.bytes)
        return writer.bytes
    }
}
