import EmbqCheckpoints
import EmbqContainers
import EmbqCore
import EmbqData
import EmbqPipeline
import EmbqQuantization
import EmbqTestSupport
import Testing

@Suite("Profiles that are merged, and samples that are chosen")
struct MergedCalibrationTests {
    private static func digest(_ digit: Character) -> String { String(repeating: digit, count: 64) }

    private static func profile(
        _ model: ReleasedModel, _ sentences: some Collection<[UInt16]>, data: Character, observer: String = "mse",
        threads: Int = 1
    ) throws(EmbqError) -> CalibrationProfile {
        try Calibrator.calibrate(
            model.model.rewritten, points: model.model.points(), sentences: Array(sentences), observer: observer,
            modelSHA256: model.modelSHA256, dataSHA256: digest(data), threads: threads)
    }

    /// The bytes but for what tells the data.
    private static func bytes(_ profile: CalibrationProfile) throws -> [UInt8] {
        var record = profile.record
        record.dataSHA256 = digest("0")
        return try CalibrationProfileFile.encode(record)
    }

    @Test("halves merged are the whole, byte for byte, in either order", arguments: FamilySample.names)
    func halves(name: String) throws {
        let model = try FamilySample.load(name)
        let sentences = FamilySample.sentences(model.config, 60, seed: 5)
        let whole = try Self.profile(model, sentences, data: "1", threads: 2)
        let a = try Self.profile(model, sentences[..<23], data: "b")
        let b = try Self.profile(model, sentences[23...], data: "a", threads: 2)
        let merged = try a.merging(b)
        #expect(try Self.bytes(merged) == Self.bytes(whole))
        let file = try CalibrationProfileFile.encode(merged.record)
        #expect(try CalibrationProfileFile.encode(b.merging(a).record) == file)
        #expect(try CalibrationProfile(CalibrationProfileFile.decode(file)) == merged)
        // The digests add up: bb…bb + aa…aa = 1 66…65, without the first digit.
        #expect(merged.dataSHA256 == String(repeating: "6", count: 63) + "5")
    }

    @Test("three merge alike in any grouping")
    func grouping() throws {
        let model = try FamilySample.load("embbert")
        let sentences = FamilySample.sentences(model.config, 30, seed: 6)
        let parts = try zip(["1", "2", "4"] as [Character], [0..<4, 4..<21, 21..<30]).map { data, range in
            try Self.profile(model, sentences[range], data: data)
        }
        let left = try parts[0].merging(parts[1]).merging(parts[2])
        #expect(try parts[2].merging(parts[1]).merging(parts[0]) == left)
        #expect(try parts[0].merging(parts[1].merging(parts[2])) == left)
        #expect(left.dataSHA256 == Self.digest("7") && left.sentences == 30)
    }

    @Test("profiles that do not belong together are refused")
    func refused() throws {
        let model = try FamilySample.load("embbert")
        let sentences = FamilySample.sentences(model.config, 8, seed: 7)
        let a = try Self.profile(model, sentences[..<4], data: "1")
        let b = try Self.profile(model, sentences[4...], data: "2")
        func code(_ change: (inout CalibrationProfile) -> Void) -> EmbqError? {
            var other = b
            change(&other)
            let changed = other
            return failure { () throws(EmbqError) in try a.merging(changed) }
        }
        #expect(code { $0.family = "BERT" }?.problem == "the profiles are of different families: EmbBERT and BERT")
        #expect(code { $0.modelSHA256 = Self.digest("f") }?.problem.contains("different weights") == true)
        #expect(code { $0.points.removeLast() }?.code == .mismatch)
        #expect(code { $0.points[0].channelMaxima.removeLast() }?.place == "point '\(a.points[0].name)'")
        #expect(code { $0.sentences = 1 << 38 }?.code == .limitExceeded)
        #expect(code { $0.tokens = .max }?.code == .limitExceeded)
        #expect(code { $0.observer = "minmax" }?.problem == "the profiles name different observers: mse and minmax")
        var other = b
        other.observer = "minmax"
        #expect(try a.merging(other, observer: "entropy").observer == "entropy")
        #expect(failure { () throws(EmbqError) in try a.merging(a) }?.code == .duplicate)
        #expect(code { $0.kept = CalibrationSentences(ids: [[2]]) }?.code == .mismatch)
    }

    /// Rows that are calibrated on at once, or part by part.
    private static func profile(_ model: ReleasedModel, _ rows: ArraySlice<LabelledData.Row>, of file: String) throws
        -> CalibrationProfile
    {
        let data = LabelledData(file: file, sha256: digest("0"), rows: Array(rows))
        return try CalibrateJob(model, data: data, samples: .rows(rows.count), observer: "mse", threads: 2)
            .run { _, _, _ in }.profile
    }

