import TensorCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Report {
    /// Bins that a histogram is drawn with; more are joined.
    private static let histogramBins = 48

    /// One bar a layer.
    static func layerSection(_ layers: [ReportContent.LayerError]) -> Section? {
        guard !layers.isEmpty else { return nil }
        let finite = layers.map(\.sqnrDB).filter(\.isFinite)
        let (largest, lowest) = (max(finite.max() ?? 1, 1), finite.min())
        let rows = layers.html { layer in
            let share = layer.sqnrDB.isFinite ? min(1, max(0, layer.sqnrDB / largest)) : layer.sqnrDB > 0 ? 1 : 0
            let isLowest = layers.count > 1 && layer.sqnrDB == lowest
            return """
                <tr><td class="code">\(label(layer.name))</td><td class="bar"><span class="track">\
                <span class="fill\(isLowest ? " low" : "")" style="width:\(share * 100, 1)%"></span></span></td>\
                <td class="n">\(isLowest ? "lowest " : "")\(decibels(layer.sqnrDB)) dB</td></tr>

                """
        }
        return Section(
            id: "layers", title: "Signal to noise by layer",
            body: "<table class=\"bars\"><tbody>\n\(rows)</tbody></table>\n")
    }

    /// The quantized points with their ranges.
    static func rangeSection(_ ranges: [ReportContent.QuantizedRange]) -> Section? {
        guard !ranges.isEmpty else { return nil }
        let rows = ranges.html { range in
            """
            <tr><td class="code">\(label(range.name))</td><td class="n">\(significant(range.low))</td>\
            <td class="n">\(significant(range.high))</td><td class="n">\(significant(range.scale))</td>\
            <td class="n">\(range.zeroPoint)</td><td class="n">\(range.clipFraction * 100, 3) %</td>\
            <td>\(range.histogram.map { histogram($0, range) } ?? "")</td></tr>

            """
        }
        return Section(
            id: "ranges", title: "Quantized ranges",
            body: """
                <p class="note">Histograms show the values seen in calibration, heights on a logarithmic scale; \
                values outside the range that int8 covers are orange.</p>
                <div class="wide"><table><thead><tr><th>Point</th><th class="n">Low</th><th class="n">High</th>\
                <th class="n">Scale</th><th class="n">Zero</th><th class="n">Clipped</th><th>Values</th></tr></thead>
                <tbody>
                \(rows)</tbody></table></div>

                """)
    }

    private static func histogram(_ histogram: ReportContent.Histogram, _ range: ReportContent.QuantizedRange) -> HTML {
        let counts = joined(histogram.counts.map { max(0, $0) }, into: histogramBins)
        let width = histogram.high - histogram.low
        guard let most = counts.max(), most > 0, width > 0, width.isFinite else { return "" }
        let scale = 26 / log(1 + Double(most))
        let bin = 144 / Double(counts.count)
        let isCovered = { (index: Int) in
            let middle = histogram.low + (Double(index) + 0.5) / Double(counts.count) * width
            return middle >= range.low && middle <= range.high
        }
        let bars = { (covered: Bool) in
            counts.indices.filter { counts[$0] > 0 && isCovered($0) == covered }.html { index in
                let height = max(1, log(1 + Double(counts[index])) * scale)
                return "M\(Double(index) * bin, 1) 28v\(-height, 1)h\(max(bin - 0.6, 0.6), 1)V28z"
            }
        }
        return """
            <svg class="histogram" viewBox="0 0 144 28" width="144" height="28" role="img" aria-label="Histogram">\
            <path d="\(bars(true))"/><path class="clipped" d="\(bars(false))"/></svg>
            """
    }

    /// Neighbouring bins added up until at most `bins` are left.
    private static func joined(_ counts: [Int], into bins: Int) -> [Int] {
        let group = (counts.count + bins - 1) / bins
        guard group > 1 else { return counts }
        return stride(from: 0, to: counts.count, by: group).map { start in
            counts[start..<min(start + group, counts.count)].reduce(0) { $0.adding($1) ?? .max }
        }
    }

    /// Four significant digits, with an exponent when the value is very small or large.
    private static func significant(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return value.fixed(0) }
        let exponent = Int(log10(value.magnitude).rounded(.down))
        guard (-4...5).contains(exponent) else {
            return "\((value / pow(10, Double(exponent))).fixed(3))e\(exponent)"
        }
        return value.fixed(max(0, 3 - exponent))
    }
}
