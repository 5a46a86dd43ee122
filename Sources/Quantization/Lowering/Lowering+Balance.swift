import Models
import TensorCore

// Outlier channels: where a few columns of a row are much larger than the others, one int8 scale for all of them rounds
// the others away. Each column then gets a factor, which the weights of the row's readers take over.

extension Lowering {
    /// A row as int8 with a scale for each column, where that is worth its bytes: `s = √(a / w)`, with the largest
    /// magnitude a of the column and w of the weights that read it.
    ///
    /// - Parameter plain: the scale without factors.
    /// - Returns: nil where anybody but linear layers reads the row, where the profile has no channels, or where the
    ///   noise in the readers' sums would not halve.
    ///
    /// Source: G. Xiao et al., "SmoothQuant: Accurate and Efficient Post-Training Quantization for Large Language
    /// Models", arXiv 2211.10438, equation 4 with α = 1/2.
    mutating func balanced(_ value: Value, _ source: Held, plain: Double) throws(EmbqError) -> Held? {
        let name = graph[value].name
        let width = graph[value].width
        let maxima = try point(name).channelMaxima
        guard maxima.count == width, let readers = linearReaders(value) else { return nil }
        var (largest, energy) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
        for linear in readers {
            for index in linear.weight.indices {
                let weight = Double(linear.weight[index])
                largest[index % width] = max(largest[index % width], abs(weight))
                energy[index % width] += weight * weight
            }
        }
        let floor = Double(maxima.max() ?? 0) * 1e-4
        let factors = (0..<width).map { d in
            largest[d] == 0 ? 1 : (max(Double(maxima[d]), floor, 1e-9) / largest[d]).squareRoot()
        }
        let scale = (0..<width).reduce(1e-9) { max($0, Double(maxima[$1]) / factors[$1]) } / 127
        // Rounding adds scale² / 12 to each column, times what the weights make of it.
        let before = plain * plain * energy.reduce(0, +)
        let after = (0..<width).reduce(0) { $0 + scale * scale * factors[$1] * factors[$1] * energy[$1] }
        guard after < before / 2 else { return nil }

        let spread = try combined([(source, factors.map { Float(1 / $0) })], bias: [], name + ".balanced")
        guard case .wide(let wideScale) = spread.form else { return nil }
        let quantizer = ActivationQuantizer(name: name, scale: scale, zeroPoint: 0, integers: -127...127)
        let row = program.register(.int8, width)
        program.add(
            .rescale,
            [.takes(spread.row), .gives(row)] + (try factor(wideScale / scale, shifts: 1...62, name)))
        note(quantizer)
        return Held(
            form: .narrow(quantizer), row: row, pass: program.current,
            channels: factors.map { Double(Float(1 / $0)) }.map { 1 / $0 })
    }

    /// The linear layers that read a value as int8; nil when something else does.
    private func linearReaders(_ value: Value) -> [Linear]? {
        var linears: [Linear] = []
        for reader in graph.readers(of: value) {
            switch graph[reader].operation {
            case .linear(let linear, _): linears.append(linear)
            case .add, .pool, .remember: break
            default: return nil
            }
        }
        return linears.isEmpty ? nil : linears
    }
}
