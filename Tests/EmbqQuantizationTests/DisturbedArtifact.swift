import EmbqArtifact
import EmbqContainers
import EmbqCore
import EmbqModels
import EmbqQuantization
import EmbqTestSupport

/// An artifact with other numbers in it and the checksums put right: models that no quantizer would make, some of which
/// the runtime accepts.
struct DisturbedArtifact {
    private(set) var bytes: [UInt8]
    private let artifact: ArtifactReader
    let program: ProgramRecord

    init(_ artifact: ArtifactReader) {
        self.artifact = artifact
        bytes = artifact.bytes
        program = ProgramRecord(
            bytes: artifact.section(.model) ?? [], tables: Array(artifact.section(.tables) ?? []))
    }

    // MARK: Single numbers

    func size(_ section: String) -> Int { artifact.sections.first { $0.tag == section }?.size ?? 0 }

    /// Sets one element of an array.
    mutating func set(_ operation: ProgramRecord.Operation, _ array: OperationArray, _ index: Int, _ value: Int) {
        put(value, bytes: array.size, at: start(array.section) + operation.words[array.word] + array.size * index)
    }

    /// Sets a word of section MODL.
    mutating func setWord(_ index: Int, _ value: Int) { put(value, bytes: 4, at: start("MODL") + 4 * index) }

    /// Sets the values of a tensor, int8, int16 or int32.
    mutating func set(_ name: String, _ value: (_ index: Int) -> Int) {
        for entry in artifact.tensors where entry.name == name {
            let size = entry.element == .int8 ? 1 : entry.element == .int16 ? 2 : 4
            for index in 0..<entry.byteCount / size {
                put(value(index), bytes: size, at: start(entry.section.rawValue) + entry.offset + index * size)
            }
        }
    }

    private mutating func put(_ value: Int, bytes count: Int, at offset: Int) {
        for i in 0..<count { bytes[offset + i] = UInt8(truncatingIfNeeded: value >> (8 * i)) }
    }

    // MARK: Random numbers

    /// Random numbers everywhere, up to the ends of what the runtime accepts. Biases are changed seldom and shifts by a
    /// few bits, so that not everything vanishes or saturates.
    mutating func randomize(using generator: inout SplitMix64) {
        for (pass, index, operation) in program.places {
            let fields = OperationField.all(operation.kind)
            for array in program.arrays(operation) {
                // Where rows lie and how long they are stays.
                let field = fields[array.word]
                guard case .array(let range) = field.role, !["classes", "shifts"].contains(field.name) else { continue }
                fill(operation, array, range, isBias: range.lowerBound == -1 << 30, using: &generator)
            }
            let offset = program.offset(pass: pass, index: index) + 1
            for (word, field) in fields.enumerated() {
                let old = operation.words[word]
                if case .shift(let range) = field.role {
                    let by = Int.random(in: -3...3, using: &generator)
                    setWord(offset + word, old & ~255 | min(max(old & 255 + by, range.lowerBound), range.upperBound))
                }
                guard case .number(let range) = field.role else { continue }
                if field.name.hasSuffix("shift") {
                    let by = Int.random(in: -3...3, using: &generator)
                    setWord(offset + word, min(max(old + by, range.lowerBound), range.upperBound))
                } else if field.name.hasSuffix("multiplier") {
                    setWord(offset + word, Int.random(in: range, using: &generator))
                }
            }
        }
    }

    private mutating func fill(
        _ operation: ProgramRecord.Operation, _ array: OperationArray, _ range: ClosedRange<Int>, isBias: Bool,
        using generator: inout SplitMix64
    ) {
        for index in 0..<array.count {
            switch Int.random(in: 0..<16, using: &generator) {
            case 0 where !isBias || index % 8 == 0: set(operation, array, index, range.lowerBound / array.factor)
            case 1 where !isBias || index % 8 == 0: set(operation, array, index, range.upperBound / array.factor)
            case _ where isBias: break
            default: set(operation, array, index, Int.random(in: range, using: &generator) / array.factor)
            }
        }
    }

    // MARK: Checksums

    /// The bytes with checksums that hold.
    var sealed: [UInt8] {
        var copy = bytes
        func patch(_ value: UInt32, at offset: Int) {
            for i in 0..<4 { copy[offset + i] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(i))) }
        }
        for (index, section) in artifact.sections.enumerated() {
            let range = section.offset..<section.offset + section.size
            if copy[range] != artifact.bytes[range] { patch(CRC32.checksum(copy[range]), at: 32 + 16 * index + 12) }
        }
        patch(0, at: 16)
        patch(CRC32.checksum(copy[..<(32 + 16 * artifact.sections.count)]), at: 16)
        return copy
    }

    /// The artifact with another program in it.
    func replacing(_ program: ProgramRecord) -> [UInt8] {
        ArtifactParts(artifact).replacing("MODL", with: program.bytes).bytes
    }

    private func start(_ tag: String) -> Int { artifact.sections.first { $0.tag == tag }?.offset ?? 0 }
}

/// An artifact as sections, laid out by the format's description.
struct ArtifactParts {
    var sections: [(tag: String, content: [UInt8])]

    init(_ artifact: ArtifactReader) {
        sections = artifact.sections.map { ($0.tag, Array(artifact.bytes[$0.offset..<$0.offset + $0.size])) }
    }

    func replacing(_ tag: String, with content: [UInt8]) -> ArtifactParts {
        var copy = self
        for index in sections.indices where sections[index].tag == tag { copy.sections[index].content = content }
        return copy
    }

    var bytes: [UInt8] {
        var table = ByteWriter()
        var body = ByteWriter()
        var end = 32 + 16 * sections.count
        for (tag, content) in sections {
            let padding = (16 - end % 16) % 16
            body.write(bytes: [UInt8](repeating: 0, count: padding) + content)
            table.write(bytes: tag.utf8)
            for word in [end + padding, content.count] { table.write(UInt32(word)) }
            table.write(CRC32.checksum(content[...]))
            end += padding + content.count
        }
        func header(_ checksum: UInt32) -> [UInt8] {
            var header = ByteWriter()
            header.write(bytes: "EMBQ".utf8)
            for word in [ArtifactFormat.version, UInt32(end), UInt32(sections.count), checksum, 0, 0, 0] {
                header.write(word)
            }
            return header.bytes
        }
        return header(CRC32.checksum((header(0) + table.bytes)[...])) + table.bytes + body.bytes
    }
}

/// CRC-32 of IEEE 802.3.
private enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(byte) { crc, _ in crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0xEDB8_8320 }
    }

    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc: UInt32 = ~0
        for byte in bytes { crc = table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
        return ~crc
    }
}
