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

    /// Ends the message: 32 bytes.
    package consuming func bytes() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        let context = unsafe context
        unsafe precondition(EVP_DigestFinal_ex(context, &digest, &length) == 1 && length == 32)
        return digest
    }

    /// Ends the message: 64 lower-case hexadecimal digits.
    package consuming func hexadecimal() -> String { Self.hexadecimal(bytes()) }

    /// A digest's bytes as 64 lower-case hexadecimal digits.
    package static func hexadecimal(_ digest: [UInt8]) -> String {
        digest.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// The bytes of a digest of 64 lower-case hexadecimal digits; nil for other text.
    package static func bytes(hexadecimal text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count == 64, digits.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else { return nil }
        return stride(from: 0, to: 64, by: 2).compactMap { at in
            UInt8(String(decoding: digits[at..<at + 2], as: UTF8.self), radix: 16)
        }
    }

    /// The digest of one array, 32 bytes.
    package static func bytes(of message: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(message.span)
        return hash.bytes()
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
