import Artifact
import TensorCore

/// The integer scheme of an EmbBERT artifact as the format's headers state it: one formula after the other, no
/// buffers, no tricks. Whatever the runtime does to be small or fast, it must give these bits.
struct ReferenceInterpreter {
    /// RMSNorm: `x · multiplier / 2^shift / √(Σx² + ε)`.
    private struct Norm {
        let epsilon: UInt64
        let multiplier: Int
        let shift: Int
    }

    private struct Layer {
        let norm: Norm
        let query: [[Int]], queryBias: [Int], queryMultiplier: [Int], queryShift: Int
        let softmaxMultiplier: Int, softmaxShift: Int
        let contextMultiplier: Int, contextShift: Int
        let attention: [[Int]], attentionMultiplier: [Int]
        /// By tap, oldest first.
        let taps: [[Int]], tapsBias: [Int], tapsMultiplier: [Int], tapsShift: Int
        let table: [Int], zero: Int
        let contract: [[Int]], contractMultiplier: [Int]
        let bias: [Int], shift: Int
    }

    private let width: Int
    private let inner: Int
    private let pad: Int
    private let separator: Int
    private let token: [[Int]], position: [[Int]], tokenExpander: [[Int]], positionExpander: [[Int]], segment: [[Int]]
    private let tokenMultiplier: [Int], positionMultiplier: [Int], embedderShift: Int
    private let classifier: [[Int]], classifierBias: [Int], classifierMultiplier: [Int], classifierShift: Int
    private let layers: [Layer]

    init(_ artifact: ArtifactReader) throws {
        var record = Record(artifact)
        record.skip(3)  // family, head, task
        let vocabulary = record.next()
        let length = record.next()
        width = record.next()
        inner = record.next()
        let kernel = record.next()
        let outputs = record.next()
        let depth = record.next()
        pad = record.next()
        separator = record.next()

        let r = record.next()
        token = record.int8(vocabulary, r)
        position = record.int8(length, r)
        tokenExpander = record.int8(width, r)
        positionExpander = record.int8(width, r)
        segment = record.int32(.weights, 3, width)
        tokenMultiplier = record.int32(.tables, width)
        positionMultiplier = record.int32(.tables, width)
        embedderShift = record.next()

        classifier = record.int8(outputs, width)
        classifierBias = record.int32(.weights, outputs)
        classifierMultiplier = record.int32(.tables, outputs)
        classifierShift = record.next()

        var layers: [Layer] = []
        for _ in 0..<depth {
            let epsilon = UInt64(record.next()) | (UInt64(record.next()) << 32)
            let norm = Norm(epsilon: epsilon, multiplier: record.next(), shift: record.next())
            let query = record.int8(width, width)
            let queryBias = record.int32(.weights, width)
            let queryMultiplier = record.int32(.tables, width)
            let queryShift = record.next()
            let (softmaxMultiplier, softmaxShift) = (record.next(), record.next())
            let (contextMultiplier, contextShift) = (record.next(), record.next())
            let attention = record.int8(width, width)
            let attentionMultiplier = record.int32(.tables, width)
            let taps = record.int8(kernel, inner)
            let tapsBias = record.int32(.weights, inner)
            let tapsMultiplier = record.int32(.tables, inner)
            let tapsShift = record.next()
            let tableOffset = record.next()
            let bits = record.next()
            layers.append(
                Layer(
                    norm: norm, query: query, queryBias: queryBias, queryMultiplier: queryMultiplier,
                    queryShift: queryShift, softmaxMultiplier: softmaxMultiplier, softmaxShift: softmaxShift,
                    contextMultiplier: contextMultiplier, contextShift: contextShift, attention: attention,
                    attentionMultiplier: attentionMultiplier, taps: taps, tapsBias: tapsBias,
                    tapsMultiplier: tapsMultiplier, tapsShift: tapsShift,
                    table: record.int8(.tables, at: tableOffset, 1 << bits), zero: record.next(),
                    contract: record.int8(width, inner), contractMultiplier: record.int32(.tables, width),
                    bias: record.int32(.weights, width), shift: record.next()))
        }
        self.layers = layers
    }

