import EmbqCore
import EmbqModels

// What every node's lowering needs: calibrated points, fixed-point factors, sums of rows.

extension Lowering {
    /// Largest |x| of a 32-bit row.
    static let rowLimit = Double(DeviceLimits.row)
    /// Largest magnitude of a bias in steps of its accumulator: half of what the runtime takes.
    static let biasLimit = Double(DeviceLimits.bias / 2)

    func point(_ name: String) throws(EmbqError) -> CalibrationProfile.Point {
        if let point = profile.point(name) { return point }
        throw EmbqError(
            .missing, place: "point '\(name)'", "the calibration profile has no such point",
            advice: "Calibrate this checkpoint again; the profile belongs to another model.")
    }

    /// Notes how a point is quantized, once.
    mutating func note(_ quantizer: ActivationQuantizer) {
        if !points.contains(where: { $0.name == quantizer.name }) { points.append(quantizer) }
    }

    /// Biases in steps of their accumulators.
    func steps(_ biases: [Double], _ scales: [Double]) -> [Int32] {
        zip(biases, scales).map { Int32(($0 / $1).rounded()) }
    }

    /// The smallest weight scale with which a bias fits its int32 in steps of the accumulator.
    func floors(_ biases: [Double], inputScale: Double) -> [Double] {
        biases.map { abs($0) / (inputScale * Self.biasLimit) }
    }

    func factors(_ reals: [Double], bits: Int = 31, shifts: ClosedRange<Int>, _ name: String) throws(EmbqError)
        -> (multipliers: [Int32], shift: UInt32)
    {
        guard let common = FixedPointFactor.common(reals, bits: bits, shifts: shifts) else { throw tooLarge(name) }
        return common
    }

    /// The two words of a factor.
    func factor(_ real: Double, bits: Int = 31, shifts: ClosedRange<Int>, _ name: String) throws(EmbqError)
        -> [DeviceProgram.Field]
    {
        let (multipliers, shift) = try factors([real], bits: bits, shifts: shifts, name)
        return [.word(UInt32(multipliers[0])), .word(shift)]
    }

    func tooLarge(_ name: String) -> EmbqError {
        EmbqError(
            .limitExceeded, place: "'\(name)'", "its scales differ too much for fixed-point arithmetic",
            advice: "Check the weights for values far out of range with `embq inspect`.")
    }

    /// `Σ factor ⊙ row + bias` as a 32-bit row, with the finest scale that cannot overflow.
    ///
    /// - Parameters:
    ///   - terms: one or two rows, none of them int8, and their factors `[width]`.
    ///   - bias: `[width]`, or empty.
    mutating func combined(_ terms: [(row: Held, factor: [Float])], bias: [Float], _ name: String)
        throws(EmbqError) -> Held
    {
        guard let first = terms.first, terms.count <= 2 else { throw tooLarge(name) }
        let width = first.factor.count
        var biases = bias.isEmpty ? [Double](repeating: 0, count: width) : bias.map(Double.init)
        var bound = [Double](repeating: 0, count: width)
        var reals: [[Double]] = []
        for (row, factor) in terms {
            let (scales, rowBiases, limits) = describe(row, width)
            reals.append((0..<width).map { scales[$0] * Double(factor[$0]) })
            for d in 0..<width {
                biases[d] += rowBiases[d] * Double(factor[d])
                bound[d] += limits[d] * abs(scales[d] * Double(factor[d]))
            }
        }
        let scale = Self.rowScale(zip(bound, biases).map { $0 + abs($1) }.max() ?? 0)
        let (multipliers, shift) = try signedFactors(reals.joined().map { $0 / scale }, name)
        let out = program.register(.int32, width)
        let place = tables.add(name + ".multiplier", Array(multipliers[..<width]), shape: [width])
        var fields: [DeviceProgram.Field] = [.takes(first.row.row)]
        fields.append(terms.count == 2 ? .takes(terms[1].row.row) : .none)
        fields += [.gives(out), .word(place)]
        fields.append(
            terms.count == 2
                ? .word(tables.add(name + ".second.multiplier", Array(multipliers[width...]), shape: [width])) : .none)
        let steps = biases.map { Int32(($0 / scale).rounded()) }
        fields += [.word(shift), .word(parameters.add(name + ".bias", steps, shape: [width]))]
        program.add(.combine, fields)
        return Held(form: .wide(scale: scale), row: out, pass: program.current)
    }

    /// A row's scale and bias by column, and the largest magnitude of its integers.
    private func describe(_ row: Held, _ width: Int) -> (scales: [Double], biases: [Double], limits: [Double]) {
        let zeros = [Double](repeating: 0, count: width)
        switch row.form {
        case .narrow(let quantizer):
            return (zeros.map { _ in quantizer.scale }, zeros, zeros.map { _ in 127 })
        case .short(let scale): return (zeros.map { _ in scale }, zeros, zeros.map { _ in 32_767 })
        case .wide(let scale): return (zeros.map { _ in scale }, zeros, zeros.map { _ in Self.rowLimit })
        case .sums(let scales, let biases): return (scales, biases, row.limits)
        }
    }

    /// Factors of either sign that share one shift.
    func signedFactors(_ reals: [Double], _ name: String) throws(EmbqError)
        -> (multipliers: [Int32], shift: UInt32)
    {
        let (magnitudes, shift) = try factors(reals.map { abs($0) }, shifts: 1...62, name)
        return (zip(reals, magnitudes).map { $0 < 0 ? -$1 : $1 }, shift)
    }

    /// Real value of one step of a 32-bit row, so that no sum of integers passes the limit.
    static func rowScale(_ bound: Double) -> Double { max(bound, 1e-20) / rowLimit * 1.000001 }
}
