import EmbqCore
import EmbqModels

// Outlier channels: where a few columns of a row are much larger than the others, one int8 scale for all of them rounds
// the others away. Each column then gets a factor, which the weights of the row's readers take over.

extension Lowering {
    /// A row as int8 with a scale for each column, where that is worth its bytes: `s = a^α / w^(1 − α)`, with the
    /// largest magnitude a of the column and w of the weights that read it, and α of the least noise.
    ///
    /// - Returns: nil where anybody but linear layers reads the row, where the profile has no channels, or where most of
    ///   the noise in the readers' sums would stay.
    ///
    /// Source: G. Xiao et al., "SmoothQuant: Accurate and Efficient Post-Training Quantization for Large Language
    /// Models", arXiv 2211.10438, equation 4.
    mutating func balanced(_ value: Value, _ source: Row<UniformForm>) throws(EmbqError) -> Row<AffineForm>? {
        let name = graph[value].name
        let plain = ActivationQuantizer.symmetric(try point(name), observer(for: value)).scale
        guard weights.methods.contains(.balance), let balance = try balance(value, plain: plain) else { return nil }
        let scale = balance.scale
        let inverse = balance.factors.map { Float(1 / $0) }
        let term = term(source.described(.uniform(source.form)))
        let spread = try combined([(term, inverse)], bias: [], name + ".balanced")
        let quantizer = ActivationQuantizer(name: name, scale: scale, zeroPoint: 0, integers: -127...127)
        let register = program.register(.int8, graph[value].width)
        try emit(
            .rescale,
            [.takes(spread.register), .gives(register)]
                + (try factor(spread.form.scale / scale, shifts: 1...62, name)), for: name)
        note(quantizer)
        return Row(
            form: AffineForm(scale: scale, channels: inverse.map { 1 / Double($0) }), register: register,
            pass: program.current)
    }

    /// How a row's columns are balanced.
    struct Balance {
        /// Factors of the columns' scales.
        var factors: [Double]
        /// Real value of one step of a column whose factor is 1.
        var scale: Double
    }

    /// Factors of the columns, where they take away a good part of the noise.
    ///
    /// - Parameter plain: the scale without factors.
    func balance(_ value: Value, plain: Double) throws(EmbqError) -> Balance? {
        let width = graph[value].width
        let maxima = try point(graph[value].name).channelMaxima.map(Double.init)
        guard maxima.count == width, let readers = linearReaders(value) else { return nil }
        let floor = (maxima.max() ?? 0) * 1e-4
        let reaches = maxima.map { max($0 * Self.headroom, floor, 1e-9) }
        let noise = ProductNoise(readers, maxima: maxima)
        var best: (noise: Double, balance: Balance)?
        for power in stride(from: 0.25, through: 1, by: 0.125) {
            let factors = zip(reaches, noise.largest).map {
                $1 == 0 ? 1 : Elementary.pow($0, power) / Elementary.pow($1, 1 - power)
            }
            let scale = zip(reaches, factors).reduce(1e-9) { max($0, $1.0 / $1.1) } / 127
            let total = noise.total(factors, scale: scale)
            if total < best?.noise ?? .infinity {
                best = (total, Balance(factors: factors, scale: scale))
            }
        }
        let before = noise.total(Array(repeating: 1, count: width), scale: plain)
        guard let best, best.noise < before * Self.worthwhileNoise else { return nil }
        return best.balance
    }

    /// The part of the noise that may be left for balancing to be worth its bytes.
    private static let worthwhileNoise = 0.6
    /// How much larger than any value seen a column may become before it is clipped.
    private static let headroom = 1.1

    /// The linear layers that read a value as int8; nil when something else does.
    private func linearReaders(_ value: Value) -> [Linear]? {
        var linears: [Linear] = []
        for reader in graph.readers(of: value) {
            switch graph[reader].operation {
            // Weights that other layers read too take no factors.
            case .linear(let linear, _) where linear.sharedName == nil: linears.append(linear)
            case .add, .pool, .remember: break
            default: return nil
            }
        }
        return linears.isEmpty ? nil : linears
    }
}

/// The noise that int8 rows and int8 weights bring into sums of products, as an estimate: rounding errors are
/// independent and uniform, and a column's root mean square is a quarter of its largest magnitude.
private struct ProductNoise {
    let readers: [Linear]
    /// Of each column's weights, the largest magnitude and the sum of squares.
    var largest: [Double]
    var energy: [Double]
    /// Mean square of each column.
    let power: [Double]

    init(_ readers: [Linear], maxima: [Double]) {
        self.readers = readers
        let width = maxima.count
        largest = [Double](repeating: 0, count: width)
        energy = largest
        power = maxima.map { $0 * $0 / 16 }
        for linear in readers {
            for index in linear.weight.indices {
                let weight = Double(linear.weight[index])
                largest[index % width] = max(largest[index % width], abs(weight))
                energy[index % width] += weight * weight
            }
        }
    }

    /// - Parameters:
    ///   - factors: of the columns' scales.
    ///   - scale: of a column whose factor is 1.
    func total(_ factors: [Double], scale: Double) -> Double {
        var rows = 0.0
        for d in factors.indices { rows += scale * scale * factors[d] * factors[d] * energy[d] }
        var input = 0.0
        for d in factors.indices { input += power[d] / (factors[d] * factors[d]) }
        var weights = 0.0
        for linear in readers {
            for o in 0..<linear.outputs {
                var top = 0.0
                for d in factors.indices {
                    top = max(top, abs(Double(linear.weight[o * linear.inputs + d])) * factors[d])
                }
                weights += top * top / (127 * 127)
            }
        }
        return rows + weights * input
    }
}
