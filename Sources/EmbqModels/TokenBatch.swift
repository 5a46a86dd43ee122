/// One input of a model: a tokenized text, or two.
package struct Sentence: Sendable, Equatable {
    /// Token ids with the template's.
    package var ids: [UInt16]
    /// How many ids are the first text's own.
    package var first: Int
    /// How many are the second's; nil: there is one text.
    package var second: Int?
    /// The token type of each id; empty: all are 0.
    package var types: [UInt8]

    package init(_ ids: [UInt16], first: Int = 0, second: Int? = nil, types: [UInt8] = []) {
        self.ids = ids
        self.first = first
        self.second = second
        self.types = types
    }

    package var count: Int { ids.count }
}

extension Sentence: ExpressibleByArrayLiteral {
    package init(arrayLiteral ids: UInt16...) { self.init(ids) }
}

/// Several sentences behind one another, each at its own length: no padding anywhere.
package struct TokenBatch: Sendable {
    /// Token ids of all sentences.
    package let ids: [UInt16]
    /// Their token types; empty: all are 0.
    package let types: [UInt8]
    /// Where each sentence lies in `ids`; empty only for a model that takes a text without a token.
    package let sentences: [Range<Int>]

    /// Sentences without token types.
    package init(_ sentences: some Collection<[UInt16]>) { self.init(sentences.map { Sentence($0) }) }

    package init(_ sentences: some Collection<Sentence>) {
        var ids: [UInt16] = []
        var ranges: [Range<Int>] = []
        var types: [UInt8] = []
        for sentence in sentences {
            ranges.append(ids.count..<ids.count + sentence.count)
            ids += sentence.ids
            if !sentence.types.isEmpty {
                types += repeatElement(0, count: ids.count - sentence.count - types.count)
                types += sentence.types
            }
        }
        if !types.isEmpty { types += repeatElement(0, count: ids.count - types.count) }
        self.ids = ids
        self.types = types
        self.sentences = ranges
    }

    /// Cuts a list of sentences into runs of about `tokens` tokens: enough for the matrix kernels, small in memory.
    package static func runs(of sentences: [Sentence], tokens: Int = 512) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        var start = 0
        var size = 0
        for (index, sentence) in sentences.enumerated() {
            if size > 0, size + sentence.count > tokens {
                runs.append(start..<index)
                start = index
                size = 0
            }
            size += sentence.count
        }
        if start < sentences.count { runs.append(start..<sentences.count) }
        return runs
    }
}
