import EmbqCore

/// Points in a square, as SVG: with equal axes and the diagonal where both measure the same.
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
    var band: Double?
    /// Whether both are numbers of one scale: a cosine has no place on the scale of the expected numbers.
    var hasOneScale = true

    var figure: HTML {
        let name: HTML = "\(yName) against \(xName)"
        let drawn = zip(x, y).filter { $0.isFinite && $1.isFinite }
        let both = drawn.flatMap { [$0, $1] }
        let across = Axis(holding: hasOneScale ? both : drawn.map(\.0), side: Self.side)
        let up = Axis(holding: hasOneScale ? both : drawn.map(\.1), side: Self.side)
        let step = max(1, (drawn.count + Self.maximumPoints - 1) / Self.maximumPoints)
        let points = stride(from: 0, to: drawn.count, by: step).html { i in
            "M\(Self.margin + across.position(drawn[i].0), 1) \(Self.side - up.position(drawn[i].1), 1)h0"
        }
        let description: HTML =
            hasOneScale
            ? "\(drawn.count.grouped) points around the diagonal, on which both are equal."
            : "\(drawn.count.grouped) points; each axis has a scale of its own."
        return """
            <figure><figcaption>\(name)</figcaption>
            \(HTML.svg(
                "scatter", width: Self.margin + Self.side + 12, height: Self.side + 38, title: name,
                description: description,
                """
                \(grid(across, up))\(if: hasOneScale, diagonal(across))
                <path class="points" d="\(points)"/>
                \(HTML.svgText(xName, x: Self.margin + Self.side / 2, y: Self.side + 34))

                """))</figure>

            """
    }

    private func grid(_ across: Axis, _ up: Axis) -> HTML {
        let columns = across.ticks.html { tick in
            let at = Self.margin + across.position(tick.value)
            return """
                <path class="grid" d="M\(at, 1) 0V\(Self.side, 0)"/>\
                \(HTML.svgText(tick.label, x: at, y: Self.side + 16))

                """
        }
        let rows = up.ticks.html { tick in
            let at = Self.side - up.position(tick.value)
            return """
                <path class="grid" d="M\(Self.margin, 0) \(at, 1)h\(Self.side, 0)"/>\
                \(HTML.svgText(tick.label, x: Self.margin - 6, y: at + 4, "axis end"))

                """
        }
        return "\(columns)\(rows)"
    }

    /// The line on which both are equal, and the band around it, inside the square.
    private func diagonal(_ axis: Axis) -> HTML {
        let (left, right, top, bottom) = (Self.margin, Self.margin + Self.side, 0.0, Self.side)
        let half = band.map { min($0 / (axis.high - axis.low), 1) * Self.side } ?? 0
        return """
            \(if: band != nil, """
                <path class="band" d="M\(left, 1) \(bottom, 1)V\(bottom - half, 1)L\(right - half, 1) \(top, 1)H\(right, 1)\
                V\(top + half, 1)L\(left + half, 1) \(bottom, 1)z"/>

                """)\
            <path class="diagonal" d="M\(left, 0) \(bottom, 0)L\(right, 0) \(top, 0)"/>
            """
    }
}
