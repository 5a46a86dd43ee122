import EmbqCore
import EmbqModels

// What every node's lowering needs: calibrated points, fixed-point factors, sums of rows.

extension Lowering {
    /// Largest |x| of a 32-bit row.
    static let rowLimit = Double(DeviceLimits.row)
    /// Largest magnitude of a bias in steps of its accumulator: half of what the runtime takes.
    static let biasLimit = Double(DeviceLimits.bias / 2)
    private static let largestBias = Double(DeviceLimits.bias)

    func point(_ name: String) throws(EmbqError) -> CalibrationProfile.Point {
        if let point = profile.point(name) { return point }
        throw EmbqError(
            .missing, place: "point '\(name)'", "the calibration profile has no such point",
            advice: "Calibrate this checkpoint again; the profile belongs to another model.")
    }

    /// What is seen of a value: of one that only a pooling of single rows reads, these rows.
    func readPoint(_ value: Value) throws(EmbqError) -> CalibrationProfile.Point {
        let readers = graph.readers(of: value)
        if readers.count == 1, case .pool(.first, _) = graph[readers[0]].operation,
            let point = profile.point(graph[readers[0]].name)
        {
            return point
        }
        return try point(graph[value].name)
    }

    /// Notes how a point is quantized, once.
    mutating func note(_ quantizer: ActivationQuantizer) {
        if !points.contains(where: { $0.name == quantizer.name }) { points.append(quantizer) }
    }

    /// Biases in steps of their accumulators.
    func steps(_ columns: Columns, _ name: String) throws(EmbqError) -> [Int32] {
        try steps(zip(columns.biases, columns.scales).map { $0 / $1 }, name)
    }

    /// Biases in steps, each rounded.
    ///
    /// - Throws: `.limitExceeded` for one that the runtime does not take.
    func steps(_ biases: [Double], _ name: String) throws(EmbqError) -> [Int32] {
        guard biases.allSatisfy({ abs($0) <= Self.largestBias }) else { throw tooLarge(name + ".bias") }
        return biases.map { Int32($0.rounded()) }
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

    /// Multipliers or biases with as many bits as the widths give them.
    func stored(_ vector: [Int32]) -> StoredVector { StoredVector(vector, isNarrow: widths.hasNarrowVectors) }

    func tooLarge(_ name: String) -> EmbqError {
        EmbqError(
            .limitExceeded, place: "'\(name)'", "its scales differ too much for fixed-point arithmetic",
            advice: "Check the weights for values far out of range with `embq inspect`.")
    }

    /// `Σ factor ⊙ row + bias` as a 32-bit row, with the finest scale that cannot overflow.
    ///
    /// - Parameters:
    ///   - terms: one or two rows, and their factors `[width]`.
    ///   - bias: `[width]`, or empty.
    ///   - given: another scale, with which larger values are clipped.
    mutating func combined(
        _ terms: [(row: Row<TermForm>, factor: [Float])], bias: [Float], _ name: String, scale given: Double? = nil
    ) throws(EmbqError) -> Row<WideForm> {
        guard let first = terms.first, terms.count <= 2 else { throw tooLarge(name) }
        let width = first.factor.count
        var biases = bias.isEmpty ? [Double](repeating: 0, count: width) : bias.map(Double.init)
        var bound = [Double](repeating: 0, count: width)
        var reals: [[Double]] = []
        for (row, factor) in terms {
            let columns = row.form.columns
            reals.append((0..<width).map { columns.scales[$0] * Double(factor[$0]) })
            for d in 0..<width {
                biases[d] += columns.biases[d] * Double(factor[d])
                bound[d] += columns.limits[d] * abs(columns.scales[d] * Double(factor[d]))
            }
        }
        let scale = given ?? Self.rowScale(zip(bound, biases).map { $0 + abs($1) }.max() ?? 0)
        let (multipliers, shift) = try signedFactors(reals.joined().map { $0 / scale }, name)
        let out = program.register(.int32, width)
        let vector = stored(Array(multipliers[..<width]))
        let second = terms.count == 2 ? stored(Array(multipliers[width...])) : nil
        let bias = stored(try steps(biases.map { $0 / scale }, name))
        var fields: [DeviceProgram.Field] = [.takes(first.row.register)]
        fields.append(terms.count == 2 ? .takes(terms[1].row.register) : .none)
        fields += [.gives(out), .word(tables.add(name + ".multiplier", vector))]
        fields.append(second.map { .word(tables.add(name + ".second.multiplier", $0)) } ?? .none)
        fields += [
            .word(StoredVector.word(shift, vector, second: second, bias: bias)),
            .word(parameters.add(name + ".bias", bias)),
        ]
        try emit(.combine, fields, for: name)
        return Row(form: WideForm(scale: scale), register: out, pass: program.current)
    }

    /// Two rows as one.
    ///
    /// - Parameter given: as of ``combined(_:bias:_:scale:)``.
    mutating func sum(_ a: Row<WideForm>, _ b: Row<WideForm>, _ name: String, scale given: Double? = nil)
        throws(EmbqError) -> Row<WideForm>
    {
        let ones = [Float](repeating: 1, count: program[a.register].width)
        let terms = [a, b].map { (row: term($0.described(.uniform(.wide($0.form)))), factor: ones) }
        return try combined(terms, bias: [], name, scale: given)
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
