import EmbqCore

/// What tensors are called in the model itself, told by their names in a file.
struct ReleasedNames {
    private typealias Parts = ReleasedStems.Parts

    /// In the order of the file's names; nil for a tensor that is no part of the model.
    private(set) var names: [String?]
    private(set) var notes: [CheckpointNote] = []
    /// Whether every tensor keeps its name.
    private(set) var isUnchanged = true

    /// No wrapper puts more parts before a model's names.
    private static let maximumDepth = 32

    private let all: [Parts]
    /// ``all`` without the parts that wrappers put in.
    private let bare: [Parts]

    /// - Throws: `.unsupported` when several models stand beside each other and none of them is clearly the one.
    init(_ original: [String]) throws(EmbqError) {
        names = original
        all = original.map { ReleasedStems.parts($0) }
        bare = all.map { parts in parts.filter { !ReleasedStems.wrappers.contains($0) } }
        let candidates = candidates()
        if candidates.isEmpty { removeWrappers() } else { try take(candidates) }
    }

    /// What stands before the tensors that every model of a family has, without wrappers.
    private func candidates() -> [Parts] {
        var found: [Parts] = []
        var seen: Set<Parts> = []
        for name in bare {
            guard let anchor = ReleasedStems.anchors.first(where: { Self.ends(name, with: $0) }) else { continue }
            let prefix = Parts(name.dropLast(anchor.count))
            let isOther = prefix.last.map { ReleasedStems.otherModels.contains($0) } ?? false
            if !isOther, prefix.count <= Self.maximumDepth, seen.insert(prefix).inserted { found.append(prefix) }
        }
        return found
    }

    private static func ends(_ name: Parts, with end: Parts) -> Bool {
        name.count >= end.count && name.suffix(end.count).elementsEqual(end)
    }

    /// Without a known family: what all names begin with, as long as they are wrappers.
    private mutating func removeWrappers() {
        guard let first = all.first else { return }
        let count = first.prefix { ReleasedStems.wrappers.contains($0) }.count
        let common = all.reduce(count) { count, name in
            min(count, zip(name, first).prefix { $0 == $1 }.count, name.count - 1)
        }
        guard common > 0 else { return }
        for index in all.indices { names[index] = ReleasedStems.text(all[index].dropFirst(common)) }
        isUnchanged = false
        noteRemoved()
    }

    private mutating func take(_ candidates: [Parts]) throws(EmbqError) {
        let taken = try Self.choose(candidates)
        let others = candidates.filter { $0 != taken }
        var tree = NameTree()
        for other in others { tree.insert(other) }
        var leftOut: [String] = []
        for index in all.indices {
            let longest = tree.names(beginning: bare[index]).last.map { others[$0].count }
            guard longest ?? 0 <= taken.count else {
                names[index] = nil
                continue
            }
            if let end = Self.withoutPrefix(bare[index], taken), !(taken.isEmpty && isOfTraining(index)) {
                names[index] = ReleasedStems.text(end)
            } else if longest != nil {
                names[index] = nil
            } else if isOfTraining(index) {
                leftOut.append(names[index] ?? "")
                names[index] = nil
            }
        }
        isUnchanged = zip(names, all).allSatisfy { name, parts in
            name.map { $0.hasSameBytes(as: ReleasedStems.text(parts)) } ?? false
        }
        noteRemoved()
        note(taken, others)
        note(leftOut)
    }

    private func isOfTraining(_ index: Int) -> Bool {
        ReleasedStems.isOfTraining(bare[index]) && !ReleasedStems.isKnown(bare[index][...])
    }

    /// The one of several models in a file.
    private static func choose(_ candidates: [Parts]) throws(EmbqError) -> Parts {
        if candidates.count == 1 || candidates.contains([]) { return candidates.count == 1 ? candidates[0] : [] }
        let plain = candidates.filter { prefix in !prefix.contains { ReleasedStems.isCopy($0) } }
        if plain.count == 1 { return plain[0] }
        if let usual = plain.first(where: { $0 == ReleasedStems.parts("model") }) { return usual }
        let list = candidates.prefix(5).map { "'\(EmbqError.printable(ReleasedStems.text($0)))'" }
        throw EmbqError(
            .unsupported,
            "it holds \(candidates.count) models, under \(list.joined(separator: ", ")), and none of them is clearly the one",
            advice: "Save the state_dict of one of them.")
    }

    /// A name after the prefix; also of a part of the model that stands under a part of the prefix, as a head does.
    private static func withoutPrefix(_ name: Parts, _ prefix: Parts) -> ArraySlice<[UInt8]>? {
        if name.starts(with: prefix), name.count > prefix.count { return name.dropFirst(prefix.count) }
        for count in (0..<prefix.count).reversed() {
            for part in [prefix.suffix(count), prefix.prefix(count)] where name.starts(with: part) {
                let end = name.dropFirst(count)
                if ReleasedStems.isKnown(end) { return end }
            }
        }
        return nil
    }

    // MARK: Notes

    private mutating func noteRemoved() {
        var counts = KeyedList<Int>()
        for (index, name) in names.enumerated() {
            guard let name, let removed = Self.removed(all[index], ReleasedStems.parts(name)) else { continue }
            counts.set(removed, (counts[removed] ?? 0) + 1)
        }
        notes += counts.items.sorted { $0.value > $1.value }.prefix(10).map { removed, tensors in
            CheckpointNote(
                .prefix, [removed],
                "'\(EmbqError.printable(removed))' is removed from the names of \(tensors) of \(all.count) tensors")
        }
    }

    /// The parts of a name that are not in its new one, with a dot behind each.
    private static func removed(_ old: Parts, _ new: Parts) -> String? {
        var removed: Parts = []
        var rest = new[...]
        for part in old.reversed() {
            if part == rest.last { rest.removeLast() } else { removed.append(part) }
        }
        return removed.isEmpty ? nil : ReleasedStems.text(removed.reversed()) + "."
    }

    private mutating func note(_ taken: Parts, _ others: [Parts]) {
        guard !others.isEmpty else { return }
        let names = ([taken] + others).map { $0.isEmpty ? "" : ReleasedStems.text($0) + "." }
        notes.append(.candidates(names[0], Array(names.dropFirst())))
    }

    private mutating func note(_ leftOut: [String]) {
        guard !leftOut.isEmpty else { return }
        let list = leftOut.prefix(5).map { EmbqError.printable($0) }.joined(separator: ", ")
        notes.append(
            CheckpointNote(
                .leftOut, leftOut,
                "only training needs \(leftOut.count == 1 ? "it" : "them"): \(list)"
                    + (leftOut.count > 5 ? " and \(leftOut.count - 5) more" : "")))
    }
}

extension CheckpointNote {
    /// A file with several models.
    static func candidates(_ taken: String, _ others: [String]) -> CheckpointNote {
        let list = others.prefix(5).map { EmbqError.printable($0) }.joined(separator: ", ")
        let what = taken.isEmpty ? "the model without a prefix" : "'\(EmbqError.printable(taken))'"
        return CheckpointNote(
            .candidates, [taken] + others,
            "\(what) is taken; the file's other \(others.count == 1 ? "candidate is" : "candidates are") \(list)"
                + (others.count > 5 ? " and \(others.count - 5) more" : ""))
    }
}
