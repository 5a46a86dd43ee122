package import EmbqCore
package import EmbqData
package import EmbqEvaluation
package import EmbqModels

/// Chooses the bits of the weights.
///
/// Each tensor's noise is measured: what it alone with few bits does to the logits. What other widths would do follows
/// from how rounding error falls with bits, and noises of tensors add up. So each limit on what a byte may cost in noise
/// gives a choice; some of them are measured as a whole, from 8 bits down to the fewest: the front of bytes against
/// noise. For a budget the limit is found by bisection, and the token table takes what room is left.
package struct WidthSearch {
    /// What a choice of widths gives on the device: bytes of weights, tables and arena at 256 tokens, and the logits of
    /// the sentences, `[sentences, outputs]`.
    package typealias Measure = (WeightWidths) throws(EmbqError) -> (bytes: Int, logits: [Float])

    /// Right answers for some of the sentences.
    package struct Scoring: Sendable {
        /// Places of the sentences that have one.
        package var sentences: [Int]
        /// As many.
        package var targets: Targets
        /// What the answers are scored by.
        package var metric: Metric

        package init(sentences: [Int], targets: Targets, metric: Metric) {
            self.sentences = sentences
            self.targets = targets
            self.metric = metric
        }
    }

    private let choices: [WidthChoice]
    /// What the arena may hold, the finest first.
    private let memories: [MemoryChoice]
    /// Of the token tables, by name.
    private let tables: [String: TableWidths]
    private let config: ModelConfig
    private let sentences: [Sentence]
    private let scoring: Scoring?
    /// fp32 logits of the sentences, `[sentences, outputs]`.
    private let expected: [Float]
    private let measureOnDevice: Measure
    private let progress: ProgressHandler
    /// In the order of measuring, so that equals are told apart alike in every run.
    private var measured: [(widths: WeightWidths, point: WidthPoint)] = []

    /// - Parameters:
    ///   - choices: the tensors that can have fewer than 8 bits.
    ///   - memories: what the arena may hold, the finest first.
    ///   - metrics: what errors in token tables do to the logits, by embedder, where that was measured.
    ///   - expected: fp32 logits of the sentences.
    ///   - scoring: what each choice is scored by, which chooses nothing; nil: no score.
    package init(
        _ choices: [WidthChoice], memories: [MemoryChoice], metrics: [String: TableMetric],
        of config: ModelConfig, on sentences: [Sentence],
        expected: [Float], scoring: Scoring?,
        progress: @escaping ProgressHandler, measure: @escaping Measure
    ) {
        self.choices = choices
        self.memories = memories
        tables = Dictionary(
            choices.filter(\.isTable).map {
                let noise = metrics[String($0.name.dropLast(".token".count))]?.octaves
                return ($0.name, TableWidths(rows: $0.outputs, sentences: sentences.map(\.ids), noise: noise))
            },
            uniquingKeysWith: { first, _ in first })
        self.config = config
        self.sentences = sentences
        self.scoring = scoring
        self.expected = expected
        self.progress = progress
        measureOnDevice = measure
    }

    /// - Returns: the front from 8 bits to the fewest, largest first, the choice that was taken marked.
    /// - Throws: `.limitExceeded` when no choice fits the budget, `.inaccurate` when none that fits agrees.
    package mutating func run(_ goal: WidthGoal) throws(EmbqError) -> [WidthPoint] {
        // Vectors of 16 bits come before fewer bits anywhere else.
        try measure(WeightWidths(memory: finest.memory))
        let whole = try measure(finest)
        let costs = try costs(from: whole)
        try measureFront(costs)
        if let budget = goal.budget, whole.bytes > budget { try measureNear(budget, costs, whole.bytes) }
        if let agreement = goal.minAgreement { try narrow(to: agreement, goal.budget ?? .max, costs) }
        guard let front = WidthPoint.front(measured.map(\.point), goal) else { throw unreachable(goal) }
        return front
    }

    /// 8 bits everywhere, as far as the memory allows it: what the search began with. nil before it ran.
    package var baseline: WidthPoint? { measured.first?.point }

    /// The widths of a point that was measured.
    package func widths(of point: WidthPoint) -> WeightWidths {
        measured.first { $0.point.bytes == point.bytes && $0.point.sqnrDB == point.sqnrDB }?.widths ?? finest
    }

    /// 8 bits everywhere, as far as the memory allows it.
    private var finest: WeightWidths {
        WeightWidths(memory: memories.first ?? MemoryChoice(), hasNarrowVectors: true)
    }

    // MARK: What bits cost

    /// What a tensor can have, and what the logits' noise gains with it.
    private struct Cost {
        /// The tensor; nil for what the arena holds.
        var choice: WidthChoice?
        var options: [Option]

        struct Option {
            var bits: Int = 8
            var classes: [PackedTable.RowClass] = []
            var memory = MemoryChoice()
            var bytes: Int
            var noise: Double
        }
    }

    /// Bits with which a matrix's noise is measured, and a table's: so few that little else makes noise.
    private static let probedBits = 2
    private static let probedMean = 3.0
    /// Mean bits that a table may have.
    private static let means = stride(from: 2.0, through: 7.75, by: 0.25)

    private mutating func costs(from whole: WidthPoint) throws(EmbqError) -> [Cost] {
        var costs: [Cost] = []
        for choice in choices {
            costs.append(try choice.isTable ? cost(ofTable: choice, whole) : cost(ofMatrix: choice, whole))
            progress("widths", costs.count, choices.count + Self.steps)
        }
        costs.append(try costOfMemory(whole))
        return costs
    }

    /// What fewer bits in the arena cost, each choice measured as it is. Those that save nothing are left out.
    private mutating func costOfMemory(_ whole: WidthPoint) throws(EmbqError) -> Cost {
        var options: [Cost.Option] = []
        for memory in memories.dropFirst() {
            var widths = finest
            widths.memory = memory
            let point = try measure(widths)
            guard point.bytes < whole.bytes else { continue }
            options.append(
                Cost.Option(
                    memory: memory, bytes: point.bytes - whole.bytes,
                    noise: max(Self.noise(point) - Self.noise(whole), 1e-12)))
        }
        options.append(Cost.Option(memory: finest.memory, bytes: 0, noise: 0))
        return Cost(choice: nil, options: options)
    }

    private mutating func cost(ofMatrix choice: WidthChoice, _ whole: WidthPoint) throws(EmbqError) -> Cost {
        var probe = finest
        probe.bits[choice.name] = Self.probedBits
        let noise = try added(probe, whole)
        let unit = noise / WeightGrid.distortion(bits: Double(Self.probedBits))
        let options = (WeightGrid.packed + [8]).map { bits in
            Cost.Option(
                bits: bits, bytes: choice.byteCount(bits: bits),
                noise: bits == 8 ? 0 : unit * WeightGrid.distortion(bits: Double(bits)))
        }
        return Cost(choice: choice, options: options)
    }

    private mutating func cost(ofTable choice: WidthChoice, _ whole: WidthPoint) throws(EmbqError) -> Cost {
        guard let widths = tables[choice.name] else { return Cost(choice: choice, options: []) }
        let probed = widths.classes(mean: Self.probedMean)
        var probe = finest
        probe.tables[choice.name] = probed
        let noise = try added(probe, whole)
        let unit = noise / widths.noise(probed)
        var options = Self.means.map { mean in
            let classes = widths.classes(mean: mean)
            return Cost.Option(
                classes: classes, bytes: classes.byteCount(columns: choice.inputs), noise: unit * widths.noise(classes))
        }
        options.append(Cost.Option(bytes: choice.outputs * choice.inputs, noise: 0))
        return Cost(choice: choice, options: options)
    }

    /// The noise that a choice adds to that of 8 bits everywhere.
    private mutating func added(_ widths: WeightWidths, _ whole: WidthPoint) throws(EmbqError) -> Double {
        max(Self.noise(try measure(widths)) - Self.noise(whole), 1e-12)
    }

    /// Noise over signal.
    private static func noise(_ point: WidthPoint) -> Double { Elementary.pow(10, -point.sqnrDB / 10) }

    // MARK: Choices

    /// For each cost the option of the least noise, where a byte counts as `price` of it.
    private func options(_ costs: [Cost], price: Double) -> [Cost.Option] {
        func worth(_ option: Cost.Option) -> Double { option.noise + price * Double(option.bytes) }
        return costs.map { cost in cost.options.min { worth($0) < worth($1) } ?? Cost.Option(bytes: 0, noise: 0) }
    }

    private func widths(_ options: [Cost.Option], of costs: [Cost]) -> WeightWidths {
        var widths = finest
        for (cost, option) in zip(costs, options) {
            guard let choice = cost.choice else {
                widths.memory = option.memory
                continue
            }
            if !option.classes.isEmpty {
                widths.tables[choice.name] = option.classes
            } else if option.bits < 8 {
                widths.bits[choice.name] = option.bits
            }
        }
        return widths
    }

    private func bytes(_ options: [Cost.Option]) -> Int { options.reduce(0) { $0 + $1.bytes } }

    /// The options after those that take the most noise away for a byte have taken the room that is left.
    private func filled(_ options: [Cost.Option], of costs: [Cost], room: Int) -> [Cost.Option] {
        var (options, room) = (options, room)
        while true {
            var best: (index: Int, option: Cost.Option, gain: Double)?
            for (index, cost) in costs.enumerated() {
                let own = options[index]
                for option in cost.options where option.noise < own.noise && option.bytes - own.bytes <= room {
                    let gain = (own.noise - option.noise) / Double(max(option.bytes - own.bytes, 1))
                    if gain > best?.gain ?? 0 { best = (index, option, gain) }
                }
            }
            guard let best else { return options }
            room -= best.option.bytes - options[best.index].bytes
            options[best.index] = best.option
        }
    }

    /// Choices of the front that are measured.
    private static let steps = 16
    /// From where 8 bits are worth their bytes to where hardly any noise is.
    private static let prices = (lowest: -14.0, highest: -3.0)

    private func price(_ share: Double) -> Double {
        Elementary.pow(10, Self.prices.lowest + (Self.prices.highest - Self.prices.lowest) * share)
    }

    private mutating func measureFront(_ costs: [Cost]) throws(EmbqError) {
        for step in 0...Self.steps {
            try measure(widths(options(costs, price: price(Double(step) / Double(Self.steps))), of: costs))
            progress("widths", choices.count + step, choices.count + Self.steps)
        }
    }

    /// The dearest choice that fits, its token table with as many bits as there is room for.
    ///
    /// - Parameter whole: bytes with 8 bits everywhere.
    private mutating func measureNear(_ budget: Int, _ costs: [Cost], _ whole: Int) throws(EmbqError) {
        // What the artifact takes beside these tensors. What is packed needs a few more tables, and places of arrays are
        // rounded up: the choice that is found tells how many bytes that is.
        var rest = whole - costs.reduce(0) { $0 + ($1.options.last?.bytes ?? 0) }
        for _ in 0..<Self.attempts {
            var (low, high) = (0.0, 1.0)
            for _ in 0..<40 {
                let middle = (low + high) / 2
                if bytes(options(costs, price: price(middle))) + rest > budget { low = middle } else { high = middle }
            }
            let dearest = options(costs, price: price(high))
            let chosen = filled(dearest, of: costs, room: budget - rest - bytes(dearest))
            let widths = widths(chosen, of: costs)
            let found = try measure(widths)
            if found.bytes <= budget { return try fill(budget, found, widths) }
            rest = max(rest + 1, found.bytes - bytes(chosen))
        }
    }

    private static let attempts = 6

    /// Gives a token table the room that is left.
    private mutating func fill(_ budget: Int, _ point: WidthPoint, _ widths: WeightWidths) throws(EmbqError) {
        guard let table = choices.first(where: \.isTable), let classes = widths.tables[table.name] else { return }
        let room = Double(budget - point.bytes - 64) * 8 / Double(table.outputs * table.inputs)
        guard room > 0, let finer = tables[table.name]?.classes(mean: classes.meanBits + room) else { return }
        var wider = widths
        wider.tables[table.name] = finer
        try measure(wider)
    }

    /// Looks for the smallest that agrees between the choices of the front.
    private mutating func narrow(to agreement: Double, _ budget: Int, _ costs: [Cost]) throws(EmbqError) {
        var (low, high) = (0.0, 1.0)
        for _ in 0..<6 {
            let middle = (low + high) / 2
            let found = try measure(widths(options(costs, price: price(middle)), of: costs))
            if found.bytes <= budget, found.agreement ?? 1 >= agreement { low = middle } else { high = middle }
        }
    }

    @discardableResult
    private mutating func measure(_ widths: WeightWidths) throws(EmbqError) -> WidthPoint {
        if let known = measured.first(where: { $0.widths == widths }) { return known.point }
        let (bytes, logits) = try measureOnDevice(widths)
        let point = try point(widths, bytes: bytes, logits)
        measured.append((widths, point))
        return point
    }

    /// What an artifact with these widths is.
    ///
    /// - Parameter logits: its logits of the sentences, `[sentences, outputs]`.
    package func point(_ widths: WeightWidths, bytes: Int, _ logits: [Float]) throws(EmbqError) -> WidthPoint {
        let bits = widths.bits.mapValues { Double($0) }.merging(widths.tables.mapValues(\.meanBits)) { first, _ in first
        }
        return WidthPoint(
            bytes: bytes, bits: bits, memory: widths.memory == MemoryChoice() ? nil : widths.memory,
            agreement: try agreement(logits), score: try score(logits),
            sqnrDB: signalToNoiseDB(reference: expected, test: logits))
    }

    private func score(_ logits: [Float]) throws(EmbqError) -> Double? {
        guard let scoring else { return nil }
        let width = logits.count / sentences.count
        let scored = scoring.sentences.flatMap { logits[$0 * width..<($0 + 1) * width] }
        return try Scores(predictions(scored), targets: scoring.targets).value(of: scoring.metric)
    }

    private func agreement(_ logits: [Float]) throws(EmbqError) -> Double? {
        switch config.task {
        case .embedding: return nil
        case .regression, .multiLabel:
            return try Agreement(reference: predictions(expected), test: predictions(logits)).share
        case .classification, .pretraining:
            // By number: a vocabulary is longer than any list of labels may be.
            return agreement(logits, width: expected.count / sentences.count)
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
        let nearest = goal.nearest(of: measured.map(\.point))
        let agreement = nearest?.agreement.map { $0 * 100 }
        let least = goal.minAgreement.map { $0 * 100 }
        var wanted: [String] = []
        if let budget = goal.budget { wanted.append("\(budget) bytes") }
        if let least { wanted.append("\(least.fixed(2, apartFrom: agreement ?? .nan)) % agreement") }
        let agrees = agreement.map {
            " and agrees with fp32 on \($0.fixed(2, apartFrom: least ?? .nan, 100)) % of the calibration sentences"
        }
        // Without a budget, or within it, only the agreement is lacking.
        let fits = measured.contains { WidthGoal(budget: goal.budget).holds($0.point) }
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
