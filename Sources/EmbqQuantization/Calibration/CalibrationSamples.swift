/// How many rows of its data calibration takes.
package enum CalibrationSamples: Sendable, Equatable {
    /// So many, at least 1.
    case rows(Int)
    /// Twice as many again and again until the ranges change no more.
    case automatic

    /// The largest number of rows that are taken when the user does not say.
    package static let standard = 512
    /// Rows that automatic sampling begins with.
    package static let first = 32
    /// Rows at which automatic sampling gives up: some ten seconds of work.
    package static let last = 16_384

    /// `count` of `total` rows, spread evenly, ascending: data is often sorted, by label or by source.
    ///
    /// Row i is ⌊i·total/count⌋, so that the rows of a count are among those of twice the count.
    package static func spread(_ count: Int, over total: Int) -> [Int] { (0..<count).map { $0 * total / count } }
}
