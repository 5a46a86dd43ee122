import EmbqCore

extension FloatKernels {
    /// Mamba-1's scan of one sentence, from a state of zeros.
    ///
    /// - Parameters:
    ///   - input, step: fp32 `[tokens of the batch, E]`; write, read: `[tokens of the batch, N]`.
    ///   - states: fp32 `[tokens of the batch, E, N]`, whose `sentence` part is filled with h behind each token.
    ///   - output: fp32 `[tokens of the batch, E]`, whose `sentence` part is filled.
    static func scan(
        _ scan: Scan, input: [Float], step: [Float], write: [Float], read: [Float], sentence: Range<Int>,
        states: inout [Float], into output: inout [Float]
    ) {
        let (n, width) = (scan.states, scan.skip.count)
        var decays = [Float](repeating: 0, count: width * n)
        for row in sentence {
            for e in 0..<width {
                for s in 0..<n { decays[e * n + s] = -step[row * width + e] * scan.rate[e * n + s] }
            }
            Elementary.exponentiate(&decays, decays.indices)
            for e in 0..<width {
                let (x, delta) = (input[row * width + e], step[row * width + e])
                let at = (row * width + e) * n
                var y: Float = 0
                for s in 0..<n {
                    let before = row == sentence.lowerBound ? 0 : states[at - width * n + s]
                    let h = decays[e * n + s] * before + delta * x * write[row * n + s]
                    states[at + s] = h
                    y += h * read[row * n + s]
                }
                output[row * width + e] = y + scan.skip[e] * x
            }
        }
    }
}
