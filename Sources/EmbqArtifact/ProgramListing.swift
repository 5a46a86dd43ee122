/// What section MODL lists: registers, and passes of operations. embq_open has checked all of it.
///
/// Source: `Schemas/embq-format.md`, MODL.
struct ProgramListing {
    struct Operation {
        var kind: Int
        var words: [Int]
    }

    struct Pass {
        var positions: Int
        var operations: [Operation]
    }

    /// Types and widths of registers.
    let types: [Int]
    let widths: [Int]
    let passes: [Pass]

    init(_ artifact: ArtifactReader) {
        let bytes = Array(artifact.section(.model) ?? [])
        let words = stride(from: 0, to: bytes.count - 3, by: 4).map { at in
            (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
        }
        // Ten words, registers of two, stores of four, passes of two, and the words of the passes' operations.
        guard words.count > 10 else {
            (types, widths, passes) = ([], [], [])
            return
        }
        let (registers, stores, count) = (words[7], words[8], words[9])
        types = (0..<registers).map { words[10 + 2 * $0] }
        widths = (0..<registers).map { words[11 + 2 * $0] }
        let heads = 10 + 2 * registers + 4 * stores
        var at = heads + 2 * count
        passes = (0..<count).map { pass in
            let end = at + words[heads + 2 * pass + 1]
            var operations: [Operation] = []
            while at < end {
                let size = words[at] >> 16
                operations.append(Operation(kind: words[at] & 0xFFFF, words: Array(words[at + 1..<at + size])))
                at += size
            }
            return Pass(positions: words[heads + 2 * pass], operations: operations)
        }
    }
}
