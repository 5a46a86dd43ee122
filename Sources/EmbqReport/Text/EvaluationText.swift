import EmbqCore
package import EmbqEvaluation

/// What an evaluation prints for people, line by line.
package enum EvaluationText {
    /// - Parameter listsLayers: whether each layer has a line, or all have one together.
    package static func lines(_ summary: EvaluationSummary, listsLayers: Bool = false) -> [String] {
        let lowest = listsLayers ? [] : lowestLayer(summary.layers)
        let rows =
            summary.words.map { "\(summary.rows.grouped) sentences, \($0.grouped) words" }
            ?? "\(summary.rows.grouped) rows"
        return ["\(EmbqError.printable(summary.task)): \(rows)"]
            + (scores(summary) + comparison(summary) + lowest).map { "  \($0.name.padded(to: 12))\($0.value)" }
            + (listsLayers ? layers(summary.layers) : []) + worst(summary.worst ?? [])
    }

    private static func percent(_ value: Double) -> String { "\((value * 100).fixed(2, apartFrom: 0, 100)) %" }

    private static func scores(_ summary: EvaluationSummary) -> [(name: String, value: String)] {
        var lines: [(String, String)] = []
        if let micro = summary.f1Micro {
            lines += [("F1 micro", micro.fixed(4)), ("F1 macro", (summary.f1Macro ?? 0).fixed(4))]
            return lines + (summary.accuracy.map { [("all right", "\(percent($0)) of the rows")] } ?? [])
        }
        if let spans = summary.spanF1 {
            lines.append(("span F1", percent(spans)))
            return lines + (summary.tokenAccuracy.map { [("words", "\(percent($0)) with the right tag")] } ?? [])
        }
        if let accuracy = summary.accuracy { lines.append(("accuracy", percent(accuracy))) }
        if let mcc = summary.mcc { lines.append(("MCC", mcc.fixed(4))) }
        if let f1 = summary.f1 { lines.append(("F1 weighted", f1.fixed(4))) }
        if let scc = summary.scc { lines.append(("Spearman", scc.fixed(4))) }
        return lines
    }

    private static func comparison(_ summary: EvaluationSummary) -> [(name: String, value: String)] {
        var lines: [(String, String)] = []
        if let drop = summary.dropPoints, let reference = summary.referenceScore, let metric = summary.metric {
            let change =
                drop < 0
                ? "\((-drop).fixed(2, apartFrom: 0)) points above" : "\(drop.fixed(2, apartFrom: 0)) points below"
            lines.append(("fp32", "\(metric.rawValue) \((reference * 100).fixed(2)): int8 is \(change)"))
        }
        lines += drop(summary)
        if let agreement = summary.agreement { lines.append(("agreement", percent(agreement))) }
        if let embeddings = summary.embeddings {
            let (mean, least) = (embeddings.meanCosine.fixed(4), embeddings.minCosine.fixed(4))
            lines.append(("embeddings", "cosine to fp32 \(mean) on average, \(least) at worst"))
        }
        if let sqnr = summary.sqnrDB { lines.append(("SQNR", "\(sqnr.fixed(1)) dB of the logits")) }
        lines.append(("speed", "\(Int(summary.sentencesPerSecond).grouped) sentences a second"))
        return lines
    }

    /// The interval of the drop, and whether it is more than chance: a few flipped rows are no trend.
    private static func drop(_ summary: EvaluationSummary) -> [(name: String, value: String)] {
        guard let ends = summary.dropIntervalPoints, ends.count == 2, ends[0] <= ends[1],
            let isSignificant = summary.dropIsSignificant
        else { return [] }
        let verdict = isSignificant ? "a significant difference" : "no significant difference"
        let shown = (ends[0]...ends[1]).fixed(2)
        let interval = "drop of \(shown.low) to \(shown.high) points (95 %)"
        guard let test = summary.mcnemar else { return [("interval", "\(interval): \(verdict)")] }
        let rows =
            "rows right in fp32 alone \(test.onlyReferenceRight.grouped), in int8 alone "
            + test.onlyTestRight.grouped
        guard summary.metric == .accuracy else {
            return [
                ("interval", "\(interval): \(verdict)"), ("McNemar", "\(rows) (p \(test.probability))"),
            ]
        }
        return [("interval", interval), ("McNemar", "\(rows): \(verdict) (p \(test.probability))")]
    }

    /// The layer that loses most, and whether one goes wrong.
    private static func lowestLayer(_ measured: LayerSQNR?) -> [(name: String, value: String)] {
        guard let measured,
            let lowest = measured.layers.min(by: { $0.sqnrDB ?? .infinity < $1.sqnrDB ?? .infinity })
        else { return [] }
        let ratio = lowest.sqnrDB.map { "\($0.fixed(1)) dB" } ?? "exact"
        let verdict = measured.firstWrong.map { "; the first that goes wrong is \($0)" } ?? "; none goes wrong"
        return [("layers", "\(ratio) at least, at \(lowest.name)\(verdict)")]
    }

    private static func layers(_ measured: LayerSQNR?) -> [String] {
        guard let measured else { return [] }
        let width = measured.layers.map(\.name.count).max() ?? 0
        let lines = measured.layers.map { layer in
            let ratio = layer.sqnrDB.map { "\($0.fixed(1)) dB" } ?? "exact"
            return "  \(layer.name.padded(to: width))  \("\(layer.bits)".aligned(to: 2)) bits  \(ratio.aligned(to: 8))"
                + (layer.name == measured.firstWrong ? "  <- the first that goes wrong" : "")
        }
        let verdict =
            measured.firstWrong == nil
            ? "  none is below \(LayerSQNR.floorDB.fixed(0)) dB or falls by more than \(LayerSQNR.stepDB.fixed(0)) dB at once"
            : nil
        return ["signal to noise by layer, \(measured.sentences) sentences"] + lines + [verdict].compactMap { $0 }
    }

    private static func worst(_ rows: [WorstRow]) -> [String] {
        guard !rows.isEmpty else { return [] }
        return ["worst rows"]
            + rows.map { row in
                let answer =
                    row.predicted == row.reference ? row.predicted : "\(row.reference) became \(row.predicted)"
                let expected = row.expected.map { $0 == row.predicted ? "" : ", expected \($0)" } ?? ""
                return "  line \(row.line)\(row.flipped ? " flipped" : ""): \(answer)\(expected), logit error "
                    + "\(row.logitError.fixed(3)): \(shown(row.text))"
            }
    }

    /// A text on one line: nothing in it reaches the terminal as a command.
    private static func shown(_ text: String) -> String { EmbqError.printable(text, limit: 80) }
}
