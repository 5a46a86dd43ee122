/// The values seen at one quantized point of a model, as a calibration profile stores them.
public struct PointRecord: Sendable, Equatable {
    /// Unique in its profile, such as `layer.0.norm`.
    public var name: String
    /// Smallest value seen, in the model's own units.
    public var minimum: Float
    /// Largest value seen, in the model's own units.
    public var maximum: Float
    /// How the values are distributed.
    public var histogram: HistogramRecord
    /// Largest magnitude in each channel; empty where it was not measured.
    public var channelMaxima: [Float]

    public init(
        name: String, minimum: Float, maximum: Float, histogram: HistogramRecord, channelMaxima: [Float] = []
    ) {
        self.name = name
        self.minimum = minimum
        self.maximum = maximum
        self.histogram = histogram
        self.channelMaxima = channelMaxima
    }
}
