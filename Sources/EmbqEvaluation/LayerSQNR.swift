/// How much of each value inside the model survives quantization: the device's rows beside the fp32 graph's.
package struct LayerSQNR: Sendable, Equatable, Codable {
    /// One value of the graph.
    package struct Layer: Sendable, Equatable, Codable {
        /// The node's name, such as `layers.0.query`; `logits` for the answer.
        package var name: String
        /// Of the device's numbers: 8, 16 or 32.
        package var bits: Int
        /// 10·log10(Σ ref² / Σ (ref − dev)²); nil when nothing is lost.
        package var sqnrDB: Double?

        enum CodingKeys: String, CodingKey {
            case name, bits
            case sqnrDB = "sqnr_db"
        }

        /// - Parameter ratio: as ``signalToNoiseDB(reference:test:)`` has it. Noise on zeros, or what is no number, counts
        ///   as ``leastDB``.
        package init(name: String, bits: Int, ratio: Double) {
            self.name = name
            self.bits = bits
            sqnrDB = ratio == .infinity ? nil : ratio > LayerSQNR.leastDB ? ratio : LayerSQNR.leastDB
        }
    }

    /// Noise without any signal, as a number that JSON holds.
    package static let leastDB = -200.0
    /// Below this the noise has a tenth of the signal's amplitude.
    package static let floorDB = 20.0
    /// What one step may lose against the worst value before it. Rounding to 8 bits adds about as much noise as is there
    /// already, which is 3 dB, and twice as much where ranges are wide.
    package static let stepDB = 10.0

    /// Sentences that were measured.
    package var sentences: Int
    /// In the order of the program.
    package var layers: [Layer]
    /// The first layer that goes wrong, if one does: below ``floorDB``, or more than ``stepDB`` below every layer before.
    package var firstWrong: String?

    enum CodingKeys: String, CodingKey {
        case sentences, layers
        case firstWrong = "first_wrong"
    }

    package init(sentences: Int, layers: [Layer]) {
        self.sentences = sentences
        self.layers = layers
        var lowest = Double.infinity
        firstWrong =
            layers.first { layer in
                let ratio = layer.sqnrDB ?? .infinity
                let isRight = ratio >= Self.floorDB && !(ratio < lowest - Self.stepDB && lowest.isFinite)
                lowest = min(lowest, ratio)
                return !isRight
            }?.name
    }
}
