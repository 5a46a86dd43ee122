import CEmbqRuntime

/// A register to look at each time that one operation of the program has run.
package struct WatchedRegister: Sendable, Equatable {
    /// In the program's order, counted from 0.
    package var pass: Int
    package var operation: Int
    package var register: Int

    package init(pass: Int, operation: Int, register: Int) {
        self.pass = pass
        self.operation = operation
        self.register = register
    }
}

/// What a register held, position by position.
package struct WatchedRows: Sendable, Equatable {
    /// The position of the first row: not 0 where a pass visits one position alone.
    package var first: Int
    package var width: Int
    /// `[rows, width]`, the register's integers.
    package var values: [Int32]

    package var count: Int { values.count / max(1, width) }
}

extension DeviceModel {
    /// The columns of a register of the program; 0 when there is none of that index.
    package func registerWidth(_ index: Int) -> Int {
        unsafe withHandle { unsafe Int(embq_register_width($0, UInt32(clamping: index))) }
    }
}

extension DeviceSession {
    /// As ``run(_:)``, by the same code on the same memory, and the rows of some registers.
    ///
    /// - Throws: also `.malformed` for an operation or a register that the program does not have.
    package func run(_ ids: [UInt16], watching registers: [WatchedRegister]) throws(RuntimeError) -> (
        logits: [Int32], rows: [WatchedRows]
    ) {
        try run(TokenizedTexts(ids: ids, first: 0, second: nil), watching: registers)
    }

    /// As above, for a text or a pair.
    package func run(_ texts: TokenizedTexts, watching registers: [WatchedRegister]) throws(RuntimeError) -> (
        logits: [Int32], rows: [WatchedRows]
    ) {
        let ids = texts.ids
        // A list of one, or nothing.
        let pair = texts.second == nil ? [] : [texts.handle]
        let widths = registers.map { model.registerWidth($0.register) }
        let starts = widths.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1 * ids.count) }
        var memory = [Int32](repeating: 0, count: max(1, starts.last ?? 0))
        var watches: [embq_watch] = unsafe []
        let status = unsafe memory.withUnsafeMutableBufferPointer { memory in
            // Holds: each watch has its own part of the memory, as many rows as there are tokens.
            unsafe watches = zip(registers, starts).map { register, start in
                unsafe embq_watch(
                    pass: UInt32(clamping: register.pass), operation: UInt32(clamping: register.operation),
                    index: UInt32(clamping: register.register), rows: memory.baseAddress.map { unsafe $0 + start },
                    capacity: UInt32(clamping: ids.count), first: 0, count: 0, record: nil)
            }
            return unsafe model.withHandle { handle in
                unsafe pair.withUnsafeBufferPointer { pair in
                    unsafe embq_run_watched(
                        handle, ids, UInt32(clamping: ids.count), pair.isEmpty ? nil : pair.baseAddress,
                        arena.baseAddress, arena.count, logits.baseAddress, &watches,
                        UInt32(clamping: watches.count))
                }
            }
        }
        if status == EMBQ_ERROR_ARGUMENT {
            throw RuntimeError(
                .malformed, place: "section 'META'", "its rows name operations that the program does not have",
                advice: "Make the artifact again from its checkpoint.")
        }
        guard status == EMBQ_OK else { throw DeviceModel.fault(status) }
        let rows = unsafe watches.indices.map { index in
            let (start, width) = (starts[index], widths[index])
            return unsafe WatchedRows(
                first: Int(watches[index].first), width: width,
                values: Array(memory[start..<start + Int(watches[index].count) * width]))
        }
        return (unsafe Array(logits), rows)
    }
}
