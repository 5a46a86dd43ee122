import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqModels
import EmbqPipeline
import EmbqQuantization
import EmbqRuntime
import EmbqTestSupport
import Testing

/// `Fixtures/tags`: a small tagger, and what transformers and seqeval make of it (`make.py` describes golden.json).
@Suite("Taggers")
struct TaggerTests {
    struct Text: Sendable, CustomTestStringConvertible {
        let text: String
        let ids: [UInt16]
        let spans: [Range<Int>]
        let labels: [String]
        let logits: [[Float]]

        var testDescription: String { String(text.prefix(40)) }
        var bytes: [UInt8] { Array(text.utf8) }
    }

    private static let golden = (try? JSONParser.parse(Fixtures.bytes("tags/golden.json"))) ?? .null

    static let texts: [Text] = (golden["texts"]?.array ?? []).map { entry in
        Text(
            text: entry["text"]?.string ?? "", ids: (entry["ids"]?.array ?? []).compactMap { $0.int.map(UInt16.init) },
            spans: (entry["spans"]?.array ?? []).compactMap { span in
                guard let first = span.array?.first?.int, let last = span.array?.last?.int else { return nil }
                return first..<last
            },
            labels: (entry["labels"]?.array ?? []).compactMap(\.string),
            logits: (entry["logits"]?.array ?? []).map { ($0.array ?? []).compactMap { $0.double.map { Float($0) } } })
    }

    private static func model() throws -> ReleasedModel {
        try ReleasedModel(Checkpoint(CheckpointLocation(Fixtures.path("tags"))))
    }

    private static let shared = Result { try artifact(Result { try model() }.get()) }

    private static func artifact(_ model: ReleasedModel) throws -> ArtifactReader {
        let data = try LabelledData(path: Fixtures.path("tags/calibration.conll"))
        let calibrated = try CalibrateJob(
            model, data: data, samples: nil, observer: Observers.standard, threads: 2
        ).run { _, _, _ in }
        return try QuantizeJob(model, profile: calibrated.profile, threads: 2).run()
            .artifact
    }

    private func test() throws -> LabelledData { try LabelledData(path: Fixtures.path("tags/test.conll")) }

    @Test("have the library's logits, labels and bytes of each token", arguments: texts)
    func released(text: Text) throws {
        let model = try Self.model()
        #expect(model.config.task == .tagging)
        let sentence = try Inference.sentence(text.bytes, with: model.encoder)
        #expect(sentence.ids == text.ids)
        let rows = try OpenedModel.released(model).rows([sentence], at: "tags", threads: 1)[0]
        let width = model.config.outputs
        try #require(rows.count == text.ids.count * width)
        for (index, expected) in text.logits.enumerated() {
            let row = rows[index * width..<(index + 1) * width]
            #expect(zip(row, expected).allSatisfy { abs($0 - $1) <= 2e-4 }, "token \(index)")
        }
        let (first, spans) = try model.encoder.spans(utf8: text.bytes)
        #expect(spans == text.spans)
        let best = Predictions.classIDs(rows, width: width)
        #expect(spans.indices.map { model.config.labels[best[first + $0]] } == text.labels)
    }

    @Test("run a text on the device as its ids, step by step or not", arguments: texts)
    func device(text: Text) throws {
        let artifact = try Self.shared.get()
        let session = DeviceSession(artifact.device)
        let tokens = try onDevice { () throws(RuntimeError) in try session.runTags(text: text.bytes) }
        #expect(tokens.map { $0.bytes } == text.spans)
        let rows = try onDevice { () throws(RuntimeError) in try session.runTags(text.ids) }
        let width = artifact.device.outputs
        for (index, token) in tokens.enumerated() {
            #expect(token.logits == Array(rows[(index + 1) * width..<(index + 2) * width]))
            #expect(token.label == token.logits.indices.reduce(0) { token.logits[$1] > token.logits[$0] ? $1 : $0 })
        }
        let equal = zip(tokens, text.labels).count { artifact.device.labels[$0.label] == $1 }
        #expect(Double(equal) >= 0.95 * Double(tokens.count))
        // What other models' calls give is a checksum of all logits.
        let sums = try onDevice { () throws(RuntimeError) in try session.run(text.ids) }
        #expect(try onDevice { () throws(RuntimeError) in try session.run(text: text.bytes) } == sums)
        var expected = [Int32](repeating: 0, count: width)
        for (index, x) in rows.enumerated() { expected[index % width] = expected[index % width] &* 31 &+ x }
        #expect(sums == expected)
    }

    @Test("touch the arena that is promised, and no more, for every length")
    func arena() throws {
        let artifact = try Self.shared.get()
        let session = DeviceSession(artifact.device)
        for count in 1...artifact.device.maximumLength {
            let ids = (0..<count).map { UInt16(5 + ($0 * 7) % 150) }
            let used = try onDevice { () throws(RuntimeError) in try session.measureArena(ids) }
            #expect(used <= artifact.device.arenaSize(tokens: count))
        }
        #expect(artifact.checks.count > 3)
        try onDevice { () throws(RuntimeError) in try artifact.device.replayChecks() }
    }

