/// How many rows of its data calibration takes.
public enum CalibrationSamples: Sendable, Equatable {
    /// So many, at least 1.
    case rows(Int)
    /// Twice as many again and again until the ranges change no more.
    case automatic

    /// `count` of `total` rows, spread evenly, ascending: data is often sorted, by label or by source.
    ///
    /// Row i is ⌊i·total/count⌋, so that the rows of a count are among those of twice the count.
    static func spread(_ count: Int, over total: Int) -> [Int] { (0..<count).map { $0 * total / count } }
}
