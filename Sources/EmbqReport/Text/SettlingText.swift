import EmbqCore
package import EmbqQuantization

/// How automatic sampling went, in a sentence.
package func note(_ settling: Settling) -> String {
    let (rows, tolerance) = (settling.rows.grouped, "\(Int(Settling.tolerance * 100)) %")
    let end = settling.rows == CalibrationSamples.last ? "the most that auto takes" : "all there are"
    guard let last = settling.last else { return "ranges cannot be seen to settle on \(rows) rows, \(end)" }
    let found =
        settling.isSettled
        ? "ranges settled at \(rows) rows: the last doubling moved none by \(tolerance)"
        : "ranges have not settled at \(rows) rows, \(end): the last of them moved some by \(tolerance) or more"
    return found
        + "; \(settling.isSettled ? "last to settle" : "most of all"): \(last.point), by "
        + "\((last.change * 100).fixed(1)) % from \(last.from.grouped) to \(last.to.grouped) rows"
}

/// What `--json` says of automatic sampling.
package struct SettlingSummary: Encodable {
    var rows: Int
    var settled: Bool
    var tolerance = Settling.tolerance
    var lastPoint: String?
    var lastChange: Double?

    enum CodingKeys: String, CodingKey {
        case rows, settled, tolerance
        case lastPoint = "last_point"
        case lastChange = "last_change"
    }

    package init(_ settling: Settling) {
        rows = settling.rows
        settled = settling.isSettled
        lastPoint = settling.last?.point
        lastChange = settling.last?.change
    }
}
