import EmbqCore
import EmbqTestSupport
import Testing

/// A change to an artifact, and how it must be refused.
struct ArtifactFault: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let code: EmbqError.Code
    /// Stands in the rendered error.
    let says: String
    let edit: @Sendable (inout EditedArtifact) -> Void

    /// - Parameter checksums: made right after the change, so that what lies behind them is reached.
    init(
        _ name: String, _ code: EmbqError.Code, _ says: String, checksums: Bool = true,
        _ edit: @escaping @Sendable (inout EditedArtifact) -> Void
    ) {
        testDescription = name
        self.code = code
        self.says = says
        self.edit = { artifact in
            edit(&artifact)
            if checksums { artifact.restoreChecksums() }
        }
    }
}

extension ArtifactFault {
    static let misplaced = "sections are out of place"
    static let unfit = "the model's shapes or parameters do not fit together"
    static let unfitTokenizer = "the tokenizer's tables do not fit together"

    static let header: [ArtifactFault] = [
        .init("nothing", .truncated, "shorter than its header says", checksums: false) { $0.bytes = [] },
        .init("half a header", .truncated, "shorter than", checksums: false) { $0.bytes = Array($0.bytes[..<31]) },
        .init("another magic", .malformed, "not an .embq artifact") { $0.bytes[0] = 0x65 },
        .init("version 0", .unsupported, "another format version") { $0.set(4, 0) },
        .init("version 1", .unsupported, "another format version") { $0.set(4, 1) },
        .init("version 2", .unsupported, "another format version") { $0.set(4, 2) },
        .init("version 4", .unsupported, "another format version") { $0.set(4, 4) },
        .init("a size one above the file's", .truncated, "shorter than") { $0.set(8, $0.word(8) + 1) },
        .init("a size of 2^32 - 1", .truncated, "shorter than") { $0.set(8, .max) },
        .init("a size one below the file's", .malformed, misplaced) { $0.set(8, $0.word(8) - 1) },
        .init("no sections", .malformed, misplaced) { $0.set(12, 0) },
        .init("one section too few", .malformed, misplaced) { $0.set(12, $0.word(12) - 1) },
        .init("33 sections", .malformed, misplaced) { $0.set(12, 33) },
        .init("2^32 - 1 sections", .malformed, misplaced) { $0.set(12, .max) },
        .init("a table beyond the file", .truncated, "shorter than") { artifact in
            artifact.bytes = Array(artifact.bytes[..<100])
            artifact.set(8, 100)
        },
        .init("a wrong checksum of the header", .corrupted, "checksum", checksums: false) { $0.bytes[16] ^= 1 },
        .init("a changed table", .corrupted, "checksum", checksums: false) { $0.bytes[40] ^= 1 },
        .init("a reserved word", .malformed, misplaced) { $0.set(20, 1) },
        .init("another reserved word", .malformed, misplaced) { $0.set(24, 1 << 31) },
        .init("the last reserved word", .malformed, misplaced) { $0.set(28, 1) },
    ]

    /// Each section changed, and each left out.
    static var everySection: [ArtifactFault] {
        var faults: [ArtifactFault] = []
        for tag in ["MODL", "WGHT", "TABL", "TOKN", "LABL", "CHEK", "TENS", "META"] {
            faults.append(
                ArtifactFault("a changed byte in \(tag)", .corrupted, "checksum", checksums: false) { artifact in
                    artifact.bytes[artifact.range(tag).upperBound - 1] ^= 0x10
                })
            if tag == "CHEK" { continue }
            let isForTools = tag == "TENS" || tag == "META"
            faults.append(
                ArtifactFault(
                    "no \(tag)", isForTools ? .missing : .malformed,
                    isForTools ? "section '\(tag)': the artifact has no such section" : misplaced
                ) { artifact in
                    artifact = EditedArtifact(sections: artifact.sections.filter { $0.tag != tag })
                })
        }
        return faults
    }

