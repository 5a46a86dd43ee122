/// The smallest and the largest value of each sentence, added up.
package struct SentenceExtremes: Sendable, Equatable {
    /// Sentences added.
    package private(set) var count = 0
    package private(set) var minima = ExactSum()
    package private(set) var maxima = ExactSum()

    package init() {}

    init(count: Int, minima: ExactSum, maxima: ExactSum) {
        self.count = count
        self.minima = minima
        self.maxima = maxima
    }

    /// Adds a sentence's finite extremes.
    package mutating func add(minimum: Float, maximum: Float) {
        count += 1
        minima.add(minimum)
        maxima.add(maximum)
    }

    /// Adds other sentences.
    package mutating func merge(_ other: SentenceExtremes) {
        count += other.count
        minima.merge(other.minima)
        maxima.merge(other.maxima)
    }

    /// The mean of the minima and of the maxima; nil without sentences.
    package var means: (minimum: Double, maximum: Double)? {
        count == 0 ? nil : (minima.value / Double(count), maxima.value / Double(count))
    }
}
