import EmbqCheckpoints
import EmbqCore
import EmbqModels
import EmbqPipeline
import EmbqQuantization
import EmbqTestSupport
import Testing

/// A folder of Fixtures/folders and what the library that wrote it computes.
struct FolderCase: Sendable, CustomTestStringConvertible {
    /// What the error of a rejected folder names.
    struct Refusal: Sendable {
        var file: String
        var key: String?
        /// As JSON; nil if there is not a single one.
        var value: String?
    }

    var name: String
    var kind: String
    var inputs: [[String]]
    var expected: [[Double]]
    var acceptsRefusal: Bool
    var refusal: Refusal?
    var options: [String]
    /// Rows of the model's similarity between all pairs of inputs.
    var similarity: [[Double]]
    var extra: [String]
    var why: String

    var testDescription: String { "\(name): \(why)" }
    var path: String { Fixtures.path("folders/\(name)") }
    /// True if the folder must be rejected.
    var mustBeRejected: Bool { expected.isEmpty }

    /// Folders whose answers are computed; a prefix without the names after it.
    static let supported: [(prefix: String, except: Set<String>)] = [
        ("st-", []), ("m2v", []), ("wordllama", []), ("no-m2v", []), ("no-lstm", []), ("no-cnn", []),
        ("no-wordweights", []), ("no-bow", []),
        ("no-router", []), ("no-splade", []),
        ("no-custom", []), ("no-unfinished", []), ("no-no-pooling-file", []), ("no-pooling-", []), ("no-dense-", []),
        ("no-transformer-key", []), ("no-other-tokenizer", []), ("no-task", []), ("no-prompt", []),
    ]

    static let all: [FolderCase] = ["cases.json", "options.json"].flatMap { file in
        guard let document = try? JSONParser.parse(Fixtures.bytes("folders/\(file)")) else { return [FolderCase]() }
        return (document.array ?? []).compactMap(FolderCase.init)
    }

    static func cases(_ kinds: String..., matching condition: (FolderCase) -> Bool = { _ in true }) -> [FolderCase] {
        all.filter { one in
            kinds.contains(one.kind) && condition(one)
                && supported.contains { one.name.hasPrefix($0.prefix) && !$0.except.contains(one.name) }
        }
    }

    init?(_ json: JSONValue) {
        guard let name = json["name"]?.string, let kind = json["kind"]?.string else { return nil }
        func numbers(_ value: JSONValue?) -> [[Double]] {
            (value?.array ?? []).map { row in row.array?.compactMap(\.double) ?? [row.double].compactMap { $0 } }
        }
        self.name = name
        self.kind = kind
        inputs = (json["inputs"]?.array ?? []).map { $0.array?.compactMap(\.string) ?? [$0.string].compactMap { $0 } }
        expected = numbers(json["expected"])
        acceptsRefusal = json["accept_refusal"]?.bool ?? false
        if let refusal = json["refusal"], let file = refusal["file"]?.string {
            let value = refusal["value"]
            self.refusal = Refusal(
                file: file, key: refusal["key"]?.string, value: value.flatMap { $0.isNull ? nil : $0.summary })
        }
        options = (json["options"]?.array ?? []).compactMap(\.string)
        similarity = numbers(json["similarity"])
        extra = (json["extra"]?.array ?? []).compactMap(\.string)
        why = json["why"]?.string ?? ""
    }

    /// The inputs, each a text or a pair.
    var texts: [InputText] { inputs.map { InputText($0[0], and: $0.count > 1 ? $0[1] : nil) } }

    /// The folder with the case's options.
    func open() throws(EmbqError) -> ReleasedModel {
        var location = CheckpointLocation(path)
        if let place = options.firstIndex(of: "--prompt") { location.prompt = options[place + 1] }
        return try ReleasedModel(Checkpoint(location))
    }

    /// The model's answers in fp32, a row for each input.
    func answers(_ model: ReleasedModel) throws(EmbqError) -> [[Float]] {
        let sentences = try Inference.tokenize(texts, with: model.encoder, threads: 1)
        let logits = Inference.run(model.model.released, sentences, threads: 1, progress: { _, _, _ in }).logits
        let width = model.config.outputs
        return stride(from: 0, to: logits.count, by: width).map { Array(logits[$0..<$0 + width]) }
    }

    /// Expects the library's numbers, to five digits.
    func expectEqual(_ answers: [[Float]], sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(answers.count == expected.count, sourceLocation: sourceLocation)
        for (index, (answer, wanted)) in zip(answers, expected).enumerated() {
            let bound = 2e-4 * max(1, wanted.reduce(0) { max($0, abs($1)) })
            let difference = zip(answer, wanted).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
            #expect(
                answer.count == wanted.count && difference <= bound,
                "input \(index): \(answer.count) numbers for \(wanted.count), off by \(difference)",
                sourceLocation: sourceLocation)
        }
    }

    /// Expects an error that names file, key and value.
    func expectRefusal(_ error: EmbqError?, sourceLocation: SourceLocation = #_sourceLocation) {
        guard let error else {
            Issue.record("\(name) is not rejected", sourceLocation: sourceLocation)
            return
        }
        let text = error.description
        for part in [refusal?.file, refusal?.key, refusal?.value].compactMap({ $0 }) {
            #expect(text.contains(part), "\(text)", sourceLocation: sourceLocation)
        }
    }
}