    static let sections: [ArtifactFault] = [
        .init("a section twice", .malformed, misplaced) { artifact in
            artifact = EditedArtifact(sections: artifact.sections + [artifact.sections[0]])
        },
        .init("an unknown section twice", .malformed, misplaced) { artifact in
            let more = EditedArtifact.Section(tag: "MORE", content: [1])
            artifact = EditedArtifact(sections: artifact.sections + [more, more])
        },
        .init("entries swapped", .malformed, misplaced) { artifact in
            let (first, second) = (Array(artifact.bytes[32..<48]), Array(artifact.bytes[48..<64]))
            artifact.bytes.replaceSubrange(32..<64, with: second + first)
        },
        .init("a section that begins in the one before", .malformed, misplaced) { artifact in
            artifact.set(36 + 16, artifact.word(36 + 16) - 16)
        },
        .init("a section at the header", .malformed, misplaced) { $0.set(36, 0) },
        .init("a misaligned section", .malformed, misplaced) { artifact in
            artifact.set(36 + 16, artifact.word(36 + 16) + 4)
            artifact.set(40 + 16, artifact.word(40 + 16) - 4)
        },
        .init("a section one byte longer than the file", .malformed, misplaced) { artifact in
            let last = artifact.sectionCount - 1
            artifact.set(40 + 16 * last, artifact.word(40 + 16 * last) + 1)
        },
        .init("a section of 2^32 - 1 bytes", .malformed, misplaced) { $0.set(40 + 16, .max) },
        .init("an offset beyond the file", .malformed, misplaced) { $0.set(36 + 16, 0xFFFF_FFF0) },
        .init("a gap of 16 bytes", .malformed, misplaced) { artifact in
            let last = artifact.sectionCount - 1
            let start = artifact.range(last).lowerBound
            artifact.bytes.insert(contentsOf: [UInt8](repeating: 0, count: 16), at: start)
            artifact.set(36 + 16 * last, UInt32(start + 16))
            artifact.set(8, UInt32(artifact.bytes.count))
        },
        .init("padding that is not zero", .malformed, misplaced) { artifact in
            artifact.bytes[artifact.range("LABL").upperBound] = 1
        },
        .init("a byte behind the last section", .malformed, misplaced) { artifact in
            artifact.bytes.append(0)
            artifact.set(8, UInt32(artifact.bytes.count))
        },
        .init("bytes behind the file", .malformed, misplaced, checksums: false) { $0.bytes += [0] },
        .init("half a model record", .malformed, unfit) { $0.replace("MODL") { $0.removeLast(4) } },
        .init("a model record with more behind it", .malformed, unfit) { $0.replace("MODL") { $0 += [0, 0, 0, 0] } },
        .init("an empty model", .malformed, unfit) { $0.replace("MODL") { $0 = [] } },
        .init("empty weights", .malformed, unfit) { $0.replace("WGHT") { $0 = [] } },
        .init("empty tables", .malformed, unfit) { $0.replace("TABL") { $0 = [] } },
    ]

    static let labels: [ArtifactFault] = [
        .init("no labels", .malformed, unfit) { $0.replace("LABL") { $0 = [] } },
        .init("room for one label", .malformed, unfit) { $0.replace("LABL") { $0 = [4, 0, 0, 0, 0] } },
        .init("a label inside the offsets", .malformed, unfit) { $0.set("LABL", 0, 8) },
        .init("a label at the end", .malformed, unfit) { $0.set("LABL", 2, UInt32($0.range("LABL").count)) },
        .init("a label far away", .malformed, unfit) { $0.set("LABL", 1, 0xFFFF_FFFF) },
        .init("labels in another order", .malformed, unfit) { artifact in
            let first = artifact.word("LABL", 0)
            artifact.set("LABL", 0, artifact.word("LABL", 1))
            artifact.set("LABL", 1, first)
        },
        .init("the same label twice", .malformed, unfit) { $0.set("LABL", 1, $0.word("LABL", 0)) },
        .init("a label inside another", .malformed, unfit) { $0.set("LABL", 1, $0.word("LABL", 0) + 1) },
        .init("a last label without an end", .malformed, unfit) { artifact in
            artifact.bytes[artifact.range("LABL").upperBound - 1] = 0x41
        },
    ]