    @Test("parts of a file in any order give the bytes of the whole, also of more sentences than are kept")
    func parts() throws {
        let model = try ReleasedModel(Checkpoint(Fixtures.path("embbert-snips")))
        let data = try LabelledData(path: Fixtures.path("snips-own/calibration.tsv"))
        // Some texts stand in several parts, with another label, with one that the model lacks, and with the place of one.
        let again = [data.rows[0].label, data.rows[1].label, "Nonsense", "2"].map {
            LabelledData.Row(text: data.rows[0].text, label: $0, line: 1)
        }
        let rows = data.rows + again + data.rows.prefix(700)
        let cuts = [0, 1, 90, 400, rows.count]
        let parts = try zip(cuts, cuts.dropFirst()).map { try Self.profile(model, rows[$0..<$1], of: "part.tsv") }
        let whole = try Self.profile(model, rows[...], of: "whole.tsv")
        let bytes = try CalibrationProfileFile.encode(whole.record)
        for order in [[0, 1, 2, 3], [3, 1, 0, 2], [2, 3, 1, 0]] {
            let merged = try order.dropFirst().reduce(parts[order[0]]) { try $0.merging(parts[$1]) }
            #expect(try CalibrationProfileFile.encode(merged.record) == bytes)
        }
        #expect(
            try CalibrationProfileFile.encode(Self.profile(model, rows.reversed()[...], of: "back.tsv").record) == bytes
        )
        #expect(whole.kept?.items.count == min(512, rows.count) && whole.sentences == rows.count)
        #expect(try whole.seemsToShareData(with: Self.profile(model, rows[500...], of: "end.tsv")))
        #expect(try !parts[1].seemsToShareData(with: Self.profile(model, rows[90..<290], of: "middle.tsv")))
        let digests = try #require(whole.kept).items.map { SHA256.hexadecimal($0.textSHA256) }
        let texts = rows.map { SHA256.hexadecimal(of: Array($0.text.utf8)) }
        #expect(digests == Array(texts.sorted().prefix(512)))
    }

    @Test("a profile without the extremes of sentences merges, and only the moving average refuses it")
    func olderProfiles() throws {
        let model = try FamilySample.load("embbert")
        let sentences = FamilySample.sentences(model.config, 20, seed: 8)
        var record = try Self.profile(model, sentences[..<9], data: "1").record
        for index in record.points.indices {
            record.points[index].sentenceMinima = nil
            record.points[index].sentenceMaxima = nil
        }
        let old = try CalibrationProfile(CalibrationProfileFile.decode(CalibrationProfileFile.encode(record)))
        let new = try Self.profile(model, sentences[9...], data: "2")
        let unreadable = failure { () throws(EmbqError) in try old.merging(new, observer: "moving-average") }
        #expect(unreadable?.code == .missing)
        for profile in try [old, old.merging(new), new.merging(old)] {
            #expect(profile.points.allSatisfy { $0.histogram.sentences == nil })
            for name in Observers.names {
                let error = failure { () throws(EmbqError) in
                    try QuantizeJob(model, profile: profile, observer: name, methods: .onRanges).run()
                }
                #expect(error?.code == (name == "moving-average" ? .missing : nil), "\(name)")
            }
        }
    }

    @Test("what was measured with norms folded and without them is not merged")
    func forms() throws {
        let model = try FamilySample.load("embbert")
        let folded = try Self.profile(model, FamilySample.sentences(model.config, 4, seed: 1)[...], data: "1")
        var record = try Self.profile(model, FamilySample.sentences(model.config, 4, seed: 2)[...], data: "2").record
        record.isAsReleased = true
        let released = try CalibrationProfile(record)
        let error = #expect(throws: EmbqError.self) { try folded.merging(released) }
        #expect(error?.code == .mismatch && error?.problem.contains("folded") == true)
    }

    private static func job(_ data: LabelledData, _ samples: CalibrationSamples?, observer: String = "percentile")
        throws(EmbqError) -> CalibrateJob.Result
    {
        let model = try ReleasedModel(Checkpoint(Fixtures.path("embbert-snips")))
        return try CalibrateJob(model, data: data, samples: samples, observer: observer, threads: 2)
            .run { _, _, _ in }
    }

    @Test("fewer samples than rows are spread evenly over them", arguments: [1, 5, 8, 11])
    func spread(count: Int) throws {
        let all = try LabelledData(path: Fixtures.path("snips-own/calibration.tsv"))
        func data(_ rows: [LabelledData.Row]) -> LabelledData {
            LabelledData(file: all.file, sha256: all.sha256, rows: rows)
        }
        let few = Array(all.rows.prefix(11))
        let chosen = (0..<11).filter { row in (0..<count).contains { $0 * 11 / count == row } }.map { few[$0] }
        #expect(chosen.count == count)
        #expect(try Self.job(data(few), .rows(count)).profile == Self.job(data(chosen), nil).profile)
    }

    @Test("automatic sampling ends with the profile of that many samples", arguments: Observers.names)
    func automatic(observer: String) throws {
        let data = try LabelledData(path: Fixtures.path("snips-own/calibration.tsv"))
        let result = try Self.job(data, .automatic, observer: observer)
        let settling = try #require(result.settling)
        #expect(result.profile.sentences == settling.rows)
        #expect(settling.isSettled || settling.rows == data.rows.count)
        #expect(try Self.job(data, .rows(settling.rows), observer: observer).profile == result.profile)

        let model = try ReleasedModel(Checkpoint(Fixtures.path("embbert-snips")))
        let last = try #require(settling.last)
        let rule = try #require(Observers.named(observer))
        func range(_ rows: Int) throws -> ClosedRange<Double> {
            let profile = try Self.job(data, .rows(rows), observer: observer).profile
            return try #require(model.model.quantize(profile, observer: rule).points.last { $0.name == last.point })
                .range
        }
        let (before, after) = (try range(last.from), try range(last.to))
        let ends = [after.lowerBound - before.lowerBound, after.upperBound - before.upperBound]
        let moved = ends.map(abs).max() ?? 0
        #expect(abs(last.change - moved / max(abs(after.lowerBound), abs(after.upperBound))) < 1e-12)
        #expect(last.change >= Settling.tolerance)
        #expect(!settling.isSettled || last.to < settling.rows)
    }
}
