import EmbqData

/// Flipped rows that went from one class to one other.
package struct FlipGroup: Sendable, Equatable {
    package let reference: String
    package let test: String
    package var rows = 0
    /// Rows that only the reference had right.
    package var lost = 0
    /// Rows that only the int8 model has right.
    package var won = 0

    /// All groups of a classifier, the largest first, then in the order of the class ids; none for a regression.
    package static func all(_ comparison: Comparison) -> [FlipGroup] {
        let (labels, expected): ([String], [Int])
        switch (comparison.test.kind, comparison.targets) {
        case (.classes(let names), .classes(let ids)), (.tags(let names), .tags(let ids, _)):
            (labels, expected) = (names, ids)
        default: return []
        }
        var groups: [Int: FlipGroup] = [:]
        for row in comparison.flippedRows {
            let (from, to) = (comparison.reference.classIDs[row], comparison.test.classIDs[row])
            let key = from * labels.count + to
            var group = groups[key] ?? FlipGroup(reference: labels[from], test: labels[to])
            group.rows += 1
            if expected[row] == from { group.lost += 1 }
            if expected[row] == to { group.won += 1 }
            groups[key] = group
        }
        return groups.sorted { ($1.value.rows, $0.key) < ($0.value.rows, $1.key) }.map(\.value)
    }
}
