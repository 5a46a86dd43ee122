/// A set of code points, kept as the bounds of its runs.
struct CodePointSet: Sendable, Hashable {
    /// First code point of a run, the one after its last, first of the next run, ...: strictly rising.
    let bounds: [UInt32]

    static let limit: UInt32 = 0x110000

    init(bounds: [UInt32]) { self.bounds = bounds }

    init(_ codes: some Sequence<UInt32>) {
        var bounds: [UInt32] = []
        for code in Set(codes).sorted() {
            if bounds.last == code { bounds[bounds.count - 1] = code + 1 } else { bounds += [code, code + 1] }
        }
        self.bounds = bounds
    }

    init(_ range: ClosedRange<UInt32>) { bounds = [range.lowerBound, range.upperBound + 1] }

    func contains(_ code: UInt32) -> Bool {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] <= code { low = middle + 1 } else { high = middle }
        }
        return low % 2 == 1
    }

    /// All other code points.
    var complement: CodePointSet {
        var new = bounds.first == 0 ? Array(bounds.dropFirst()) : [0] + bounds
        if new.last == Self.limit { new.removeLast() } else { new.append(Self.limit) }
        return CodePointSet(bounds: new)
    }

    func union(_ other: CodePointSet) -> CodePointSet {
        let starts = Set(bounds + other.bounds).sorted()
        var new: [UInt32] = []
        var isIn = false
        for start in starts where (contains(start) || other.contains(start)) != isIn {
            isIn.toggle()
            new.append(start)
        }
        return CodePointSet(bounds: new)
    }

    func intersection(_ other: CodePointSet) -> CodePointSet { complement.union(other.complement).complement }

    var isEmpty: Bool { bounds.isEmpty }

    /// The code points, if there are at most `most`; nil: there are more.
    func codes(atMost most: Int) -> [UInt32]? {
        var codes: [UInt32] = []
        for (start, end) in zip(bounds.indices, bounds.indices.dropFirst()) where start % 2 == 0 {
            guard Int(bounds[end] - bounds[start]) + codes.count <= most else { return nil }
            codes += bounds[start]..<bounds[end]
        }
        return codes
    }
}
