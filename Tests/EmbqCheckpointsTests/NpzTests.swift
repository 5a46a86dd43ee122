import EmbqCheckpoints
import EmbqCore
import EmbqTestSupport
import Testing

@Suite("Reading numpy archives")
struct NpzTests {
    @Test("what numpy and others write is read bit by bit, in all types, orders and versions")
    func valid() throws { try FixtureChecks.valid("npz/valid", atLeast: 14) }

    @Test("every broken or hostile file is refused with its code and a sentence that says what is wrong")
    func invalid() throws { try FixtureChecks.invalid("npz/invalid", atLeast: 80) }

    private static let text = Array("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 14), }\n".utf8)
    private static let bytes = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count), 0] + text

    @Test("a header cut at any length is refused")
    func cuts() throws {
        let bytes = Self.bytes
        #expect(try NpyHeader(bytes.span).shape == [3, 14])
        for count in bytes.indices {
            #expect(
                failure { () throws(EmbqError) in _ = try NpyHeader(bytes.span.extracting(..<count)) } != nil,
                "cut at \(count)")
        }
    }

    @Test("a header with changed bytes is refused or read, and never trapped on")
    func flips() {
        let seed: UInt64 = 0x0049_7E0A
        var random = SplitMix64(seed: seed)
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = Self.bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if failure({ () throws(EmbqError) in _ = try NpyHeader(bytes.span) }) != nil { refused += 1 }
        }
        #expect(refused > 10_000, "seed \(seed)")
    }

    @Test("a key is refused where there is none to choose")
    func key() {
        let error = failure { () throws(EmbqError) in
            try CheckpointFormat.open(Fixtures.path("npz/valid/plain.npz"), key: "model")
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.problem == "it is a numpy archive (.npz), which has no keys to choose from")
    }
}
