/// An ONNX model as importing its weights needs it: the graph's nodes and constants, without the constants' values.
package struct ONNXModel: Sendable {
    /// In the order of the file, which puts producers before consumers.
    package var nodes: [ONNXNode]
    /// Constants, with distinct names.
    package var initializers: [ONNXTensor]
    /// Names of the graph's inputs; old files list initializers among them.
    package var inputs: [String]
}

/// One operation of a graph.
package struct ONNXNode: Sendable {
    /// Empty when the exporter gave none.
    package var name: String
    /// Such as `MatMul`; operators of other domains have names of their own, so the domain is left out.
    package var operation: String
    /// Names of values; empty for an optional input that is left out.
    package var inputs: [String]
    package var outputs: [String]
    package var attributes: [String: ONNXAttribute]
    /// The module in which the exporter met the operation, outermost first, where it says so.
    package var scopes: String?

    /// The name of an input, or nil when it is left out.
    package func input(_ index: Int) -> String? {
        inputs.indices.contains(index) && !inputs[index].isEmpty ? inputs[index] : nil
    }

    /// An integer attribute.
    package func integer(_ name: String, default missing: Int) -> Int { attributes[name]?.integer ?? missing }
}

/// A constant of an operation. Kinds that no weight depends on are left out.
package struct ONNXAttribute: Sendable {
    package var integer: Int?
    package var integers: [Int] = []
    package var float: Float?
    package var floats: [Float] = []
    package var tensor: ONNXTensor?
}
