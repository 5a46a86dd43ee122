import CEmbqHDF5Shim
import EmbqCore

/// Messages between embq and its helper process: what it is (4 bytes), its length (8 bytes), its bytes.
///
/// embq asks with a dataset's index (8 bytes) and gets pieces of values until `end`; the helper begins by itself with
/// the contents. A failure takes the place of either. All numbers are little-endian.
struct HDF5Channel: Sendable {
    enum Kind: UInt32 {
        case contents = 1
        case piece = 2
        case end = 3
        case failure = 4
    }

    /// What the other end did instead of answering. After it nothing more can be asked.
    enum Silence: Error {
        case closed, late, broken(Int32)
        /// It sent something else, as this sentence says.
        case nonsense(String)
    }

    let descriptor: Int32
    /// Longest wait for the next bytes; for ever when negative.
    let patience: Int32

    func send(_ kind: Kind, _ payload: Span<UInt8>) throws(Silence) {
        var header = ByteWriter()
        header.write(kind.rawValue)
        header.write(UInt64(payload.count))
        try send(header.bytes.span)
        try send(payload)
    }

    func send(_ bytes: Span<UInt8>) throws(Silence) {
        // Holds: the buffer outlives the call.
        let status = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe ch5_send(descriptor, buffer.baseAddress, buffer.count)
        }
        guard status == 0 else { throw Self.silence(status) }
    }

    /// The next message's kind, or nil for an unknown one, and its length.
    func receiveHeader() throws(Silence) -> (kind: Kind?, length: UInt64) {
        let bytes = try receive(12)
        func number(_ range: Range<Int>) -> UInt64 { bytes[range].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
        return (Kind(rawValue: UInt32(number(0..<4))), number(4..<12))
    }

    func receive(_ count: Int) throws(Silence) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try receive(into: &bytes, at: 0, count)
        return bytes
    }

    /// - Precondition: `bytes` has room for `count` from `offset` on.
    func receive(into bytes: inout [UInt8], at offset: Int, _ count: Int) throws(Silence) {
        precondition(offset >= 0 && count >= 0 && count <= bytes.count - offset)
        guard count > 0 else { return }
        let (descriptor, patience) = (descriptor, patience)
        // Holds: the range is inside the array, as checked above.
        let status = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe ch5_receive(
                descriptor, buffer.baseAddress.unsafelyUnwrapped + offset, count, patience)
        }
        guard status == 0 else { throw Self.silence(status) }
    }

    private static func silence(_ status: Int32) -> Silence {
        switch status {
        case CH5_CLOSED: .closed
        case CH5_LATE: .late
        default: .broken(status)
        }
    }
}
