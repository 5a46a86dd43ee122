import EmbqContainers
import EmbqCore

/// Who makes and who reads each value of a model.
struct ONNXGraph: Sendable {
    /// A constant as an operation meets it.
    struct Operand {
        let tensor: ONNXTensor
        /// Whether the operation meets the two dimensions exchanged.
        var isTransposed: Bool
        /// The name that the checkpoint had for it, or nil when the exporter made one up.
        var name: String?
    }

    let nodes: [ONNXNode]
    /// Initializers and constants of Constant nodes, in the order of the file.
    let constants: [ONNXTensor]
    private let constantsByName: [String: ONNXTensor]
    private let producers: [String: Int]
    private let consumers: [String: [Int]]

    /// Steps of one walk through operations that change no weight: files with cycles end there.
    private static let maximumSteps = 16
    /// Other values of one value that are looked at.
    private static let maximumAliases = 64

    init(_ model: ONNXModel) {
        nodes = model.nodes
        var constants = model.initializers
        var producers: [String: Int] = [:]
        var consumers: [String: [Int]] = [:]
        for (index, node) in model.nodes.enumerated() {
            if let constant = Self.constant(of: node) { constants.append(constant) }
            for output in node.outputs where !output.isEmpty { producers[output] = index }
            for input in Set(node.inputs) where !input.isEmpty { consumers[input, default: []].append(index) }
        }
        var byName: [String: ONNXTensor] = [:]
        for constant in constants { byName[constant.name] = constant }
        constantsByName = byName
        self.constants = constants
        self.producers = producers
        self.consumers = consumers
    }

    private static func constant(of node: ONNXNode) -> ONNXTensor? {
        guard node.operation == "Constant", let name = node.outputs.first else { return nil }
        if let tensor = node.attributes["value"]?.tensor { return tensor }
        func values(_ values: [Float], _ shape: [Int]) -> ONNXTensor {
            ONNXTensor(name: name, type: .float, shape: shape, count: values.count, storage: .values(values))
        }
        if let value = node.attributes["value_float"]?.float { return values([value], []) }
        if let all = node.attributes["value_floats"]?.floats { return values(all, [all.count]) }
        return nil
    }

    /// The node that makes a value; nil for inputs and constants.
    func producer(of value: String?) -> ONNXNode? { value.flatMap { producers[$0] }.map { nodes[$0] } }

    /// The nodes that read a value, in the order of the file.
    func consumers(of value: String) -> [ONNXNode] { (consumers[value] ?? []).map { nodes[$0] } }

    /// The constant behind a value, through operations that leave a weight what it is.
    func constant(_ value: String?) -> Operand? {
        var value = value
        var isTransposed = false
        var name: String?
        for _ in 0..<Self.maximumSteps {
            guard let current = value else { return nil }
            if let tensor = constantsByName[current] {
                return Operand(tensor: tensor, isTransposed: isTransposed, name: name ?? Self.ownName(tensor))
            }
            guard let node = producer(of: current) else { return nil }
            switch node.operation {
            case "Identity":
                // The exporter writes equal parameters once, and the other names as outputs of Identity.
                if name == nil, Self.isParameter(current) { name = current }
            case "DequantizeLinear", "QuantizeLinear", "Cast": break
            case "Mul":
                guard let scaled = scaledIntegers(node) else { return nil }
                if name == nil, Self.isParameter(current) { name = current }
                return Operand(
                    tensor: scaled.integers, isTransposed: isTransposed, name: name ?? Self.ownName(scaled.integers))
            case "Transpose":
                guard node.attributes["perm"]?.integers ?? [1, 0] == [1, 0] else { return nil }
                isTransposed.toggle()
            case "Reshape", "Squeeze", "Unsqueeze":
                guard let inner = constant(of: node.input(0)), inner.shape.count == 1 else { return nil }
            default: return nil
            }
            value = node.input(0)
        }
        return nil
    }

    private func constant(of value: String?) -> ONNXTensor? { value.flatMap { constantsByName[$0] } }

