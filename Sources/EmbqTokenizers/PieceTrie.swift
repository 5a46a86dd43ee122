import EmbqCore

/// Two tries of pieces, whose nodes are numbered level by level.
struct PieceTrie {
    private static let block = 32
    /// Zeros behind the nodes, which are read four at a time.
    private static let past = 3
    private static let nodeBits = 22
    /// Nodes whose first children are written down: half as many as there are blocks.
    private static let mostTops = 1024

    /// The byte of a node: the unit that leads to it, and flags.
    private enum Flag {
        static let last: UInt8 = 1 << 5
        static let hasChildren: UInt8 = 1 << 6
        static let ends: UInt8 = 1 << 7
    }

    /// Nodes with both roots.
    let count: Int
    /// Their bytes, and zeros up to a whole block.
    private(set) var nodes: [UInt8] = [0, 0]
    /// Ids of the pieces, in the order of the nodes where they end.
    private(set) var pieces: [UInt16] = []
    /// Of each 32 nodes: the first child with the children of the first half, and pieces that end before.
    private(set) var children: [UInt32] = []
    private var earlier: [UInt16] = []
    /// The first child of each of the first nodes.
    private var tops: [UInt16] = []

    /// - Parameter tries: the units and the id of each piece; no two of a trie are spelled alike.
    /// - Throws: `.limitExceeded` for more nodes than the tables can number.
    init(_ tries: [[(units: [UInt8], id: UInt16)]]) throws(EmbqError) {
        var counts: [Int] = []
        let ids = Self.number(
            tries.map { $0.sorted { $0.units.lexicographicallyPrecedes($1.units) } }, &nodes, &counts)
        count = nodes.count
        guard count < 1 << Self.nodeBits else {
            throw TokenizerSection.tooMany("nodes", count, most: 1 << Self.nodeBits - 1)
        }
        let rest = Self.block - (count + Self.past) % Self.block
        nodes += [UInt8](repeating: 0, count: Self.past + rest % Self.block)
        counts += [Int](repeating: 0, count: nodes.count - count)
        var child = 2
        for node in 0...min(nodes.count / Self.block / 2, Self.mostTops) {
            tops.append(UInt16(clamping: child))
            child += counts[node]
        }
        child = 2
        for start in stride(from: 0, to: nodes.count, by: Self.block) {
            let half = counts[start..<start + Self.block / 2].reduce(0, +)
            children.append(UInt32(child | half << Self.nodeBits))
            child += counts[start..<start + Self.block].reduce(0, +)
            earlier.append(UInt16(clamping: pieces.count))
            pieces += ids.dropFirst(start).prefix(Self.block).compactMap(\.self)
        }
    }

    /// The tables of 16 bits.
    var narrow: [UInt16] { tops + earlier + pieces }

    /// How often tries of these pieces have each element.
    static func counts<Element: Hashable & Comparable>(_ tries: [[[Element]]]) -> [Element: Int] {
        var counts: [Element: Int] = [:]
        for pieces in tries {
            var previous: [Element] = []
            for piece in pieces.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                let shared = zip(previous, piece).prefix { $0 == $1 }.count
                for element in piece.dropFirst(shared) { counts[element, default: 0] += 1 }
                previous = piece
            }
        }
        return counts
    }

    /// Numbers the nodes, and counts the children of each; returns the id of the piece that ends there.
    private static func number(
        _ entries: [[(units: [UInt8], id: UInt16)]], _ nodes: inout [UInt8], _ counts: inout [Int]
    ) -> [UInt16?] {
        // Each node stands for the entries that begin alike.
        var queue = entries.indices.map { (root: $0, entries: entries[$0].indices, depth: 0) }
        if queue.count < 2 { queue.append((root: 0, entries: 0..<0, depth: 0)) }
        var ids: [UInt16?] = []
        var next = 0
        while next < queue.count {
            var node = queue[next]
            let all = entries[node.root]
            var id: UInt16?
            if let first = node.entries.first, all[first].units.count == node.depth {
                id = all[first].id
                nodes[next] |= Flag.ends
                node.entries.removeFirst()
            }
            ids.append(id)
            let behind = nodes.count
            while let first = node.entries.first {
                let label = all[first].units[node.depth]
                let end = node.entries.first { all[$0].units[node.depth] != label } ?? node.entries.endIndex
                queue.append((node.root, first..<end, node.depth + 1))
                nodes.append(label)
                node.entries = end..<node.entries.endIndex
            }
            counts.append(nodes.count - behind)
            if nodes.count > behind {
                nodes[next] |= Flag.hasChildren
                nodes[nodes.count - 1] |= Flag.last
            }
            next += 1
        }
        return ids
    }
}
