import Artifact
import Checkpoints
import Evaluation
import Packaging
import Quantization
import TensorCore
import TestSupport

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

    static func model(_ name: String) throws(EmbqError) -> ReleasedModel {
        try ReleasedModel(Checkpoint(Fixtures.path(name)))
    }

    static func data(_ name: String) throws(EmbqError) -> LabelledData { try LabelledData(path: Fixtures.path(name)) }

    static func artifact(_ name: String, calibration: String, threads: Int = 1) throws(EmbqError) -> [UInt8] {
        let model = try model(name)
        let profile = try CalibrateJob(
            model, data: data(calibration), samples: nil, observer: Observers.standard, threads: threads
        ).run(progress: { _, _, _ in }).profile
        return try QuantizeJob(model, profile: profile).run().artifact.bytes
    }
}
