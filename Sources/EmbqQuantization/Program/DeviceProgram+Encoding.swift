import EmbqModels

// Memory is planned here: rows share registers, and stores share memory, as soon as their last reader has run.

extension DeviceProgram {
    /// Maps rows and stores to memory and writes the words.
    ///
    /// - Parameter sharing: without it every row and every store has memory of its own: more than a device has
    ///   registers for, but nothing is overwritten.
    func encoded(sharing: Bool) -> EncodedProgram {
        var turned = self
        turned.turnBackwards()
        let memory = turned.sharedStores()
        let asWritten = encoded(turned.passes, memory, sharing: true)
        let passes = turned.passes.map(delayed)
        let later = encoded(passes, memory, sharing: true)
        let isSmaller = later.registerBytes < asWritten.registerBytes
        if sharing { return isSmaller ? later : asWritten }
        return encoded(isSmaller ? passes : turned.passes, (stores, Array(stores.indices)), sharing: false)
    }

    private func encoded(_ passes: [Pass], _ memory: (stores: [StoreShape], slots: [Int]), sharing: Bool)
        -> EncodedProgram
    {
        var registers: [Shape] = []
        var encodedPasses: [(positions: UInt32, words: [UInt32])] = []
        var origins: [Int: EncodedProgram.Origin] = [:]
        for pass in passes where !pass.operations.isEmpty {
            var allocation = RegisterAllocation(
                pass.operations, shapes: shapes, registers: registers, sharing: sharing)
            var words: [UInt32] = []
            for (index, operation) in pass.operations.enumerated() {
                words.append(operation.kind.rawValue | UInt32(operation.fields.count + 1) << 16)
                let fields = allocation.encode(operation, at: index, stores: memory.slots)
                for case (.gives(let row), let place) in zip(operation.fields, fields) {
                    origins[row.index] = EncodedProgram.Origin(
                        pass: encodedPasses.count, operation: index, register: Int(place))
                }
                words += fields
            }
            registers = allocation.registers
            encodedPasses.append((pass.positions.rawValue, words))
        }
        return EncodedProgram(
            registers: registers.map { [$0.element.rawValue, UInt32($0.width)] },
            stores: memory.stores.map {
                [$0.shape.element.rawValue, UInt32($0.shape.width), UInt32($0.groups), UInt32($0.span)]
            },
            passes: encodedPasses, origins: origins)
    }

    /// Visits positions from the last one on where a convolution reads rows of an earlier pass and nothing needs the other
    /// order: each row may then be overwritten as soon as it has been read.
    private mutating func turnBackwards() {
        for pass in passes.indices where passes[pass].positions == .all {
            var (convolved, isTurnable): (Set<Int>, Bool) = ([], true)
            var others: Set<Int> = []
            for operation in passes[pass].operations {
                switch operation.kind {
                case .scan, .pool, .tag: isTurnable = false
                default: break
                }
                for case .store(let store) in operation.fields {
                    if stores[store.index].span != 0 { isTurnable = false }
                    if operation.kind.isConvolution {
                        convolved.insert(store.index)
                    } else if !operation.kind.isLoad {
                        others.insert(store.index)
                    }
                }
            }
            if isTurnable, !convolved.subtracting(others).isEmpty { passes[pass].positions = .backwards }
        }
    }

    /// A pass whose operations come as late as they can where their results are larger than what they read and nobody
    /// else does: less is held at a time.
    private func delayed(_ pass: Pass) -> Pass {
        var pass = pass
        for index in pass.operations.indices.reversed() {
            let operation = pass.operations[index]
            guard !operation.fields.contains(where: { if case .store = $0 { true } else { false } }) else { continue }
            let later = pass.operations[(index + 1)...]
            var (given, freed): ([Register], Int) = ([], 0)
            for field in operation.fields {
                switch field {
                case .gives(let row): given.append(row)
                case .takes(let row) where !later.contains(where: { $0.takes(row) }): freed += self[row].bytes
                default: break
                }
            }
            guard given.reduce(0, { $0 + self[$1].bytes }) > freed,
                let reader = later.firstIndex(where: { later in given.contains { later.takes($0) } })
            else { continue }
            pass.operations.insert(pass.operations.remove(at: index), at: reader - 1)
        }
        return pass
    }

    /// How a store is used: where it is written first, where it is read last, and whether no position reads a later one's
    /// row there.
    fileprivate struct Use {
        var first = Int.max
        var last = -1
        var readsOwnRow = true
        /// A convolution reads rows of the store's own shape alone.
        var isConvolved = false
    }

    private func uses() -> [Use] {
        var uses = [Use](repeating: Use(), count: stores.count)
        for (number, pass) in passes.enumerated() {
            for operation in pass.operations {
                for case .store(let store) in operation.fields {
                    uses[store.index].first = min(uses[store.index].first, number)
                    if uses[store.index].last < number {
                        uses[store.index].last = number
                        uses[store.index].readsOwnRow = true
                    }
                    let readsNoLaterRow = operation.kind.isConvolution && pass.positions == .backwards
                    if !operation.kind.isLoad, !readsNoLaterRow {
                        uses[store.index].readsOwnRow = false
                    }
                    if operation.kind == .convolve { uses[store.index].isConvolved = true }
                }
            }
        }
        return uses
    }

