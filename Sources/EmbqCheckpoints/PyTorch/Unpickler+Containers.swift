import EmbqCore

extension Unpickler {
    /// Instructions that make or fill tuples, lists, dicts and sets.
    mutating func container(_ opcode: PickleOpcode) throws(EmbqError) {
        switch opcode {
        case .emptyList: stack.append(newList([]))
        case .list: stack.append(newList(try popFrame()))
        case .append:
            let value = try pop()
            try extend(try top(), [value])
        case .appends:
            let values = try popFrame()
            try extend(try top(), values)
        case .emptyTuple: stack.append(newTuple([]))
        case .tuple: stack.append(newTuple(try popFrame()))
        case .tuple1: stack.append(newTuple([try pop()]))
        case .tuple2:
            let second = try pop()
            stack.append(newTuple([try pop(), second]))
        case .tuple3:
            let third = try pop()
            let second = try pop()
            stack.append(newTuple([try pop(), second, third]))
        case .emptyDict: stack.append(newDict([]))
        case .dict: stack.append(newDict(try popPairs()))
        case .setItem:
            let value = try pop()
            let key = try pop()
            try fill(try top(), [(key, value)])
        case .setItems:
            let items = try popPairs()
            try fill(try top(), items)
        case .emptySet: stack.append(.opaque(.set))
        case .frozenSet:
            _ = try popFrame()
            stack.append(.opaque(.set))
        case .addItems:
            _ = try popFrame()
            guard try top() == .opaque(.set) else { throw fault("it adds items to \(try top().kind)") }
        default: preconditionFailure("\(opcode) is no container's")
        }
    }

    mutating func newTuple(_ values: [PickleValue]) -> PickleValue {
        heap.sequences.append(values)
        return .tuple(heap.sequences.count - 1)
    }

    private mutating func newList(_ values: [PickleValue]) -> PickleValue {
        heap.sequences.append(values)
        return .list(heap.sequences.count - 1)
    }

    mutating func newDict(_ items: [(key: PickleValue, value: PickleValue)]) -> PickleValue {
        heap.dicts.append(items)
        return .dict(heap.dicts.count - 1)
    }

    private mutating func extend(_ target: PickleValue, _ values: [PickleValue]) throws(EmbqError) {
        guard case .list(let index) = target else { throw fault("it appends to \(target.kind)") }
        heap.sequences[index].append(contentsOf: values)
    }

    mutating func fill(_ target: PickleValue, _ items: [(key: PickleValue, value: PickleValue)]) throws(EmbqError) {
        guard case .dict(let index) = target else { throw fault("it sets items of \(target.kind)") }
        heap.dicts[index].append(contentsOf: items)
    }

    /// Keys and values that take turns, above the last mark. It changes the stack: a function that only reads would keep a
    /// copy of it meanwhile, and each frame would copy all that lies below.
    private mutating func popPairs() throws(EmbqError) -> [(key: PickleValue, value: PickleValue)] {
        let values = try popFrame()
        guard values.count % 2 == 0 else { throw fault("a dict gets a key without a value") }
        return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
    }

    /// The keys and indices that lead to what is being built, such as `optimizer.param_groups[0].lr`.
    ///
    /// Read off the stack: between two marks lie the items of the container below the first one.
    var path: String {
        var path = ""
        var owner: PickleValue?
        for (depth, start) in marks.enumerated() {
            step(owner, stack[(depth == 0 ? 0 : marks[depth - 1])..<start], isOpen: false, &path)
            owner = start > 0 ? stack[start - 1] : nil
        }
        step(owner, stack[(marks.last ?? 0)...], isOpen: true, &path)
        return path
    }

    private func step(_ owner: PickleValue?, _ items: ArraySlice<PickleValue>, isOpen: Bool, _ path: inout String) {
        var (owner, items) = (owner, items)
        // A container that is filled without a mark lies below its one item.
        if owner == nil, let first = items.first {
            owner = first
            items = items.dropFirst()
        }
        switch owner {
        case .dict:
            guard !items.isEmpty else { return }
            let place = items.startIndex + (items.count - 1) / 2 * 2
            switch items[place] {
            case .string(let key): path += (path.isEmpty ? "" : ".") + key
            case .int(let key): path += "[\(key)]"
            default: break
            }
        case .list(let index):
            let more = isOpen ? items.count : max(0, items.count - 1)
            path += "[\(heap.sequences[index].count + more)]"
        default: break
        }
    }
}
