import EmbqCore

/// The manifest's own digest: SHA-256 of its bytes with the text of `manifest_sha256` empty. A change of any byte is found,
/// as it is in the files that the manifest lists.
extension Manifest {
    /// What stands before the digest, and in no other place: inside of texts a quotation mark has a backslash before it.
    private static let mark = Array("\"manifest_sha256\" : \"".utf8)

    /// The document with its digest.
    func sealed() throws(EmbqError) -> [UInt8] {
        var manifest = self
        manifest.manifestSHA256 = ""
        manifest.manifestSHA256 = SHA256.hexadecimal(of: Array(try CanonicalJSON.document(manifest).utf8))
        return Array(try CanonicalJSON.document(manifest).utf8)
    }

    /// Compares the digest in a manifest with its bytes.
    ///
    /// - Throws: `.missing` without a digest; `.corrupted` for another one, or one that is not where embq writes it.
    func checkSeal(_ bytes: [UInt8], at path: String) throws(EmbqError) {
        let place = "'manifest_sha256'"
        guard let digest = manifestSHA256 else {
            throw EmbqError(
                .missing, file: path, place: place, "the manifest does not have its own digest",
                advice: "Write the package again with this version of embq.")
        }
        let starts = Self.places(of: Self.mark + Array(digest.utf8), in: bytes)
        var found = "none in its place"
        if starts.count == 1, let start = starts.first {
            let from = start + Self.mark.count
            let emptied = Array(bytes[..<from]) + bytes[(from + digest.utf8.count)...]
            found = SHA256.hexadecimal(of: emptied)
            if found == digest { return }
        }
        throw EmbqError(
            .corrupted, file: path, place: place,
            "expected SHA-256 \(EmbqError.printable(String(digest.prefix(12))))… of the manifest with this field empty, "
                + "found \(found.count == 64 ? "\(found.prefix(12))…" : found)",
            advice: "Copy the package again, or write it again with `embq package`.")
    }

    private static func places(of mark: [UInt8], in bytes: [UInt8]) -> [Int] {
        guard bytes.count >= mark.count else { return [] }
        return (0...bytes.count - mark.count).filter { bytes[$0] == mark[0] && bytes[$0...].starts(with: mark) }
    }
}
