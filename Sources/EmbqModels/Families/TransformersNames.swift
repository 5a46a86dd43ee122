/// What a family of the transformers library calls its classes, tensors and keys, and what the library assumes where
/// config.json says nothing.
struct TransformersNames: Sendable {
    /// A key of config.json, and what the library takes without it.
    struct Key<Usual: Sendable>: Sendable {
        var name: String
        var usual: Usual
    }

    /// What the body's tensors stand under, where they do not stand under nothing.
    var stem: String
    /// What the names of its classes begin with.
    var classStem: String
    /// Ends of the names of classes whose heads are left out: what remains is an encoder.
    var otherHeads = ["ForMaskedLM", "ForPreTraining"]

    var widthKey = "hidden_size"
    var layersKey = "num_hidden_layers"
    var innerKey = "intermediate_size"
    var headsKey = Key(name: "num_attention_heads", usual: 12)
    var activationKey = Key(name: "hidden_act", usual: "gelu")
    /// nil where every release has 1e-12.
    var epsilonKey: Key<Double>? = Key(name: "layer_norm_eps", usual: 1e-12)
    /// nil for a family whose sentences have no token types.
    var typesKey: Key<Int>? = Key(name: "type_vocab_size", usual: 2)
    /// The words of [PAD], [SEP] and [MASK], and their ids where no tokenizer and no key tells them.
    var pad = SpecialWord(word: "[PAD]", key: "pad_token_id", usual: 0)
    var separator = SpecialWord(word: "[SEP]", key: "sep_token_id", usual: 102)
    var mask = SpecialWord(word: "[MASK]", key: "mask_token_id", usual: 103)

    /// The layers stand under this and their number.
    var layers = "encoder.layer."
    /// A matrix of each layer whose second dimension is D.
    var layerMark = "attention.self.query.weight"
    /// The body's tensors besides those of the layers begin so.
    var parts = ["embeddings."]
    /// The linear layers of the classifier of sentences, the last one making the logits.
    var classifier = ["classifier"]
    /// The function behind the first of two.
    var classifierActivation = Activation.tanh
    /// The linear layer of the library's own row for a sentence; nil where there is none.
    var pooler: String? = "pooler.dense"

    struct SpecialWord: Sendable {
        var word: String
        var key: String
        var usual: Int
    }

    /// Whether the classifier reads the pooler's row.
    var classifiesPooled: Bool { pooler != nil && classifier.count == 1 }
    /// The layer that makes the logits.
    var logits: String { classifier[classifier.count - 1] }
}