    static var checks: [ArtifactFault] {
        let words: [(String, Int, UInt32)] = [
            ("a text beyond the section", 1, .max), ("a text of 4 GB", 2, .max), ("ids at an odd offset", 3, 125),
            ("ids beyond the section", 3, 0xFFFF_FFFE), ("no ids", 4, 0), ("25 ids", 4, 25), ("2^31 ids", 4, 1 << 31),
            ("misaligned logits", 5, 126), ("logits beyond the section", 5, 0xFFFF_FFFC),
        ]
        var faults = words.map { name, word, value in
            ArtifactFault("a check vector with \(name)", .malformed, misplaced) { $0.set("CHEK", word, value) }
        }
        faults.append(
            .init("check vectors without a count", .malformed, misplaced) { $0.replace("CHEK") { $0 = [0, 0, 0] } })
        faults.append(.init("more check vectors than room", .malformed, misplaced) { $0.set("CHEK", 0, 1000) })
        faults.append(.init("2^32 - 1 check vectors", .malformed, misplaced) { $0.set("CHEK", 0, .max) })
        faults.append(
            .init("check vectors that share one text", .malformed, misplaced) { artifact in
                for index in 0..<Int(artifact.word("CHEK", 0)) {
                    artifact.set("CHEK", 1 + 5 * index, 0)
                    artifact.set("CHEK", 2 + 5 * index, UInt32(artifact.range("CHEK").count))
                }
            })
        return faults
    }

    static let tokenizer: [ArtifactFault] = [
        .init("tokenizer tables of version 1", .unsupported, "another format version") {
            $0.set("TOKN", 0, 0x0001_0001)
        },
        .init("tokenizer tables of version 3", .unsupported, "another format version") {
            $0.set("TOKN", 0, 0x0001_0003)
        },
        .init("a tokenizer of another kind", .malformed, unfitTokenizer) { $0.set("TOKN", 0, 0x0009_0002) },
        .init("a tokenizer of another size", .malformed, unfitTokenizer) { $0.set("TOKN", 1, $0.word("TOKN", 1) + 4) },
        .init("no tokenizer tables", .malformed, unfitTokenizer) { $0.replace("TOKN") { $0 = [] } },
        .init("tokenizer tables of half the size", .malformed, unfitTokenizer) { artifact in
            artifact.replace("TOKN") { $0.removeLast($0.count / 8 * 4) }
        },
        .init("more tokens than the model", .malformed, unfitTokenizer) { $0.set("MODL", 1, 20) },
        .init("a tokenizer of 3 tokens", .malformed, unfitTokenizer) { $0.set("TOKN", 3, 3) },
        .init("unknown flags of the tokenizer", .malformed, unfitTokenizer) {
            $0.set("TOKN", 3, $0.word("TOKN", 3) | 1 << 31)
        },
        .init("no ranges", .malformed, unfitTokenizer) { $0.set("TOKN", 4, 0) },
        .init("65,535 ranges and sequences", .malformed, unfitTokenizer) { $0.set("TOKN", 4, .max) },
        .init("65,535 merges", .malformed, unfitTokenizer) { $0.set("TOKN", 5, .max) },
        .init("65,535 prefix tokens", .malformed, unfitTokenizer) { $0.set("TOKN", 6, .max) },
        .init("65,535 special tokens", .malformed, unfitTokenizer) { $0.set("TOKN", 7, .max) },
    ]

