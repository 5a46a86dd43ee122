package import EmbqQuantization

/// Section META: where an artifact comes from. Holds no date and no path, so that equal inputs give equal bytes.
package struct Provenance: Codable {
    package struct Calibration: Codable {
        package var observer: String
        package var methods: [String]
        package var sentences: Int
        package var tokens: Int
        package var dataSHA256: String
        /// nil when weights were rounded to the nearest.
        package var rounding: Rounding?
        /// The sentences that widths were chosen on, where no weights were rounded on them; nil when none were chosen.
        package var choices: Rounding?

        package init(
            observer: String, methods: [String], sentences: Int, tokens: Int, dataSHA256: String, rounding: Rounding?,
            choices: Rounding? = nil
        ) {
            self.observer = observer
            self.methods = methods
            self.sentences = sentences
            self.tokens = tokens
            self.dataSHA256 = dataSHA256
            self.rounding = rounding
            self.choices = choices
        }

        enum CodingKeys: String, CodingKey {
            case observer, methods, sentences, tokens, rounding, choices
            case dataSHA256 = "data_sha256"
        }
    }

    /// The sentences that weights were rounded on, or widths chosen on.
    package struct Rounding: Codable {
        package var sentences: Int

        package init(sentences: Int) { self.sentences = sentences }
    }

    package struct Point: Codable {
        package var name: String
        package var scale: Double
        package var zeroPoint: Int
        /// The smallest and the largest that are used.
        package var integers: [Int]

        package init(name: String, scale: Double, zeroPoint: Int, integers: [Int]) {
            self.name = name
            self.scale = scale
            self.zeroPoint = zeroPoint
            self.integers = integers
        }

        enum CodingKeys: String, CodingKey {
            case name, scale, integers
            case zeroPoint = "zero_point"
        }
    }

    package var generator: String
    package var family: String
    package var head: String
    package var task: String
    /// The text that precedes every text, whose tokens the tokenizer adds; nil for none.
    package var prompt: String?
    /// The similarity function of a sentence encoder; nil for the cosine.
    package var similarity: String?
    /// What makes scores of the logits, where the task does not tell.
    package var scores: String?
    package var sourceFormat: String
    package var modelSHA256: String
    package var tokenizerSHA256: String
    package var calibration: Calibration
    /// nil when none was set.
    package var limits: ArtifactLimits?
    package var points: [Point]
    package var rows: [ObservedRow]

    package init(
        generator: String, family: String, head: String, task: String, scores: String? = nil, prompt: String? = nil,
        similarity: String? = nil, sourceFormat: String, modelSHA256: String, tokenizerSHA256: String,
        calibration: Calibration, limits: ArtifactLimits? = nil, points: [Point], rows: [ObservedRow]
    ) {
        self.generator = generator
        self.family = family
        self.head = head
        self.task = task
        self.prompt = prompt
        self.similarity = similarity
        self.scores = scores
        self.sourceFormat = sourceFormat
        self.modelSHA256 = modelSHA256
        self.tokenizerSHA256 = tokenizerSHA256
        self.calibration = calibration
        self.limits = limits
        self.points = points
        self.rows = rows
    }

    enum CodingKeys: String, CodingKey {
        case generator, family, head, task, scores, prompt, similarity, calibration, limits, points, rows
        case sourceFormat = "source_format"
        case modelSHA256 = "model_sha256"
        case tokenizerSHA256 = "tokenizer_sha256"
    }
}