    /// Logits in steps of 2^-16.
    func logits(_ sentence: [UInt16]) -> [Int32] {
        var ids = sentence.map { Int($0) }
        while ids.last == pad { ids.removeLast() }
        var x = embed(ids)
        for layer in layers {
            let n = x.map { normalize($0, layer.norm) }
            x = ids.indices.map { run(layer, n, ids, $0) }
        }
        return classifier.indices.map { c in
            let logit = requantize(dot(x[0], classifier[c]), classifierMultiplier[c], classifierShift)
            return Int32(clip(logit + classifierBias[c], 0x7FFF_FFFF))
        }
    }

    private func embed(_ ids: [Int]) -> [[Int]] {
        let firstSeparator = ids.firstIndex(of: separator) ?? ids.count
        return ids.indices.map { p in
            let kind = ids[p] == pad ? 0 : p < firstSeparator ? 1 : 2
            return (0..<width).map { d in
                let sum =
                    dot(tokenExpander[d], token[ids[p]]) * tokenMultiplier[d]
                    + dot(positionExpander[d], position[p]) * positionMultiplier[d]
                return clip(round(sum, embedderShift) + segment[kind][d], rowLimit)
            }
        }
    }

    private func normalize(_ x: [Int], _ norm: Norm) -> [Int] {
        let square = x.reduce(norm.epsilon) { $0 + UInt64($1 * $1) }
        let factor = dividedByRoot(norm.multiplier, norm.shift, square)
        return x.map { clip(requantize($0, factor.multiplier, factor.shift), 127) }
    }

    /// The layer's 32-bit row at position `p`.
    private func run(_ layer: Layer, _ n: [[Int]], _ ids: [Int], _ p: Int) -> [Int] {
        let context = ids[p] == pad ? [Int](repeating: 0, count: width) : attend(layer, n, ids, p)
        let hidden = convolve(layer, n, p)
        return (0..<width).map { d in
            let sum =
                dot(layer.attention[d], context) * layer.attentionMultiplier[d]
                + dot(layer.contract[d], hidden) * layer.contractMultiplier[d]
            return clip(round(sum, layer.shift) + layer.bias[d], rowLimit)
        }
    }

    private func attend(_ layer: Layer, _ n: [[Int]], _ ids: [Int], _ p: Int) -> [Int] {
        let query = (0..<width).map { d in
            clip(
                requantize(dot(layer.query[d], n[p]) + layer.queryBias[d], layer.queryMultiplier[d], layer.queryShift),
                127)
        }
        let keys = ids.indices.filter { ids[$0] != pad }
        let scores = keys.map { dot(query, n[$0]) }
        let top = scores.max() ?? 0
        var weights = scores.map { score in
            powerOfTwo(requantize(top - score, layer.softmaxMultiplier, layer.softmaxShift))
        }
        // [PAD] counts among the tokens here, as the runtime's limit does.
        var excess = 0
        while (weights.reduce(0, +) >> excess) > (1 << 24) - ids.count { excess += 1 }
        if excess > 0 { weights = weights.map { round($0, excess) } }
        let factor = divided(layer.contextMultiplier, layer.contextShift, weights.reduce(0, +))
        return (0..<width).map { d in
            let sum = zip(weights, keys).reduce(0) { $0 + $1.0 * n[$1.1][d] }
            return clip(requantize(sum, factor.multiplier, factor.shift), 127)
        }
    }

    private func convolve(_ layer: Layer, _ n: [[Int]], _ p: Int) -> [Int] {
        (0..<inner).map { c in
            var sum = layer.tapsBias[c]
            for (tap, weights) in layer.taps.enumerated() {
                let source = p - (layer.taps.count - 1) + tap
                if source >= 0 { sum += weights[c] * n[source][c / (inner / width)] }
            }
            let index = requantize(sum, layer.tapsMultiplier[c], layer.tapsShift) + layer.zero
            return layer.table[min(max(index, 0), layer.table.count - 1)]
        }
    }

    // MARK: Arithmetic

    private let rowLimit = (1 << 26) - 1

    /// `value / 2^shift`, halves towards +∞.
    private func round(_ value: Int, _ shift: Int) -> Int { (value + (1 << (shift - 1))) >> shift }

