import EmbqCore
import EmbqQuantization

/// The values of a quantized point as a drawing: counts on a logarithmic axis, and the lines at which they are clipped.
struct RangeHistogram {
    private static let (width, height) = (320.0, 136.0)
    /// The plot's edges inside the drawing.
    private static let (left, right, top, bottom) = (38.0, 312.0, 20.0, 114.0)

    let histogram: ActivationHistogram
    let point: ActivationQuantizer

    /// Bins of equal width from the lowest value to the highest: each joins neighbouring bins of the histogram.
    private struct Bins {
        static let maximum = 64

        let low: Double
        let width: Double
        let counts: [Int]

        /// - Returns: nil if the histogram has no values.
        init?(_ histogram: ActivationHistogram) {
            let counts = histogram.counts
            guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 })
            else { return nil }
            let joined = (last - first + Self.maximum) / Self.maximum
            low = histogram.center(first) - histogram.binWidth / 2
            width = Double(joined) * histogram.binWidth
            self.counts = stride(from: first, through: last, by: joined).map { start in
                counts[start..<min(start + joined, counts.count)].reduce(0) { sum, count in
                    sum.adding(Int(clamping: count)) ?? .max
                }
            }
        }

        var high: Double { edge(counts.count) }

        /// Lower end of bin `index`.
        func edge(_ index: Int) -> Double { low + Double(index) * width }
    }

    /// Empty when there is nothing to draw: no counts, or numbers without a place on an axis.
    var drawing: HTML {
        guard let bins = Bins(histogram), let most = bins.counts.max() else { return "" }
        let (range, span) = (point.range, bins.high - bins.low)
        let clips = [range.lowerBound, range.upperBound]
        guard ([bins.low, bins.high] + clips).allSatisfy({ $0.isFinite && $0.magnitude < 1e30 }), span > 1e-30
        else { return "" }
        // A range far wider than what was seen would squeeze the bars into one: its lines are then left out.
        let shown = clips.filter { $0 > bins.low - 2 * span && $0 < bins.high + 2 * span }
        let (low, high) = (min(bins.low, shown.min() ?? .infinity), max(bins.high, shown.max() ?? -.infinity))
        let axis = Axis(low: low, high: high, side: Self.right - Self.left, maximumTicks: 5)
        return HTML.svg(
            "histogram", width: Self.width, height: Self.height, title: "Values of \(Report.cut(point.name))",
            description: """
                From \(Report.significant(bins.low)) to \(Report.significant(bins.high)); the integers cover \
                \(Report.significant(range.lowerBound)) to \(Report.significant(range.upperBound)).
                """,
            "\(countAxis(most))\(valueAxis(axis))\(bars(bins, most, axis))\(clipLines(shown, axis))")
    }

    private func x(_ value: Double, _ axis: Axis) -> Double { Self.left + axis.position(value) }

    /// The height of a count: one stands a little above the ground, so that a single value shows.
    private func y(_ count: Double, _ most: Int) -> Double {
        let share = Elementary.log10(count / 0.7) / Elementary.log10(Double(most) / 0.7)
        return Self.bottom - share * (Self.bottom - Self.top - 4)
    }

    private func bars(_ bins: Bins, _ most: Int, _ axis: Axis) -> HTML {
        func path(_ isClipped: Bool) -> HTML {
            bins.counts.indices.filter { index in
                let middle = bins.low + (Double(index) + 0.5) * bins.width
                return bins.counts[index] > 0 && point.range.contains(middle) != isClipped
            }
            .html { index in
                let (start, end) = (x(bins.edge(index), axis), x(bins.edge(index + 1), axis))
                return """
                    M\(start, 1) \(Self.bottom, 0)V\(y(Double(bins.counts[index]), most), 1)H\(max(end - 0.5, start + 0.5), 1)V\(Self.bottom, 0)z
                    """
            }
        }
        return "<path class=\"bar\" d=\"\(path(false))\"/><path class=\"bar clipped\" d=\"\(path(true))\"/>\n"
    }

    /// Powers of ten, at most five of them.
    private func countAxis(_ most: Int) -> HTML {
        let decades = Int(Elementary.log10(Double(most)))
        let every = decades / 5 + 1
        return stride(from: 0, through: decades, by: every).html { decade in
            let at = y(Elementary.pow(10, Double(decade)), most)
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
}
