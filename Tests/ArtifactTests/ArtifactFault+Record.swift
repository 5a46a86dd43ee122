import TensorCore

extension ArtifactFault {
    static var record: [ArtifactFault] {
        var faults: [ArtifactFault] = []
        for (name, word, bad) in ModelRecord.numbers {
            for value in bad { faults.append(ArtifactFault(word: word, "\(name) is \(value)") { _ in value }) }
        }
        for (word, name) in ModelRecord.tensors(layers: 2) {
            faults.append(ArtifactFault(word: word, "\(name) is misaligned") { $0 + 2 })
            faults.append(ArtifactFault(word: word, "\(name) is far beyond its section") { _ in 0xFFFF_FFF0 })
            faults.append(ArtifactFault(word: word, "\(name) begins behind the file") { _ in 0x10000 })
        }
        faults.append(
            ArtifactFault("an epsilon of 0", .malformed, unfit) { artifact in
                artifact.set("MODL", ModelRecord.layer(0), 0)
                artifact.set("MODL", ModelRecord.layer(0) + 1, 0)
            })
        return faults
    }

    /// Values that the record points to.
    static var values: [ArtifactFault] {
        var faults: [ArtifactFault] = []
        let biases = [
            ("a segment", 17), ("the classifier's bias", 22), ("a query's bias", 30), ("a convolution's bias", 40),
            ("an output's bias", 48),
        ]
        for (name, word) in biases {
            for value: UInt32 in [0x4000_0001, 0x8000_0000, 0xBFFF_FFFF] {
                let text = "\(name) of \(Int32(bitPattern: value))"
                faults.append(ArtifactFault("WGHT", at: word, value, text))
            }
        }
        let multipliers = [
            ("a token's", 18), ("a position's", 19), ("the classifier's", 23), ("a query's", 31),
            ("an attention's", 38), ("a convolution's", 41), ("a contraction's", 47),
        ]
        for (name, word) in multipliers {
            faults.append(ArtifactFault("TABL", at: word, .max, "\(name) multiplier of -1"))
        }
        faults.append(ArtifactFault("TABL", at: 23, 1 << 18, "a classifier's multiplier of 2^18"))
        faults.append(ArtifactFault("TABL", at: 43, 0x80, "-128 in the activation's table"))
        faults.append(ArtifactFault("WGHT", at: 13, 0x80, "-128 in a token's row"))
        faults.append(ArtifactFault("WGHT", at: 14, 0x80_0000, "-128 in a position's row"))
        return faults
    }

    /// A word of the model record changed.
    private init(word: Int, _ name: String, _ change: @escaping @Sendable (UInt32) -> UInt32) {
        self.init(name, .malformed, Self.unfit) { artifact in
            artifact.set("MODL", word, change(artifact.word("MODL", word)))
        }
    }

    /// The first value of the tensor that a word of the record points to.
    private init(_ tag: String, at word: Int, _ value: UInt32, _ name: String) {
        self.init(name, .malformed, Self.unfit) { artifact in
            artifact.set(tag, Int(artifact.word("MODL", word)) / 4, value)
        }
    }
}