    private func requantize(_ value: Int, _ multiplier: Int, _ shift: Int) -> Int { round(value * multiplier, shift) }

    private func clip(_ value: Int, _ limit: Int) -> Int { min(max(value, -limit), limit) }

    private func dot(_ a: [Int], _ b: [Int]) -> Int { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    /// `multiplier / 2^shift / value` as a factor, from the value's first 32 bits.
    private func divided(_ multiplier: Int, _ shift: Int, _ value: Int) -> (multiplier: Int, shift: Int) {
        let zeros = UInt32(value).leadingZeroBitCount
        return reciprocal(UInt64(value) << UInt64(zeros), multiplier, 31 + shift - zeros)
    }

    /// `multiplier / 2^shift / √value` as a factor: the root of the value, moved by pairs of bits to the top.
    private func dividedByRoot(_ multiplier: Int, _ shift: Int, _ value: UInt64) -> (multiplier: Int, shift: Int) {
        let pairs = value.leadingZeroBitCount / 2
        let moved = value << UInt64(2 * pairs)
        var root: UInt64 = 0
        for bit in (0..<32).reversed() {
            let candidate = root | (1 << UInt64(bit))
            if candidate * candidate <= moved { root = candidate }
        }
        return reciprocal(root, multiplier, 31 + shift - pairs)
    }

    private func reciprocal(_ value: UInt64, _ multiplier: Int, _ shift: Int) -> (multiplier: Int, shift: Int) {
        let quotient = min((1 << 63) / value, 0xFFFF_FFFF)
        return (Int((quotient * UInt64(multiplier)) >> 32), shift)
    }

    /// 2^-exponent in 15 bits, for an exponent with 16 fraction bits.
    private func powerOfTwo(_ exponent: Int) -> Int {
        let (whole, fraction) = (exponent >> 16, exponent & 0xFFFF)
        if whole > 15 { return 0 }
        var r = 453
        for coefficient in [3498, 15699, 45422, 65536] { r = coefficient - ((r * fraction) >> 16) }
        return min(((r >> whole) + 1) >> 1, 32767)
    }
}

/// Section MODL, word after word, with the arrays that its offsets lead to.
private struct Record {
    private let words: [Int]
    private let weights: [UInt8]
    private let tables: [UInt8]
    private var index = 0

    init(_ artifact: ArtifactReader) {
        weights = Array(artifact.section(.weights) ?? [])
        tables = Array(artifact.section(.tables) ?? [])
        let model = Array(artifact.section(.model) ?? [])
        words = stride(from: 0, to: model.count, by: 4).map { at in
            (0..<4).reduce(0) { $0 | Int(model[at + $1]) << (8 * $1) }
        }
    }

    mutating func next() -> Int {
        index += 1
        return words[index - 1]
    }

    mutating func skip(_ count: Int) { index += count }

    func int8(_ section: ArtifactFormat.Tag, at offset: Int, _ count: Int) -> [Int] {
        (section == .weights ? weights : tables)[offset..<offset + count].map { Int(Int8(bitPattern: $0)) }
    }

    /// int8 `[rows, columns]` of WGHT, at the next word's offset.
    mutating func int8(_ rows: Int, _ columns: Int) -> [[Int]] {
        let offset = next()
        return (0..<rows).map { int8(.weights, at: offset + $0 * columns, columns) }
    }

    /// int32 `[count]`, at the next word's offset.
    mutating func int32(_ section: ArtifactFormat.Tag, _ count: Int) -> [Int] {
        let (bytes, offset) = (section == .weights ? weights : tables, next())
        return (0..<count).map { i in
            let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[offset + 4 * i + $1]) << (8 * UInt32($1)) }
            return Int(Int32(bitPattern: word))
        }
    }

    /// int32 `[rows, columns]`.
    mutating func int32(_ section: ArtifactFormat.Tag, _ rows: Int, _ columns: Int) -> [[Int]] {
        let flat = int32(section, rows * columns)
        return (0..<rows).map { Array(flat[$0 * columns..<($0 + 1) * columns]) }
    }
}
