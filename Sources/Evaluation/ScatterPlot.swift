/// Points in a square with equal axes and the diagonal, as SVG.
struct ScatterPlot {
    /// More points than this are thinned to every n-th: they would hide each other.
    private static let maximumPoints = 2000
    private static let side = 320.0
    private static let margin = 34.0

    let x: [Double]
    let y: [Double]
    let xName: String
    let yName: String
    /// Half the height of a band around the diagonal.
    let band: Double?

    var figure: HTML {
        let low = min(x.min() ?? 0, y.min() ?? 0)
        let high = max(x.max() ?? 1, y.max() ?? 1)
        let pad = max((high - low) * 0.04, 1e-6)
        let axis = Axis(low: low - pad, high: high + pad, side: Self.side)
        let step = max(1, (x.count + Self.maximumPoints - 1) / Self.maximumPoints)
        let points = stride(from: 0, to: x.count, by: step).html { i in
            "M\(Self.margin + axis.position(x[i]), 1) \(Self.side - axis.position(y[i]), 1)h0"
        }
        let ticks = axis.ticks.html { tick in
            let at = axis.position(tick.value)
            return """
                <path class="grid" d="M\(Self.margin + at, 1) 0V\(Self.side, 0)M\(Self.margin, 0) \(Self.side - at, 1)h\(Self.side, 0)"/>\
                <text class="axis" x="\(Self.margin + at, 1)" y="\(Self.side + 16, 0)">\(tick.label)</text>\
                <text class="axis end" x="\(Self.margin - 6, 0)" y="\(Self.side - at + 4, 1)">\(tick.label)</text>

                """
        }
        let thickness = band.map { 2 * $0 / (axis.high - axis.low) * Self.side / 2.0.squareRoot() } ?? 0
        let diagonal: HTML = "d=\"M\(Self.margin, 0) \(Self.side, 0)L\(Self.margin + Self.side, 0) 0\""
        return """
            <figure><figcaption>\(yName) against \(xName)</figcaption>
            <svg class="scatter" viewBox="0 0 \(Self.margin + Self.side, 0) \(Self.side + 22, 0)" \
            style="max-width:\(Self.margin + Self.side, 0)px" role="img" aria-label="\(yName) against \(xName)">
            \(ticks)\(if: band != nil, "<path class=\"band\" stroke-width=\"\(thickness, 1)\" \(diagonal)/>\n")\
            <path class="diagonal" \(diagonal)/>
            <path class="points" d="\(points)"/>
            </svg></figure>

            """
    }
}

/// A linear axis with a handful of round ticks.
struct Axis {
    struct Tick {
        let value: Double
        let label: String
    }

    let low: Double
    let high: Double
    let side: Double

    /// From 0 at `low` to `side` at `high`.
    func position(_ value: Double) -> Double { (value - low) / (high - low) * side }

    /// Multiples of 1, 2 or 5 times a power of ten: at most eight.
    var ticks: [Tick] {
        var (step, places) = (1.0, 0)
        while (high - low) / step < 2, places < 12 { (step, places) = (step / 10, places + 1) }
        while (high - low) / step >= 80 { step *= 10 }
        for factor in [1.0, 2, 5, 10] where (high - low) / (step * factor) <= 8 {
            step *= factor
            break
        }
        let first = (low / step).rounded(.up)
        let last = (high / step).rounded(.down)
        guard first.magnitude < 1e12, last >= first, last - first <= 40 else { return [] }
        return (Int(first)...Int(last)).map { Tick(value: Double($0) * step, label: (Double($0) * step).fixed(places)) }
    }
}
