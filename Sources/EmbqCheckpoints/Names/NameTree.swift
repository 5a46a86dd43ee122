import EmbqCore

/// Names by their parts, so that the beginnings or ends of a name are found in one walk along it.
struct NameTree {
    private struct Edge: Hashable {
        let node: Int
        let part: [UInt8]
    }

    private var edges: [Edge: Int] = [:]
    /// Nodes at which a name ends, with its number: the lowest one where a name stands twice.
    private var ends: [Int: Int] = [:]
    private var count = 0

    /// Adds a name.
    mutating func insert(_ parts: some Sequence<[UInt8]>) {
        var node = 0
        for part in parts {
            let edge = Edge(node: node, part: part)
            let next = edges[edge] ?? edges.count + 1
            edges[edge] = next
            node = next
        }
        if ends[node] == nil { ends[node] = count }
        count += 1
    }

    /// The numbers of the names that these parts begin with, shortest first.
    func names(beginning parts: some Sequence<[UInt8]>) -> [Int] {
        var node = 0
        var found = [ends[node]].compactMap { $0 }
        for part in parts {
            guard let next = edges[Edge(node: node, part: part)] else { return found }
            node = next
            if let number = ends[node] { found.append(number) }
        }
        return found
    }

    /// Whether a name begins with these parts, or is all of them.
    func hasName(beginningWith parts: some Sequence<[UInt8]>) -> Bool {
        var node = 0
        for part in parts {
            guard let next = edges[Edge(node: node, part: part)] else { return false }
            node = next
        }
        return true
    }
}

/// Names of modules that are all of a path or the end of one.
struct NameEndings {
    private var tree = NameTree()

    init(_ endings: some Sequence<String>) { for ending in endings { tree.insert(Self.reversed(ending)) } }

    /// Whether a path is one of the endings or ends with one.
    func name(_ path: String) -> Bool { !tree.names(beginning: Self.reversed(path)).isEmpty }

    /// Whether a path, or the path of something that it lies in, is one of the endings or ends with one.
    func nameWhole(_ path: String) -> Bool {
        let parts = ReleasedStems.parts(path)
        return parts.indices.contains { !tree.names(beginning: parts[...$0].reversed()).isEmpty }
    }

    /// The number of the first ending that a path has.
    func first(naming path: String) -> Int? { tree.names(beginning: Self.reversed(path)).min() }

    /// Whether one of the endings, as a path itself, ends with this one.
    func hasPath(ending: String) -> Bool { tree.hasName(beginningWith: Self.reversed(ending)) }

    private static func reversed(_ name: String) -> ReversedCollection<[[UInt8]]> {
        ReleasedStems.parts(name).reversed()
    }
}
