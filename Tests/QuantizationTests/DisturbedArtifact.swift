import Artifact
import TensorCore
import TestSupport

/// An artifact with other numbers in it and the checksums put right: models that no quantizer would make, but that the
/// runtime accepts.
struct DisturbedArtifact {
    private(set) var bytes: [UInt8]
    private let artifact: ArtifactReader

    /// Words of section MODL before the layers, and of each layer.
    static let modelWords = 25
    static let layerWords = 25

    init(_ artifact: ArtifactReader) {
        self.artifact = artifact
        bytes = artifact.bytes
    }

    /// Sets the values of a tensor.
    mutating func set(_ name: String, _ value: (_ index: Int) -> Int) {
        for entry in artifact.tensors where entry.name == name { set(entry, value) }
    }

    /// Sets the values of a tensor, int8 or int32.
    mutating func set(_ entry: ArtifactReader.Entry, _ value: (_ index: Int) -> Int) {
        let base = start(entry.section) + entry.offset
        let size = entry.dtype == "I8" ? 1 : 4
        for index in 0..<entry.byteCount / size {
            let bits = UInt32(truncatingIfNeeded: value(index))
            for i in 0..<size { bytes[base + index * size + i] = UInt8(truncatingIfNeeded: bits >> (8 * UInt32(i))) }
        }
    }

    /// Changes a word of section MODL.
    mutating func setWord(_ index: Int, _ change: (Int) -> Int) {
        let at = start("MODL") + 4 * index
        let old = (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
        let new = UInt32(truncatingIfNeeded: change(old))
        for i in 0..<4 { bytes[at + i] = UInt8(truncatingIfNeeded: new >> (8 * UInt32(i))) }
    }

    /// Random numbers everywhere, up to the ends of what the runtime accepts. Biases are changed seldom and shifts by a
    /// few bits, so that not everything vanishes or saturates.
    mutating func randomize(layers: Int, using generator: inout SplitMix64) {
        for entry in artifact.tensors {
            let range = Self.range(entry)
            let old = artifact.integers(entry)
            let isBias = entry.dtype == "I32" && entry.section == "WGHT"
            set(entry) { index in
                switch Int.random(in: 0..<16, using: &generator) {
                case 0 where !isBias || index % 8 == 0: range.lowerBound
                case 1 where !isBias || index % 8 == 0: range.upperBound
                case _ where isBias: Int(old[index])
                default: Int.random(in: range, using: &generator)
                }
            }
        }
        func vary(_ index: Int, _ limits: ClosedRange<Int>) {
            let by = Int.random(in: -3...3, using: &generator)
            setWord(index) { min(max($0 + by, limits.lowerBound), limits.upperBound) }
        }
        vary(20, 1...62)
        vary(24, 1...62)
        for layer in 0..<layers {
            let base = Self.modelWords + layer * Self.layerWords
            vary(base + 3, 1...31)
            vary(base + 7, 31...62)
            vary(base + 9, 1...62)
            vary(base + 11, 1...31)
            vary(base + 17, 31...62)
            vary(base + 24, 1...62)
            for word in [2, 8, 10] {
                setWord(base + word) { _ in Int.random(in: 0...0x7FFF_FFFF, using: &generator) }
            }
        }
    }

    /// What embq_open accepts for a tensor.
    private static func range(_ entry: ArtifactReader.Entry) -> ClosedRange<Int> {
        // What becomes a matrix product's input holds no -128.
        let inputs = ["embedder.token", "embedder.position"].contains(entry.name) || entry.section == "TABL"
        if entry.dtype == "I8" { return inputs ? -127...127 : -128...127 }
        if entry.section == "WGHT" { return -(1 << 30)...(1 << 30) }
        return 0...(entry.name.hasPrefix("classifier") ? (1 << 18) - 1 : 0x7FFF_FFFF)
    }

    /// The bytes with checksums that hold.
    var sealed: [UInt8] {
        var copy = bytes
        func patch(_ value: UInt32, at offset: Int) {
            for i in 0..<4 { copy[offset + i] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(i))) }
        }
        for (index, section) in artifact.sections.enumerated() {
            patch(Self.crc32(copy[section.offset..<section.offset + section.size]), at: 32 + 16 * index + 12)
        }
        patch(0, at: 16)
        patch(Self.crc32(copy[..<(32 + 16 * artifact.sections.count)]), at: 16)
        return copy
    }

    private func start(_ tag: String) -> Int { artifact.sections.first { $0.tag == tag }?.offset ?? 0 }

    /// CRC-32 of IEEE 802.3, bit by bit.
    private static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value & 1 == 1 ? (value >> 1) ^ 0xEDB8_8320 : value >> 1 }
        }
    }
}
