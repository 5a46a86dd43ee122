import Quantization

/// Section META: where an artifact comes from. Holds no date and no path, so that equal inputs give equal bytes.
struct Provenance: Codable {
    struct Calibration: Codable {
        var observer: String
        var methods: [String]
        var sentences: Int
        var tokens: Int
        var dataSHA256: String
        /// nil when weights were rounded to the nearest.
        var rounding: Rounding?

        enum CodingKeys: String, CodingKey {
            case observer, methods, sentences, tokens, rounding
            case dataSHA256 = "data_sha256"
        }
    }

    /// The sentences that weights were rounded on.
    struct Rounding: Codable {
        var sentences: Int
        var dataSHA256: String

        enum CodingKeys: String, CodingKey {
            case sentences
            case dataSHA256 = "data_sha256"
        }
    }

    struct Point: Codable {
        var name: String
        var scale: Double
        var zeroPoint: Int
        /// The smallest and the largest that are used.
        var integers: [Int]

        enum CodingKeys: String, CodingKey {
            case name, scale, integers
            case zeroPoint = "zero_point"
        }
    }

    var generator: String
    var family: String
    var head: String
    var task: String
    var sourceFormat: String
    var modelSHA256: String
    var tokenizerSHA256: String
    var calibration: Calibration
    var points: [Point]
    var rows: [ObservedRow]

    enum CodingKeys: String, CodingKey {
        case generator, family, head, task, calibration, points, rows
        case sourceFormat = "source_format"
        case modelSHA256 = "model_sha256"
        case tokenizerSHA256 = "tokenizer_sha256"
    }
}
