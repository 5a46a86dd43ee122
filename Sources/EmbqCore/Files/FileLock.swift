import Glibc

/// A lock on a folder, held until the value goes: who replaces what is in the folder, or owns it, has it. The system
/// takes it back when a process ends, however that ends.
struct FileLock: ~Copyable {
    private static let attempts = 3000
    private static let pause: UInt32 = 10_000

    private let descriptor: Int32

    /// Takes the lock if it is free.
    ///
    /// - Returns: nil when another has it, or when nothing is there any more.
    /// - Throws: why the folder cannot be opened.
    init?(ifFree path: String) throws(SystemFailure) {
        let descriptor = Self.open(path)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw SystemFailure()
        }
        guard Self.lock(descriptor), Self.isAt(path, descriptor) else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
    }

    /// Waits for the lock, for half a minute at most.
    ///
    /// - Throws: `.unwritable` when another program keeps it, or the folder cannot be opened.
    init(waitingFor path: String, shownAs: String) throws(EmbqError) {
        for _ in 0..<Self.attempts {
            let descriptor = Self.open(path)
            guard descriptor >= 0 else { throw .unwritable(shownAs, "the folder cannot be opened") }
            if Self.lock(descriptor) {
                // Meanwhile another folder may have taken its place.
                if Self.isAt(path, descriptor) {
                    self.descriptor = descriptor
                    return
                }
            } else {
                _ = usleep(Self.pause)
            }
            close(descriptor)
        }
        throw EmbqError(
            .unwritable, file: shownAs, "another program keeps the folder locked",
            advice: "Try again when it has ended.")
    }

    deinit { close(descriptor) }

    /// Gives the lock to the caller, who closes the descriptor.
    consuming func take() -> Int32 {
        let taken = descriptor
        discard self
        return taken
    }

    /// Waits until what was renamed in the folder is on the disk.
    borrowing func synchronize() { _ = fsync(descriptor) }

    private static func open(_ path: String) -> Int32 {
        unsafe Glibc.open(path.system, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)
    }

    /// A file system without locks has no other writers to tell of.
    private static func lock(_ descriptor: Int32) -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            return errno != EWOULDBLOCK
        }
        return true
    }

    private static func isAt(_ path: String, _ descriptor: Int32) -> Bool {
        guard let open = FileStatus(descriptor: descriptor), let there = FileStatus(path) else { return false }
        return open.isSame(as: there)
    }
}
