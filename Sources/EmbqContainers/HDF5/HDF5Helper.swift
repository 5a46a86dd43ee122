import CEmbqHDF5Shim
import EmbqCore
import Glibc
import Synchronization

/// The helper process: this program once more, started to read one HDF5 file.
///
/// The HDF5 library crashes on hostile files. So embq never calls it on a file from outside in its own process:
/// it starts itself with ``argument``, and that process may take a bounded amount of memory and time, can open no
/// other file, write none, and is gone when it crashes.
package enum HDF5Helper {
    /// The one argument that makes a program the helper.
    static let argument = "--hdf5-helper"

    /// Whether this program can be the helper; if not, `embq` beside it is.
    private static let isOwn = Atomic(false)

    /// To be called first of all in `main`: turns the process into the helper if it was started as one, else notes
    /// that this program can be.
    package static func serveIfAsked() {
        guard SystemText.arguments == [argument] else {
            isOwn.store(true, ordering: .relaxed)
            return
        }
        exit(serve())
    }

    /// The program to start.
    static var program: String {
        get throws(EmbqError) {
            if isOwn.load(ordering: .relaxed) { return "/proc/self/exe" }
            var path = [CChar](repeating: 0, count: 4096)
            // Holds: at most one less than the buffer is written, so that a zero follows.
            let length = unsafe readlink("/proc/self/exe", &path, path.count - 1)
            let own = SystemText.decode(path.prefix(max(0, length)).map { UInt8(bitPattern: $0) })
            let beside = own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            guard length > 0, unsafe access((beside + "/embq").system, X_OK) == 0 else {
                throw EmbqError(
                    .missing, "HDF5 is read by a process of its own, and its program, embq, is not beside this one",
                    advice: "Put embq there.")
            }
            return beside + "/embq"
        }
    }

    /// The helper's main: descriptor 0 is the file, 1 the channel.
    private static func serve() -> Int32 {
        let size = Int(ch5_file_size(0))
        guard size >= 0 else { return 64 }
        let status = ch5_confine(
            HDF5Limits.addressSpace(forFileOf: size), HDF5Limits.processorSeconds(forFileOf: size))
        let channel = HDF5Channel(descriptor: 1, patience: -1)
        do {
            guard status == 0 else {
                throw EmbqError(.unreadable, "the process that reads HDF5 cannot be held in", advice: "")
            }
            try answer(channel, with: HDF5Reader(path: "/dev/fd/0", size: size))
        } catch let error as EmbqError {
            try? channel.send(.failure, error.json.bytes.span)
        } catch {
            // embq has gone, or has all that it wants.
        }
        return 0
    }

    private static func answer(_ channel: HDF5Channel, with reader: consuming HDF5Reader) throws(HDF5Channel.Silence) {
        try channel.send(.contents, reader.contents.json.bytes.span)
        while true {
            let index = try channel.receive(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
            guard index < UInt64(reader.contents.datasets.count) else { return }
            var silence: HDF5Channel.Silence?
            do throws(EmbqError) {
                try reader.read(Int(index)) { piece throws(EmbqError) in
                    do throws(HDF5Channel.Silence) {
                        try channel.send(.piece, piece)
                    } catch {
                        silence = error
                        throw EmbqError(.unreadable, "embq has gone", advice: "")
                    }
                }
                try finish(channel)
            } catch {
                if let silence { throw silence }
                try channel.send(.failure, error.json.bytes.span)
            }
        }
    }

    private static func finish(_ channel: HDF5Channel) throws(EmbqError) {
        let none: [UInt8] = []
        do throws(HDF5Channel.Silence) { try channel.send(.end, none.span) } catch {
            throw EmbqError(.unreadable, "embq has gone", advice: "")
        }
    }
}
