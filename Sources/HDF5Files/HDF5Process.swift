import CHDF5Shim
import Synchronization
import TensorCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A running helper process and the file that it reads. Whatever becomes of it is an ``EmbqError`` here.
final class HDF5Process: Sendable {
    private let channel: HDF5Channel
    private let process: pid_t
    /// Why it cannot be asked any more. Holding the lock is being the one who asks.
    private let end = Mutex<EmbqError?>(nil)

    /// Starts the helper on a file.
    ///
    /// - Parameter descriptor: the file, open for reading; the caller closes it.
    init(file descriptor: Int32) throws(EmbqError) {
        let size = Int(ch5_file_size(descriptor))
        guard size >= 0 else {
            throw EmbqError(.unreadable, "it is not a regular file", advice: "Check the path and its permissions.")
        }
        var ends: [Int32] = [-1, -1]
        // Holds: two descriptors are written.
        var status = unsafe ch5_socket_pair(&ends)
        guard status == 0 else { throw Self.notStarted(status) }
        defer { close(ends[1]) }
        var process: pid_t = 0
        let program: String
        do throws(EmbqError) { program = try HDF5Helper.program } catch {
            close(ends[0])
            throw error
        }
        // Holds: the texts are copied before the call returns.
        status = unsafe ch5_start(program, HDF5Helper.argument, descriptor, ends[1], &process)
        guard status == 0 else {
            close(ends[0])
            throw Self.notStarted(status)
        }
        channel = HDF5Channel(descriptor: ends[0], patience: HDF5Limits.waitMilliseconds(forFileOf: size))
        self.process = process
    }

    deinit {
        close(channel.descriptor)
        if end.withLock({ $0 == nil }) { _ = ch5_stop(process, 0) }
    }

    /// The file's contents, which the helper sends first.
    func contents() throws(EmbqError) -> HDF5Contents {
        try ask { () throws(HDF5Channel.Silence) in
            let (kind, length) = try channel.receiveHeader()
            return try message(kind, length) { bytes throws(EmbqError) in
                guard kind == .contents else { throw HDF5Contents.distrust("it sent no list of tensors") }
                return try HDF5Contents(json: JSONParser.parse(bytes))
            }
        }
    }

    /// A dataset's values.
    func read(_ index: Int, byteCount: Int) throws(EmbqError) -> [UInt8] {
        try ask { () throws(HDF5Channel.Silence) in
            var request = ByteWriter()
            request.write(UInt64(index))
            try channel.send(request.bytes.span)
            var bytes = [UInt8](repeating: 0, count: byteCount)
            var filled = 0
            while true {
                let (kind, length) = try channel.receiveHeader()
                switch kind {
                case .piece where length <= UInt64(byteCount - filled):
                    try channel.receive(into: &bytes, at: filled, Int(length))
                    filled += Int(length)
                case .end where length == 0 && filled == byteCount: return .success(bytes)
                default:
                    return try message(kind, length) { _ throws(EmbqError) in
                        throw HDF5Contents.distrust("it sent other values than it had announced")
                    }
                }
            }
        }
    }

    /// The answer in a message other than values.
    private func message<R>(
        _ kind: HDF5Channel.Kind?, _ length: UInt64, _ parse: ([UInt8]) throws(EmbqError) -> R
    ) throws(HDF5Channel.Silence) -> Result<R, EmbqError> {
        guard kind == .contents || kind == .failure, length <= UInt64(HDF5Limits.listing) else {
            return .failure(HDF5Contents.distrust("it sent what nobody asked for"))
        }
        let bytes = try channel.receive(Int(length))
        do throws(EmbqError) {
            guard kind == .failure else { return .success(try parse(bytes)) }
            guard let error = EmbqError(json: try JSONParser.parse(bytes)) else {
                throw HDF5Contents.distrust("it sent an error of another form")
            }
            return .failure(error)
        } catch {
            return .failure(error.code == .corrupted ? error : HDF5Contents.distrust(error.problem))
        }
    }

    /// Lets one caller at a time talk to the helper; once it is gone, or cannot be believed, nobody.
    private func ask<R>(_ talk: () throws(HDF5Channel.Silence) -> Result<R, EmbqError>) throws(EmbqError) -> R {
        let result: Result<R, EmbqError> = end.withLock { end in
            if let error = end { return .failure(error) }
            do throws(HDF5Channel.Silence) {
                return try talk()
            } catch {
                let error = obituary(error)
                end = error
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func obituary(_ silence: HDF5Channel.Silence) -> EmbqError {
        // A crashed process may take a moment to end.
        let signal: Int32
        if case .late = silence { signal = ch5_stop(process, 0) } else { signal = ch5_stop(process, 2000) }
        if case .late = silence, signal == 0 {
            return EmbqError(
                .limitExceeded, "the HDF5 library did not come to an end with this file",
                advice: HDF5Failure.damaged)
        }
        if signal == SIGXCPU || signal == SIGKILL {
            return EmbqError(
                .limitExceeded, "the HDF5 library took too long over this file (signal \(signal))",
                advice: HDF5Failure.damaged)
        }
        return EmbqError(
            .unreadable,
            "the HDF5 library failed on this file" + (signal == 0 ? "" : " (signal \(signal))"),
            advice: HDF5Failure.damaged)
    }

    private static func notStarted(_ status: Int32) -> EmbqError {
        EmbqError(
            .unreadable, "the process that reads HDF5 cannot be started",
            advice: "Is the machine out of memory or of processes?", cause: unsafe String(cString: strerror(status)))
    }
}
