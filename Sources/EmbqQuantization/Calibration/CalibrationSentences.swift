import EmbqContainers
package import EmbqData
package import EmbqModels

/// The sentences that a profile keeps, for all that is measured on sentences once ranges are known: rounding with error
/// feedback, bias correction, the choice of 16-bit points and of widths.
///
/// Of all sentences those whose text has the smallest SHA-256, so that neither their order nor that of merging matters.
package struct CalibrationSentences: Sendable, Equatable {
    package struct Item: Sendable, Equatable {
        /// 32 bytes.
        package var textSHA256: [UInt8]
        package var sentence: Sentence
        /// nil where it is not known.
        package var target: Target?

        package init(textSHA256: [UInt8], sentence: Sentence, target: Target? = nil) {
            self.textSHA256 = textSHA256
            self.sentence = sentence
            self.target = target
        }
    }

    /// How many are kept at most.
    package static let most = CalibrationProfileFile.maximumKept

    /// Ascending, see ``precedes(_:_:)``.
    package let items: [Item]

    /// Of these, those that are kept.
    package init(_ items: [Item]) { self.items = Array(items.sorted(by: Self.precedes).prefix(Self.most)) }

    package var sentences: [Sentence] { items.map(\.sentence) }

    /// What is kept of both; a sentence that both have counts twice, as in one run over all.
    func merging(_ other: CalibrationSentences) -> CalibrationSentences {
        CalibrationSentences(items + other.items)
    }

    /// Whether all of these that another profile would keep too are in it, each as often: then its data seem to hold these.
    ///
    /// - Parameter all: whether the other keeps all of its sentences.
    func seemIncluded(in other: CalibrationSentences, keepingAll all: Bool) -> Bool {
        let known = Dictionary(grouping: other.items, by: \.textSHA256).mapValues(\.count)
        let mine = Dictionary(grouping: items, by: \.textSHA256).mapValues(\.count)
        guard !all, let last = other.items.last?.textSHA256 else { return mine.allSatisfy { known[$0] ?? 0 >= $1 } }
        let shared = mine.filter { $0.key.lexicographicallyPrecedes(last) }
        return !shared.isEmpty && shared.allSatisfy { known[$0] ?? 0 >= $1 }
    }

    /// Whether one comes before another: by the digest of its text, and of one text, which data may have with several
    /// answers, by the rest.
    private static func precedes(_ a: Item, _ b: Item) -> Bool {
        if a.textSHA256 != b.textSHA256 { return a.textSHA256.lexicographicallyPrecedes(b.textSHA256) }
        for (x, y) in zip(a.rest, b.rest) where x != y { return x.lexicographicallyPrecedes(y) }
        return false
    }
}

extension CalibrationSentences.Item {
    /// All but the text's digest, as numbers in the order in which the file has them.
    fileprivate var rest: [[UInt64]] {
        [
            sentence.ids.map { UInt64($0) }, [UInt64(sentence.first)], sentence.second.map { [UInt64($0)] } ?? [],
            sentence.types.map { UInt64($0) }, target == nil ? [] : [1],
            target?.labels.map { UInt64($0) } ?? [], target?.numbers.map(\.bitPattern) ?? [],
        ]
    }

    var record: SentenceRecord {
        SentenceRecord(
            textSHA256: textSHA256, ids: sentence.ids, first: sentence.first, second: sentence.second,
            types: sentence.types,
            target: target.map { SentenceRecord.Target(labels: $0.labels, numbers: $0.numbers) })
    }

    init(_ record: SentenceRecord) {
        self.init(
            textSHA256: record.textSHA256,
            sentence: Sentence(record.ids, first: record.first, second: record.second, types: record.types),
            target: record.target.map { Target(labels: $0.labels, numbers: $0.numbers) })
    }
}
