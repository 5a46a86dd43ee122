public import Artifact
public import Evaluation
public import Quantization
import TensorCore

/// Gathers what a report shows about an artifact and its check.
public struct ReportBuilder {
    private var content: ReportContent

    public init(title: String, subtitle: String) {
        content = ReportContent(title: title, subtitle: subtitle)
    }

    public var report: ReportContent { content }

    /// The accuracy check.
    public mutating func add(_ evaluation: EvaluateJob.Result) {
        if let accuracy = evaluation.accuracy {
            content.accuracy = accuracy
            content.sources.append(
                ReportContent.Source(role: "Test data", path: accuracy.data.file, sha256: accuracy.data.sha256))
        }
        content.layers = (evaluation.summary.layers?.layers ?? []).map {
            ReportContent.LayerError(name: $0.name, sqnrDB: $0.sqnrDB ?? .infinity)
        }
    }

    /// Where the device's memory goes.
    public mutating func add(_ footprint: Footprint) {
        content.memory = ReportContent.MemoryMap(
            weights: footprint.weights, tables: footprint.tables, tokenizer: footprint.tokenizer,
            arena: footprint.arena.sorted { $0.key < $1.key }.map {
                ReportContent.ArenaSize(length: $0.key, bytes: $0.value)
            }, totalLength: footprint.length)
    }

    /// The quantized points, from what the artifact records and, if it is at hand, the profile's histograms.
    public mutating func add(_ points: [ActivationQuantizer], _ profile: CalibrationProfile) {
        content.ranges = points.map { point in
            let histogram = profile.point(point.name)?.histogram
            return ReportContent.QuantizedRange(
                name: point.name, low: point.range.lowerBound, high: point.range.upperBound, scale: point.scale,
                zeroPoint: point.zeroPoint, clipFraction: histogram?.fraction(outside: point.range) ?? 0,
                histogram: histogram?.forReport)
        }
    }

    /// A file that the result follows from.
    public mutating func addSource(_ role: String, path: String, sha256: String) {
        content.sources.append(ReportContent.Source(role: role, path: path, sha256: sha256))
    }

    /// A line of facts under the title.
    public mutating func addFact(_ name: String, _ value: String) {
        content.facts.append(ReportContent.Fact(name, value))
    }
}

extension ActivationHistogram {
    /// Share of the values whose bin lies outside a range.
    fileprivate func fraction(outside range: ClosedRange<Double>) -> Double {
        let outside = counts.indices.reduce(UInt64(0)) { range.contains(center($1)) ? $0 : $0 + counts[$1] }
        return total == 0 ? 0 : Double(outside) / Double(total)
    }

    /// Sixty-four bins over the values seen.
    fileprivate var forReport: ReportContent.Histogram? {
        guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 }) else {
            return nil
        }
        let width = max(1, (last - first + 64) / 64)
        let groups = stride(from: first, through: last, by: width).map { start in
            counts[start..<min(start + width, counts.count)].reduce(0) { $0 + Int(clamping: $1) }
        }
        let low = center(first) - binWidth / 2
        return ReportContent.Histogram(
            low: low, high: low + Double(groups.count * width) * binWidth, counts: groups)
    }
}
