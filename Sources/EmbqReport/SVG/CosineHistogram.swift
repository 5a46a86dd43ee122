import EmbqCore

/// How the cosines of a test's pairs are spread, in int8 as bars and in fp32 as a line over them.
struct CosineHistogram {
    private static let bins = 40
    private static let (width, height) = (340.0, 190.0)
    /// The plot's edges inside the drawing.
    private static let (left, right, top, bottom) = (44.0, 330.0, 12.0, 150.0)

    let reference: [Double]
    let test: [Double]

    /// Nothing when there is no finite cosine.
    var figure: HTML {
        let all = (reference + test).filter(\.isFinite)
        guard let least = all.min(), let most = all.max() else { return "" }
        // At least a fiftieth of the whole range is shown, so that rounding does not look like a difference.
        let middle = (least + most) / 2
        let half = max((most - least) / 2 * 1.04, 0.02)
        let (low, high) = (max(min(middle - half, 1 - 2 * half), -1), min(max(middle + half, 2 * half - 1), 1))
        let across = Axis(low: low, high: high, side: Self.right - Self.left, maximumTicks: 6)
        let (bars, line) = (counts(test, across), counts(reference, across))
        let up = Axis(
            low: 0, high: Double(max(1, (bars + line).max() ?? 1)) * 1.05, side: Self.bottom - Self.top, maximumTicks: 5
        )
        return """
            <figure><figcaption>Cosines of the pairs</figcaption>
            \(HTML.svg(
                "cosines", width: Self.width, height: Self.height, title: "Cosines of the pairs, int8 and fp32",
                description: """
                    From \(Report.significant(least)) to \(Report.significant(most)); the mean is \
                    \(Report.significant(mean(reference))) in fp32 and \(Report.significant(mean(test))) in int8.
                    """,
                "\(grid(across, up))\(drawing(bars, line, up))"))</figure>

            """
    }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }

    private func counts(_ values: [Double], _ axis: Axis) -> [Int] {
        var counts = [Int](repeating: 0, count: Self.bins)
        for value in values where value.isFinite {
            let place = Int(axis.position(value) / axis.side * Double(Self.bins))
            counts[min(max(place, 0), Self.bins - 1)] += 1
        }
        return counts
    }

    private func x(_ bin: Int) -> Double {
        Self.left + Double(bin) / Double(Self.bins) * (Self.right - Self.left)
    }

    private func grid(_ across: Axis, _ up: Axis) -> HTML {
        let columns = across.ticks.html { tick in
            HTML.svgText(tick.label, x: Self.left + across.position(tick.value), y: Self.bottom + 16)
        }
        let rows = up.ticks.filter { $0.value == $0.value.rounded() }.html { tick in
            let at = Self.bottom - up.position(tick.value)
            return """
                <path class="grid" d="M\(Self.left, 0) \(at, 1)H\(Self.right, 0)"/>\
                \(HTML.svgText(tick.value.fixed(0), x: Self.left - 5, y: at + 4, "axis end"))
                """
        }
        return """
            \(rows)\(columns)<path class="ground" d="M\(Self.left, 0) \(Self.bottom, 0)H\(Self.right, 0)"/>
            \(HTML.svgText("cosine", x: (Self.left + Self.right) / 2, y: Self.height - 6))

            """
    }

    private func drawing(_ bars: [Int], _ line: [Int], _ up: Axis) -> HTML {
        func y(_ count: Int) -> Double { Self.bottom - up.position(Double(count)) }
        let filled = bars.indices.filter { bars[$0] > 0 }.html { bin in
            "M\(x(bin), 1) \(Self.bottom, 1)V\(y(bars[bin]), 1)H\(x(bin + 1) - 0.5, 1)V\(Self.bottom, 1)z"
        }
        let steps = line.indices.html { bin in "V\(y(line[bin]), 1)H\(x(bin + 1), 1)" }
        return """
            <path class="bar" d="\(filled)"/>
            <path class="outline" d="M\(Self.left, 1) \(Self.bottom, 1)\(steps)V\(Self.bottom, 1)"/>

            """
    }
}