    /// Stores share memory when one is no longer read where the other is written first, and their rows fit. A pass that
    /// only loads a position's own row, or convolves earlier ones from the last one on, may overwrite it behind that, with
    /// a row of the same shape.
    private func sharedStores() -> (stores: [StoreShape], slots: [Int]) {
        let uses = self.uses()
        var slots = [Int](repeating: 0, count: stores.count)
        var memory: [StoreSlot] = []
        for index in stores.indices.sorted(by: { (uses[$0].first, $0) < (uses[$1].first, $1) }) {
            let (store, use) = (stores[index], uses[index])
            let mayReshape = memory.count(where: \.isReshaped) < DeviceLimits.reshapedStores
            let slot = memory.indices.first { memory[$0].canHold(store, use, mayReshape: mayReshape) }
            if let slot {
                memory[slot].hold(store, use)
                slots[index] = slot
            } else {
                slots[index] = memory.count
                memory.append(
                    StoreSlot(
                        shape: store, held: store.rows, isConvolved: use.isConvolved, isReshaped: store.packing != nil,
                        free: use.last, readsOwnRow: use.readsOwnRow))
            }
        }
        return (memory.map(\.shape), slots)
    }
}

extension DeviceProgram.StoreShape {
    /// What its rows are.
    fileprivate var rows: StoreSlot.Rows { StoreSlot.Rows(shape: shape, packing: packing) }
    /// Rows that may be in memory beside others: of 8 or 16 bits, or packed.
    fileprivate var isKept: Bool { shape.isKept || packing != nil }
}

/// Memory that stores have one after another.
private struct StoreSlot {
    struct Rows: Equatable {
        var shape: DeviceProgram.Shape
        var packing: DeviceProgram.Packing?
    }

    /// The largest of them.
    var shape: DeviceProgram.StoreShape
    /// The rows in it.
    var held: Rows
    /// A convolution reads rows of the slot's own shape alone.
    var isConvolved: Bool
    var isReshaped = false
    /// The pass that reads it last, and whether no position reads a later one's row there.
    var free: Int
    var readsOwnRow: Bool

    func canHold(_ store: DeviceProgram.StoreShape, _ use: DeviceProgram.Use, mayReshape: Bool) -> Bool {
        guard shape.groups == store.groups, shape.span == 0, store.span == 0 else { return false }
        let overwrites = held == store.rows && free == use.first && readsOwnRow
        guard free < use.first || overwrites else { return false }
        if shape.rows == store.rows { return true }
        let keepsShape = store.shape.bytes > shape.shape.bytes ? isConvolved : use.isConvolved
        return !keepsShape && store.isKept && shape.isKept && (isReshaped || mayReshape)
    }

    mutating func hold(_ store: DeviceProgram.StoreShape, _ use: DeviceProgram.Use) {
        if shape.rows != store.rows { isReshaped = true }
        (held, free, readsOwnRow) = (store.rows, use.last, use.readsOwnRow)
        isConvolved = isConvolved || use.isConvolved
        if store.shape.bytes > shape.shape.bytes { shape = store }
    }
}

/// Gives each row of a pass a register from its first to its last use.
private struct RegisterAllocation {
    private(set) var registers: [DeviceProgram.Shape]
    private let shapes: [DeviceProgram.Shape]
    private let sharing: Bool
    private let lastUse: [Int: Int]
    private var free: [Int]
    private var places: [Int: Int] = [:]

    init(
        _ operations: [DeviceProgram.Operation], shapes: [DeviceProgram.Shape], registers: [DeviceProgram.Shape],
        sharing: Bool
    ) {
        self.shapes = shapes
        self.sharing = sharing
        self.registers = registers
        free = Array(registers.indices)
        var lastUse: [Int: Int] = [:]
        for (index, operation) in operations.enumerated() {
            for field in operation.fields {
                switch field {
                case .takes(let row), .gives(let row): lastUse[row.index] = index
                default: break
                }
            }
        }
        self.lastUse = lastUse
    }

    private mutating func take(_ shape: DeviceProgram.Shape) -> Int {
        if sharing, let slot = free.firstIndex(where: { registers[$0] == shape }) { return free.remove(at: slot) }
        registers.append(shape)
        return registers.count - 1
    }

    private mutating func release(_ operation: DeviceProgram.Operation, at index: Int) {
        for case .takes(let row) in operation.fields where lastUse[row.index] == index {
            if let place = places[row.index], !free.contains(place) { free.append(place) }
        }
        free.sort()
    }

    /// The words of an operation's fields.
    mutating func encode(_ operation: DeviceProgram.Operation, at index: Int, stores: [Int]) -> [UInt32] {
        var scratch: [Int] = []
        var words: [UInt32] = []
        // COMBINE may write over its first input.
        let inPlace = operation.kind == .combine
        let taken = operation.fields.map { field in
            guard case .takes(let row) = field else { return 0 }
            guard let place = places[row.index] else { preconditionFailure("a row of another pass is read") }
            return place
        }
        if inPlace, case .takes(let row) = operation.fields[0], lastUse[row.index] == index,
            let place = places[row.index]
        {
            var second: Int?
            if case .takes(let other) = operation.fields[1] { second = places[other.index] }
            if second != place { free.insert(place, at: 0) }
        }
        for (field, place) in zip(operation.fields, taken) {
            switch field {
            case .takes: words.append(UInt32(place))
            case .gives(let row):
                let place = take(shapes[row.index])
                places[row.index] = place
                words.append(UInt32(place))
            case .scratch(let shape):
                let place = take(shape)
                scratch.append(place)
                words.append(UInt32(place))
            case .store(let store): words.append(UInt32(stores[store.index]))
            case .word(let word): words.append(word)
            }
        }
        free += scratch.filter { !free.contains($0) }
        let used = Set(
            operation.fields.compactMap { field -> Int? in
                if case .gives(let row) = field { return places[row.index] }
                return nil
            })
        release(operation, at: index)
        free.removeAll { used.contains($0) }
        // A row that nobody reads is free at once.
        for case .gives(let row) in operation.fields where lastUse[row.index] == index {
            if let place = places[row.index] { free.append(place) }
        }
        free.sort()
        return words
    }
}
