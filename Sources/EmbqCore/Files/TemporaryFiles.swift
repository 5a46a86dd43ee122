import Glibc
import Synchronization

/// The temporary files and folders of this process, under names that nobody can foresee or has taken.
package enum TemporaryFiles {
    private static let endings = [SIGINT, SIGTERM, SIGHUP]
    private static let known = Mutex<Set<String>>([])

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
    package static func removeOnSignals() {
        _ = signal(SIGXFSZ, SIG_IGN)
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for number in endings {
            // What the caller has switched off, as nohup does, stays off.
            if let before = signal(number, SIG_DFL) {
                _ = signal(number, before)
            } else {
                unsafe sigaddset(&signals, number)
            }
        }
        // Blocked in this thread and in those that it starts, they come to the one that waits for them: it may lock and
        // allocate, where a handler may not.
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        var thread = pthread_t()
        let failed = unsafe pthread_create(
            &thread, nil,
            { _ in
                TemporaryFiles.endOnSignal()
                return nil
            }, nil)
        if failed != 0 { unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil) }
    }

    /// Waits for a signal that the thread blocks, removes what there is and ends the program as the signal would.
    private static func endOnSignal() {
        var blocked = sigset_t()
        unsafe pthread_sigmask(SIG_BLOCK, nil, &blocked)
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for number in endings where unsafe sigismember(&blocked, number) == 1 { unsafe sigaddset(&signals, number) }
        var number: Int32 = 0
        while unsafe sigwait(&signals, &number) != 0 {}
        for path in known.withLock({ $0 }) { delete(path) }
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        kill(getpid(), number)
    }
}
