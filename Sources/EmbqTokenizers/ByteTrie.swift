import EmbqCore

/// Two tries of bytes, whose nodes are numbered level by level.
struct ByteTrie {
    private static let block = 16
    private static let mostNodes = 0xFF_FFFF

    /// Nodes by number: the byte that leads there, and how many children.
    private(set) var labels: [UInt8] = [0, 0]
    private(set) var counts: [UInt8] = []
    /// Ids of the pieces, in the order of the nodes where they end.
    private(set) var pieces: [UInt16] = []
    /// Of each 16 nodes: the first child, pieces that end before, and bits of the nodes where one ends.
    private(set) var children: [UInt32] = []
    private var earlier: [UInt16] = []
    private var ends: [UInt16] = []

    /// - Parameter tries: the bytes and the id of each piece; bytes occur once in a trie.
    /// - Throws: `.limitExceeded` for more nodes than the tables can number.
    init(_ tries: [[(code: [UInt8], id: UInt16)]]) throws(EmbqError) {
        let ids = number(tries.map { $0.sorted { $0.code.lexicographicallyPrecedes($1.code) } })
        guard labels.count <= Self.mostNodes else {
            throw TokenizerSection.tooMany("nodes", labels.count, most: Self.mostNodes)
        }
        var child: UInt32 = 2
        for node in labels.indices {
            if node % Self.block == 0 {
                children.append(child)
                earlier.append(UInt16(clamping: pieces.count))
                ends.append(0)
            }
            child += UInt32(counts[node])
            if let id = ids[node] {
                pieces.append(id)
                ends[node / Self.block] |= 1 << UInt16(node % Self.block)
            }
        }
    }

    /// The tables of 16 bits.
    var narrow: [UInt16] { earlier + ends + pieces }

    /// Numbers the nodes; returns the id of the piece that ends at each.
    private mutating func number(_ entries: [[(code: [UInt8], id: UInt16)]]) -> [UInt16?] {
        // Each node stands for the entries that begin alike.
        var queue = entries.indices.map { (root: $0, entries: entries[$0].indices, depth: 0) }
        if queue.count < 2 { queue.append((root: 0, entries: 0..<0, depth: 0)) }
        var ids: [UInt16?] = []
        var next = 0
        while next < queue.count {
            var node = queue[next]
            next += 1
            let all = entries[node.root]
            ids.append(nil)
            if let first = node.entries.first, all[first].code.count == node.depth {
                ids[next - 1] = all[first].id
                node.entries.removeFirst()
            }
            var count: UInt8 = 0
            while let first = node.entries.first {
                let label = all[first].code[node.depth]
                let end = node.entries.first { all[$0].code[node.depth] != label } ?? node.entries.endIndex
                queue.append((node.root, first..<end, node.depth + 1))
                labels.append(label)
                count += 1
                node.entries = end..<node.entries.endIndex
            }
            counts.append(count)
        }
        return ids
    }
}
