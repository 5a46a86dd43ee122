import Artifact
import Checkpoints
import EmbqRuntime
import Evaluation
import Models
import Quantization
import TensorCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the widths of the weights must achieve.
public struct WidthGoal: Sendable, Equatable {
    /// The most that weights, tables and arena may take at 256 tokens, in bytes.
    public var budget: Int?
    /// The least share of calibration sentences that must be answered as fp32 does, 0 to 1.
    public var minAgreement: Double?

    public init(budget: Int? = nil, minAgreement: Double? = nil) {
        self.budget = budget
        self.minAgreement = minAgreement
    }

    public var isEmpty: Bool { budget == nil && minAgreement == nil }

    func holds(_ point: WidthPoint) -> Bool {
        (budget.map { point.bytes <= $0 } ?? true)
            && (minAgreement.map { point.agreement ?? 1 >= $0 - 1e-9 } ?? true)
    }
}

/// One choice of widths, measured with the device's code on the calibration sentences.
public struct WidthPoint: Codable, Sendable, Equatable {
    /// Weights, tables and arena at 256 tokens.
    public var bytes: Int
    /// The tensors with 4 bits a weight.
    public var fourBits: [String]
    /// Share of the sentences that are answered as fp32 does; nil for an encoder.
    public var agreement: Double?
    /// Of the logits.
    public var sqnrDB: Double
    public var chosen = false

    enum CodingKeys: String, CodingKey {
        case bytes, agreement, chosen
        case fourBits = "four_bits"
        case sqnrDB = "sqnr_db"
    }
}

/// Chooses which tensors get 4 bits a weight.
///
/// Each tensor's cost is measured: what it alone with 4 bits does to the logits. Tensors then go to 4 bits in the order
/// of cost per byte saved, and each step is measured as a whole: the front of bytes against agreement. At a budget, what
/// room is left takes tensors back to 8 bits, the costliest first.
struct WidthSearch {
    var builder: ArtifactBuilder
    let sentences: [[UInt16]]
    let threads: Int
    /// fp32 logits of the sentences, `[sentences, outputs]`.
    private let expected: [Float]
    private let progress: ProgressHandler

    init(_ builder: ArtifactBuilder, sentences: [[UInt16]], threads: Int, progress: @escaping ProgressHandler) {
        self.builder = builder
        self.sentences = sentences
        self.threads = threads
        self.progress = progress
        expected = Inference.run(builder.model.model.released, sentences, threads: threads) { _, _, _ in }.logits
    }

    /// - Returns: every choice that was measured on the way from 8 bits to 4, and the one that was taken, marked.
    /// - Throws: `.limitExceeded` when no choice reaches the goal.
    mutating func run(_ goal: WidthGoal) throws(EmbqError) -> [WidthPoint] {
        let whole = try measure([])
        var front = [whole]
        let ranked = try ranked(from: whole)
        var narrow: Set<String> = []
        for (index, choice) in ranked.enumerated() {
            narrow.insert(choice.name)
            front.append(try measure(narrow))
            progress("widths", ranked.count + index + 1, 2 * ranked.count)
        }
        guard let best = best(of: front, goal) else { throw unreachable(goal, front) }
        let taken = try goal.budget.map { budget throws(EmbqError) in
            try filled(front[best], ranked, budget: budget)
        }
        if let taken, taken.fourBits != front[best].fourBits, goal.holds(taken), taken.sqnrDB > front[best].sqnrDB {
            front.insert(taken, at: best)
        }
        front[best].chosen = true
        return front
    }

    /// With a budget the finest choice that fits; else the smallest one that agrees.
    private func best(of front: [WidthPoint], _ goal: WidthGoal) -> Int? {
        let fitting = front.indices.filter { goal.holds(front[$0]) }
        guard goal.budget != nil else { return fitting.min { front[$0].bytes < front[$1].bytes } }
        return fitting.max { front[$0].sqnrDB < front[$1].sqnrDB }
    }

    /// The tensors by cost per byte saved, least first.
    private mutating func ranked(from whole: WidthPoint) throws(EmbqError) -> [WidthChoice] {
        let choices = builder.choices.filter { $0.saving > 0 }
        var costs: [(choice: WidthChoice, cost: Double)] = []
        for choice in choices {
            let point = try measure([choice.name])
            let added = max(Self.noise(point) - Self.noise(whole), 0)
            costs.append((choice, added / Double(choice.saving)))
            progress("widths", costs.count, 2 * choices.count)
        }
        return costs.sorted { $0.cost < $1.cost }.map(\.choice)
    }

    /// Noise over signal.
    private static func noise(_ point: WidthPoint) -> Double { pow(10, -point.sqnrDB / 10) }

    /// Takes back to 8 bits what fits, costliest first.
    private mutating func filled(_ point: WidthPoint, _ ranked: [WidthChoice], budget: Int) throws(EmbqError)
        -> WidthPoint
    {
        var narrow = Set(point.fourBits)
        var room = budget - point.bytes
        for choice in ranked.reversed() where narrow.contains(choice.name) && choice.saving <= room {
            narrow.remove(choice.name)
            room -= choice.saving
        }
        return narrow.count == point.fourBits.count ? point : try measure(narrow)
    }

    private mutating func measure(_ narrow: Set<String>) throws(EmbqError) -> WidthPoint {
        let artifact = try builder.artifact(fourBits: narrow, checks: [])
        let found = try Inference.run(artifact.device, sentences, threads: threads) { _, _, _ in }
        let logits = Inference.real(found.logits)
        return WidthPoint(
            bytes: Footprint(artifact).total, fourBits: narrow.sorted(), agreement: agreement(logits),
            sqnrDB: signalToNoiseDB(reference: expected, test: logits))
    }

    private func agreement(_ logits: [Float]) -> Double? {
        let width = expected.count / sentences.count
        switch builder.model.config.task {
        case .embedding: return nil
        case .regression:
            return share { abs(expected[$0] - logits[$0]) <= Comparison.regressionTolerance }
        case .classification, .pretraining:
            return share { Self.best(expected, $0 * width, width) == Self.best(logits, $0 * width, width) }
        }
    }

    private func share(_ agrees: (Int) -> Bool) -> Double {
        Double(sentences.indices.count { agrees($0) }) / Double(sentences.count)
    }

    private static func best(_ logits: [Float], _ start: Int, _ width: Int) -> Int {
        (1..<max(width, 1)).reduce(0) { logits[start + $1] > logits[start + $0] ? $1 : $0 }
    }

    private func unreachable(_ goal: WidthGoal, _ front: [WidthPoint]) -> EmbqError {
        let smallest = front.min { $0.bytes < $1.bytes }?.bytes ?? 0
        let agreed = front.compactMap(\.agreement).max() ?? 0
        let found =
            "at \(smallest) bytes all weights that can have 4 bits have them; the best choice agrees with fp32 on "
            + "\((agreed * 100).fixed(2)) % of the calibration sentences"
        var wanted: [String] = []
        if let budget = goal.budget { wanted.append("\(budget) bytes") }
        if let agreement = goal.minAgreement { wanted.append("\((agreement * 100).fixed(2)) % agreement") }
        return EmbqError(
            .limitExceeded, file: builder.model.checkpoint.path,
            "no choice of widths reaches \(wanted.joined(separator: " and ")): \(found)",
            advice: "Raise --budget or lower --min-agreement.")
    }
}
