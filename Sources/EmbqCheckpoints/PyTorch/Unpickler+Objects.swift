import EmbqCore

/// What stands for Python's objects: names, calls, states, and the storages that lie outside of the pickle.
extension Unpickler {
    mutating func pushGlobal(_ module: String, _ name: String) throws(EmbqError) {
        guard let known = PickleGlobal(module: module, name: name) else {
            throw unsupported(
                "it wants \(EmbqError.printable("\(module).\(name)")), which is not among what embq reads: "
                    + PickleGlobal.summary)
        }
        stack.append(.global(known))
    }

    /// The values of a call's arguments.
    private func tuple(_ value: PickleValue, _ what: String) throws(EmbqError) -> [PickleValue] {
        guard case .tuple(let index) = value else { throw fault("\(what) is \(value.kind), a tuple is expected") }
        return heap.sequences[index]
    }

    mutating func call(_ function: PickleValue, _ argumentTuple: PickleValue) throws(EmbqError) -> PickleValue {
        guard case .global(let global) = function else { throw fault("it calls \(function.kind)") }
        let arguments = try tuple(argumentTuple, "a call's arguments")
        switch global {
        case .orderedDict, .counter: return try dict(arguments)
        case .defaultDict:
            guard arguments.isEmpty || arguments[0] == .global(.plainType) || arguments[0] == .none else {
                throw fault("a defaultdict's factory is \(arguments[0].kind)")
            }
            return try dict(Array(arguments.dropFirst()))
        case .size:
            guard arguments.count == 1 else { throw fault("torch.Size gets \(arguments.count) arguments") }
            switch arguments[0] {
            case .tuple(let index), .list(let index):
                try copy(heap.sequences[index].count)
                return newTuple(heap.sequences[index])
            default: throw fault("torch.Size gets \(arguments[0].kind)")
            }
        case .set: return .opaque(.set)
        case .byteArray, .encode: return .opaque(.bytes)
        case .complex: return .opaque(.complex)
        case .device: return .opaque(.device)
        case .numpyType: return .opaque(.numpyType)
        case .numpyScalar: return .opaque(.numpyScalar)
        case .rebuildTensor, .rebuildTensor2, .rebuildTensor3: return try rebuild(global, arguments)
        case .rebuildParameter, .rebuildParameterWithState, .parameter:
            guard let first = arguments.first, case .tensor = first else {
                throw fault("a parameter is made of something else than a tensor")
            }
            return first
        case .rebuildFromType:
            guard arguments.count == 4, case .global(let inner) = arguments[0],
                [.rebuildTensor2, .rebuildTensor3, .rebuildParameter].contains(inner),
                [.global(.tensorType), .global(.parameter)].contains(arguments[1])
            else { throw unsupported("it makes a tensor of a type of its own") }
            return try call(arguments[0], arguments[2])
        case .namespace, .plainType, .tensorType, .dtype, .storage:
            throw fault("it calls \(function.kind) that is no function")
        }
    }

    private mutating func dict(_ arguments: [PickleValue]) throws(EmbqError) -> PickleValue {
        guard let first = arguments.first else { return newDict([]) }
        guard arguments.count == 1 else { throw fault("a dict is made of \(arguments.count) arguments") }
        switch first {
        case .dict(let index):
            try copy(heap.dicts[index].count)
            return newDict(heap.dicts[index])
        case .list(let index), .tuple(let index):
            try copy(heap.sequences[index].count)
            var items: [(key: PickleValue, value: PickleValue)] = []
            for item in heap.sequences[index] {
                guard let pair = heap.elements(item), pair.count == 2 else {
                    throw fault("a dict is made of \(item.kind), a pair is expected")
                }
                items.append((pair[0], pair[1]))
            }
            return newDict(items)
        default: throw fault("a dict is made of \(first.kind)")
        }
    }

    /// An object made without a call of its initializer: only a Namespace is.
    mutating func make(_ type: PickleValue, _ arguments: PickleValue) throws(EmbqError) -> PickleValue {
        guard type == .global(.namespace), try tuple(arguments, "a new object's arguments").isEmpty else {
            throw unsupported("it makes an object of \(type.kind)")
        }
        let made = newDict([])
        heap.namespaces.insert(heap.dicts.count - 1)
        return made
    }

