import EmbqContainers

/// The names and sizes of `Schemas/embq-format.md`.
package enum ArtifactFormat {
    package static let magic = "EMBQ"
    package static let version: UInt32 = 3
    package static let headerSize = 32
    package static let sectionEntrySize = 16
    /// Sections start at a multiple of this.
    static let alignment = 16
    static let maximumSections = 32
    /// An artifact larger than this is refused.
    package static let maximumBytes = 1 << 30

    /// Sections in the order in which they are written.
    package enum Tag: String, Sendable, CaseIterable {
        /// Dimensions and blocks.
        case model = "MODL"
        /// Parameters and biases.
        case weights = "WGHT"
        /// Multipliers and lookup tables.
        case tables = "TABL"
        case tokenizer = "TOKN"
        case labels = "LABL"
        /// Check vectors.
        case checks = "CHEK"
        /// Names and shapes of the tensors in WGHT and TABL.
        case directory = "TENS"
        /// Where the model comes from, JSON.
        case provenance = "META"

        /// Whether inference or the replay of check vectors needs it.
        package var isReadByRuntime: Bool { self != .directory && self != .provenance }
    }

    /// The operations of programs by kind, from 1 on, as the runtime's sources call them.
    package static let operations = [
        "embed", "norm", "linear", "requantize", "activate", "combine", "rescale", "load", "store", "attend",
        "convolve",
        "wide_linear", "curve", "gate", "scan", "pool", "pooled", "unit", "packed_embed", "packed_linear",
        "unit_row", "join", "output", "look_up", "wide_attend", "tag", "table_norm", "packed_table_norm",
        "pack", "unpack", "packed_attend", "packed_convolve",
    ]

    /// The kinds of tokenizers, from 1 on, as the runtime's sources call them.
    package static let tokenizers = ["bpe", "wordpiece", "unigram"]
    /// The kinds of steps of a tokenizer's pipeline, from 1 on, as the runtime's sources call them.
    package static let textSteps = ["map", "canonical", "replace", "squeeze", "strip", "prepend", "charsmap"]

    /// CRC-32 as in IEEE 802.3 and zlib.
    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var crc = CRC32()
        crc.update(bytes.span)
        return crc.value
    }
}
