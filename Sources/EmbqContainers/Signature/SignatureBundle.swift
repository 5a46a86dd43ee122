package import EmbqCore
import FoundationEssentials

/// The signature of a model's files, as OpenSSF model signing 1.0 writes it: a Sigstore bundle with a DSSE envelope around
/// an in-toto statement that has the SHA-256 of each file.
///
/// Sources: https://github.com/sigstore/model-transparency, `docs/model_signing_format.md`;
/// https://github.com/secure-systems-lab/dsse, `protocol.md`.
package struct SignatureBundle: Sendable, Equatable {
    /// The file's name in the folder of a model.
    package static let name = "model.sig"
    /// A bundle of a few hundred files.
    private static let limit = FileLimit(
        "a signature", bytes: 1 << 22, advice: "Sign the package again with `embq package --sign`.")

    private static let mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"
    private static let payloadType = "application/vnd.in-toto+json"
    private static let statementType = "https://in-toto.io/Statement/v1"
    private static let predicateType = "https://model_signing/signature/v1.0"

    /// A file of the model.
    package struct Resource: Sendable, Equatable {
        /// Its path in the folder.
        package var name: String
        /// 64 lower-case hexadecimal digits.
        package var sha256: String

        package init(name: String, sha256: String) {
            self.name = name
            self.sha256 = sha256
        }
    }

    /// The model's name when it was signed.
    package let subject: String
    package let resources: [Resource]
    /// The hint of the key that signed. Anybody can write one: ``check(by:path:)`` proves it.
    private let hint: String
    private let payload: [UInt8]
    private let signature: [UInt8]

    /// Signs files.
    ///
    /// - Parameters:
    ///   - subject: the model's name.
    ///   - files: all of the model's, but the signature's own.
    package static func sign(_ files: [Resource], named subject: String, with key: SigningKey) throws(EmbqError)
        -> [UInt8]
    {
        let files = files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        let payload = Array(try CanonicalJSON.compact(statement(files, subject)).utf8)
        let encoded = { (bytes: [UInt8]) in JSONValue.string(Data(bytes).base64EncodedString()) }
        let bundle: JSONValue = .object([
            ("mediaType", .string(mediaType)),
            (
                "verificationMaterial",
                .object([
                    ("publicKey", .object([("hint", .string(key.publicKey.hint))])), ("tlogEntries", .array([])),
                ])
            ),
            (
                "dsseEnvelope",
                .object([
                    ("payload", encoded(payload)), ("payloadType", .string(payloadType)),
                    (
                        "signatures",
                        .array([
                            .object([
                                ("sig", encoded(key.sign(preAuthenticated(payload)))), ("keyid", .string("")),
                            ])
                        ])
                    ),
                ])
            ),
        ])
        return Array((try CanonicalJSON.compact(bundle) + "\n").utf8)
    }

    private static func statement(_ files: [Resource], _ subject: String) -> JSONValue {
        .object([
            ("_type", .string(statementType)),
            (
                "subject",
                .array([
                    .object([("name", .string(subject)), ("digest", .object([("sha256", .string(root(files)))]))])
                ])
            ),
            ("predicateType", .string(predicateType)),
            (
                "predicate",
                .object([
                    (
                        "serialization",
                        .object([
                            ("method", .string("files")), ("hash_type", .string("sha256")),
                            ("allow_symlinks", .bool(false)), ("ignore_paths", .array([.string(name)])),
                        ])
                    ),
                    (
                        "resources",
                        .array(
                            files.map { file in
                                .object([
                                    ("name", .string(file.name)), ("algorithm", .string("sha256")),
                                    ("digest", .string(file.sha256)),
                                ])
                            })
                    ),
                ])
            ),
        ])
    }

    /// SHA-256 over the digests of all files.
    private static func root(_ files: [Resource]) -> String {
        SHA256.hexadecimal(of: files.flatMap { SHA256.bytes(hexadecimal: $0.sha256) ?? [] })
    }

    /// The bytes that are signed: DSSE's pre-authentication encoding of a payload.
    private static func preAuthenticated(_ payload: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(payloadType.utf8.count) \(payloadType) \(payload.count) ".utf8) + payload
    }
}

// ---- Reading and checking ----

