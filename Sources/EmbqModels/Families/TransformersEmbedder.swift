import EmbqCore

/// The embedder that most families of the transformers library have: rows for the word, the position and the token type,
/// and a LayerNorm.
struct TransformersEmbedder<Family: TransformersFamily> {
    /// Of the tables, and the key of config.json that says it.
    let width: Int
    let widthKey: String
    /// The row of the table of positions that a [PAD] has, where the others are counted without it from the next one on;
    /// nil where a [PAD] is a token as any other.
    let padPosition: Int?

    init(_ family: Family.Type, width: Int, widthKey: String, padPosition: Int? = nil) {
        self.width = width
        self.widthKey = widthKey
        self.padPosition = padPosition
    }

    func build(_ b: inout GraphBuilder, _ prefix: String) throws(EmbqError) -> Value {
        let e = prefix + "embeddings."
        let token = try b.read(
            e + "word_embeddings.weight", [b.config.vocabularySize, width], "vocab_size, \(widthKey)")
        let (position, types) = (try positions(&b, e), try types(&b, e))
        var sum: Value
        if padPosition == nil {
            sum = b.embed(
                Embedding(token: token, position: position, segment: types, segments: .byTemplate), width: width)
        } else {
            sum = b.embed(Embedding(token: token, segment: types, segments: .byTemplate), width: width)
            let places = b.lookUp(
                "embedder.position", TableLookup(.countedPosition, position, name: "position"), width: width)
            sum = b.add("embedder.sum", (1, sum), (1, places))
        }
        return try b.releasedNorm("embedder.norm", sum, e + "LayerNorm", epsilon: Family.epsilon(b))
    }

    /// The rows that a sentence can have.
    func positions(_ b: inout GraphBuilder, _ e: String) throws(EmbqError) -> [Float] {
        let first = padPosition ?? 0
        let rows = first + (padPosition == nil ? 0 : 1)
        let table = try b.read(
            e + "position_embeddings.weight", [rows + b.config.positions, width], "\(Family.lengthKey), \(widthKey)")
        return Array(table[(first * width)..<((rows + b.config.maximumLength) * width)])
    }

    /// The rows of types 0 and 1: the template gives no others, however many there are; of one type all is.
    func types(_ b: inout GraphBuilder, _ e: String) throws(EmbqError) -> [Float] {
        guard Family.names.typesKey != nil else { return [] }
        let count = try b.size(.tokenTypes)
        let types = try b.read(e + "token_type_embeddings.weight", [count, width], "type_vocab_size, \(widthKey)")
        return count == 1 ? types + types : Array(types[..<(2 * width)])
    }
}
