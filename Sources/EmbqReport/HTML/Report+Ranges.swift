import EmbqCore
import EmbqQuantization

extension Report {
    /// The quantized points: what was seen, and where it is clipped.
    static func rangeSection(_ content: ReportContent) -> Section? {
        let ranges = content.ranges
        guard !ranges.isEmpty else { return nil }
        let clipped = ranges.compactMap { point in
            content.histograms[point.name].map { (name: point.name, share: $0.fraction(outside: point.range)) }
        }
        let most = clipped.filter { $0.share > 0 }.max { $0.share < $1.share }
        let summary: HTML =
            most.map { "<b>\(label($0.name))</b> is clipped most: \(share($0.share)) of its values." }
            ?? (clipped.isEmpty ? "What each point's integers cover." : "No value that was seen is clipped.")
        let hasHistograms = ranges.contains { (content.histograms[$0.name]?.total ?? 0) > 0 }
        let legend: HTML = """
            <p class="note">Values seen\(if: !content.rangeSentences.isEmpty, " on \(userText(content.rangeSentences))"), \
            counted on a logarithmic axis. Dashed lines mark the range that \
            the point's integers cover; <span class="key clipped"></span>values beyond them are clipped to it.</p>

            """
        return Section(
            id: "ranges", title: "Quantized ranges",
            body: """
                <p>\(summary)</p>
                \(if: hasHistograms, legend)<div class="ranges">
                \(ranges.html { card($0, content.histograms[$0.name]) })</div>

                """)
    }

    private static func card(_ point: ActivationQuantizer, _ histogram: ActivationHistogram?) -> HTML {
        let (low, high) = (point.range.lowerBound, point.range.upperBound)
        let isEven = low == -high && high > 0
        var numbers: [(name: HTML, value: String)] =
            [
                ("Range", isEven ? "±\(significant(high))" : "\(significant(low)) to \(significant(high))"),
                ("Step", significant(point.scale)),
                ("Zero point", String(point.zeroPoint)),
            ]
        if let histogram { numbers.append(("Clipped", share(histogram.fraction(outside: point.range)))) }
        return """
            <figure class="range"><figcaption class="code">\(label(point.name))</figcaption>
            \(histogram.map { RangeHistogram(histogram: $0, point: point).drawing } ?? "")\
            <dl>\(numbers.html { "<div><dt>\($0.name)</dt><dd>\($0.value)</dd></div>" })</dl></figure>

            """
    }

    private static func share(_ fraction: Double) -> String { "\((fraction * 100).fixed(3)) %" }

    /// Four significant digits, with an exponent when the value is very small or large.
    static func significant(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return value.fixed(0) }
        let exponent = Int(Elementary.log10(value.magnitude).rounded(.down))
        guard (-4...5).contains(exponent) else {
            return "\((value / Elementary.pow(10, Double(exponent))).fixed(3))e\(exponent)"
        }
        return value.fixed(max(0, 3 - exponent))
    }
}
