/// What a program has to compute for a sentence: its multiply-accumulates, and an estimate of its instructions.
///
/// Source: `Schemas/embq-format.md`, MODL and Operations.
package struct ProgramWork {
    /// A sentence's work.
    package struct Sentence: Codable, Sendable, Equatable {
        /// Products of linear layers, embeddings, attention and convolutions.
        package var macs: Int
        /// Instructions on Cortex-M4, compiled by gcc with -O2, without the tokenizer: an estimate.
        package var instructionsM4: Int

        enum CodingKeys: String, CodingKey {
            case macs
            case instructionsM4 = "instructions_m4"
        }
    }

    private let program: ProgramListing

    private static let none = 0xFFFF_FFFF
    /// Positions of a pass that visits all: in order, and backwards.
    private static let all: Set<Int> = [1, 5]

    init(_ artifact: ArtifactReader) { program = ProgramListing(artifact) }

    /// The work of a sentence of so many tokens.
    func sentence(tokens: Int) -> Sentence {
        var macs = 0
        var instructions = InstructionCost.instructions(
            kind: 0, variant: 0, rows: 1, steps: 1, .init(elements: Double(tokens), macs: 0, scores: 0))
        for pass in program.passes {
            let positions = Self.all.contains(pass.positions) ? tokens : 1
            // Two positions at a time, and the last of an odd number alone: backwards that is the first.
            let odd = positions % 2
            let pairs = pass.positions == 5 ? odd..<positions : 0..<positions - odd
            let single = pass.positions == 5 ? 0..<odd : positions - odd..<positions
            for (range, rows) in [(pairs, 2), (single, 1)] where !range.isEmpty {
                for operation in pass.operations {
                    let (kind, words) = (operation.kind, operation.words)
                    let products = products(kind, words, tokens: tokens, range)
                    macs += products
                    let scores = Self.attentions.contains(kind) ? tokens * words[6] * range.count : 0
                    instructions += InstructionCost.instructions(
                        kind: kind, variant: variant(kind, words), rows: rows, steps: range.count / rows,
                        .init(
                            elements: Double(elements(kind, words) * range.count), macs: Double(products),
                            scores: Double(scores)))
                }
            }
        }
        return Sentence(macs: macs, instructionsM4: Int(instructions.rounded()))
    }

    // MARK: Operations, by their numbers in the format

    private static let attentions: Set<Int> = [10, 25, 31]

    /// Multiply-accumulates of an operation at these positions.
    private func products(_ kind: Int, _ words: [Int], tokens: Int, _ positions: Range<Int>) -> Int {
        switch kind {
        case 1, 19: 2 * program.widths[words[0]] * words[2] * positions.count
        case 3, 20: program.widths[words[0]] * program.widths[words[1]] * positions.count
        case 12: program.widths[words[0]] * words[2] * positions.count
        case 10, 25, 31: 2 * tokens * program.widths[words[0]] * positions.count
        // Taps before the sentence are none.
        case 11, 32: positions.reduce(0) { $0 + min($1 + 1, words[2]) } * program.widths[words[1]]
        default: 0
        }
    }

    /// Numbers that an operation gives at one position.
    private func elements(_ kind: Int, _ words: [Int]) -> Int {
        switch kind {
        case 12: words[2]
        case 15: program.widths[words[0]] * program.widths[words[2]]
        case 3, 20, 11, 32, 27, 28: program.widths[words[1]]
        case 22: program.widths[words[2]]
        default: program.widths[words[0]]
        }
    }

    /// What makes one operation of a kind faster than another.
    private func variant(_ kind: Int, _ words: [Int]) -> Int {
        switch kind {
        case 1, 19: words[2] == 0 ? 0 : 1
        case 2: words[2] == Self.none ? 0 : 1
        case 6: words[1] == Self.none ? 0 : 1
        case 12: program.types[words[0]]
        case 16, 17: words[2] & 255
        case 20: words[3]
        case 31: words[12]
        // Bits of rows, and of taps.
        case 32: 10 * words[4] + words[7]
        case 29, 30: words[2]
        default: 0
        }
    }
}
