package import EmbqCore

/// A checkpoint whose linear layers bitsandbytes has made int8, as real numbers: `weight · SCB / 127`.
///
/// `X.weight` is int8 `[outputs, inputs]`, `X.SCB` the largest absolute value of each row, and `X.weight_format` says
/// that the rows lie one after the other, as bitsandbytes saves them on every device.
///
/// Source: `Linear8bitLt` of github.com/bitsandbytes-foundation/bitsandbytes.
package struct BitsAndBytesSource: TensorSource {
    package let tensors: [TensorInfo]
    private let base: any TensorSource
    /// Names of int8 weights, as bytes.
    private let weights: Set<[UInt8]>

    private static let scaleEnding = ".SCB"
    private static let formatEnding = ".weight_format"
    private static let absmaxEnding = ".absmax"
    private static let quantMapEnding = ".quant_map"
    /// A scale above this times an int8 value is no fp32 number.
    private static let largestScale = Float.greatestFiniteMagnitude / 128
    /// bitsandbytes' numbers for the orders of a weight's values.
    private static let orders = ["row", "col32", "col_turing", "col_ampere"]

    package var format: String { base.format + ", bitsandbytes int8" }
    package var path: String { base.path }
    package var inputs: [String] { base.inputs }
    package var metadata: [(key: String, value: String)] { base.metadata }
    package var remarks: [CheckpointNote] { base.remarks }
    package var notes: [TensorNote] {
        base.notes
            + tensors.filter { weights.contains(Array($0.name.utf8)) }.map {
                TensorNote(tensor: $0.name, text: "int8 of bitsandbytes made fp32 with \($0.shape[0]) scales")
            }
    }

    /// The source itself, or its tensors as real numbers when it is a release of bitsandbytes.
    ///
    /// - Throws: `.unsupported` for its 4-bit releases and for other orders of values; what is wrong between a weight
    ///   and its scales.
    package static func wrap(_ source: any TensorSource) throws(EmbqError) -> any TensorSource {
        // Older releases have a table of 16 values instead of a state.
        let isFour: (TensorInfo) -> Bool = { info in
            info.name.contains(".quant_state.bitsandbytes__")
                || info.name.hasSuffix(absmaxEnding)
                    && source.info(String(info.name.dropLast(absmaxEnding.count)) + quantMapEnding) != nil
        }
        if let four = source.tensors.first(where: isFour) {
            throw fault(
                .unsupported, source, four.name,
                "it belongs to a 4-bit release of bitsandbytes, which embq does not read")
        }
        let isRelease = source.tensors.contains { $0.name.hasSuffix(scaleEnding) || $0.name.hasSuffix(formatEnding) }
        return isRelease ? try BitsAndBytesSource(source) : source
    }

    private init(_ base: any TensorSource) throws(EmbqError) {
        self.base = base
        var tensors: [TensorInfo] = []
        var weights: Set<[UInt8]> = []
        for info in base.tensors {
            if info.name.hasSuffix(Self.scaleEnding) {
                let stem = String(info.name.dropLast(Self.scaleEnding.count))
                guard let weight = base.info(stem + ".weight") else {
                    throw Self.fault(.missing, base, info.name, "there is no weight that these scales belong to")
                }
                try Self.check(weight, scales: info, base)
            } else if info.name.hasSuffix(Self.formatEnding) {
                let stem = String(info.name.dropLast(Self.formatEnding.count))
                guard base.info(stem + Self.scaleEnding) != nil else {
                    throw Self.fault(
                        .missing, base, info.name,
                        "there are no scales '\(EmbqError.printable(stem)).SCB' for this weight")
                }
                try Self.checkOrder(info, base)
            } else if info.dtype == .i8 {
                let scales = info.name.hasSuffix(".weight") ? String(info.name.dropLast("weight".count)) + "SCB" : nil
                guard let scales, base.info(scales) != nil else {
                    throw Self.fault(.missing, base, info.name, "its values are int8, and there are no scales for them")
                }
                guard let real = TensorInfo(name: info.name, dtype: .f32, shape: info.shape) else {
                    throw Self.fault(.limitExceeded, base, info.name, "\(info.shape) is too large for fp32")
                }
                tensors.append(real)
                weights.insert(Array(info.name.utf8))
            } else {
                tensors.append(info)
            }
        }
        self.tensors = tensors
        self.weights = weights
    }

    package func withBytes<R>(of name: String, _ body: (Span<UInt8>) throws(EmbqError) -> R) throws(EmbqError) -> R {
        let info = try requireInfo(name)
        guard weights.contains(Array(info.name.utf8)) else { return try base.withBytes(of: name, body) }
        let scales = try base.finiteFloats(String(info.name.dropLast("weight".count)) + "SCB").values
        let columns = info.shape[1]
        let floats: [Float] = try base.withBytes(of: name) { bytes in
            (0..<bytes.count).map { Float(Int8(bitPattern: bytes[$0])) * scales[$0 / columns] / 127 }
        }
        return try body(DType.f32.bytes(floats).span)
    }

    private static func check(_ weight: TensorInfo, scales: TensorInfo, _ base: any TensorSource) throws(EmbqError) {
        guard weight.dtype == .i8, weight.shape.count == 2 else {
            throw fault(
                .malformed, base, weight.name,
                "it is \(weight.dtype.rawValue) \(weight.shape); with scales beside it, I8 of two dimensions is expected"
            )
        }
        guard scales.dtype.isReadable, scales.shape == [weight.shape[0]] else {
            throw fault(
                .shapeMismatch, base, scales.name,
                "it is \(scales.dtype.rawValue) \(scales.shape); one number for each of the \(weight.shape[0]) rows of "
                    + "its weight is expected")
        }
        let values = try base.finiteFloats(scales.name).values
        if let negative = values.first(where: { $0 < 0 }) {
            throw fault(
                .malformed, base, scales.name, "it has the value \(negative), a largest absolute value is expected")
        }
        if let large = values.first(where: { $0 > largestScale }) {
            throw fault(
                .malformed, base, scales.name, "it has the value \(large), which is too large for int8 times it")
        }
    }

    private static func checkOrder(_ info: TensorInfo, _ base: any TensorSource) throws(EmbqError) {
        guard info.dtype == .u8, info.count == 1 else {
            throw fault(
                .malformed, base, info.name, "it is \(info.dtype.rawValue) \(info.shape), one number of U8 is expected")
        }
        let order = try base.withBytes(of: info.name) { bytes in Int(bytes[0]) }
        guard order == 0 else {
            let name = orders.indices.contains(order) ? "'\(orders[order])'" : "number \(order)"
            throw fault(.unsupported, base, info.name, "its values lie in the order \(name), embq reads 'row' alone")
        }
    }

    private static func fault(_ code: EmbqError.Code, _ source: any TensorSource, _ tensor: String, _ problem: String)
        -> EmbqError
    {
        EmbqError(
            code, file: source.path, place: EmbqError.place(tensor: tensor), problem,
            advice: "Save the model again with save_pretrained, or use its release without quantization.")
    }
}
