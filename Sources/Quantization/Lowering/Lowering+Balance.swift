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
        guard let balance = try balance(value, plain: plain) else { return nil }
        let name = graph[value].name
        let scale = balance.scale
        let inverse = balance.factors.map { Float(1 / $0) }
        let offsets = balance.offsets.map { Double(Float($0)) }
        let shifts = zip(offsets, inverse).map { Float(-$0 * Double($1)) }
        let spread = try combined([(source, inverse)], bias: shifts, name + ".balanced")
        guard case .wide(let wideScale) = spread.form else { return nil }
        let quantizer = ActivationQuantizer(name: name, scale: scale, zeroPoint: 0, integers: -127...127)
        let row = program.register(.int8, graph[value].width)
        program.add(
            .rescale,
            [.takes(spread.row), .gives(row)] + (try factor(wideScale / scale, shifts: 1...62, name)))
        note(quantizer)
        return Held(
            form: .narrow(quantizer), row: row, pass: program.current, channels: inverse.map { 1 / Double($0) })
    }

    /// How a row's columns are balanced.
    struct Balance {
        /// Factors of the columns' scales.
        var factors: [Double]
        /// The middle of each column's range, which the readers' biases take over.
        var offsets: [Double]
        /// Real value of one step of a column whose factor is 1.
        var scale: Double
    }

    /// Factors and offsets of the columns, where they take away a good part of the noise.
    func balance(_ value: Value, plain: Double) throws(EmbqError) -> Balance? {
        let width = graph[value].width
        let maxima = try point(graph[value].name).channelMaxima.map(Double.init)
        guard maxima.count == width, let readers = linearReaders(value) else { return nil }
        var (largest, energy) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
        for linear in readers {
            for index in linear.weight.indices {
                let weight = Double(linear.weight[index])
                largest[index % width] = max(largest[index % width], abs(weight))
                energy[index % width] += weight * weight
            }
        }
        // An activation's lower end is the function's own, whatever the column.
        var lowest = -Double.infinity
        if case .activate(let activation, _) = graph[value].operation { lowest = activation.minimum }
        let lows = maxima.map { max(-$0, lowest) }
        let floor = (maxima.max() ?? 0) * 1e-4
        let reaches = zip(maxima, lows).map { max(($0 - $1) / 2, floor, 1e-9) }
        let factors = zip(reaches, largest).map { $1 == 0 ? 1 : ($0 / $1).squareRoot() }
        let scale = zip(reaches, factors).reduce(1e-9) { max($0, $1.0 / $1.1) } / 127
        // Rounding adds scale² / 12 to each column, times what the weights make of it.
        let before = plain * plain * energy.reduce(0, +)
        let after = zip(factors, energy).reduce(0) { $0 + scale * scale * $1.0 * $1.0 * $1.1 }
        guard after < before * Self.worthwhileNoise else { return nil }
        return Balance(factors: factors, offsets: zip(maxima, lows).map { ($0 + $1) / 2 }, scale: scale)
    }

    /// The part of the noise that may be left for balancing to be worth its bytes.
    private static let worthwhileNoise = 0.6

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