extension SignatureBundle {
    /// Reads a signature and parses its statement, without checking who signed it: ``check(by:path:)`` does.
    ///
    /// - Throws: `.unreadable`, `.limitExceeded`, `.corrupted`, or `.unsupported` for another kind of signature.
    package init(path: String) throws(EmbqError) {
        let bytes = try Self.limit.open(path).contents
        self = try naming(path) { () throws(EmbqError) in try SignatureBundle(bytes: bytes) }
    }

    /// Reads the content of the file. Errors do not name it.
    package init(bytes: [UInt8]) throws(EmbqError) {
        let bundle: JSONValue
        do throws(EmbqError) { bundle = try JSONParser.parse(bytes) } catch {
            throw Self.damaged("it is no JSON: \(error.problem)")
        }
        let envelope = bundle["dsseEnvelope"]
        guard bundle["mediaType"]?.string == Self.mediaType, envelope?["payloadType"]?.string == Self.payloadType,
            let hint = bundle["verificationMaterial"]?["publicKey"]?["hint"]?.string
        else {
            throw EmbqError(
                .unsupported, "it is no signature by a key that OpenSSF model signing 1.0 makes",
                advice: "Verify it with the program that signed it.")
        }
        guard let signatures = envelope?["signatures"]?.array, signatures.count == 1,
            let signature = Self.decoded(signatures[0]["sig"]), let payload = Self.decoded(envelope?["payload"])
        else { throw Self.damaged("its envelope does not have a payload and one signature") }
        self.hint = hint
        self.payload = payload
        self.signature = signature
        (subject, resources) = try Self.contents(payload)
    }

    private static func contents(_ payload: [UInt8]) throws(EmbqError) -> (String, [Resource]) {
        let statement: JSONValue
        do throws(EmbqError) { statement = try JSONParser.parse(payload) } catch {
            throw damaged("its statement is no JSON: \(error.problem)")
        }
        let predicate = statement["predicate"]
        let serialization = predicate?["serialization"]
        guard statement["_type"]?.string == statementType, statement["predicateType"]?.string == predicateType,
            serialization?["method"]?.string == "files", serialization?["hash_type"]?.string == "sha256"
        else {
            throw EmbqError(
                .unsupported, "its statement is not of model signing 1.0 with the SHA-256 of whole files",
                advice: "Verify it with the program that signed it.")
        }
        guard let subjects = statement["subject"]?.array, subjects.count == 1,
            let subject = subjects[0]["name"]?.string, let root = subjects[0]["digest"]?["sha256"]?.string
        else { throw damaged("its statement does not have one subject") }
        var files: [Resource] = []
        var names: Set<String> = []
        for resource in predicate?["resources"]?.array ?? [] {
            guard let name = resource["name"]?.string, resource["algorithm"]?.string == "sha256",
                let digest = resource["digest"]?.string, SHA256.bytes(hexadecimal: digest) != nil,
                names.insert(name).inserted
            else { throw damaged("a file of its statement has no name of its own and no SHA-256") }
            files.append(Resource(name: name, sha256: digest))
        }
        guard Self.root(files) == root else { throw damaged("its files are not those of its subject") }
        return (subject, files)
    }

    private static func decoded(_ value: JSONValue?) -> [UInt8]? {
        // One text for each run of bytes: bits that base64 leaves unused are 0.
        guard let text = value?.string, let data = Data(base64Encoded: text), data.base64EncodedString() == text
        else { return nil }
        return Array(data)
    }

    private static func damaged(_ problem: String) -> EmbqError {
        EmbqError(.corrupted, problem, advice: "Take the package from its origin again.")
    }

    /// Checks that a key has signed the statement.
    ///
    /// - Parameter path: of the signature, for the error.
    /// - Throws: `.corrupted` for a statement that the key has not signed, or another key's.
    package func check(by key: VerificationKey, path: String) throws(EmbqError) {
        guard hint == key.hint else {
            throw EmbqError(
                .corrupted, file: path,
                "another key signed it: \(EmbqError.printable(hint).prefix(16))…, the key given is \(key.hint.prefix(16))…",
                advice: "Ask the origin of the package for its public key; do not use the package if that is this one.")
        }
        guard key.verifies(Self.preAuthenticated(payload), signature) else {
            throw EmbqError(
                .corrupted, file: path, "the signature is not that of its statement by this key",
                advice: "Take the package from its origin again.")
        }
    }
}
