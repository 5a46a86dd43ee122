import EmbqCore
import EmbqModels
import EmbqTestSupport
import Foundation
import Testing

@Suite("The lowering of any graph")
struct GraphLoweringTests {
    /// dB of the logits against fp32: random weights, which no training has made robust, through up to eight blocks.
    static let floor = 25.0
    /// dB with any weights. One draw of them in some thousand is hard for int8: rows that are small where the calibrated
    /// range is wide. Such a graph must reach ``floor`` with two other draws; what is lowered wrong does so with none.
    static let floorOfAnyWeights = 20.0
    /// Random graphs; more with EMBQ_RANDOM_GRAPHS.
    static let randomGraphs = ProcessInfo.processInfo.environment["EMBQ_RANDOM_GRAPHS"].flatMap(Int.init) ?? 1000

    @Test("convolution → ReLU → convolution agrees with fp32")
    func convolutions() throws {
        let graph = BlockChain([.convolve, .relu, .convolve, .poolRMS], seed: 1).graph
        #expect(try GraphSample(graph).signalToNoise() >= Self.floor)
    }

    @Test("every legal pair and triple of blocks agrees with fp32, or is refused by name")
    func triples() {
        let pools = Block.allCases.filter(\.isPooling)
        var chains: [[Block]] = []
        for count in 1...3 {
            for number in 0..<(0..<count).reduce(1, { product, _ in product * Block.allCases.count }) {
                var (rest, blocks) = (number, [Block]())
                for _ in 0..<count {
                    blocks.append(Block.allCases[rest % Block.allCases.count])
                    rest /= Block.allCases.count
                }
                if !blocks.contains(where: \.isPooling) { blocks.append(pools[chains.count % pools.count]) }
                if BlockChain.isLegal(blocks) { chains.append(blocks) }
            }
        }
        check("pairs and triples", chains, isBranched: false, leastLowered: 0.55)
    }

    @Test("random graphs of up to eight blocks agree with fp32, or are refused by name")
    func random() {
        var generator = SplitMix64(seed: 4)
        let pools = Block.allCases.filter(\.isPooling)
        let others = Block.allCases.filter { !$0.isPooling }
        var chains: [[Block]] = []
        while chains.count < Self.randomGraphs {
            var blocks: [Block] = []
            let count = Int.random(in: 3...7, using: &generator)
            while blocks.count < count {
                let block = others[Int.random(in: others.indices, using: &generator)]
                // What pairs are refused is known by now.
                if block == .slice, blocks.last != .linear { continue }
                if block == .scanStep, blocks.last != .softplus, blocks.last != .relu { continue }
                blocks.append(block)
            }
            // Behind a pooling few blocks are legal.
            let at = Bool.random(using: &generator) ? blocks.count : Int.random(in: 0...blocks.count, using: &generator)
            blocks.insert(pools[Int.random(in: pools.indices, using: &generator)], at: at)
            if BlockChain.isLegal(blocks) { chains.append(blocks) }
        }
        check("random graphs", chains, isBranched: true, leastLowered: 0.4)
    }

    /// What became of one graph.
    private enum Outcome: Sendable {
        case lowered(Double)
        case refused(String)
        case wrong(String)
    }

    private func check(_ name: String, _ chains: [[Block]], isBranched: Bool, leastLowered: Double) {
        let outcomes = Parallel.map(chains.count, threads: 2) { index in
            Self.outcome(chains[index], seed: UInt64(index + 1), isBranched: isBranched)
        }
        var (lowered, lowest, refused, hard) = (0, Double.infinity, [String: Int](), [String]())
        for (index, outcome) in outcomes.enumerated() {
            let graph = "\(chains[index].map(\.rawValue).joined(separator: " → ")), seed \(index + 1)"
            switch outcome {
            case .lowered(let ratio):
                lowered += 1
                lowest = min(lowest, ratio)
                if ratio < Self.floor { hard.append("\(graph): \(ratio) dB") }
                let others = (1...2).map { draw in
                    ratio >= Self.floor
                        ? outcome
                        : Self.outcome(
                            chains[index], seed: UInt64(index + 1 + draw << 20), isBranched: isBranched)
                }
                let passes = others.allSatisfy {
                    if case .lowered(let ratio) = $0 { ratio >= Self.floor } else { false }
                }
                if !passes || ratio < Self.floorOfAnyWeights { Issue.record("\(graph): \(ratio) dB") }
            case .refused(let reason): refused[reason, default: 0] += 1
            case .wrong(let problem): Issue.record("\(graph): \(problem)")
            }
        }
        print(
            "\(name): \(chains.count) graphs, \(lowered) lowered (lowest \(lowest) dB), \(chains.count - lowered) refused"
        )
        for (reason, count) in refused.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            print("  \(count) refused: \(reason)")
        }
        for graph in hard { print("  hard weights: \(graph)") }
        #expect(Double(lowered) > leastLowered * Double(chains.count))
    }

    private static func outcome(_ blocks: [Block], seed: UInt64, isBranched: Bool) -> Outcome {
        let graph = BlockChain(blocks, seed: seed, isBranched: isBranched).graph
        do {
            return .lowered(try GraphSample(graph).signalToNoise())
        } catch let error as EmbqError {
            let name = graph.nodes.first { node in
                ["'\(node.name)", "point '\(node.name)"].contains { name in
                    error.place == name + "'" || error.place?.hasPrefix(name + ".") == true
                }
            }
            guard let name, [.unsupported, .limitExceeded, .nonFinite].contains(error.code) else {
                return .wrong("\(error)")
            }
            return .refused(
                error.problem.replacing("'\(name.name)'", with: "'…'").replacing(/'[^']*'/, with: "'…'").replacing(
                    /-?\b[0-9.]+\b/, with: "N"))
        } catch {
            return .wrong("\(error)")
        }
    }
}
