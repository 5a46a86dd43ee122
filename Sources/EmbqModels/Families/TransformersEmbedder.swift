import EmbqCore

/// The embedder that most families of the transformers library have: rows for the word, the position and the token type,
/// and a LayerNorm.
struct TransformersEmbedder<Family: TransformersFamily> {
    /// Of the tables, and the key of config.json that says it.
    let width: Int
    let widthKey: String
    /// Rows of the table of positions before that of the first token.
    let firstPosition: Int

    init(_ family: Family.Type, width: Int, widthKey: String, firstPosition: Int = 0) {
        self.width = width
        self.widthKey = widthKey
        self.firstPosition = firstPosition
    }

    func build(_ b: inout GraphBuilder, _ prefix: String) throws(EmbqError) -> Value {
        let e = prefix + "embeddings."
        let token = try b.read(e + "word_embeddings.weight", [b.config.vocabularySize, width], "vocab_size, \(widthKey)")
        let position = try positions(&b, e)
        let sum = b.embed(
            Embedding(token: token, position: position, segment: try types(&b, e), segments: .byTemplate), width: width)
        return try b.releasedNorm("embedder.norm", sum, e + "LayerNorm", epsilon: Family.epsilon(b))
    }

    /// The rows that a sentence can have.
    func positions(_ b: inout GraphBuilder, _ e: String) throws(EmbqError) -> [Float] {
        let rows = firstPosition + b.config.positions
        let table = try b.read(e + "position_embeddings.weight", [rows, width], "\(Family.lengthKey), \(widthKey)")
        return Array(table[(firstPosition * width)..<((firstPosition + b.config.maximumLength) * width)])
    }

    /// The rows of types 0 and 1: the template gives no others, however many there are; of one type all is.
    func types(_ b: inout GraphBuilder, _ e: String) throws(EmbqError) -> [Float] {
        guard Family.names.typesKey != nil else { return [] }
        let count = try b.size(.tokenTypes)
        let types = try b.read(e + "token_type_embeddings.weight", [count, width], "type_vocab_size, \(widthKey)")
        return count == 1 ? types + types : Array(types[..<(2 * width)])
    }
}