    /// What `Mul(Cast(integers), scale)` multiplies, or `Mul(Sub(Cast(integers), zero point), scale)`: a weight of 8 or 16
    /// bits without the operations that ONNX has for it.
    func scaledIntegers(_ node: ONNXNode) -> (integers: ONNXTensor, scale: ONNXTensor, zeroPoint: ONNXTensor?)? {
        guard node.operation == "Mul" else { return nil }
        for (value, factor) in [(node.input(0), node.input(1)), (node.input(1), node.input(0))] {
            guard let scale = constant(of: factor), !scale.isInteger, scale.dtype != nil else { continue }
            if let integers = castIntegers(value) { return (integers, scale, nil) }
            guard let difference = producer(of: value), difference.operation == "Sub",
                let integers = castIntegers(difference.input(0))
            else { continue }
            let zero = difference.input(1)
            if let point = castIntegers(zero) ?? constant(of: zero) { return (integers, scale, point) }
        }
        return nil
    }

    private func castIntegers(_ value: String?) -> ONNXTensor? {
        guard let node = producer(of: value), node.operation == "Cast", let tensor = constant(of: node.input(0)) else {
            return nil
        }
        switch tensor.dtype {
        case .i8, .u8, .i16, .u16: return tensor
        default: return nil
        }
    }

    /// The constant whose very numbers a value holds, all or some of them.
    ///
    /// - Returns: the constant, and whether the value is all of it with its dimensions where they are.
    func stored(_ value: String?) -> (tensor: ONNXTensor, isWhole: Bool)? {
        var value = value
        var isWhole = true
        for _ in 0..<Self.maximumSteps {
            if let current = value, let tensor = constantsByName[current] { return (tensor, isWhole) }
            guard let node = producer(of: value) else { return nil }
            switch node.operation {
            case "Identity": break
            case "Gather", "Slice", "Transpose", "Reshape", "Squeeze", "Unsqueeze": isWhole = false
            default: return nil
            }
            value = node.input(0)
        }
        return nil
    }

    /// The constant that a value was looked up in.
    func table(behind value: String?) -> Operand? {
        guard let node = producer(of: source(of: value)), node.operation == "Gather" || node.operation == "Slice" else {
            return nil
        }
        return constant(node.input(0))
    }

    /// The value before operations that change its representation only.
    func source(of value: String?) -> String? {
        var value = value
        for _ in 0..<Self.maximumSteps {
            guard let node = producer(of: value), Self.keepsValues(node) else { return value }
            value = node.input(0)
        }
        return value
    }

    /// A value and what operations that change its representation only make of it.
    func aliases(of value: String) -> [String] {
        var all = [value]
        var at = 0
        while at < all.count {
            for node in consumers(of: all[at]) where Self.keepsValues(node) && node.input(0) == all[at] {
                guard all.count < Self.maximumAliases else { return all }
                if let output = node.outputs.first, !all.contains(output) { all.append(output) }
            }
            at += 1
        }
        return all
    }

    private static func keepsValues(_ node: ONNXNode) -> Bool {
        switch node.operation {
        case "Cast", "Identity", "Dropout", "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear": true
        default: false
        }
    }

    // MARK: Names

    /// Whether a name is one that a framework gives a parameter: identifiers and numbers with dots between.
    ///
    /// Exporters make up names without dots (`val_9`), or with `::` (`onnx::MatMul_320`) or `/` in them.
    static func isParameter(_ name: String) -> Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count > 1
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.allSatisfy { byte in
                        byte == UInt8(ascii: "_") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                            || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
                    }
            }
    }

    /// A constant's name without what onnxruntime's quantizer appends, when it is a parameter's.
    static func ownName(_ tensor: ONNXTensor) -> String? {
        let suffix = "_quantized"
        let stem =
            tensor.isInteger && tensor.name.hasSuffix(suffix)
            ? String(tensor.name.dropLast(suffix.count)) : tensor.name
        return isParameter(stem) ? stem : nil
    }
}
