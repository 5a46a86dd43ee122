import Dispatch
import Synchronization
import TensorCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The temporary files and folders of this process, under names that nobody can foresee or has taken.
public enum TemporaryFiles {
    private static let known = Mutex<Set<String>>([])
    // Holds: written once, by the program's first thread before it starts others.
    private nonisolated(unsafe) static var sources: [any DispatchSourceSignal] = []

    /// Makes an empty file beside `path`.
    ///
    /// - Throws: `.unwritable` that speaks of `shownAs`.
    static func makeFile(_ path: String, shownAs: String) throws(EmbqError) -> String {
        try make(path) { name in
            let descriptor = unsafe open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
            if descriptor >= 0 { close(descriptor) }
            return descriptor >= 0
        } orFail: {
            OutputFile.fault(shownAs, "it cannot be created", systemReason())
        }
    }

    /// Makes an empty folder beside `path`.
    ///
    /// - Throws: `.unwritable` that speaks of `shownAs`.
    static func makeFolder(_ path: String, shownAs: String) throws(EmbqError) -> String {
        try make(path) {
            unsafe mkdir($0, 0o755) == 0
        } orFail: {
            OutputFile.fault(shownAs, "the folder cannot be made", systemReason())
        }
    }

    private static func make(_ path: String, _ create: (String) -> Bool, orFail fault: () -> EmbqError)
        throws(EmbqError) -> String
    {
        for _ in 0..<100 {
            let name = "\(path).tmp-\(String(UInt32.random(in: .min ... .max), radix: 16))"
            if create(name) {
                known.withLock { _ = $0.insert(name) }
                return name
            }
            guard errno == EEXIST else { break }
        }
        throw fault()
    }

    /// Removes a file, or a folder with all that it holds, if it is there.
    static func remove(_ path: String) {
        delete(path)
        known.withLock { _ = $0.remove(path) }
    }

    private static func delete(_ path: String) {
        if unsafe unlink(path) == 0 || errno == ENOENT { return }
        guard let folder = unsafe opendir(path) else { return }
        while let entry = unsafe readdir(folder) {
            if let name = unsafe Folder.name(of: entry), name != ".", name != ".." { delete("\(path)/\(name)") }
        }
        unsafe _ = closedir(folder)
        unsafe _ = rmdir(path)
    }

    /// Lets a program that is interrupted, ended or hung up take its temporary files with it. A file that passes the
    /// system's limit of sizes becomes an error, where it would end the program.
    ///
    /// To be called once, before anything else runs.
    public static func removeOnSignals() {
        _ = signal(SIGXFSZ, SIG_IGN)
        let queue = DispatchQueue(label: "embq.signals")
        for number in [SIGINT, SIGTERM, SIGHUP] {
            // What the caller has switched off, as nohup does, stays off.
            guard signal(number, SIG_IGN) == nil else { continue }
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                for path in known.withLock({ $0 }) { delete(path) }
                _ = signal(number, SIG_DFL)
                kill(getpid(), number)
            }
            source.resume()
            unsafe sources.append(source)
        }
    }
}
