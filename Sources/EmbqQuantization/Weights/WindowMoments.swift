import EmbqCore
package import EmbqModels

/// Means of the windows that a convolution reads: for each channel its last rows up to a position, zeros before the
/// sentence.
package struct WindowMoments: Sendable {
    package let channels: Int
    package let kernel: Int
    private var count = 0
    /// By row of the window, `[kernel, channels]`.
    private var sums: [Double]
    /// Of rows t and u ≥ t, `[kernel, kernel, channels]`.
    private var products: [Double]

    init(channels: Int, kernel: Int) {
        self.channels = channels
        self.kernel = kernel
        sums = [Double](repeating: 0, count: kernel * channels)
        products = [Double](repeating: 0, count: kernel * kernel * channels)
    }

    /// Adds the windows of all positions of a sentence.
    ///
    /// Row t of the windows runs over all rows of the sentence but its last `kernel − 1 − t`: so sums over the windows are
    /// those over a beginning of the sentence.
    ///
    /// - Parameter rows: `[tokens, channels]`.
    mutating func add(_ rows: [Float]) {
        let tokens = rows.count / channels
        count += tokens
        for distance in 0..<kernel {
            var (sum, product) = ([Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels))
            for first in 0..<max(tokens - distance, 0) {
                for c in 0..<channels {
                    let value = Double(rows[first * channels + c])
                    sum[c] += value
                    product[c] += value * Double(rows[(first + distance) * channels + c])
                }
                let t = first - tokens + kernel
                if t < 0 { continue }
                for c in 0..<channels {
                    if distance == 0 { sums[t * channels + c] += sum[c] }
                    products[(t * kernel + t + distance) * channels + c] += product[c]
                }
            }
        }
    }

    mutating func add(_ other: WindowMoments) {
        count += other.count
        for i in sums.indices { sums[i] += other.sums[i] }
        for i in products.indices { products[i] += other.products[i] }
    }

    /// By row of a channel's windows, `[kernel]`.
    func means(_ channel: Int) -> [Double] {
        (0..<kernel).map { sums[$0 * channels + channel] / Double(max(count, 1)) }
    }

    /// The covariance of a channel's windows, `[kernel, kernel]`.
    func covariance(_ channel: Int) -> [Float] {
        let means = means(channel)
        return (0..<kernel * kernel).map { at in
            let (t, u) = (min(at / kernel, at % kernel), max(at / kernel, at % kernel))
            return Float(
                products[(t * kernel + u) * channels + channel] / Double(max(count, 1)) - means[t] * means[u])
        }
    }
}

extension QuantizableModel {
    /// Runs the form that the methods quantize over sentences and takes the moments of what its convolutions read.
    ///
    /// - Returns: moments by the convolution's name.
    package func windowMoments(_ sentences: [Sentence], methods: QuantizationMethods, threads: Int) -> [String:
        WindowMoments]
    {
        let model = form(methods)
        let convolutions = model.graph.nodes.compactMap {
            node -> (name: String, point: String, empty: WindowMoments)? in
            guard case .convolve(let convolution, let x) = node.operation, convolution.kernel > 1 else { return nil }
            let empty = WindowMoments(channels: model.graph[x].width, kernel: convolution.kernel)
            return (node.name, model.graph[x].name, empty)
        }
        if convolutions.isEmpty { return [:] }
        // Parts of a fixed size, so that sums do not depend on the number of threads.
        let size = 32
        let parts = Parallel.map((sentences.count + size - 1) / size, threads: threads) { part in
            var moments = convolutions.map(\.empty)
            for sentence in sentences[part * size..<min((part + 1) * size, sentences.count)] {
                var probe = RowProbe(convolutions.map(\.point))
                _ = model.logits(TokenBatch([sentence]), probe: &probe)
                for (index, convolution) in convolutions.enumerated() {
                    if let rows = probe.rows[convolution.point] { moments[index].add(rows.values) }
                }
            }
            return moments
        }
        var named: [String: WindowMoments] = [:]
        for (index, convolution) in convolutions.enumerated() {
            var sum = convolution.empty
            for part in parts { sum.add(part[index]) }
            named[convolution.name] = sum
        }
        return named
    }
}
