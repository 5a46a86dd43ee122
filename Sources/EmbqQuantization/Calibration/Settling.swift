/// How the ranges came to rest while the number of sentences was doubled.
package struct Settling: Sendable, Equatable {
    /// The ranges have settled when no end moves by this part of the larger end or more: steps so much wider add
    /// 0.17 dB of rounding noise.
    package static let tolerance = 0.02

    /// Rows of the data that were used.
    package private(set) var rows: Int
    /// Whether the last doubling moved no range; else the data, or the limit, came to an end before.
    package private(set) var isSettled = false
    /// The point whose range moved most in the last doubling that moved any; nil before the first doubling.
    package private(set) var last: Move?

    package struct Move: Sendable, Equatable {
        package var point: String
        /// Part of the larger end by which an end moved.
        package var change: Double
        /// From so many rows …
        package var from: Int
        /// … to so many.
        package var to: Int
    }

    private var ranges: [String: ClosedRange<Double>]

    package init(rows: Int, _ quantizers: [ActivationQuantizer]) {
        self.rows = rows
        ranges = Self.ranges(quantizers)
    }

    /// Takes the ranges after more rows.
    package mutating func extend(to rows: Int, _ quantizers: [ActivationQuantizer]) {
        let new = Self.ranges(quantizers)
        var most: Move?
        for quantizer in quantizers {
            guard let before = ranges[quantizer.name], let after = new[quantizer.name] else { continue }
            let moved = max(abs(after.lowerBound - before.lowerBound), abs(after.upperBound - before.upperBound))
            let change = moved / max(abs(after.lowerBound), abs(after.upperBound))
            if change > most?.change ?? -1 {
                most = Move(point: quantizer.name, change: change, from: self.rows, to: rows)
            }
        }
        isSettled = (most?.change ?? 0) < Self.tolerance
        if !isSettled || last == nil { last = most }
        self.rows = rows
        ranges = new
    }

    /// The ranges that become int8. The index of a table is wider, and has all values in its range with any observer.
    private static func ranges(_ quantizers: [ActivationQuantizer]) -> [String: ClosedRange<Double>] {
        Dictionary(
            quantizers.filter { $0.integers.count <= 256 }.map { ($0.name, $0.range) },
            uniquingKeysWith: { _, new in new })
    }
}
