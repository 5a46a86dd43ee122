import EmbqCore
import EmbqData
import EmbqModels
import EmbqPipeline
import EmbqQuantization
import EmbqRuntime

// Tests give ids; the program gives sentences, which may have token types.

extension Inference {
    static func run(
        _ model: any FloatModel, _ ids: [[UInt16]], threads: Int, progress: @escaping ProgressHandler
    ) -> (logits: [Float], seconds: Double) {
        run(model, ids.map { Sentence($0) }, threads: threads, progress: progress)
    }

    static func run(
        _ model: DeviceModel, _ ids: [[UInt16]], threads: Int, progress: @escaping ProgressHandler
    ) throws(EmbqError) -> (logits: [Int32], seconds: Double) {
        try run(model, ids.map { Sentence($0) }, threads: threads, progress: progress)
    }

    static func ids(_ texts: [String], of model: ReleasedModel, threads: Int) throws(EmbqError) -> [[UInt16]] {
        try tokenize(texts.map { InputText($0) }, with: model.encoder, threads: threads).map(\.ids)
    }
}

extension QuantizableModel {
    func moments(_ ids: [[UInt16]], threads: Int) -> [String: InputMoments] {
        moments(ids.map { Sentence($0) }, threads: threads)
    }
}

extension CalibrationSentences {
    init(ids: [[UInt16]], targets: Targets? = nil, dataSHA256: String) {
        self.init(ids: ids.map { Sentence($0) }, targets: targets, dataSHA256: dataSHA256)
    }
}