    static let directory: [ArtifactFault] = [
        .init("an empty directory", .truncated, "section 'TENS'") { $0.replace("TENS") { $0 = [] } },
        .init("one tensor too many", .truncated, "section 'TENS', byte") { $0.set("TENS", 0, $0.word("TENS", 0) + 1) },
        .init("one tensor too few", .malformed, "bytes follow the last tensor") {
            $0.set("TENS", 0, $0.word("TENS", 0) - 1)
        },
        .init("2^32 - 1 tensors", .truncated, "section 'TENS', byte") { $0.set("TENS", 0, .max) },
        .init("a tensor in META", .malformed, "do not fit together") { $0.set("TENS", 1, 0x4154_454D) },
        .init("a tensor in no section", .malformed, "do not fit together") { $0.set("TENS", 1, 0x4141_4141) },
        .init("a tensor of type 0", .malformed, "do not fit together") { $0.set("TENS", 2, 0x0002_0000) },
        .init("a tensor of type 4", .malformed, "do not fit together") { $0.set("TENS", 2, 0x0002_0004) },
        .init("a tensor of type 16", .malformed, "do not fit together") { $0.set("TENS", 2, 0x0002_0010) },
        .init("a tensor of type 23", .malformed, "do not fit together") { $0.set("TENS", 2, 0x0002_0017) },
        .init("int8 said to be packed", .malformed, "do not fit together") { $0.set("TENS", 2, 0x0002_0014) },
        .init("a matrix said to be rows", .malformed, "do not fit together") { $0.set("TENS", 2, 0x0002_0003) },
        .init("a packed vector", .malformed, "do not fit together") { $0.directory(element: 20, [16], bytes: 8) },
        .init("a packed cube", .malformed, "do not fit together") { $0.directory(element: 20, [1, 1, 16], bytes: 8) },
        .init("packed rows without what fills them up", .malformed, "do not fit together") {
            $0.directory(element: 20, [2, 17], bytes: 17)
        },
        .init("packed weights whose size overflows", .malformed, "do not fit together") {
            $0.directory(element: 20, [.max, .max], bytes: 16)
        },
        .init("a tensor of 65,535 dimensions", .truncated, "a dimension") { $0.set("TENS", 2, 0xFFFF_0001) },
        .init("a tensor with a larger shape", .malformed, "tensor 'embedder.token'") { $0.set("TENS", 3, 57) },
        .init("a tensor whose size overflows", .malformed, "do not fit together") { artifact in
            artifact.set("TENS", 3, .max)
            artifact.set("TENS", 4, .max)
        },
        .init("a tensor beyond its section", .malformed, "do not fit together") { $0.set("TENS", 5, 20000) },
        .init("a name longer than the section", .truncated, "a tensor's name") { artifact in
            artifact.bytes[artifact.range("TENS").lowerBound + 29] = 0xFF
        },
        .init("a name twice", .duplicate, "stands twice") { artifact in
            artifact.replace("TENS") { content in
                let first = Array(content[4..<30 + Int(content[28])])
                content = [2, 0, 0, 0] + first + first
            }
        },
        .init("a provenance that is no JSON", .malformed, "section 'META'") {
            $0.replace("META") { $0 = Array("{]".utf8) }
        },
    ]
}

extension EditedArtifact {
    /// Changes a section's content, size and all, and lays the artifact out again.
    mutating func replace(_ tag: String, _ edit: (inout [UInt8]) -> Void) {
        var sections = sections
        edit(&sections[index(tag)].content)
        self = EditedArtifact(sections: sections)
    }

    /// A directory of one tensor at the beginning of WGHT.
    mutating func directory(element: UInt16, _ shape: [UInt32], bytes: UInt32) {
        var content = ByteWriter()
        content.write(UInt32(1))
        content.write(bytes: "WGHT".utf8)
        for word in [element, UInt16(shape.count)] { content.write(word) }
        for word in shape + [0, bytes] { content.write(word) }
        content.write(UInt16(1))
        content.write(bytes: "x".utf8)
        replace("TENS") { $0 = content.bytes }
    }
}
