import CEmbqSignatures
package import EmbqCore

/// A private key that signs: ECDSA on the curve P-256 with SHA-256, by OpenSSL's libcrypto.
package struct SigningKey: Sendable {
    private let pem: [UInt8]
    /// What checks its signatures.
    package let publicKey: VerificationKey

    /// Reads a private key's PEM file.
    ///
    /// - Throws: `.unreadable`, `.malformed` for no such key, `.unsupported` for one with a password or of another curve.
    package init(path: String) throws(EmbqError) {
        pem = try VerificationKey.limit.open(path).contents
        publicKey = try VerificationKey(pem, isPrivate: true, path)
    }

    /// The signature of a message, in DER; not the same twice.
    package func sign(_ message: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Int(EMBQ_SIGNATURE_SIZE))
        var count = 0
        let status = unsafe embq_sign(pem, pem.count, message, message.count, &signature, &count)
        // The key has been read before: only memory can lack, where Swift stops too.
        precondition(status == EMBQ_SIGNING_DONE, "libcrypto cannot sign")
        return Array(signature.prefix(count))
    }
}

/// A public key that checks signatures.
package struct VerificationKey: Sendable, Equatable {
    static let limit = FileLimit("a key", bytes: 1 << 16, advice: "Give a key in PEM.")

    /// PEM text of its SubjectPublicKeyInfo, as OpenSSL writes it.
    private let pem: [UInt8]

    /// Reads a public key's PEM file.
    ///
    /// - Throws: as ``SigningKey/init(path:)``.
    package init(path: String) throws(EmbqError) {
        try self.init(Self.limit.open(path).contents, isPrivate: false, path)
    }

    fileprivate init(_ bytes: [UInt8], isPrivate: Bool, _ path: String) throws(EmbqError) {
        var text = [UInt8](repeating: 0, count: Int(EMBQ_PUBLIC_KEY_SIZE))
        var count = 0
        let status = unsafe embq_public_key(bytes, bytes.count, isPrivate ? 1 : 0, &text, &count)
        let kind = isPrivate ? "private" : "public"
        let advice =
            "Make one with `openssl ecparam -name prime256v1 -genkey -noout -out key.pem`, and its public key with "
            + "`openssl ec -in key.pem -pubout -out public.pem`."
        switch status {
        case EMBQ_SIGNING_DONE: pem = Array(text.prefix(count))
        case EMBQ_SIGNING_ENCRYPTED:
            throw EmbqError(
                .unsupported, file: path, "the key is protected by a password",
                advice: "Give a key without one, kept where nobody else can read it.")
        case EMBQ_SIGNING_OTHER:
            throw EmbqError(
                .unsupported, file: path, "the key is not of the curve P-256 (prime256v1)", advice: advice)
        default:
            throw EmbqError(.malformed, file: path, "it is no \(kind) key in PEM", advice: advice)
        }
    }

    /// SHA-256 of the PEM text, which tells keys apart: 64 lower-case hexadecimal digits.
    package var hint: String { SHA256.hexadecimal(of: pem) }

    /// Whether a signature is that of a message by this key.
    package func verifies(_ message: [UInt8], _ signature: [UInt8]) -> Bool {
        unsafe embq_check_signature(pem, pem.count, message, message.count, signature, signature.count)
            == EMBQ_SIGNING_DONE
    }
}
