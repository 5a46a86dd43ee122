import CEmbqLibcrypto

/// SHA-256 (FIPS 180-4) through OpenSSL's libcrypto, fed piece by piece.
@safe package struct SHA256: ~Copyable {
    private let context: OpaquePointer

    package init() {
        // EVP_MD_CTX_new fails only when memory is exhausted, where Swift stops too.
        guard let context = unsafe EVP_MD_CTX_new(), unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
        else { preconditionFailure("libcrypto cannot start SHA-256") }
        unsafe self.context = unsafe context
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    /// Adds bytes to the message.
    package mutating func update(_ bytes: Span<UInt8>) {
        let context = unsafe context
        unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe precondition(EVP_DigestUpdate(context, buffer.baseAddress, buffer.count) == 1)
        }
    }

    /// Ends the message: its 32 bytes.
    package consuming func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        let context = unsafe context
        unsafe precondition(EVP_DigestFinal_ex(context, &digest, &length) == 1 && length == 32)
        return digest
    }

    /// Ends the message: 64 lower-case hexadecimal digits.
    package consuming func hexadecimal() -> String {
        finish().map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// The digest of one run of bytes.
    package static func hexadecimal(of bytes: Span<UInt8>) -> String {
        var hash = SHA256()
        hash.update(bytes)
        return hash.hexadecimal()
    }

    /// The digest of one array.
    package static func hexadecimal(of bytes: [UInt8]) -> String { hexadecimal(of: bytes.span) }
}