    @Test("score words as seqeval does, those cut off as O, and lose nothing in int8")
    func evaluation() throws {
        let model = try Self.model()
        let released = try EvaluateJob(.released(model), data: test(), threads: 2).run { _, _, _ in }
        #expect(abs((released.summary.spanF1 ?? 0) - (Self.golden["span_f1"]?.double ?? -1)) < 1e-12)
        #expect(abs((released.summary.tokenAccuracy ?? 0) - (Self.golden["token_accuracy"]?.double ?? -1)) < 1e-12)
        #expect(released.summary.metric == .spanF1 && released.summary.score == released.summary.spanF1)
        #expect(try released.summary.rows == test().rows.count && released.summary.words == released.predictions.rows)
        let artifact = try Self.shared.get()
        let compared = try EvaluateJob(
            .artifact(artifact), reference: model, data: test(), worst: 2, measuresLayers: true, fillsReport: true,
            threads: 2
        ).run { _, _, _ in }
        #expect((compared.summary.agreement ?? 0) >= 0.99 && (compared.summary.dropPoints ?? 100) <= 0.5)
        #expect((compared.summary.sqnrDB ?? 0) >= 35)
        #expect(compared.summary.layers?.layers.last.map { ($0.sqnrDB ?? 0) > 35 } == true)
        #expect(compared.summary.worst?.count == 2 && compared.summary.worst?[0].text.contains("[") == true)
        #expect(compared.comparison?.expectedLabel(ofRow: 0) == "O")
    }

    @Test("take words one by one, with the ids of the library")
    func words() throws {
        let model = try Self.model()
        let expected = (Self.golden["words"]?.array ?? []).map {
            ($0.array ?? []).compactMap { $0.int.map(UInt16.init) }
        }
        let rows = try test().rows
        try #require(rows.count == expected.count)
        for (row, ids) in zip(rows, expected) {
            let words = try model.encoder.encode(words: row.words.map(\.text))
            #expect(words.sentence.ids == ids)
            #expect(words.firsts[0] == 1)
        }
        let long = try model.encoder.encode(words: rows[rows.count - 1].words.map(\.text))
        #expect(long.firsts.last == .some(nil))
        // A word without a token, and one that is cut in its middle.
        #expect(try model.encoder.encode(words: ["\u{200B}", "hall"]).firsts == [nil, 1])
        let cut = try model.encoder.encode(
            words: Array(repeating: "the", count: 45) + ["xyzzyplughxyzzyplugh", "kitchens", "z"])
        #expect(cut.firsts[44] == 45 && cut.firsts[45] == 46 && cut.firsts[47] == nil)
    }

    @Test("without tags are compared with fp32 word by word")
    func untagged() throws {
        let data = try LabelledData(bytes: Array("text\nwake me tomorrow\n\nturn the lamp red\n".utf8), file: "d.tsv")
        let model = try Self.model()
        let result = try EvaluateJob(.artifact(Self.shared.get()), reference: model, data: data, threads: 1)
            .run { _, _, _ in }
        #expect(result.summary.words == 7 && result.summary.rows == 2 && result.summary.agreement == 1)
        #expect(result.summary.spanF1 == nil && (result.summary.sqnrDB ?? 0) > 30)
        let error = #expect(throws: EmbqError.self) {
            try EvaluateJob(.released(model), data: data, threads: 1).run { _, _, _ in }
        }
        #expect(error?.description.contains("its rows are no tagged words") == true)
    }

    @Test("note tags of calibration data that the model lacks")
    func notes() throws {
        let data = try LabelledData(bytes: Array("wake\tO\nme\tB-zzz\n".utf8), file: "cal.conll")
        let result = try CalibrateJob(
            Self.model(), data: data, samples: nil, observer: Observers.standard, threads: 1
        ).run { _, _, _ in }
        #expect(
            result.notes.sentences.contains {
                $0.contains("1 of the 2 tags in cal.conll is not one of the model's 11, such as 'B-zzz'")
            }, "\(result.notes.sentences)")
    }

    @Test("fit a budget, and choose widths by the tags of all tokens")
    func budget() throws {
        let model = try Self.model()
        let data = try LabelledData(path: Fixtures.path("tags/calibration.conll"))
        let calibrated = try CalibrateJob(
            model, data: data, samples: .rows(40), observer: Observers.standard, threads: 2
        ).run { _, _, _ in }
        let result = try QuantizeJob(
            model, profile: calibrated.profile,
            goal: WidthGoal(budget: 36_000), threads: 2
        ).run()
        #expect(Footprint(result.artifact).total <= 36_000)
        #expect(result.front.allSatisfy { ($0.agreement ?? 0) > 0.8 && ($0.agreement ?? 2) <= 1 })
    }

    @Test("of Fixtures/folders have the library's labels")
    func folder() throws {
        let cases = try JSONParser.parse(Fixtures.bytes("folders/cases.json")).array ?? []
        let one = try #require(cases.first { $0["name"]?.string == "tags" })
        let model = try ReleasedModel(Checkpoint(CheckpointLocation(Fixtures.path("folders/tags"))))
        for (input, expected) in zip(one["inputs"]?.array ?? [], one["expected"]?.array ?? []) {
            let sentence = try Inference.sentence(Array((input.string ?? "").utf8), with: model.encoder)
            let rows = try OpenedModel.released(model).rows([sentence], at: "tags", threads: 1)[0]
            let labels = Predictions.classIDs(rows, width: model.config.outputs).map { model.config.labels[$0] }
            #expect(labels == expected.array?.compactMap(\.string))
        }
    }
}
