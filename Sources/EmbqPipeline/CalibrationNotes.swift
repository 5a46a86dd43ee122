import EmbqCore
package import EmbqData
import EmbqModels

/// Warnings about calibration sentences: sentences of plain English for people, the report and the manifest.
///
/// A note never stops the work. Files are named without their folders, so that equal inputs give equal notes.
package struct CalibrationNotes: Sendable, Equatable {
    /// Fewer sentences than this give a note.
    package static let fewestSentences = 64
    /// Fewer tokens than this give a note.
    package static let fewestTokens = 500

    /// Logits have 31 bits, 16 of them fractional.
    private static let largestLogit = 32_768.0

    /// The notes, one sentence each; none if all is well.
    package private(set) var sentences: [String] = []

    /// The notes for a JSON object, which leaves out an empty list.
    package var jsonValue: [String]? { sentences.isEmpty ? nil : sentences }

    private let data: LabelledData
    /// Rows of the data that calibration ran.
    private let rows: [LabelledData.Row]

    /// - Parameters:
    ///   - data: calibration data, whose labels are compared with the model's.
    ///   - rows: places of the rows that are run.
    ///   - sentences: sentences of these rows; an encoder's pair has two.
    ///   - tokens: tokens of these sentences.
    package init(_ data: LabelledData, rows: [Int], sentences: Int, tokens: Int, labels: CalibrationLabels) {
        self.data = data
        self.rows = rows.map { data.rows[$0] }
        addCounts(sentences: sentences, tokens: tokens)
        addTexts()
        addLabels(labels)
        addTargets(labels)
    }

    /// Adds a note if the test data are the calibration data, or share rows with them.
    package mutating func compare(with test: LabelledData) {
        let isSameFile = FileIdentity(test.file).map { $0 == FileIdentity(data.file) } ?? false
        guard !isSameFile, test.sha256 != data.sha256 else {
            sentences.append(
                "The test data are the calibration data, \(name(data)): the accuracy on other sentences may be lower.")
            return
        }
        let known = Set(rows.map(\.text))
        let shared = test.rows.count { known.contains($0.text) }
        guard shared > 0 else { return }
        sentences.append(
            "\(shared.grouped) of the \(count(test.rows.count, "test row")) in \(name(test)) \(shared == 1 ? "is" : "are") "
                + "also \(shared == 1 ? "a calibration row" : "calibration rows") of \(name(data)).")
    }

    /// Adds what quantization found.
    package mutating func add(_ found: [String]) { sentences += found }

    private mutating func addCounts(sentences count: Int, tokens: Int) {
        guard count < Self.fewestSentences || tokens < Self.fewestTokens else { return }
        sentences.append(
            "Calibration used \(self.count(count, "sentence")) with \(self.count(tokens, "token")) from \(name(data)): "
                + "give at least \(Self.fewestSentences) sentences and \(Self.fewestTokens) tokens.")
    }

    private mutating func addTexts() {
        // Of a pair as well: an encoder runs each of its texts.
        let empty = rows.count { $0.pair.first.isBlank || $0.second?.isBlank == true }
        if empty > 0 {
            sentences.append(
                "\(empty.grouped) of the \(count(rows.count, "calibration row")) in \(name(data)) "
                    + "\(empty == 1 ? "has" : "have") an empty text.")
        }
        if let first = rows.first, rows.count > 1, rows.allSatisfy({ $0.text == first.text }) {
            sentences.append("All \(rows.count.grouped) calibration rows in \(name(data)) have the same text.")
        }
    }

    private mutating func addLabels(_ labels: CalibrationLabels) {
        let unknown = labels.unknown(in: data)
        guard let first = unknown.first else { return }
        var all = count(data.rows.count, "label")
        if case .tags = labels { all = count(data.rows.reduce(0) { $0 + $1.words.count }, "tag") }
        sentences.append(
            "\(unknown.count.grouped) of the \(all) in \(name(data)) "
                + "\(unknown.count == 1 ? "is" : "are") not \(labels.expected), such as \(first.quoted): "
                + (labels.areTags ? "no tag is used." : "rows with such a label are not scored."))
    }

    /// Tells targets beyond the device's logits: a model that reaches them cannot say so.
    private mutating func addTargets(_ labels: CalibrationLabels) {
        guard case .numbers(let count) = labels, let targets = try? data.vectorTargets(count: count) else { return }
        let beyond = targets.count { $0.contains { $0.magnitude > Self.largestLogit } }
        guard beyond > 0 else { return }
        sentences.append(
            "\(beyond.grouped) of the \(self.count(targets.count, "label")) in \(name(data)) "
                + "\(beyond == 1 ? "lies" : "lie") outside ±32,768, the limit of the device's logits: divide all targets by "
                + "a constant when you train the model, and multiply the device's answers by it.")
    }

    private func name(_ data: LabelledData) -> String {
        EmbqError.printable(data.file.split(separator: "/").last.map(String.init) ?? data.file)
    }

    private func count(_ count: Int, _ noun: String) -> String { "\(count.grouped) \(noun)\(count == 1 ? "" : "s")" }
}

/// Labels of calibration data that a model can be scored by.
package enum CalibrationLabels: Sendable {
    /// One of these names for each row.
    case classes([String])
    /// Any of these names for each row, separated by commas.
    case sets([String])
    /// As many numbers for each row, separated by commas.
    case numbers(Int)
    /// One of these names for each word.
    case tags([String])
    /// Labels are not looked at.
    case none

    init(_ model: ReleasedModel, _ data: LabelledData) {
        let labels = model.config.labels
        self =
            switch model.config.task {
            case .classification: .classes(labels)
            // A single share is compared with numbers too.
            case .multiLabel: labels.count == 1 && data.hasNumbers ? .none : .sets(labels)
            case .regression: .numbers(model.config.outputs)
            case .tagging: .tags(labels)
            case .embedding, .pretraining: .none
            }
    }

    /// What a label should be, with its article.
    var expected: String {
        switch self {
        case .classes(let labels), .sets(let labels), .tags(let labels): "one of the model's \(labels.count.grouped)"
        case .numbers(1): "a number"
        case .numbers(let count): "a list of \(count) numbers"
        case .none: ""
        }
    }

    var areTags: Bool { if case .tags = self { true } else { false } }

    /// The right answer of each row, nil where it has none that the model knows; nil where answers are not looked at, and for
    /// a tagger, whose tags belong to words and what is measured on the sentences to tokens.
    func targets(in data: LabelledData) -> [Target?]? {
        switch self {
        case .classes(let labels): data.knownLabels(labels, severalPerRow: false)
        case .sets(let labels): data.knownLabels(labels, severalPerRow: true)
        case .numbers(let count): data.knownNumbers(count: count)
        case .tags, .none: nil
        }
    }

    /// The labels that the model does not know, one for each row that has such a label.
    func unknown(in data: LabelledData) -> [String] {
        switch self {
        case .classes(let labels): data.unknownLabels(labels, severalPerRow: false)
        case .sets(let labels): data.unknownLabels(labels, severalPerRow: true)
        case .numbers(let count): data.labelsOtherThanNumbers(count: count)
        case .tags(let labels): data.unknownTags(labels)
        case .none: []
        }
    }
}

extension String {
    /// True if there is nothing but spaces.
    fileprivate var isBlank: Bool { utf8.allSatisfy { $0 == UInt8(ascii: " ") } }
}
