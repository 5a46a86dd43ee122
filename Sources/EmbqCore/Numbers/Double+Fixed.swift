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
}
