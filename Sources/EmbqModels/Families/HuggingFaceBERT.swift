import EmbqCore

/// BERT as the transformers library saves it: BERT-Tiny to BERT-Base, MiniLM.
///
/// Source: https://github.com/huggingface/transformers, models/bert/modeling_bert.py. Tensors stand under `bert.` or
/// under nothing; old ones call a norm's γ and β gamma and beta.
enum HuggingFaceBERT: TransformersFamily {
    static let modelType = "bert"
    static let name = "HuggingFaceBERT"
    static var keys: KnownKeys { ConfigKeys.huggingFaceBERT }
    static let names = TransformersNames(
        stem: "bert", classStem: "Bert",
        otherHeads: ["ForMaskedLM", "ForNextSentencePrediction", "ForPreTraining", "LMHeadModel"])

    /// Bare tensors of these names are a BERT's where no other family of such names is told.
    static func isRecognised(_ t: TensorShapes, _ prefix: String) -> Bool { true }
}
