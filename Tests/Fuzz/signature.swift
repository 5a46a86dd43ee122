import EmbqContainers
import EmbqCore
import FoundationEssentials

/// A signature is refused, or its files have names of their own and digests. A zero in front: the rest is the statement of a
/// bundle that is otherwise right.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = unsafe Span(_unsafeStart: start, count: count)
    var bytes = input.indices.map { input[$0] }
    if bytes.first == 0 {
        let payload = Data(bytes.dropFirst()).base64EncodedString()
        bytes = Array(
            (#"{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":"#
                + #"{"hint":"00"}},"dsseEnvelope":{"payload":""# + payload
                + #"","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"","keyid":""}]}}"#).utf8)
    }
    guard let bundle = try? SignatureBundle(bytes: bytes) else { return 0 }
    precondition(Set(bundle.resources.map(\.name)).count == bundle.resources.count)
    precondition(bundle.resources.allSatisfy { $0.sha256.utf8.count == 64 })
    return 0
}
