/// Several sentences behind one another, each at its own length: no padding anywhere.
package struct TokenBatch: Sendable {
    /// Token ids of all sentences.
    package let ids: [UInt16]
    /// Where each sentence lies in `ids`; never empty.
    package let sentences: [Range<Int>]

    /// - Precondition: no sentence is empty.
    package init(_ sentences: some Collection<[UInt16]>) {
        var ids: [UInt16] = []
        var ranges: [Range<Int>] = []
        for sentence in sentences {
            precondition(!sentence.isEmpty, "a sentence has at least its [CLS]")
            ranges.append(ids.count..<ids.count + sentence.count)
            ids += sentence
        }
        self.ids = ids
        self.sentences = ranges
    }

    /// Cuts a list of sentences into runs of about `tokens` tokens: enough for the matrix kernels, small in memory.
    package static func runs(of sentences: [[UInt16]], tokens: Int = 512) -> [Range<Int>] {
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
