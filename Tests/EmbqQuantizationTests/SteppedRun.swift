import CEmbqRuntime

/// A run of the C interface's steps, in memory of its own with a guard around the arena.
///
/// Holds: blob, arena and logits live as long as this; the run points into them.
@safe final class SteppedRun {
    private static let guardBytes = 64, paint: UInt8 = 0xC3

    private let blob: UnsafeMutableRawBufferPointer
    private let model: UnsafeMutablePointer<embq_model>
    private let memory: UnsafeMutableRawBufferPointer
    private let outputs: UnsafeMutableBufferPointer<Int32>
    private let state: UnsafeMutablePointer<embq_run>
    private let start: Int
    private let arenaBytes: Int

    /// An artifact that embq_open accepts, and an arena of `arenaBytes`, `offset` bytes behind an aligned address.
    init(_ artifact: [UInt8], arenaBytes: Int, offset: Int = 0) {
        unsafe blob = .allocate(byteCount: artifact.count, alignment: Int(EMBQ_ALIGNMENT))
        unsafe blob.copyBytes(from: artifact)
        unsafe model = .allocate(capacity: 1)
        unsafe model.initialize(to: embq_model())
        _ = unsafe embq_open(model, blob.baseAddress, blob.count)
        self.arenaBytes = arenaBytes
        start = Self.guardBytes + offset
        unsafe memory = .allocate(byteCount: arenaBytes + 2 * Self.guardBytes, alignment: Int(EMBQ_ALIGNMENT))
        unsafe memory.initializeMemory(as: UInt8.self, repeating: Self.paint)
        unsafe outputs = .allocate(capacity: Int(embq_output_count(model)))
        unsafe outputs.initialize(repeating: -1)
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: embq_run())
    }

    deinit {
        unsafe blob.deallocate()
        unsafe model.deallocate()
        unsafe memory.deallocate()
        unsafe outputs.deallocate()
        unsafe state.deallocate()
    }

    /// embq_begin.
    func begin(_ ids: [UInt16]) -> embq_status {
        unsafe embq_begin(model, ids, UInt32(ids.count), arena, arenaBytes, outputs.baseAddress, state)
    }

    /// embq_begin_text; the text is gone when this returns.
    func begin(text: String) -> embq_status {
        var bytes = text.utf8.map { CChar(bitPattern: $0) }
        defer { for index in bytes.indices { bytes[index] = 0x2A } }
        return unsafe embq_begin_text(model, bytes, bytes.count, arena, arenaBytes, outputs.baseAddress, state)
    }

    /// embq_run_text in the same memory.
    func run(text: String) -> embq_status {
        let bytes = text.utf8.map { CChar(bitPattern: $0) }
        return unsafe embq_run_text(model, bytes, bytes.count, arena, arenaBytes, outputs.baseAddress)
    }

    /// Arguments that can be left out.
    enum Argument: CaseIterable { case model, source, arena, logits, run }

    /// embq_begin and embq_begin_text with a null pointer in place of an argument.
    func begin(without argument: Argument) -> [embq_status] {
        let ids: [UInt16] = [2, 5], text: [CChar] = [0x61, 0x62]
        let model = argument == .model ? nil : unsafe UnsafePointer(self.model)
        let arena = argument == .arena ? nil : unsafe self.arena
        let logits = argument == .logits ? nil : unsafe outputs.baseAddress
        let run = argument == .run ? nil : unsafe state
        return unsafe [
            embq_begin(model, argument == .source ? nil : ids, 2, arena, arenaBytes, logits, run),
            embq_begin_text(model, argument == .source ? nil : text, 2, arena, arenaBytes, logits, run),
        ]
    }

    /// embq_step: whether more is left.
    func step() -> Bool { unsafe embq_step(state) != 0 }

    /// Steps up to and with the one that says that nothing is left.
    func finish() -> Int {
        var steps = 1
        while step() { steps += 1 }
        return steps
    }

    var logits: [Int32] { unsafe Array(outputs) }

    /// The arena's bytes.
    var contents: [UInt8] { unsafe Array(memory[start..<start + arenaBytes]) }

    /// All bytes around the arena kept their values.
    var isContained: Bool {
        unsafe memory.indices.allSatisfy { index in
            if (start..<start + arenaBytes).contains(index) { return true }
            return unsafe memory[index] == Self.paint
        }
    }

    private var arena: UnsafeMutableRawPointer? { unsafe memory.baseAddress?.advanced(by: start) }
}
