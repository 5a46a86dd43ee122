import Glibc

/// The values of a quantized point as a drawing: counts on a logarithmic axis, and the lines at which they are clipped.
struct RangeHistogram {
    /// Bins that are drawn; more are joined.
    private static let maximumBins = 64
    private static let (width, height) = (320.0, 136.0)
    /// The plot's edges inside the drawing.
    private static let (left, right, top, bottom) = (38.0, 312.0, 20.0, 114.0)

    let histogram: ReportContent.Histogram
    let range: ReportContent.QuantizedRange

    /// Empty when there is nothing to draw: no counts, or numbers without a place on an axis.
    var drawing: HTML {
        let counts = joinedCounts
        let ends = [histogram.low, histogram.high, range.low, range.high]
        let span = histogram.high - histogram.low
        guard let most = counts.max(), most > 0, span > 0, range.low <= range.high,
            ends.allSatisfy({ $0.isFinite && $0.magnitude < 1e30 }), span > 1e-30
        else { return "" }
        // A range far wider than what was seen would squeeze the bars into one: its lines are then left out.
        let shown = [range.low, range.high].filter {
            $0 > histogram.low - 2 * span && $0 < histogram.high + 2 * span
        }
        let (low, high) = (min(histogram.low, shown.min() ?? .infinity), max(histogram.high, shown.max() ?? -.infinity))
        let axis = Axis(low: low, high: high, side: Self.right - Self.left, maximumTicks: 5)
        return HTML.svg(
            "histogram", width: Self.width, height: Self.height, title: "Values of \(Report.cut(range.name))",
            description: """
                From \(Report.significant(histogram.low)) to \(Report.significant(histogram.high)); the integers cover \
                \(Report.significant(range.low)) to \(Report.significant(range.high)).
                """,
            "\(countAxis(most))\(valueAxis(axis))\(bars(counts, most, axis))\(clipLines(shown, axis))")
    }

    private func x(_ value: Double, _ axis: Axis) -> Double { Self.left + axis.position(value) }

    /// The height of a count: one stands a little above the ground, so that a single value shows.
    private func y(_ count: Double, _ most: Int) -> Double {
        let share = log10(count / 0.7) / log10(Double(most) / 0.7)
        return Self.bottom - share * (Self.bottom - Self.top - 4)
    }

    private func bars(_ counts: [Int], _ most: Int, _ axis: Axis) -> HTML {
        let bin = (histogram.high - histogram.low) / Double(histogram.counts.count) * Double(group)
        func path(_ isClipped: Bool) -> HTML {
            counts.indices.filter { index in
                let middle = histogram.low + (Double(index) + 0.5) * bin
                return counts[index] > 0 && (middle < range.low || middle > range.high) == isClipped
            }
            .html { index in
                let start = x(histogram.low + Double(index) * bin, axis)
                let end = x(min(histogram.low + Double(index + 1) * bin, histogram.high), axis)
                return """
                    M\(start, 1) \(Self.bottom, 0)V\(y(Double(counts[index]), most), 1)H\(max(end - 0.5, start + 0.5), 1)V\(Self.bottom, 0)z
                    """
            }
        }
        return "<path class=\"bar\" d=\"\(path(false))\"/><path class=\"bar clipped\" d=\"\(path(true))\"/>\n"
    }

    /// Powers of ten, at most five of them.
    private func countAxis(_ most: Int) -> HTML {
        let decades = Int(log10(Double(most)))
        let every = decades / 5 + 1
        return stride(from: 0, through: decades, by: every).html { decade in
            let at = y(pow(10, Double(decade)), most)
            return """
                <path class="grid" d="M\(Self.left, 0) \(at, 1)H\(Self.right, 0)"/>\
                \(HTML.svgText(Self.power(decade), x: Self.left - 5, y: at + 4, "axis end"))
                """
        }
    }

    private func valueAxis(_ axis: Axis) -> HTML {
        let ticks = axis.ticks.filter { tick in
            let half = HTML.widthOfText(tick.label) / 2
            return x(tick.value, axis) - half >= 0 && x(tick.value, axis) + half <= Self.width
        }
        return """
            <path class="ground" d="M\(Self.left, 0) \(Self.bottom, 0)H\(Self.right, 0)"/>\
            \(ticks.html { tick in
                """
                <path class="ground" d="M\(x(tick.value, axis), 1) \(Self.bottom, 0)v4"/>\
                \(HTML.svgText(tick.label, x: x(tick.value, axis), y: Self.height - 6))
                """
            })
            """
    }

    /// Dashed lines, and their values above them: beside one another where the lines are too close.
    private func clipLines(_ ends: [Double], _ axis: Axis) -> HTML {
        let labels = ends.map(Report.significant)
        let widths = labels.map(HTML.widthOfText)
        var starts = zip(ends, widths).map { end, width in
            min(max(x(end, axis) - width / 2, 0), Self.width - width)
        }
        if ends.count == 2, starts[1] < starts[0] + widths[0] + 6 {
            starts[1] = min(starts[0] + widths[0] + 6, Self.width - widths[1])
            starts[0] = min(starts[0], starts[1] - widths[0] - 6)
        }
        return ends.indices.html { index in
            """
            <path class="clip" d="M\(x(ends[index], axis), 1) \(Self.top - 4, 0)V\(Self.bottom, 0)"/>\
            \(HTML.svgText(labels[index], x: starts[index], y: 11, "clip-value start"))

            """
        }
    }

    private static func power(_ decade: Int) -> String {
        switch decade {
        case 0...2: String("100".prefix(decade + 1))
        case 3...5: String("100".prefix(decade - 2)) + "k"
        case 6...8: String("100".prefix(decade - 5)) + "M"
        default: "1e\(decade)"
        }
    }

    /// Bins that are added up to one that is drawn.
    private var group: Int { max(1, (histogram.counts.count + Self.maximumBins - 1) / Self.maximumBins) }

    private var joinedCounts: [Int] {
        stride(from: 0, to: histogram.counts.count, by: group).map { start in
            histogram.counts[start..<min(start + group, histogram.counts.count)].reduce(0) { sum, count in
                let (total, overflow) = sum.addingReportingOverflow(max(0, count))
                return overflow ? .max : total
            }
        }
    }
}
