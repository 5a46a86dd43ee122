import EmbqCore
import EmbqRuntime

/// Memory that a model needs on the device, in bytes.
package struct Footprint: Sendable, Equatable {
    /// Every parameter with its biases: section WGHT.
    package var weights: Int
    /// Everything else that inference reads: sections MODL, TABL and LABL.
    package var tables: Int
    /// Section TOKN; not part of ``total``.
    package var tokenizer: Int
    /// Arena sizes by sentence length in tokens.
    package var arena: [Int: Int]
    /// Sentence length of ``total``: 256 tokens, or the model's longest sentence if that is shorter.
    package var length: Int

    package init(weights: Int, tables: Int, tokenizer: Int, arena: [Int: Int], length: Int) {
        self.weights = weights
        self.tables = tables
        self.tokenizer = tokenizer
        self.arena = arena
        self.length = length
    }

    package init(_ artifact: ArtifactReader) {
        func size(_ tag: ArtifactFormat.Tag) -> Int { artifact.section(tag)?.count ?? 0 }
        let longest = artifact.device.maximumLength
        let length = min(256, longest)
        self.init(
            weights: size(.weights), tables: size(.model) + size(.tables) + size(.labels), tokenizer: size(.tokenizer),
            arena: Dictionary(
                [16, 32, 64, 128, 256, longest, length].filter { $0 <= longest }.map {
                    ($0, artifact.device.arenaSize(tokens: $0))
                }, uniquingKeysWith: { first, _ in first }),
            length: length)
    }

    /// Arena size at ``length``.
    package var arenaAtLength: Int { arena[length] ?? 0 }

    /// Weights, tables and arena together, without the tokenizer.
    package var total: Int { weights + tables + arenaAtLength }
}

/// The JSON form has ``total`` in place of ``length``.
extension Footprint: Codable {
    private enum CodingKeys: String, CodingKey {
        case weights, tables, tokenizer, arena
        case total256 = "total_256"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(weights, forKey: .weights)
        try container.encode(tables, forKey: .tables)
        try container.encode(tokenizer, forKey: .tokenizer)
        try container.encode(arena, forKey: .arena)
        try container.encode(total, forKey: .total256)
    }

    /// Finds ``length`` as the longest arena, up to 256 tokens, that gives the total.
    ///
    /// No arena gives a wrong total. The length is then 0, which no artifact has: the footprint differs from all others.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let (weights, tables) = (
            try container.decode(Int.self, forKey: .weights), try container.decode(Int.self, forKey: .tables)
        )
        let arena = try container.decode([Int: Int].self, forKey: .arena)
        let total = try container.decode(Int.self, forKey: .total256)
        let lengths = arena.filter { $0.key <= 256 && weights.adding(tables)?.adding($0.value) == total }.keys
        self.init(
            weights: weights, tables: tables, tokenizer: try container.decode(Int.self, forKey: .tokenizer),
            arena: arena, length: lengths.max() ?? 0)
    }
}
