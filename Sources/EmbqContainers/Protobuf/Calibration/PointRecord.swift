/// The values seen at one quantized point of a model, as a calibration profile stores them.
package struct PointRecord: Sendable, Equatable {
    /// Unique in its profile, such as `layers.0.norm`.
    package var name: String
    /// Smallest value seen, in the model's own units.
    package var minimum: Float
    /// Largest value seen, in the model's own units.
    package var maximum: Float
    /// How the values are distributed.
    package var histogram: HistogramRecord
    /// Largest magnitude in each channel; empty where it was not measured.
    package var channelMaxima: [Float]
    /// Sum over all sentences of the smallest value in each; nil where it was not measured.
    package var sentenceMinima: ExactSumRecord?
    /// Sum over all sentences of the largest value in each; nil where it was not measured.
    package var sentenceMaxima: ExactSumRecord?

    package init(
        name: String, minimum: Float, maximum: Float, histogram: HistogramRecord, channelMaxima: [Float] = [],
        sentenceMinima: ExactSumRecord? = nil, sentenceMaxima: ExactSumRecord? = nil
    ) {
        self.name = name
        self.minimum = minimum
        self.maximum = maximum
        self.histogram = histogram
        self.channelMaxima = channelMaxima
        self.sentenceMinima = sentenceMinima
        self.sentenceMaxima = sentenceMaxima
    }
}
