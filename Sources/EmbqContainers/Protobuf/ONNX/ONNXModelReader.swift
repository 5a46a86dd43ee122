internal import CEmbqSchemas
import EmbqCore

/// Turns unpacked messages into values and checks the graph's own rules.
///
/// Each pointer belongs to the open document: the library null-terminates text, and an array has as many elements as
/// its count says.
enum ONNXModelReader {
    private typealias File = ONNXModelFile

    static func graph(_ message: borrowing Onnx__GraphProto) throws(EmbqError) -> ONNXModel {
        guard unsafe message.n_sparse_initializer == 0 else {
            throw File.fault(
                .unsupported, nil, "the graph has sparse initializers, which embq does not read",
                advice: "Export the model with dense weights.")
        }
        var model = ONNXModel(nodes: [], initializers: [], inputs: [])
        // Swift's equality, for which é is é however it is written: names that differ in bytes alone are refused too.
        var names: Set<String> = []
        for index in unsafe 0..<message.n_initializer {
            guard let pointer = unsafe message.initializer[index] else { continue }
            let name = unsafe text(pointer.pointee.name)
            guard !name.isEmpty else { throw File.fault(.missing, "initializer \(index)", "it has no name") }
            let tensor = try unsafe ONNXTensorReader.tensor(pointer.pointee, name: name)
            guard names.insert(name).inserted else {
                throw File.fault(.duplicate, EmbqError.place(tensor: name), "two initializers have this name")
            }
            model.initializers.append(tensor)
        }
        for index in unsafe 0..<message.n_node {
            guard let pointer = unsafe message.node[index] else { continue }
            let node = try unsafe node(pointer.pointee, index)
            for output in node.outputs where !output.isEmpty && !names.insert(output).inserted {
                throw File.fault(
                    .duplicate, place(node, index),
                    "its output '\(EmbqError.printable(output))' is made by another node too, or is an initializer")
            }
            model.nodes.append(node)
        }
        for index in unsafe 0..<message.n_input {
            guard let pointer = unsafe message.input[index] else { continue }
            model.inputs.append(unsafe text(pointer.pointee.name))
        }
        return model
    }

    private static func node(_ message: borrowing Onnx__NodeProto, _ index: Int) throws(EmbqError) -> ONNXNode {
        var node = ONNXNode(
            name: unsafe text(message.name), operation: unsafe text(message.op_type),
            inputs: unsafe texts(message.input, message.n_input),
            outputs: unsafe texts(message.output, message.n_output), attributes: [:], scopes: nil)
        guard !node.operation.isEmpty else { throw File.fault(.missing, place(node, index), "it has no op_type") }
        for index in unsafe 0..<message.n_attribute {
            guard let pointer = unsafe message.attribute[index] else { continue }
            let name = unsafe text(pointer.pointee.name)
            guard node.attributes[name] == nil else {
                throw File.fault(
                    .duplicate, place(node, index), "the attribute '\(EmbqError.printable(name))' stands twice")
            }
            node.attributes[name] = try unsafe attribute(pointer.pointee, of: node, index)
        }
        for index in unsafe 0..<message.n_metadata_props {
            guard let entry = unsafe message.metadata_props[index] else { continue }
            if unsafe text(entry.pointee.key) == "pkg.torch.onnx.name_scopes" {
                node.scopes = unsafe text(entry.pointee.value)
            }
        }
        return node
    }

    private static func attribute(_ message: borrowing Onnx__AttributeProto, of node: ONNXNode, _ index: Int)
        throws(EmbqError) -> ONNXAttribute
    {
        guard unsafe message.g == nil, unsafe message.n_graphs == 0 else {
            throw File.fault(
                .unsupported, place(node, index),
                "it is \(EmbqError.printable(node.operation)), which has a graph of its own; embq follows no control flow",
                advice: "Export the model without conditions and loops (by tracing), or use the checkpoint itself.")
        }
        var attribute = ONNXAttribute()
        if unsafe message.has_i != 0 { attribute.integer = Int(unsafe message.i) }
        if unsafe message.has_f != 0 { attribute.float = unsafe message.f }
        attribute.integers = unsafe UnsafeBufferPointer(start: message.ints, count: message.n_ints).map {
            Int($0)
        }
        attribute.floats = unsafe Array(UnsafeBufferPointer(start: message.floats, count: message.n_floats))
        if let tensor = unsafe message.t {
            attribute.tensor = try unsafe ONNXTensorReader.tensor(
                tensor.pointee, name: node.outputs.first ?? text(tensor.pointee.name))
        }
        return attribute
    }

    private static func place(_ node: ONNXNode, _ index: Int) -> String {
        node.name.isEmpty ? "node \(index)" : "node '\(EmbqError.printable(node.name))'"
    }

    /// A string field, empty when it is missing: the guard has checked that it is UTF-8 without a NUL.
    static func text(_ field: UnsafePointer<CChar>?) -> String {
        guard let field = unsafe field else { return "" }
        return unsafe String(cString: field)
    }

    private static func texts(_ fields: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int) -> [String] {
        unsafe UnsafeBufferPointer(start: fields, count: count).map { unsafe text($0) }
    }
}
