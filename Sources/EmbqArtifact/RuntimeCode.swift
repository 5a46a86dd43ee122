import EmbqRuntime

/// What the runtime's code and constants take in flash, as measured: `Tests/device/code.py` writes the table.
package enum RuntimeCode {
    /// What firmware calls, as the examples do.
    private static let calls = [
        "embq_open_with", "embq_check_count", "embq_check", "embq_run_text", "embq_label", "embq_best",
        "embq_status_text",
    ]

    /// Bytes on Cortex-M4, compiled by gcc with -Os, of all that a model's firmware refers to: what a linker that leaves
    /// out the rest keeps.
    package static func bytesOnCortexM4(_ artifact: ArtifactReader) -> Int {
        let tagging = artifact.device.task == .tags ? ["embq_run_tags"] : []
        return bytes(calls + tagging + RuntimeParts(artifact).symbols)
    }

    /// The same of one function and all that it refers to.
    package static func bytesOnCortexM4(_ function: String) -> Int { bytes([function]) }

    private static func bytes(_ roots: [String]) -> Int {
        var waiting = roots.compactMap { places[$0] }
        var found: Set<Int> = []
        while let place = waiting.popLast() {
            if found.insert(place).inserted { waiting += table[place].dropFirst() }
        }
        return found.reduce(0) { $0 + table[$1][0] }
    }

    private static let table: [[Int]] = sections.split(separator: "\n").map { line in
        line.split(separator: " ").compactMap { Int($0) }
    }

    private static let places: [String: Int] = Dictionary(
        symbols.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return Int(words[1]).map { (String(words[0]), $0) }
        }, uniquingKeysWith: { first, _ in first })
}
