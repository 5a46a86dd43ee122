extension Double {
    /// The value with `places` decimals for people to read, halves away from zero; never `-0`.
    package func fixed(_ places: Int) -> String {
        guard isFinite else { return isNaN ? "undefined" : self < 0 ? "-∞" : "∞" }
        let factor = (0..<places).reduce(1.0) { product, _ in product * 10 }
        let scaled = (magnitude * factor).rounded(.toNearestOrAwayFromZero)
        guard scaled < 1e15 else { return "\(self)" }
        let digits = String(Int(scaled))
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.utf8.count)) + digits
        let sign = self < 0 && scaled > 0 ? "-" : ""
        return sign + padded.dropLast(places) + (places > 0 ? "." + padded.suffix(places) : "")
    }

    /// The most decimals that a number gets to be told from another.
    private static let mostPlaces = 12

    /// As ``fixed(_:)``, with as many more decimals as it takes to tell the value from `others`: a verdict that follows
    /// from the comparison with them can then be seen in the text.
    package func fixed(_ places: Int, apartFrom others: Double...) -> String {
        let differing = others.filter { $0 != self && !$0.isNaN }
        let enough = (places..<max(places, Self.mostPlaces)).first { places in
            differing.allSatisfy { $0.fixed(places) != fixed(places) }
        }
        return fixed(enough ?? max(places, Self.mostPlaces))
    }
}

extension ClosedRange<Double> {
    /// Both ends with equally many decimals: `places`, or as many more as it takes to see that 0 is not inside.
    package func fixed(_ places: Int) -> (low: String, high: String) {
        let near = lowerBound > 0 ? lowerBound : upperBound
        let decimals = contains(0) || !near.isFinite ? places : near.fixed(places, apartFrom: 0).decimals
        return (lowerBound.fixed(decimals), upperBound.fixed(decimals))
    }
}

extension String {
    /// Digits behind the point.
    fileprivate var decimals: Int { utf8.lastIndex(of: UInt8(ascii: ".")).map { utf8[$0...].count - 1 } ?? 0 }
}
