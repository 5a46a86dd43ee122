import EmbqCore
import EmbqModels

// Weights of convolutions.

extension WeightQuantizer {
    /// A convolution's weights `[channels, kernel]` with one scale for each channel.
    ///
    /// Few bits are rounded as a linear layer's are, each channel for the windows that it reads.
    ///
    /// - Parameter floor: smallest scale of each channel, `[channels]`.
    func taps(_ name: String, _ convolution: Convolution, floor: [Double], bits: Int) -> QuantizedMatrix {
        let (channels, kernel) = (convolution.channels, convolution.kernel)
        let byChannel = (0..<channels * kernel).map { convolution.taps[$0 % kernel * channels + $0 / kernel] }
        if bits == 8 { return QuantizedMatrix(byChannel, outputs: channels, inputs: kernel, floor: floor) }
        let (grid, importance) = (WeightGrid(bits: bits), [Float](repeating: 1, count: kernel))
        let moments = methods.contains(.errorFeedback) ? windows[name] : nil
        let rows = Parallel.map(channels, threads: threads) { channel -> (integers: [Int8], step: Double) in
            let taps = byChannel[channel * kernel..<(channel + 1) * kernel]
            let gram = moments.map { $0.covariance(channel / (channels / $0.channels)) }
            if let feedback = gram.flatMap({ ErrorFeedback($0, width: kernel) }) {
                return feedback.round(taps, grid: grid, floor: floor[channel])
            }
            let step = max(grid.step(for: taps, importance: importance), floor[channel])
            return (taps.map { Int8(grid.nearest($0 / Float(step))) }, step)
        }
        return QuantizedMatrix(rows, inputs: kernel, bits: 8)
    }

    /// What the biases of few-bit weights must gain for the mean sums to stay what they were, `[channels]`, as of linear
    /// layers; 0 with 8 bits.
    func correction(_ name: String, _ convolution: Convolution, _ matrix: QuantizedMatrix, bits: Int) -> [Double] {
        let (channels, kernel) = (convolution.channels, convolution.kernel)
        guard bits < 8, methods.contains(.biasCorrection), let moments = windows[name] else {
            return [Double](repeating: 0, count: channels)
        }
        return (0..<channels).map { channel in
            let means = moments.means(channel / (channels / moments.channels))
            return (0..<kernel).reduce(0.0) { sum, tap in
                let rounded = matrix.scales[channel] * Double(matrix.values[channel * kernel + tap])
                return sum + (Double(convolution.taps[tap * channels + channel]) - rounded) * means[tap]
            }
        }
    }
}
