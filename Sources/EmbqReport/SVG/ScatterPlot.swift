import EmbqCore

/// Points in a square with equal axes and the diagonal, as SVG.
struct ScatterPlot {
    /// More points than this are thinned to every n-th: they would hide each other.
    private static let maximumPoints = 2000
    private static let side = 320.0
    private static let margin = 40.0

    let x: [Double]
    let y: [Double]
    let xName: String
    let yName: String
    /// Half the height of a band around the diagonal.
    let band: Double?

    var figure: HTML {
        let name: HTML = "\(yName) against \(xName)"
        let drawn = zip(x, y).filter { $0.isFinite && $1.isFinite }
        let axis = Axis(holding: drawn.flatMap { [$0, $1] }, side: Self.side)
        let step = max(1, (drawn.count + Self.maximumPoints - 1) / Self.maximumPoints)
        let points = stride(from: 0, to: drawn.count, by: step).html { i in
            "M\(Self.margin + axis.position(drawn[i].0), 1) \(Self.side - axis.position(drawn[i].1), 1)h0"
        }
        let ticks = axis.ticks.html { tick in
            let at = axis.position(tick.value)
            return """
                <path class="grid" d="M\(Self.margin + at, 1) 0V\(Self.side, 0)M\(Self.margin, 0) \(Self.side - at, 1)h\(Self.side, 0)"/>\
                \(HTML.svgText(tick.label, x: Self.margin + at, y: Self.side + 16))\
                \(HTML.svgText(tick.label, x: Self.margin - 6, y: Self.side - at + 4, "axis end"))

                """
        }
        let thickness = band.map { 2 * $0 / (axis.high - axis.low) * Self.side / 2.0.squareRoot() } ?? 0
        let diagonal: HTML = "d=\"M\(Self.margin, 0) \(Self.side, 0)L\(Self.margin + Self.side, 0) 0\""
        return """
            <figure><figcaption>\(name)</figcaption>
            \(HTML.svg(
                "scatter", width: Self.margin + Self.side + 12, height: Self.side + 38, title: name,
                description: "\(drawn.count.grouped) points around the diagonal, on which both are equal.",
                """
                \(ticks)\(if: band != nil, "<path class=\"band\" stroke-width=\"\(thickness, 1)\" \(diagonal)/>\n")\
                <path class="diagonal" \(diagonal)/>
                <path class="points" d="\(points)"/>
                \(HTML.svgText(xName, x: Self.margin + Self.side / 2, y: Self.side + 34))

                """))</figure>

            """
    }
}
