import EmbqArtifact
import EmbqCheckpoints
import EmbqCore
import EmbqData
import EmbqPipeline
import EmbqQuantization
import EmbqTestSupport

/// Artifacts made of the fixtures, each once a run.
enum Samples {
    /// The trained model.
    static let snips = Result { () throws(EmbqError) in
        try artifact("embbert-snips", calibration: "snips-own/calibration.tsv")
    }
    /// The one that runs in microseconds.
    static let tiny = Result { () throws(EmbqError) in
        try artifact("embbert-tiny", calibration: "embbert-tiny/data.tsv")
    }

    /// The same with weights of few bits.
    static let packed = Result { () throws(EmbqError) in
        try artifact("embbert-tiny", calibration: "embbert-tiny/data.tsv", budget: 17_500)
    }

    /// One of them by its name.
    static func named(_ name: String) throws(EmbqError) -> [UInt8] {
        switch name {
        case "snips": try snips.get()
        case "packed": try packed.get()
        default: try tiny.get()
        }
    }

    static func model(_ name: String) throws(EmbqError) -> ReleasedModel {
        try ReleasedModel(Checkpoint(Fixtures.path(name)))
    }

    static func data(_ name: String) throws(EmbqError) -> LabelledData { try LabelledData(path: Fixtures.path(name)) }

    static func artifact(_ name: String, calibration: String, budget: Int? = nil, threads: Int = 1) throws(EmbqError)
        -> [UInt8]
    {
        let model = try model(name)
        let calibrated = try CalibrateJob(
            model, data: data(calibration), samples: nil, observer: Observers.standard, threads: threads
        ).run(progress: { _, _, _ in })
        return try QuantizeJob(
            model, profile: calibrated.profile, goal: WidthGoal(budget: budget),
            threads: threads
        ).run().artifact.bytes
    }
}