    mutating func setState(of target: PickleValue, _ state: PickleValue) throws(EmbqError) {
        switch (target, state) {
        case (.dict(let index), .dict(let fields)):
            // The attributes of an OrderedDict, such as a state_dict's _metadata, are of no use here.
            guard heap.namespaces.contains(index) else { break }
            try copy(heap.dicts[fields].count)
            try fill(target, heap.dicts[fields])
        case (.opaque(.numpyType), .tuple): break
        default: throw unsupported("it sets the state of \(target.kind) to \(state.kind)")
        }
    }

    // MARK: Tensors

    /// The storage that a persistent id names: `("storage", type, key, location, count)`.
    mutating func storage(_ id: PickleValue) throws(EmbqError) -> PickleValue {
        let fields = try tuple(id, "a persistent id")
        guard fields.count >= 5, fields.count <= 6, fields[0] == .string("storage"),
            case .global(.storage(let dtype)) = fields[1], case .string(let key) = fields[2],
            case .string = fields[3], case .int(let count) = fields[4]
        else { throw fault("a persistent id is not ('storage', type, key, location, count)") }
        guard fields.count == 5 || fields[5] == .none else {
            throw unsupported("the storage '\(EmbqError.printable(key))' is a view of another one")
        }
        guard count >= 0, let byteCount = (dtype ?? .u8).byteCount(of: count) else {
            throw fault("the storage '\(EmbqError.printable(key))' has \(count) values")
        }
        let storage = TorchStorage(key: key, dtype: dtype, byteCount: byteCount)
        if let index = storageIndex[key] {
            guard heap.storages[index] == storage else {
                throw fault("the storage '\(EmbqError.printable(key))' is described in two ways")
            }
            return .storage(index)
        }
        heap.storages.append(storage)
        storageIndex[key] = heap.storages.count - 1
        return .storage(heap.storages.count - 1)
    }

    /// A tensor of `(storage, offset, size, stride, …)`; the dtype stands in the storage, or for version 3 after them.
    private mutating func rebuild(_ function: PickleGlobal, _ arguments: [PickleValue]) throws(EmbqError)
        -> PickleValue
    {
        let counts =
            switch function {
            case .rebuildTensor: 4...4
            case .rebuildTensor2: 6...7
            default: 7...8
            }
        guard counts.contains(arguments.count), case .storage(let index) = arguments[0],
            case .int(let offset) = arguments[1]
        else { throw fault("a tensor is not made of (storage, offset, size, stride, ...)") }
        let storage = heap.storages[index]
        var dtype = storage.dtype
        if function == .rebuildTensor3, case .global(.dtype(let named)) = arguments[6] { dtype = named }
        guard let dtype else { throw fault("a tensor of an untyped storage has no dtype") }
        // The last argument, when it is there, tells that the values are yet to be negated or conjugated.
        if arguments.count == counts.upperBound, function != .rebuildTensor,
            case .dict(let metadata) = arguments[counts.upperBound - 1],
            !heap.dicts[metadata].isEmpty
        {
            throw unsupported("a tensor is a negative or conjugate view")
        }
        let shape = try integers(arguments[2], "size")
        let strides = try integers(arguments[3], "stride")
        let view: StridedView
        do throws(EmbqError) {
            view = try StridedView(
                shape: shape, strides: strides, offset: offset, elementSize: dtype.bits / 8,
                byteCount: storage.byteCount
            )
        } catch {
            throw error.inside(place)
        }
        heap.tensors.append(TorchTensor(storage: index, dtype: dtype, view: view))
        return .tensor(heap.tensors.count - 1)
    }

    private func integers(_ value: PickleValue, _ what: String) throws(EmbqError) -> [Int] {
        guard let values = heap.elements(value) else { throw fault("a tensor's \(what) is \(value.kind)") }
        guard values.count <= StridedView.maximumRank else {
            throw EmbqError(
                .limitExceeded, place: place,
                "a tensor has \(values.count) dimensions, the limit is \(StridedView.maximumRank)",
                advice: "The file is damaged or made to confuse: get it again from its source.")
        }
        var integers: [Int] = []
        for value in values {
            guard case .int(let integer) = value else { throw fault("a tensor's \(what) holds \(value.kind)") }
            integers.append(integer)
        }
        return integers
    }
}

extension PickleHeap {
    /// The values of a tuple or a list, or nil for another value.
    package func elements(_ value: PickleValue) -> [PickleValue]? {
        switch value {
        case .tuple(let index), .list(let index): sequences[index]
        default: nil
        }
    }
}
