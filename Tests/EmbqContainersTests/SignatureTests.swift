import EmbqContainers
import EmbqCore
import EmbqTestSupport
import Testing

/// `Fixtures/signing`: a folder that OpenSSF's model-signing has signed (`make.py` describes it).
@Suite("Signatures of models")
struct SignatureTests {
    private static func path(_ name: String) -> String { Fixtures.path("signing/\(name)") }
    private static func signature() throws -> [UInt8] { try MappedFile(path("model/model.sig")).contents }
    private static func key() throws(EmbqError) -> VerificationKey { try VerificationKey(path: path("public.pem")) }

    @Test("model-signing's signature is read, and is its key's")
    func theirs() throws {
        let bundle = try SignatureBundle(path: Self.path("model/model.sig"))
        #expect(bundle.subject == "model" && bundle.resources.map(\.name) == ["a.bin", "b.txt", "inner/c.txt"])
        for resource in bundle.resources {
            let digest = SHA256.hexadecimal(of: try MappedFile(Self.path("model/\(resource.name)")).contents)
            #expect(resource.sha256 == digest)
        }
        try bundle.check(by: Self.key(), path: "model.sig")
    }

    @Test("ours is read again, and is of the key that made it")
    func ours() throws {
        let key = try SigningKey(path: Self.path("key.pem"))
        #expect(try key.publicKey == Self.key())
        let digest = SHA256.hexadecimal(of: [1, 2, 3])
        let files = ["z", "a/b", "a.c", "é"].map { SignatureBundle.Resource(name: $0, sha256: digest) }
        let bundle = try SignatureBundle(bytes: SignatureBundle.sign(files, named: "m", with: key))
        #expect(bundle.subject == "m" && bundle.resources.map(\.name) == ["a.c", "a/b", "z", "é"])
        try bundle.check(by: Self.key(), path: "model.sig")
    }

    @Test("a changed letter is found", arguments: ["payload", "sig", "hint"])
    func changed(field: String) throws {
        let bytes = try Self.signature()
        let key = try Self.key()
        let mark = Array("\"\(field)\":\"".utf8)
        let start = try #require(bytes.indices.first { bytes[$0...].starts(with: mark) }) + mark.count
        let end = try #require(bytes[start...].firstIndex(of: UInt8(ascii: "\"")))
        for index in start..<end {
            var changed = bytes
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: EmbqError.self, "letter \(index - start)") {
                try SignatureBundle(bytes: changed).check(by: key, path: "model.sig")
            }
        }
    }

    @Test("another key's signature is refused by both keys' first digits")
    func otherKey() throws {
        let other = try VerificationKey(path: Self.path("other.pem"))
        let bundle = try SignatureBundle(bytes: Self.signature())
        let error = #expect(throws: EmbqError.self) { try bundle.check(by: other, path: "model.sig") }
        #expect(error?.code == .corrupted && error?.problem.contains("another key signed it") == true)
        #expect(error?.problem.contains(other.hint.prefix(16)) == true)
    }

    @Test(
        "what is no key for signatures is refused with its reason",
        arguments: [
            ("encrypted.pem", EmbqError.Code.unsupported, "protected by a password"),
            ("p384.pem", .unsupported, "not of the curve P-256"), ("public.pem", .malformed, "no private key"),
            ("model/b.txt", .malformed, "no private key"), ("none.pem", .unreadable, "cannot be opened"),
        ])
    func keys(file: String, code: EmbqError.Code, problem: String) {
        let error = #expect(throws: EmbqError.self) { try SigningKey(path: Self.path(file)) }
        #expect(error?.code == code && error?.problem.contains(problem) == true, "\(error?.description ?? "")")
        #expect(error?.file == Self.path(file))
    }

    @Test(
        "what is no such signature is refused",
        arguments: [
            ("{", EmbqError.Code.corrupted), ("[]", .unsupported), ("{}", .unsupported),
            (#"{"mediaType": "application/vnd.dev.sigstore.bundle.v0.2+json"}"#, .unsupported),
        ])
    func refused(text: String, code: EmbqError.Code) {
        let error = #expect(throws: EmbqError.self) { try SignatureBundle(bytes: Array(text.utf8)) }
        #expect(error?.code == code && error?.advice.isEmpty == false)
    }
}
