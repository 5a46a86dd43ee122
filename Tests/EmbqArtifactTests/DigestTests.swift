import CEmbqRuntime
import EmbqArtifact
import EmbqCore
import EmbqExport
import EmbqTestSupport
import Testing

@Suite("embq_check_sha256") struct DigestTests {
    /// Compares bytes, cut into pieces of these sizes and a rest, with a digest.
    private func check(_ bytes: [UInt8], cut sizes: [Int] = [], _ digest: [UInt8]) -> embq_status {
        // Holds: the bytes live until the call returns.
        unsafe bytes.withUnsafeBytes { buffer in
            var pieces: [embq_piece] = unsafe []
            var at = 0
            for size in sizes + [bytes.count - sizes.reduce(0, +)] {
                unsafe pieces.append(embq_piece(bytes: buffer.baseAddress?.advanced(by: at), size: size))
                at += size
            }
            return unsafe embq_check_sha256(pieces, UInt32(pieces.count), digest)
        }
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal.utf8)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
    }

    @Test(
        "the examples of NIST give their digests",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                String(repeating: "a", count: 1_000_000),
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
            ),
        ])
    func examples(text: String, digest: String) {
        #expect(check(Array(text.utf8), Self.bytes(digest)) == EMBQ_OK)
    }

    @Test("every length around the border of a block gives libcrypto's digest, in one piece and in several")
    func lengths() {
        var random = SplitMix64(seed: 1)
        for count in 0...260 {
            let message = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            var hash = SHA256()
            hash.update(message.span)
            let digest = hash.bytes()
            #expect(check(message, digest) == EMBQ_OK, "\(count) bytes")
            let first = random.index(below: count + 1)
            #expect(check(message, cut: [first, 0, (count - first) / 2], digest) == EMBQ_OK, "\(count) bytes")
        }
    }

    @Test("a digest that differs in one bit is refused")
    func differing() {
        let digest = Self.bytes("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        for bit in 0..<256 {
            var other = digest
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(check(Array("abc".utf8), other) == EMBQ_ERROR_CHECKSUM)
        }
    }

    @Test("a null pointer is refused, but for a piece of no bytes")
    func arguments() {
        let digest = Self.bytes("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        let empty = unsafe [embq_piece(bytes: nil, size: 0)]
        let lacking = unsafe [embq_piece(bytes: nil, size: 1)]
        let statuses = unsafe [
            embq_check_sha256(empty, 1, digest), embq_check_sha256(lacking, 1, digest),
            embq_check_sha256(empty, 0, digest), embq_check_sha256(nil, 1, digest), embq_check_sha256(empty, 1, nil),
        ]
        #expect(statuses == [EMBQ_OK] + [embq_status](repeating: EMBQ_ERROR_ARGUMENT, count: 4))
    }

    @Test("a model's header has the digest of the artifact", arguments: ["tiny", "packed"])
    func header(name: String) throws {
        let bytes = try Samples.named(name)
        let files = try CSourceExport.files(ArtifactReader(bytes), CSourceOptions(version: "1.2.3"))
        let header = String(decoding: try #require(files.first { $0.name == "model.h" }).bytes, as: UTF8.self)
        let start = try #require(header.firstRange(of: "#define EMBQ_MODEL_SHA256 {"))
        let words = header[start.upperBound...].prefix { $0 != "}" }.split { !$0.isHexDigit && $0 != "x" }
        let found = words.compactMap { $0.hasPrefix("0x") ? UInt8($0.dropFirst(2), radix: 16) : nil }
        #expect(found.count == 32 && check(bytes, found) == EMBQ_OK)
    }

    @Test("the code takes at most 4 kB on Cortex-M4, as the documentation states")
    func size() throws {
        let bytes = RuntimeCode.bytesOnCortexM4("embq_check_sha256")
        #expect((200...4000).contains(bytes), "\(bytes)")
        let page = String(
            decoding: try MappedFile("\(Fixtures.root)/Documentation/Firmware.md").contents, as: UTF8.self)
        #expect(page.contains("takes \(bytes) bytes of flash on Cortex-M4 with gcc -Os"))
    }
}
