import CEmbqProcess
import Glibc
import Synchronization

/// What this process has under temporary names, and what becomes of it when a signal ends the process.
package enum TemporaryFiles {
    private static let endings = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU]
    private static let known = Mutex<Set<String>>([])
    /// Held while one thing takes another's place, and by the one who ends the program.
    private static let exchange = Mutex<Void>(())
    private static let isEnding = Atomic(false)

    /// Calls `body` undisturbed: a signal that comes meanwhile ends the program after it.
    static func undisturbed<R>(_ body: () throws(EmbqError) -> R) throws(EmbqError) -> R {
        let result: Result<R, EmbqError> = exchange.withLock { _ in
            do throws(EmbqError) { return .success(try body()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Lets a reader that goes end the program only after `body`, which gets an error and cleans up.
    static func outlivingReaders<R>(_ body: () throws(EmbqError) -> R) throws(EmbqError) -> R {
        var signals = sigset_t()
        var before = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        return try body()
    }

    /// Notes a path that is to go with the process.
    static func add(_ path: String) { known.withLock { _ = $0.insert(path) } }

    /// Lets a path stay.
    static func forget(_ path: String) { known.withLock { _ = $0.remove(path) } }

    /// Removes a file, or a folder with all that it holds, if it is there.
    static func remove(_ path: String) {
        delete(path)
        forget(path)
    }

    /// Removes a file, or a folder with all that it holds. Links are removed, never followed. One descriptor is enough.
    static func delete(_ path: String) {
        if unsafe unlink(path.system) == 0 || errno == ENOENT { return }
        // A writer that is being ended may add a file meanwhile.
        for _ in 0..<100 {
            for name in Folder.names(in: path) ?? [] { delete(Folder.join(path, name)) }
            if unsafe rmdir(path.system) == 0 || errno != ENOTEMPTY { return }
        }
    }

    /// Lets a program that is interrupted, ended, hung up or out of its processor time take its temporary files with it. A file that passes the
    /// system's limit of sizes becomes an error, where it would end the program, and so does a mapped file that loses
    /// bytes while it is read.
    ///
    /// To be called once, before anything else runs.
    /// - Parameter tell: tells an error before the program ends with status 1.
    package static func removeOnSignals(_ tell: @escaping @Sendable (EmbqError) -> Void) {
        _ = signal(SIGXFSZ, SIG_IGN)
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGBUS)
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
        let waited = signals
        let thread = Thread { endOnSignal(waited, tell) }
        if thread == nil { unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil) }
        // A page that is missing stops the thread that reads it, and the other one is told.
        var fault = sigset_t()
        unsafe sigemptyset(&fault)
        unsafe sigaddset(&fault, SIGBUS)
        unsafe pthread_sigmask(SIG_UNBLOCK, &fault, nil)
        if var watcher = thread?.identifier {
            _ = unsafe cp_watch_faults(&watcher)
        } else {
            _ = cp_watch_faults(nil)
        }
    }

    /// Stops for good when a signal is ending the program: what fails because its temporary files are gone is no error.
    package static func yieldToSignal() {
        while isEnding.load(ordering: .relaxed) { pause() }
    }

    /// Waits for a signal that the thread blocks, removes what there is and ends the program as the signal would.
    private static func endOnSignal(_ signals: sigset_t, _ tell: (EmbqError) -> Void) {
        var signals = signals
        var number: Int32 = 0
        while unsafe sigwait(&signals, &number) != 0 {}
        exchange.withLock { _ in
            isEnding.store(true, ordering: .relaxed)
            for path in known.withLock({ $0 }) { delete(path) }
            if number == SIGBUS, let path = unsafe MappedFile.path(at: cp_fault_address()) {
                tell(
                    EmbqError(
                        .unreadable, file: path, "it became shorter while it was read, or its disk failed",
                        advice: "Run the command again when nothing writes to the file."))
                _exit(1)
            }
            _ = signal(number, SIG_DFL)
            unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
            kill(getpid(), number)
            // Not reached but where a debugger takes the signal.
            _exit(128 + number)
        }
    }
}
