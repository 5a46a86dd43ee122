package import EmbqCore

/// The named tensors in what a pickle holds: a state_dict, at the top or under one of the usual keys.
package struct StateDict {
    /// Where training checkpoints keep the model, in the order of search.
    static let usualKeys = ["model_state_dict", "state_dict", "model"]

    /// Name, and place in ``PickleHeap/tensors``; sorted by name.
    package let tensors: [(name: String, tensor: Int)]
    /// What else in the file could be meant.
    let remarks: [CheckpointNote]

    /// - Parameter key: the path of keys to the mapping, joined by dots; nil: the top, or a usual key.
    /// - Throws: `.missing` when there is none, with those that could be meant.
    package init(_ heap: PickleHeap, _ root: PickleValue, key: String?) throws(EmbqError) {
        let search = Search(heap: heap, root: root)
        let (dict, path) = try search.stateDict(key: key)
        remarks = path.map { search.remark($0, dict) } ?? []
        try TensorInfo.requireCount(heap.dicts[dict].count)
        var tensors: [(name: String, tensor: Int)] = []
        for (key, value) in heap.dicts[dict] {
            guard case .string(let name) = key else {
                throw Search.fault(.unsupported, nil, "a key of the state_dict is \(key.kind), a name is expected")
            }
            switch value {
            case .tensor(let index): tensors.append((name, index))
            case .int where name.hasSuffix("num_batches_tracked"): break
            default:
                throw Search.fault(
                    .unsupported, "'\(EmbqError.printable(name))'", "it is \(value.kind), a tensor is expected",
                    "Save the state_dict of the model alone.")
            }
        }
        guard !tensors.isEmpty else { throw Search.fault(.missing, nil, "the state_dict is empty") }
        tensors.sort { $0.name.precedesByBytes($1.name) }
        for (one, next) in zip(tensors, tensors.dropFirst()) where one.name.hasSameBytes(as: next.name) {
            throw Search.fault(.duplicate, EmbqError.place(tensor: one.name), "the name stands twice")
        }
        self.tensors = tensors
    }
}

/// Finds mappings in the values of a pickle.
private struct Search {
    let heap: PickleHeap
    let root: PickleValue

    /// The place in ``PickleHeap/dicts`` of the state_dict, and the path of keys to it; nil: it is the top.
    func stateDict(key: String?) throws(EmbqError) -> (dict: Int, path: String?) {
        guard case .dict(let top) = root else {
            throw Self.fault(
                .unsupported, nil, "the file holds \(root.kind), a state_dict is expected",
                "Save the model's state_dict().")
        }
        if let key {
            var seen: Set<Step> = []
            switch find(key.utf8[...], in: top, &seen) {
            case .dict(let index)?: return (index, key)
            case let value?:
                throw Self.fault(
                    .invalidRequest, "'\(EmbqError.printable(key))'", "it is \(value.kind), a state_dict is expected",
                    candidates(top))
            case nil:
                throw Self.fault(
                    .missing, nil, "there is no '\(EmbqError.printable(key))' in the file", candidates(top))
            }
        }
        if isStateDict(top) { return (top, nil) }
        for usual in StateDict.usualKeys {
            let found = heap.dicts[top].filter { $0.key == .string(usual) }
            guard found.count <= 1 else { throw Self.fault(.duplicate, "'\(usual)'", "the key stands twice") }
            if case .dict(let index)? = found.first?.value, hasTensor(index) { return (index, usual) }
        }
        // Its entries are told one by one.
        if hasTensor(top) { return (top, nil) }
        throw Self.fault(.missing, nil, "none of the file's mappings is clearly the state_dict", candidates(top))
    }

    /// Whether all values are tensors under names; what batch normalization counts may be an integer.
    private func isStateDict(_ dict: Int) -> Bool {
        hasTensor(dict)
            && heap.dicts[dict].allSatisfy { key, value in
                guard case .string(let name) = key else { return false }
                switch value {
                case .tensor: return true
                case .int: return name.hasSuffix("num_batches_tracked")
                default: return false
                }
            }
    }

    private func hasTensor(_ dict: Int) -> Bool {
        heap.dicts[dict].contains { if case .tensor = $0.value { true } else { false } }
    }

    /// A part of a path that was looked for in a dict.
    private struct Step: Hashable {
        let dict: Int
        let left: Int
    }

    /// The value at a path of keys, which may have dots themselves.
    ///
    /// - Parameter seen: what was tried: dicts may hold each other, and a key may stand many times.
    private func find(_ path: Substring.UTF8View, in dict: Int, _ seen: inout Set<Step>) -> PickleValue? {
        guard seen.count < 1000, seen.insert(Step(dict: dict, left: path.count)).inserted else { return nil }
        for (key, value) in heap.dicts[dict] {
            guard case .string(let name) = key, path.starts(with: name.utf8) else { continue }
            let rest = path.dropFirst(name.utf8.count)
            if rest.isEmpty { return value }
            guard rest.first == UInt8(ascii: "."), case .dict(let inner) = value else { continue }
            if let found = find(rest.dropFirst(), in: inner, &seen) { return found }
        }
        return nil
    }

    /// What was taken, where the file has other candidates.
    func remark(_ path: String, _ dict: Int) -> [CheckpointNote] {
        guard case .dict(let top) = root else { return [] }
        // Smaller ones are the random generator's state and the like.
        let others = stateDicts(top).filter {
            $0.dict != dict && heap.dicts[$0.dict].count * 2 >= heap.dicts[dict].count
        }.map(\.path)
        return others.isEmpty ? [] : [.candidates(path, others)]
    }

    /// The mappings with tensors alone, a few levels deep, each by the path of keys to it.
    private func stateDicts(_ top: Int) -> [(path: String, dict: Int)] {
        var found: [(path: String, dict: Int)] = []
        var seen: Set<Int> = [top]
        var level: [(path: String, dict: Int)] = [("", top)]
        for _ in 0..<4 where found.count < 10 {
            var next: [(path: String, dict: Int)] = []
            for (path, dict) in level {
                for (key, value) in heap.dicts[dict] {
                    guard case .string(let name) = key, case .dict(let inner) = value, next.count < 1000,
                        seen.insert(inner).inserted
                    else { continue }
                    next.append((path.isEmpty ? name : "\(path).\(name)", inner))
                }
            }
            found += next.filter { isStateDict($0.dict) }
            level = next
        }
        return found
    }

    /// What `--key` could be, in words.
    private func candidates(_ top: Int) -> String {
        let paths = stateDicts(top).map(\.path)
        if paths.isEmpty { return "No mapping in it has tensors: save the model's state_dict()." }
        return "Pass --key with one of: "
            + paths.prefix(10).map { EmbqError.printable($0) }.joined(separator: ", ")
            + (paths.count > 10 ? " and more." : ".")
    }

    static func fault(_ code: EmbqError.Code, _ place: String?, _ problem: String, _ advice: String? = nil) -> EmbqError
    {
        EmbqError(code, place: place, problem, advice: advice ?? "Save the model's state_dict() again.")
    }
}
