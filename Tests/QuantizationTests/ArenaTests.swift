import Artifact
import CEmbqRuntime
import EmbqRuntime
import TensorCore
import TestSupport
import Testing

/// The C interface, called as firmware calls it.
///
/// Holds: every buffer is larger than what the runtime is told, and lives until the call returns.
private enum Raw {
    /// embq_open of a blob that starts `offset` bytes behind an aligned address.
    static func open(_ artifact: [UInt8], offset: Int = 0) -> embq_status {
        unsafe withModel(artifact, offset: offset) { _, status in status }
    }

    /// embq_run_tokens with an arena of `arenaBytes`, `offset` bytes behind an aligned address.
    ///
    /// - Returns: its answer, the first `outputs` logits, and whether all bytes around the arena kept their values.
    static func run(_ artifact: [UInt8], _ ids: [UInt16], arenaBytes: Int, offset: Int = 0) -> (
        status: embq_status, logits: [Int32], contained: Bool
    ) {
        unsafe withModel(artifact) { model, status in
            guard status == EMBQ_OK else { return (status, [], true) }
            var logits = unsafe [Int32](repeating: 0, count: Int(embq_output_count(model)))
            let guardBytes = 64
            let memory = UnsafeMutableRawBufferPointer.allocate(
                byteCount: arenaBytes + 2 * guardBytes, alignment: Int(EMBQ_ALIGNMENT))
            defer { unsafe memory.deallocate() }
            unsafe memory.initializeMemory(as: UInt8.self, repeating: 0xC3)
            let start = guardBytes + offset
            let answer = unsafe embq_run_tokens(
                model, ids, UInt32(ids.count), memory.baseAddress?.advanced(by: start), arenaBytes, &logits)
            let contained = memory.indices.allSatisfy { index in
                if (start..<start + arenaBytes).contains(index) { return true }
                return unsafe memory[index] == 0xC3
            }
            return (answer, logits, contained)
        }
    }

    private static func withModel<R>(
        _ artifact: [UInt8], offset: Int = 0, _ body: (UnsafePointer<embq_model>, embq_status) -> R
    ) -> R {
        let blob = UnsafeMutableRawBufferPointer.allocate(
            byteCount: artifact.count + 16, alignment: Int(EMBQ_ALIGNMENT))
        defer { unsafe blob.deallocate() }
        unsafe UnsafeMutableRawBufferPointer(rebasing: blob[offset...]).copyBytes(from: artifact)
        var model = unsafe embq_model()
        let status = unsafe embq_open(&model, blob.baseAddress?.advanced(by: offset), artifact.count)
        return unsafe body(&model, status)
    }
}

@Suite("The arena")
struct ArenaTests {
    static let shapes = [0, 1, 3, 7].map { KernelTests.shapes[$0] }

    private static func sentence(_ tokens: Int) -> [UInt16] {
        var generator = SplitMix64(seed: UInt64(tokens))
        return TinyEmbBERT().sentence(tokens: tokens, using: &generator)
    }

    @Test("is as large as is said, to the byte", arguments: shapes, [1, 2, 3, 16, 17, 80])
    func exact(shape: TinyEmbBERT, tokens: Int) throws {
        let artifact = try QuantizedSample(shape).artifact
        let ids = Self.sentence(tokens)
        let size = artifact.device.arenaSize(tokens: tokens)
        let session = DeviceSession(artifact.device)
        #expect(try session.measureArena(ids) == size)

        let enough = Raw.run(artifact.bytes, ids, arenaBytes: size)
        #expect(enough.status == EMBQ_OK && enough.contained)
        #expect(try enough.logits == session.run(ids))

        let small = Raw.run(artifact.bytes, ids, arenaBytes: size - 1)
        #expect(small.status == EMBQ_ERROR_ARENA && small.contained)
        #expect(Raw.run(artifact.bytes, ids, arenaBytes: 0).status == EMBQ_ERROR_ARENA)
    }

    @Test("grows with the sentence, and no length beyond the model's has one")
    func sizes() throws {
        let device = try QuantizedSample(TinyEmbBERT()).artifact.device
        let sizes = (1...80).map { device.arenaSize(tokens: $0) }
        #expect(zip(sizes, sizes.dropFirst()).allSatisfy { $0 < $1 })
        for tokens in [-1, 0, 81, 1 << 32, Int.max] { #expect(device.arenaSize(tokens: tokens) == 0) }
    }

    @Test("and the artifact must be aligned", arguments: [1, 2, 4, 8, 15])
    func alignment(offset: Int) throws {
        let artifact = try QuantizedSample(TinyEmbBERT()).artifact
        let size = artifact.device.arenaSize(tokens: 3)
        let answer = Raw.run(artifact.bytes, [2, 5, 6], arenaBytes: size, offset: offset)
        #expect(answer.status == EMBQ_ERROR_ALIGNMENT && answer.contained)
        #expect(Raw.open(artifact.bytes, offset: offset) == EMBQ_ERROR_ALIGNMENT)
        #expect(Raw.open(artifact.bytes) == EMBQ_OK)
    }

    @Test(
        "token ids that the model cannot run are refused",
        arguments: [
            ([], EMBQ_ERROR_LENGTH, "no tokens"), ([UInt16](repeating: 5, count: 81), EMBQ_ERROR_LENGTH, "too many"),
            ([0], EMBQ_ERROR_LENGTH, "[PAD] alone"), ([0, 0, 0], EMBQ_ERROR_LENGTH, "[PAD] alone"),
            ([2, 32], EMBQ_ERROR_TOKEN, "one above the vocabulary"), ([65535], EMBQ_ERROR_TOKEN, "the last uint16"),
            ([2, 31], EMBQ_OK, "the last of the vocabulary"), ([0, 5], EMBQ_OK, "[PAD] first"),
        ] as [([UInt16], embq_status, String)])
    func tokens(ids: [UInt16], status: embq_status, what: String) throws {
        let artifact = try QuantizedSample(TinyEmbBERT()).artifact
        let answer = Raw.run(artifact.bytes, ids, arenaBytes: artifact.device.arenaSize(tokens: 80))
        #expect(answer.status == status && answer.contained, "\(what)")

        let session = DeviceSession(artifact.device)
        let error = failure { () throws(EmbqError) in try session.run(ids) }
        #expect(error?.code == (status == EMBQ_OK ? nil : .invalidRequest), "\(what)")
    }
}
