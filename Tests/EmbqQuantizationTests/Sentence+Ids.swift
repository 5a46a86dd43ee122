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
    /// What a profile keeps of sentences whose texts nobody knows.
    init(ids: [[UInt16]]) {
        self.init(
            ids.map { ids in
                let text = ids.map(String.init).joined(separator: " ")
                return Item(textSHA256: SHA256.bytes(of: Array(text.utf8)), sentence: Sentence(ids))
            })
    }
}
