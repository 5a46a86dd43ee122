import EmbqModels

/// Where the device's program makes a value of the graph, and what its integers mean: what a tool needs to compare the
/// device's rows with the fp32 graph's.
package struct ObservedRow: Sendable, Equatable, Codable {
    /// The graph's node, such as `layers.0.norm`.
    package var name: String
    /// Of the program, counted from 0, and of the operation in it.
    package var pass: Int
    package var operation: Int
    /// The register that holds the row once the operation has run.
    package var register: Int
    /// 8, 16 or 32.
    package var bits: Int
    /// A row is `(q − zero_point) · scale`, times `channels` by column where there are any.
    package var scale: Double
    package var zeroPoint: Int
    package var channels: [Float]?

    package init(
        name: String, pass: Int, operation: Int, register: Int, bits: Int, scale: Double, zeroPoint: Int,
        channels: [Float]?
    ) {
        self.name = name
        self.pass = pass
        self.operation = operation
        self.register = register
        self.bits = bits
        self.scale = scale
        self.zeroPoint = zeroPoint
        self.channels = channels
    }

    enum CodingKeys: String, CodingKey {
        case name, pass, operation, register, bits, scale, channels
        case zeroPoint = "zero_point"
    }
}

extension Lowering {
    /// The rows that have one scale, each value in the narrowest form that the program gives it: what its readers see.
    ///
    /// Sums of products are left out: they have a scale for each column, and what is made of them follows at once.
    func observedRows(_ origins: [Int: EncodedProgram.Origin]) -> [ObservedRow] {
        var narrowest: [Value: ObservedRow] = [:]
        for (value, row) in made {
            guard let found = origins[row.register.index].flatMap({ observed(row, value, $0) }) else { continue }
            if found.bits < narrowest[value]?.bits ?? .max { narrowest[value] = found }
        }
        // One row may be two values: a position that is pooled is a position's row still.
        return narrowest.sorted { a, b in
            (a.value.pass, a.value.operation, a.key.index) < (b.value.pass, b.value.operation, b.key.index)
        }
        .map(\.value)
    }

    private func observed(_ row: Row<Form>, _ value: Value, _ origin: EncodedProgram.Origin) -> ObservedRow? {
        let (bits, form): (Int, AffineForm)
        switch row.form {
        case .narrow(let narrow): (bits, form) = (8, narrow.affine)
        case .broad(.uniform(.short(let short))): (bits, form) = (16, AffineForm(scale: short.scale))
        case .broad(.uniform(.wide(let wide))): (bits, form) = (32, AffineForm(scale: wide.scale))
        case .broad(.sums): return nil
        }
        return ObservedRow(
            name: graph[value].name, pass: origin.pass, operation: origin.operation, register: origin.register,
            bits: bits, scale: form.scale, zeroPoint: form.zeroPoint,
            channels: form.channels.isEmpty ? nil : form.channels.map(Float.init))
    }
}
