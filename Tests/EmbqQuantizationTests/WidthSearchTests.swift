import EmbqArtifact
import EmbqCore
import EmbqModels
import EmbqPipeline
import EmbqQuantization
import EmbqRuntime
import EmbqTestSupport
import Testing

@Suite("A choice of widths")
struct WidthSearchTests {
    @Test(
        "fits its budget, gives the token table what room is left, and no other choice that fits is finer",
        arguments: [370_000, 330_000, 290_000, 230_000, 190_000, 170_000])
    func budget(bytes: Int) throws {
        let result = try TrainedSample.shared.get().quantize(.all, WidthGoal(budget: bytes))
        let total = Footprint(result.artifact).total
        #expect(total <= bytes)
        // Where the token table has fewer than 8 bits, they fill what is left.
        #expect(bytes >= 290_000 || total > bytes - 1500)
        let chosen = try #require(result.front.first { $0.chosen })
        #expect(chosen.bytes == total)
        // Every other choice that fits is worse.
        for point in result.front where point.bytes <= bytes { #expect(point.sqnrDB <= chosen.sqnrDB) }
    }

    @Test("leaves a model that fits as it is")
    func roomy() throws {
        let sample = try TrainedSample.shared.get()
        let result = try sample.quantize(.all, WidthGoal(budget: 450_000))
        #expect(result.front.isEmpty)
        let plain = try sample.quantize().artifact
        // The provenance alone differs: it tells the budget.
        for tag in ArtifactFormat.Tag.allCases where tag != .provenance {
            #expect(result.artifact.section(tag) == plain.section(tag))
        }
        #expect(result.artifact.limits == ArtifactLimits(budget: 450_000) && plain.limits.isEmpty)
    }

    @Test("is a front: fewer bytes always cost")
    func front() throws {
        let front = try TrainedSample.shared.get().quantize(.all, WidthGoal(budget: 300_000)).front
        #expect(front.count > 5)
        for (larger, smaller) in zip(front, front.dropFirst()) {
            #expect(larger.bytes > smaller.bytes && larger.sqnrDB > smaller.sqnrDB)
        }
        #expect(front.filter(\.chosen).count == 1)
        #expect(front.last?.bits.count == 14)
    }

    @Test("is the smallest that agrees, where agreement is asked for")
    func agreement() throws {
        let front = try TrainedSample.shared.get().quantize(.all, WidthGoal(minAgreement: 0.985)).front
        let chosen = try #require(front.first { $0.chosen })
        #expect(chosen.agreement ?? 0 >= 0.985)
        for point in front where point.bytes < chosen.bytes { #expect(point.agreement ?? 0 < 0.985) }
    }

    @Test("that cannot be reached is an error that says how far one gets")
    func unreachable() throws {
        let sample = try TrainedSample.shared.get()
        let error = #expect(throws: EmbqError.self) {
            try sample.quantize(.all, WidthGoal(budget: 100_000))
        }
        #expect(error?.code == .limitExceeded)
        #expect(error?.problem.contains("100000 bytes") == true, "\(String(describing: error))")
        #expect(try sample.quantize(.all, WidthGoal(budget: #require(error?.nearest).bytes)).front.last?.chosen == true)
    }

    @Test("that cannot agree so much is an error of accuracy, with what agrees most")
    func inaccurate() throws {
        let sample = try TrainedSample.shared.get()
        let goal = WidthGoal(budget: 180_000, minAgreement: 1.001)
        let error = #expect(throws: EmbqError.self) { try sample.quantize(.all, goal) }
        #expect(error?.code == .inaccurate)
        let nearest = try #require(error?.nearest)
        #expect(nearest.bytes <= 180_000 && nearest.agreement ?? 0 > 0.9)
    }

    @Test("stays on the front where a smaller one has less noise but agrees less")
    func dominated() throws {
        let points = [
            WidthPoint(bytes: 120, bits: [:], agreement: 1, sqnrDB: 40),
            WidthPoint(bytes: 110, bits: ["a": 4], agreement: 0.99, sqnrDB: 29),
            WidthPoint(bytes: 100, bits: ["a": 4, "b": 4], agreement: 0.9, sqnrDB: 30),
            WidthPoint(bytes: 90, bits: ["b": 4], agreement: 0.8, sqnrDB: 20),
        ]
        let front = try #require(WidthPoint.front(points, WidthGoal(budget: 115, minAgreement: 0.95)))
        #expect(front.map(\.bytes) == [120, 110, 100, 90])
        #expect(front.filter { $0.chosen }.map(\.bytes) == [110])
        #expect(WidthPoint.front(points, WidthGoal(budget: 100))?.map(\.bytes) == [120, 100, 90])
        #expect(WidthPoint.front(points, WidthGoal(budget: 80)) == nil)
    }

    @Test("needs sentences")
    func silent() throws {
        let sample = try TrainedSample.shared.get()
        let error = #expect(throws: EmbqError.self) {
            try sample.quantize(.onRanges, WidthGoal(budget: 300_000), keeping: [])
        }
        #expect(error?.code == .invalidRequest)
    }

    @Test("takes a budget of any size")
    func boundless() throws {
        let goal = WidthGoal(budget: .max, minAgreement: 0)
        let front = try TrainedSample.shared.get().quantize(.all, goal).front
        #expect(front.first?.chosen == true)
    }

    @Test("for agreement is refused where there are no answers")
    func encoder() throws {
        let sample = try FamilySample.shared("hf-encoder")
        var profile = sample.profile
        profile.kept = CalibrationSentences(ids: FamilySample.sentences(sample.model.config, 8, seed: 1))
        let keeping = profile
        let error = #expect(throws: EmbqError.self) {
            try QuantizeJob(sample.model, profile: keeping, goal: WidthGoal(minAgreement: 1)).run()
        }
        #expect(error?.code == .invalidRequest && error?.advice.contains("--budget") == true)
    }

    @Test("works for every family", arguments: FamilySample.names)
    func families(name: String) throws {
        let sample = try FamilySample.shared(name)
        let sentences = FamilySample.sentences(sample.model.config, 48, seed: 12)
        // An encoder's answers cannot agree.
        let goal =
            sample.model.config.task == .embedding
            ? WidthGoal(budget: Footprint(sample.artifact).total - 1) : WidthGoal(minAgreement: 0)
        var profile = sample.profile
        profile.kept = CalibrationSentences(ids: sentences)
        let result = try QuantizeJob(sample.model, profile: profile, goal: goal, threads: 2).run()
        #expect(Footprint(result.artifact).total <= Footprint(sample.artifact).total)
        try result.artifact.device.replayChecks()
        let reference = ReferenceInterpreter(result.artifact)
        let session = DeviceSession(result.artifact.device)
        for sentence in sentences.prefix(8) { #expect(try session.run(sentence) == reference.logits(sentence)) }
    }
}
