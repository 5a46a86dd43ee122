import EmbqArtifact
import EmbqCore
import EmbqModels
import EmbqQuantization
import EmbqRuntime

/// Rounds the weights of few bits once more, layer after layer, for what the quantized layers before them give.
///
/// The device's code runs the calibration sentences, and the rows that a layer reads are compared with fp32's: the layer's
/// weights are fitted to give fp32's outputs from them, and rounded for them.
struct SequentialRounding {
    private let model: QuantizableModel
    private let methods: QuantizationMethods
    private let threads: Int
    /// As many sentences as have these tokens.
    private let sentences: [Sentence]

    private static let tokens = 8192
    /// Groups of points whose rows are looked at, at most: each is a run of all sentences.
    private static let stages = 12

    init(_ model: QuantizableModel, _ methods: QuantizationMethods, sentences: [Sentence], threads: Int) {
        self.model = model
        self.methods = methods
        self.threads = threads
        let step = max(1, sentences.reduce(0) { $0 + $1.count } / Self.tokens)
        self.sentences = sentences.indices.filter { $0 % step == 0 }.map { sentences[$0] }
    }

    /// - Parameters:
    ///   - points: what the layers of few bits read.
    ///   - make: an artifact whose layers take what is known of these points so far.
    func run(
        _ points: Set<String>,
        make: ([String: PairedMoments]) throws(EmbqError) -> (artifact: ArtifactReader, rows: [ObservedRow])
    ) throws(EmbqError) -> ArtifactReader {
        var known: [String: PairedMoments] = [:]
        var made = try make(known)
        let rows = made.rows.filter { points.contains($0.name) && $0.bits == 8 }
        guard !rows.isEmpty, !sentences.isEmpty else { return made.artifact }
        let size = (rows.count + Self.stages - 1) / Self.stages
        for start in stride(from: 0, to: rows.count, by: size) {
            let names = Set(rows[start..<min(start + size, rows.count)].map(\.name))
            let looked = made.rows.filter { names.contains($0.name) && $0.bits == 8 }
            for (name, moments) in try moments(looked, made.artifact.device) { known[name] = moments }
            made = try make(known)
        }
        return made.artifact
    }

    private func moments(_ rows: [ObservedRow], _ device: DeviceModel) throws(EmbqError) -> [String: PairedMoments] {
        let reference = model.form(methods)
        let registers = rows.map { WatchedRegister(pass: $0.pass, operation: $0.operation, register: $0.register) }
        // Parts of a fixed size, so that sums do not depend on the number of threads.
        let size = 16
        let parts = try Parallel.map((sentences.count + size - 1) / size, threads: threads) {
            part throws(EmbqError) -> [PairedMoments] in
            var pairs = [(fp32: [Float], seen: [Float])](repeating: ([], []), count: rows.count)
            for sentence in sentences[part * size..<min((part + 1) * size, sentences.count)] {
                var probe = RowProbe(rows.map(\.name))
                _ = reference.logits(TokenBatch([sentence]), probe: &probe)
                let found = try onDevice { () throws(RuntimeError) in
                    try DeviceSession(device).run(TokenizedTexts(sentence), watching: registers).rows
                }
                for (index, watched) in found.enumerated() {
                    let values = watched.aligned(probe.rows[rows[index].name]?.values ?? [])
                    pairs[index].fp32 += values
                    pairs[index].seen += rows[index].real(watched.values[..<values.count], watched.width)
                }
            }
            return zip(rows, pairs).map { row, pair in
                PairedMoments(pair.fp32, seen: pair.seen, width: device.registerWidth(row.register))
            }
        }
        var named: [String: PairedMoments] = [:]
        for (index, row) in rows.enumerated() {
            let all = parts.map { $0[index] }
            guard let first = all.first else { continue }
            named[row.name] = all.dropFirst().reduce(first) { $0.merged(with: $1) }
        }
        return named
    }
}
