package import EmbqCore
import EmbqData
import EmbqEvaluation
package import EmbqModels

/// Chooses which tensors get 4 bits a weight.
///
/// Each tensor's cost is measured: what it alone with 4 bits does to the logits. Tensors then go to 4 bits in the order
/// of cost per byte saved, and each step is measured as a whole, a token table's in steps of its rows: the front of
/// bytes against agreement. What room a budget leaves is filled with 8-bit rows of the table.
package struct WidthSearch {
    /// What a choice of widths gives on the device: bytes of weights, tables and arena at 256 tokens, and the logits of
    /// the sentences, `[sentences, outputs]`.
    package typealias Measure = (WeightWidths) throws(EmbqError) -> (bytes: Int, logits: [Float])

    private let choices: [WidthChoice]
    private let config: ModelConfig
    private let sentences: CalibrationSentences
    /// fp32 logits of the sentences, `[sentences, outputs]`.
    private let expected: [Float]
    private let measureOnDevice: Measure
    private let progress: ProgressHandler
    /// In the order of measuring, so that equals are told apart alike in every run.
    private var measured: [WidthPoint] = []

    /// - Parameters:
    ///   - choices: the tensors that can have 4 bits.
    ///   - expected: fp32 logits of the sentences.
    package init(
        _ choices: [WidthChoice], of config: ModelConfig, on sentences: CalibrationSentences, expected: [Float],
        progress: @escaping ProgressHandler, measure: @escaping Measure
    ) {
        self.choices = choices
        self.config = config
        self.sentences = sentences
        self.expected = expected
        self.progress = progress
        measureOnDevice = measure
    }

    /// - Returns: the front from 8 bits to 4, largest first, the choice that was taken marked.
    /// - Throws: `.limitExceeded` when no choice fits the budget, `.inaccurate` when none that fits agrees.
    package mutating func run(_ goal: WidthGoal) throws(EmbqError) -> [WidthPoint] {
        let whole = try measure(WeightWidths())
        let ranked = try ranked(from: whole)
        var widths = WeightWidths()
        for (index, choice) in ranked.enumerated() {
            widths.fourBits.insert(choice.name)
            try measure(widths)
            if choice.isTable { try measureRows(choice, widths) }
            progress("widths", ranked.count + index + 1, 2 * ranked.count)
        }
        if let budget = goal.budget { try fill(ranked, budget: budget) }
        guard let front = WidthPoint.front(measured, goal) else { throw unreachable(goal) }
        return front
    }

    /// The tensors by cost per byte saved, least first.
    private mutating func ranked(from whole: WidthPoint) throws(EmbqError) -> [WidthChoice] {
        let choices = choices.filter { $0.saving > 0 }
        var costs: [(choice: WidthChoice, cost: Double)] = []
        for choice in choices {
            let point = try measure(WeightWidths(fourBits: [choice.name]))
            let added = max(Self.noise(point) - Self.noise(whole), 0)
            costs.append((choice, added / Double(choice.saving)))
            progress("widths", costs.count, 2 * choices.count)
        }
        return costs.sorted { $0.cost < $1.cost }.map(\.choice)
    }

    /// Noise over signal.
    private static func noise(_ point: WidthPoint) -> Double { Elementary.pow(10, -point.sqnrDB / 10) }

    /// A token table with a half, a quarter … of its rows in 8 bits.
    private mutating func measureRows(_ table: WidthChoice, _ widths: WeightWidths) throws(EmbqError) {
        for part in [2, 4, 8, 16] {
            var widths = widths
            widths.wholeRows = table.outputs / part
            try measure(widths)
        }
    }

    /// Fills the room that a choice leaves with rows of the token table.
    private mutating func fill(_ ranked: [WidthChoice], budget: Int) throws(EmbqError) {
        guard let table = ranked.first(where: \.isTable) else { return }
        let fitting = measured.filter { $0.bytes <= budget && $0.wholeRows == 0 }
        for point in fitting where point.fourBits.contains(table.name) {
            var widths = point.widths
            // Eight more bytes a row of 16, less half a byte of factors; the arrays' alignment takes a little.
            let room = budget - point.bytes - 64
            widths.wholeRows = room >= table.saving ? table.outputs : max(0, room) * table.outputs / table.saving
            try measure(widths)
        }
    }

    @discardableResult
    private mutating func measure(_ widths: WeightWidths) throws(EmbqError) -> WidthPoint {
        if let known = measured.first(where: { $0.widths == widths }) { return known }
        let (bytes, logits) = try measureOnDevice(widths)
        let point = WidthPoint(
            bytes: bytes, fourBits: widths.fourBits.sorted(), wholeRows: widths.wholeRows,
            agreement: try agreement(logits), score: try score(logits),
            sqnrDB: signalToNoiseDB(reference: expected, test: logits))
        measured.append(point)
        return point
    }

    private func score(_ logits: [Float]) throws(EmbqError) -> Double? {
        guard let targets = sentences.targets else { return nil }
        return try Scores(predictions(logits), targets: targets).value(of: sentences.metric)
    }

    private func agreement(_ logits: [Float]) throws(EmbqError) -> Double? {
        switch config.task {
        case .embedding: return nil
        case .regression, .multiLabel:
            return try Agreement(reference: predictions(expected), test: predictions(logits)).share
        case .classification, .pretraining:
            // By number: a vocabulary is longer than any list of labels may be.
            return agreement(logits, width: expected.count / sentences.ids.count)
        case .tagging: return agreement(logits, width: config.outputs)
        }
    }

    /// The share of rows of one width whose largest logits have the same places.
    private func agreement(_ logits: [Float], width: Int) -> Double {
        let answers = zip(Predictions.classIDs(expected, width: width), Predictions.classIDs(logits, width: width))
        return Double(answers.count { $0 == $1 }) / Double(expected.count / width)
    }

    private func predictions(_ logits: [Float]) throws(EmbqError) -> Predictions {
        let kind: Predictions.Kind =
            switch config.task {
            case .multiLabel: .multiLabel(config.labels)
            case .regression: config.outputs == 1 ? .regression : .numbers(config.outputs)
            case .tagging: .tags(config.labels)
            case .classification, .embedding, .pretraining: .classes(config.labels)
            }
        return try Predictions(kind, logits: logits)
    }

    private func unreachable(_ goal: WidthGoal) -> EmbqError {
        let nearest = goal.nearest(of: measured)
        let agreement = nearest?.agreement.map { $0 * 100 }
        let least = goal.minAgreement.map { $0 * 100 }
        var wanted: [String] = []
        if let budget = goal.budget { wanted.append("\(budget) bytes") }
        if let least { wanted.append("\(least.fixed(2, apartFrom: agreement ?? .nan)) % agreement") }
        let agrees = agreement.map {
            " and agrees with fp32 on \($0.fixed(2, apartFrom: least ?? .nan, 100)) % of the calibration sentences"
        }
        // Without a budget, or within it, only the agreement is lacking.
        let fits = measured.contains { WidthGoal(budget: goal.budget).holds($0) }
        return EmbqError(
            fits ? .inaccurate : .limitExceeded,
            "no choice of widths reaches \(wanted.joined(separator: " and ")): the nearest takes "
                + "\(nearest?.bytes ?? 0) bytes\(agrees ?? "")",
            advice: goal.minAgreement == nil
                ? "Raise --budget."
                : goal.budget == nil ? "Lower --min-agreement." : "Raise --budget or lower --min-agreement.",
            nearest: nearest.map { NearestGoal(bytes: $0.bytes, agreement: $0.agreement) })
    }
}
