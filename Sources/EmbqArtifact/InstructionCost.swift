/// Instructions that a step of a program takes, estimated from those that QEMU counted: `Tests/device/kernels/instructions.py`
/// writes the table.
enum InstructionCost {
    /// What an estimate is made from.
    struct Features {
        /// Numbers that the step gives.
        var elements: Double
        var macs: Double
        /// Of attention: tokens, times heads, times positions of the step.
        var scores: Double
    }

    /// Instructions for a step, a number, a multiply-accumulate and a score, of one variant in steps of so many rows.
    private struct Cost {
        var variant: Int
        var rows: Int
        var numbers: [Double]

        func distance(_ variant: Int, _ rows: Int) -> Int {
            2 * abs(self.variant - variant) + (self.rows == rows ? 0 : 1)
        }
    }

    /// By kind of operation.
    private static let costs: [Int: [Cost]] = {
        var costs: [Int: [Cost]] = [:]
        for line in table.split(separator: "\n") {
            let numbers = line.split(separator: " ").compactMap { Int($0) }
            costs[numbers[0], default: []].append(
                Cost(variant: numbers[1], rows: numbers[2], numbers: numbers[3...].map { Double($0) / 100 }))
        }
        return costs
    }()

    /// The instructions of `steps` steps that work on `rows` positions each and do together what `features` say.
    ///
    /// A variant that was not counted takes what the nearest one takes, and an operation in single rows what it takes in two.
    static func instructions(kind: Int, variant: Int, rows: Int, steps: Int, _ features: Features) -> Double {
        let near = costs[kind]?.min { $0.distance(variant, rows) < $1.distance(variant, rows) }
        guard let cost = near?.numbers else { return 0 }
        return Double(steps) * cost[0] + features.elements * cost[1] + features.macs * cost[2] + features.scores
            * cost[3]
    }
}
