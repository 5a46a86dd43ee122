import EmbqModels

extension ModelGraph {
    /// By node, how long the tails of its values may be: 1 behind an embedding, a norm, a pooling or tanh, and more where
    /// values are multiplied with each other.
    ///
    /// In products most values are small beside a few, and a scan's first positions are small beside its last. 8 bits with
    /// one scale for all positions then hold little of them.
    func degrees() -> [Int] {
        var degrees: [Int] = []
        for node in nodes {
            let inputs = node.operation.inputs.map { degrees[$0.index] }
            let largest = inputs.max() ?? 1
            switch node.operation {
            case .embed, .lookUp, .norm, .tableNorm, .pool, .unit, .activate(.tanh, _): degrees.append(1)
            case .add(let sum) where sum.isNorm: degrees.append(1)
            case .linear, .slice, .convolve, .activate, .add, .remember, .join: degrees.append(largest)
            case .attend(let attention): degrees.append(degrees[attention.values.index] + 1)
            case .scan, .multiply: degrees.append(inputs.reduce(1, +))
            }
        }
        return degrees
    }

    /// By the name of weights that several layers share, the names of what these read.
    func sharedInputs() -> [String: [String]] {
        var inputs: [String: [String]] = [:]
        for node in nodes {
            guard case .linear(let linear, let x) = node.operation, let name = linear.sharedName else { continue }
            inputs[name, default: []].append(self[x].name)
        }
        return inputs
    }
}
