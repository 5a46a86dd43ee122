import EmbqCore
import EmbqPipeline
import EmbqQuantization

extension Inspect {
    /// A profile as lines: where it comes from, then a table of points and the symmetric range of each observer.
    static func text(_ summary: ProfileSummary) -> [String] {
        var lines = [
            "format      calibration profile, version \(summary.version)",
            "family      \(EmbqError.printable(summary.family))",
            "model       SHA-256 \(summary.modelSHA256)",
            "data        SHA-256 \(summary.dataSHA256)",
            "sentences   \(summary.sentences.grouped), \(summary.tokens.grouped) tokens",
            "kept        \(summary.kept == 0 ? "none: left out" : "\(summary.kept.grouped) sentences, as token ids")",
            "observer    \(summary.observer)",
            "points of   the model \(summary.folded ? "with norms folded into the weights" : "as released")", "",
            "points: values seen, and how far each observer's symmetric range reaches",
        ]
        let observers = Observers.names
        var rows = [["", "minimum", "maximum"] + observers]
        for point in summary.points {
            rows.append(
                [EmbqError.printable(point.name), number(Double(point.minimum)), number(Double(point.maximum))]
                    + observers.map { point.ranges[$0].map { number($0.symmetric) } ?? "-" })
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let cells = row.indices.map { column in
                column == 0 ? row[0].padded(to: widths[0]) : row[column].aligned(to: widths[column])
            }
            lines.append("  " + cells.joined(separator: "  "))
        }
        return lines
    }

    /// Four significant digits.
    private static func number(_ value: Double) -> String {
        guard value != 0 else { return "0" }
        let digits = 3 - Int(Elementary.log10(abs(value)).rounded(.down))
        guard (0...8).contains(digits) else { return "\(Float(value))" }
        let scale = Elementary.pow(10, Double(digits))
        let scaled = Int64((abs(value) * scale).rounded())
        let whole = scaled / Int64(scale)
        let part = String(scaled % Int64(scale))
        let fraction = digits == 0 ? "" : "." + String(repeating: "0", count: max(0, digits - part.count)) + part
        return (value < 0 ? "-" : "") + "\(whole)" + fraction
    }
}
