import CEmbqHDF5Shim
import EmbqCore
import Glibc
import Synchronization

/// A running helper process and the file that it reads. Whatever becomes of it is an ``EmbqError`` here.
final class HDF5Process: Sendable {
    private let channel: HDF5Channel
    private let process: pid_t
    /// Why it cannot be asked any more. Holding the lock is being the one who asks.
    private let end = Mutex<EmbqError?>(nil)

    /// Starts the helper on a file.
    ///
    /// - Parameter descriptor: the file, open for reading; the caller closes it.
    /// - Parameter program: the helper's path.
    init(file descriptor: Int32, program: String) throws(EmbqError) {
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
        // Holds: the texts are copied before the call returns.
        status = unsafe ch5_start(program.system, HDF5Helper.argument, descriptor, ends[1], &process)
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
            switch kind {
            case .contents:
                let json = try document(length)
                do throws(EmbqError) { return .success(try HDF5Contents(json: json)) } catch {
                    throw .nonsense(error.problem)
                }
            case .failure: return .failure(try failure(length))
            default: throw .nonsense("it sent no list of tensors")
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
                case .failure: return .failure(try failure(length))
                default: throw .nonsense("it sent other values than it had announced")
                }
            }
        }
    }

    private func document(_ length: UInt64) throws(HDF5Channel.Silence) -> JSONValue {
        guard length <= UInt64(HDF5Limits.listing) else { throw .nonsense("it wanted to send \(length) bytes") }
        let bytes = try channel.receive(Int(length))
        do throws(EmbqError) { return try JSONParser.parse(bytes) } catch { throw .nonsense(error.problem) }
    }

    private func failure(_ length: UInt64) throws(HDF5Channel.Silence) -> EmbqError {
        guard let error = EmbqError(json: try document(length)) else {
            throw .nonsense("it sent an error of another form")
        }
        return error
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
        switch silence {
        case .nonsense(let problem):
            _ = ch5_stop(process, 0)
            return HDF5Contents.distrust(problem)
        case .late:
            _ = ch5_stop(process, 0)
            return EmbqError(
                .limitExceeded, "the HDF5 library did not come to an end with this file", advice: HDF5Failure.damaged)
        case .closed, .broken:
            // A crashed process may take a moment to end.
            let signal = ch5_stop(process, 2000)
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
    }

    private static func notStarted(_ status: Int32) -> EmbqError {
        let failure = SystemFailure(status)
        return EmbqError(
            .unreadable, "the process that reads HDF5 cannot be started",
            advice: status == ENOENT
                ? "Mount /proc: embq starts itself from there once more." : failure.readingAdvice,
            cause: failure.reason)
    }
}
