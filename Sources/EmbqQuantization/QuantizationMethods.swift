/// What is done beyond rounding to the nearest integer; each can be switched off, so that it can be measured.
package struct QuantizationMethods: OptionSet, Sendable, Hashable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// A norm's constants go into the weights behind it, and factors of an attention's outlier channels into the weights
    /// that they meet, see ``ModelGraph/folded()``.
    package static let folding = Self(rawValue: 1)
    /// Factors of outlier channels go from rows into weights, see ``Lowering/balanced(_:_:plain:)``.
    package static let balance = Self(rawValue: 2)
    /// The mean error that rounded weights leave is taken off the biases, see ``WeightQuantizer/correction(_:_:_:)``.
    package static let biasCorrection = Self(rawValue: 4)
    /// What a weight's rounding does to a layer's outputs is made good by the weights behind it, see ``ErrorFeedback``.
    package static let errorFeedback = Self(rawValue: 8)

    /// Activations of which 8 bits would drown most values keep 16, see ``Lowering/needsSixteenBits(_:_:)``; and so do other
    /// values where the logits are too noisy without, see ``ShortPointSearch``.
    package static let wideActivations = Self(rawValue: 16)

    /// Layers without anything between them become one, see ``ModelGraph/multipliedOut()``.
    package static let products = Self(rawValue: 32)

    /// Rows that live in few numbers are attended in them, see ``ModelGraph/attendedInTables()``.
    package static let tableAttention = Self(rawValue: 64)

    /// Those that give the same function as another graph.
    package static let rewrites: Self = [.folding, .products, .tableAttention]

    /// Those that are measured on sentences, and cannot be done with a profile that keeps none. Without sentences
    /// ``wideActivations`` go by the ranges alone.
    package static let onSentences: Self = [.biasCorrection, .errorFeedback]

    package static let all: Self = [
        .folding, .balance, .biasCorrection, .errorFeedback, .wideActivations, .products, .tableAttention,
    ]

    /// Every method with the name that `--methods` takes.
    package static let named: [(name: String, method: Self)] = [
        ("folding", .folding), ("balance", .balance), ("bias-correction", .biasCorrection),
        ("error-feedback", .errorFeedback), ("wide-activations", .wideActivations), ("products", .products),
        ("table-attention", .tableAttention),
    ]

    /// Methods by their names, joined by commas, or `all`, or `none`; nil when one is not known.
    package init?(names: String) {
        switch names {
        case "all": self = .all
        case "none": self = []
        default:
            self = []
            for name in names.split(separator: ",", omittingEmptySubsequences: false) {
                guard let known = Self.named.first(where: { $0.name == name }) else { return nil }
                insert(known.method)
            }
        }
    }

    package var names: [String] { Self.named.filter { contains($0.method) }.map(\.name) }
}

/// How many bits the weights get, and the values that they multiply.
package struct WeightWidths: Sendable, Hashable {
    /// Bits of a weight of the matrices that have fewer than 8, by name.
    package var bits: [String: Int]
    /// Widths of the rows of token tables that have fewer than 8, by name.
    package var tables: [String: [PackedTable.RowClass]]
    /// What has 16 bits instead of 8.
    package var short: ShortChoice
    /// Bits of what the arena holds for all positions.
    package var memory: MemoryChoice
    /// Whether multipliers and biases of sums have 16 bits instead of 32.
    package var hasNarrowVectors: Bool

    package init(
        bits: [String: Int] = [:], tables: [String: [PackedTable.RowClass]] = [:], short: ShortChoice = ShortChoice(),
        memory: MemoryChoice = MemoryChoice(), hasNarrowVectors: Bool = false
    ) {
        self.bits = bits
        self.tables = tables
        self.short = short
        self.memory = memory
        self.hasNarrowVectors = hasNarrowVectors
    }
}

/// Bits of the int8 rows that the arena holds for all positions of a sentence.
package struct MemoryChoice: Codable, Sendable, Hashable {
    /// Of rows that a later pass loads or convolves.
    package var rows: Int
    /// Of keys and values. Where others read the same rows too, a copy of fewer bits is made.
    package var keys: Int

    package init(rows: Int = 8, keys: Int = 8) {
        self.rows = rows
        self.keys = keys
    }

    /// Up to so many bits of keys, rows of an embedder's tables have 8, not 16.
    package static let narrowKeys = 4

    /// Those from which one is chosen, the finest first.
    package static let all = [
        MemoryChoice(), MemoryChoice(rows: 8, keys: 6), MemoryChoice(rows: 6, keys: 6), MemoryChoice(rows: 8, keys: 4),
        MemoryChoice(rows: 5, keys: 5), MemoryChoice(rows: 6, keys: 4), MemoryChoice(rows: 6, keys: 3),
        MemoryChoice(rows: 5, keys: 3), MemoryChoice(rows: 4, keys: 4), MemoryChoice(rows: 4, keys: 3),
    ]
}

/// What has 16 bits instead of 8.
package struct ShortChoice: Sendable, Hashable {
    /// The points that linear layers read, and attentions with all that they read.
    package var points: Set<String>
    /// Layers that read such points and tables, whose weights are a sum of two matrices of 8 bits: the second one holds what
    /// the first has rounded away.
    package var weights: Set<String>

    package init(points: Set<String> = [], weights: Set<String> = []) {
        self.points = points
        self.weights = weights
    }

    package var isEmpty: Bool { points.isEmpty && weights.isEmpty }
}
