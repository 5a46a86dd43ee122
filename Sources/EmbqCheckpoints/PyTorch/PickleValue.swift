/// A value that a pickle builds. Containers are places in a ``PickleHeap``: they may be shared and hold themselves, as
/// in Python, and still nothing here recurses or leaks.
package enum PickleValue: Sendable, Equatable {
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case tuple(Int)
    case list(Int)
    case dict(Int)
    case storage(Int)
    case tensor(Int)
    case global(PickleGlobal)
    /// A value that is of no use here, such as bytes or a set.
    case opaque(PickleOpaque)

    /// For messages: "a string".
    package var kind: String {
        switch self {
        case .none: "None"
        case .bool: "a boolean"
        case .int: "an integer"
        case .float: "a number"
        case .string: "a string"
        case .tuple: "a tuple"
        case .list: "a list"
        case .dict: "a dict"
        case .storage: "a storage"
        case .tensor: "a tensor"
        case .global: "a name"
        case .opaque(let opaque): opaque.rawValue
        }
    }
}

/// Values that are read past.
package enum PickleOpaque: String, Sendable {
    case bytes = "bytes"
    case set = "a set"
    case wideInteger = "an integer of more than 64 bits"
    case complex = "a complex number"
    case device = "a torch.device"
    case numpyType = "a numpy dtype"
    case numpyScalar = "a numpy scalar"
}

/// What the containers of one pickle hold.
package struct PickleHeap: Sendable {
    /// Tuples and lists.
    package var sequences: [[PickleValue]] = []
    package var dicts: [[(key: PickleValue, value: PickleValue)]] = []
    /// Dicts that stand for an argparse.Namespace: setting their state sets their items.
    package var namespaces: Set<Int> = []
    package var storages: [TorchStorage] = []
    package var tensors: [TorchTensor] = []

    /// Containers, storages and tensors.
    var count: Int { sequences.count + dicts.count + tensors.count }
}
