/// Suggestions for mistyped words.
package enum Suggestion {
    /// The known word that is nearest to a mistyped one: at most two letters are wrong, missing, too many or exchanged, and
    /// at most a third of them, small letters and capitals aside; nil where none is that near.
    package static func nearest<Words: Sequence<String>>(to word: String, among known: Words) -> String? {
        let limit = min(2, max(1, word.count / 3))
        let near = known.map { (word: $0, distance: distance(letters(word), letters($0))) }.filter {
            $0.distance <= limit
        }
        return near.min { $0.distance < $1.distance }?.word
    }

    /// ` Did you mean 'quantize'?`, or nothing.
    package static func question(_ word: String, among known: some Sequence<String>) -> String {
        nearest(to: word, among: known).map { " Did you mean '\($0)'?" } ?? ""
    }

    private static func letters(_ word: String) -> [Character] { Array(word.lowercased()) }

    /// Letters to insert, remove, replace, or exchange with their neighbour.
    ///
    /// Source: the restricted distance of F. Damerau, "A technique for computer detection and correction of spelling
    /// errors", CACM 7 (1964).
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        // Longer words are no names of ours.
        guard a.count <= 64, b.count <= 64 else { return .max }
        var (before, last) = ([Int](), Array(0...b.count))
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
                row.append(best)
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }
}
