import EmbqCheckpoints
import EmbqContainers
import EmbqCore
import EmbqPipeline
import EmbqQuantization
import EmbqTestSupport
import Testing

@Suite("Calibration and quantization")
struct CalibrationTests {
    @Test("a profile survives its file, and says what it was made of", arguments: Observers.names)
    func roundTrip(observer: String) throws {
        let shape = TinyEmbBERT()
        let model = try QuantizedSample.load(shape)
        let profile = try QuantizedSample.calibrate(model, shape, observer: observer)
        #expect(profile.sentences == 64 && profile.family == "EmbBERT" && profile.observer == observer)
        let first = [
            "norm", "norm.tables", "query.tables", "context.tables", "convolution", "activation",
        ].map { "layers.0." + $0 }
        let last = [
            "norm", "query", "context", "context.first", "convolution.tap", "activation.tap", "activation.first",
        ].map { "layers.1." + $0 }
        #expect(profile.points.map(\.name) == first + last)
        for point in profile.points where !first[1...3].contains(point.name) {
            let rows = point.name.hasSuffix(".first") ? profile.sentences : profile.tokens
            #expect(point.histogram.total == UInt64(rows * 16), "\(point.name)")
            #expect(point.histogram.sentences?.count == profile.sentences)
        }
        let bytes = try CalibrationProfileFile.encode(profile.record)
        #expect(try CalibrationProfile(CalibrationProfileFile.decode(bytes)) == profile)
    }

    @Test("threads change no byte of a profile", arguments: [2, 3, 8])
    func threads(count: Int) throws {
        let shape = TinyEmbBERT { $0.expansion = 2 }
        let model = try QuantizedSample.load(shape)
        let alone = try CalibrationProfileFile.encode(QuantizedSample.calibrate(model, shape).record)
        let several = try CalibrationProfileFile.encode(
            QuantizedSample.calibrate(model, shape, threads: count).record)
        #expect(alone == several)
    }

    @Test("threads change no byte of any family's profile", arguments: FamilySample.names)
    func familyThreads(name: String) throws {
        let model = try FamilySample.load(name)
        let alone = try CalibrationProfileFile.encode(FamilySample.calibrate(model).record)
        for threads in [2, 5] {
            let several = try CalibrationProfileFile.encode(FamilySample.calibrate(model, threads: threads).record)
            #expect(alone == several, "\(threads) threads")
        }
    }

    @Test("a profile of another observer or of other bins is refused")
    func foreignProfiles() throws {
        let shape = TinyEmbBERT { $0.layers = 1 }
        var record = try QuantizedSample.calibrate(QuantizedSample.load(shape), shape).record
        record.points[2].histogram.counts.removeLast()
        var error = failure { () throws(EmbqError) in try CalibrationProfile(record) }
        #expect(error?.code == .unsupported && error?.place == "point 'layers.0.context'")
        #expect(error?.problem == "its histogram has 4095 bins, 4096 are expected")
        record.observer = "guess"
        error = failure { () throws(EmbqError) in try CalibrationProfile(record) }
        #expect(error?.problem == "the observer \"guess\" is not known")
        #expect(error?.advice == "Known observers: minmax, moving-average, percentile, mse, entropy.")
    }

    @Test("weights whose activations overflow are refused by the point where it shows, not by a crash")
    func overflow() throws {
        let shape = TinyEmbBERT()
        var tensors = shape.tensors
        for i in 0..<16 { tensors["model.attentions.0.conv1d.bias"]?.values[i] = 3e38 }
        for i in 0..<256 { tensors["model.attentions.0.contract.weight"]?.values[i] = 1e10 }
        let folder = try TemporaryFolder()
        try TinyEmbBERT.write(tensors, shape.config, shape.tokenizer, to: folder)
        let model = try ReleasedModel(Checkpoint(folder.path))
        let error = failure { () throws(EmbqError) in try QuantizedSample.calibrate(model, shape) }
        #expect(error?.code == .nonFinite)
        #expect(error?.place == "point 'layers.1.norm'")
    }

    @Test("a profile of other weights, or one that lacks a point, is refused")
    func mismatch() throws {
        let sample = try QuantizedSample(TinyEmbBERT())
        let other = try QuantizedSample.load(TinyEmbBERT { $0.seed = 2 })
        let profile = sample.profile
        let error = failure { () throws(EmbqError) in
            try QuantizeJob(other, profile: profile, profilePath: "p.embqcal", methods: .onRanges).run()
        }
        #expect(error?.code == .mismatch && error?.file == "p.embqcal")
        #expect(error?.problem.contains(profile.modelSHA256) == true)

        var short = profile
        short.points.removeAll { $0.name == "layers.1.query" }
        let lacking = short
        let missing = failure { () throws(EmbqError) in
            try QuantizeJob(sample.model, profile: lacking, methods: .onRanges).run()
        }
        #expect(missing?.code == .missing && missing?.place == "point 'layers.1.query'")
    }
}
