public import TensorCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Writing so that a failed run leaves nothing half-written: a sibling temporary file, then a rename.
public enum AtomicOutput {
    /// Writes `bytes` to `path`, replacing what is there in one step.
    ///
    /// - Throws: `.unwritable` with the system's reason.
    public static func write(_ bytes: [UInt8], to path: String) throws(EmbqError) {
        try write(to: path) { file throws(EmbqError) in try file.write(bytes) }
    }

    /// Writes UTF-8 text to `path`, replacing what is there in one step.
    public static func write(_ text: String, to path: String) throws(EmbqError) {
        try write(Array(text.utf8), to: path)
    }

    /// Lets `body` write a file piece by piece; it appears at `path` only when `body` has returned.
    public static func write(to path: String, _ body: (borrowing OutputFile) throws(EmbqError) -> Void)
        throws(EmbqError)
    {
        let temporary = "\(path).tmp-\(getpid())"
        do throws(EmbqError) {
            let file = try OutputFile(temporary, shownAs: path)
            try body(file)
            try file.finish()
            guard unsafe rename(temporary, path) == 0 else {
                throw OutputFile.fault(path, "it cannot be replaced", systemReason())
            }
        } catch {
            unsafe _ = unlink(temporary)
            throw error
        }
    }

    /// Lets `body` make a file under a name of its own beside `path`; it takes that place only when `body` has returned.
    ///
    /// For libraries that want a path.
    public static func replace(_ path: String, _ body: (_ temporary: String) throws(EmbqError) -> Void)
        throws(EmbqError)
    {
        let temporary = "\(path).tmp-\(getpid())"
        do throws(EmbqError) {
            // Made here first: a folder that is missing or closed is told in the system's words.
            _ = try OutputFile(temporary, shownAs: path)
            try body(temporary)
            try OutputFile(temporary, shownAs: path, keeping: true).finish()
            guard unsafe rename(temporary, path) == 0 else {
                throw OutputFile.fault(path, "it cannot be replaced", systemReason())
            }
        } catch {
            unsafe _ = unlink(temporary)
            throw error
        }
    }

    /// Writes several files into a folder, which is made when it is missing, with the folders above it: all of them
    /// or none.
    ///
    /// Everything is first written into a hidden sibling folder; then each file is renamed into its place.
    /// - Parameter files: path inside the folder, with `/` between folders, and content.
    public static func writeFolder(_ path: String, _ files: [(name: String, bytes: [UInt8])]) throws(EmbqError) {
        var target = path
        while target.count > 1, target.hasSuffix("/") { target.removeLast() }
        guard Folder.exists(target) || FileIdentity(target) == nil else {
            throw OutputFile.fault(path, "there is something else than a folder", "Not a directory")
        }
        let parents = try makeParents(of: target)
        var isComplete = false
        defer { if !isComplete { for parent in parents.reversed() { unsafe _ = rmdir(parent) } } }
        let folders = [""] + innerFolders(files.map(\.name)).map { "/\($0)" }
        let staging = "\(target).tmp-\(getpid())"
        defer {
            for file in files { unsafe _ = unlink("\(staging)/\(file.name)") }
            for folder in folders.reversed() { unsafe _ = rmdir(staging + folder) }
        }
        for folder in folders where unsafe mkdir(staging + folder, 0o755) != 0 {
            throw OutputFile.fault(path, "the folder cannot be made", systemReason())
        }
        for (name, bytes) in files {
            let file = try OutputFile("\(staging)/\(name)", shownAs: "\(target)/\(name)")
            try file.write(bytes)
            try file.finish()
        }
        try move(files.map(\.name), folders, from: staging, to: target)
        isComplete = true
    }

    /// Renames files into their places; what was made is taken back when that fails in a folder that was not there.
    private static func move(_ names: [String], _ folders: [String], from staging: String, to target: String)
        throws(EmbqError)
    {
        var made: [String] = []
        func takeBack() {
            if made.first == target { for name in names { unsafe _ = unlink("\(target)/\(name)") } }
            for folder in made.reversed() { unsafe _ = rmdir(folder) }
        }
        for folder in folders {
            if unsafe mkdir(target + folder, 0o755) == 0 {
                made.append(target + folder)
            } else if errno != EEXIST || !Folder.exists(target + folder) {
                let error = OutputFile.fault(target + folder, "the folder cannot be made", systemReason())
                takeBack()
                throw error
            }
        }
        for name in names where unsafe rename("\(staging)/\(name)", "\(target)/\(name)") != 0 {
            let error = OutputFile.fault("\(target)/\(name)", "it cannot be replaced", systemReason())
            takeBack()
            throw error
        }
    }

    /// The folders that these paths name, the outer ones first.
    private static func innerFolders(_ names: [String]) -> [String] {
        var folders: Set<String> = []
        for name in names {
            let parts = name.split(separator: "/").dropLast()
            for count in stride(from: 1, through: parts.count, by: 1) {
                folders.insert(parts.prefix(count).joined(separator: "/"))
            }
        }
        return folders.sorted()
    }

    /// Makes the missing folders above a path and gives those that were made, the outermost first.
    private static func makeParents(of path: String) throws(EmbqError) -> [String] {
        var missing: [String] = []
        var parent = Folder.parent(of: path)
        while parent.utf8.count > 1, !Folder.exists(parent) {
            missing.append(parent)
            parent = Folder.parent(of: String(parent.dropLast()))
        }
        var made: [String] = []
        for folder in missing.reversed() {
            guard unsafe mkdir(folder, 0o755) == 0 || errno == EEXIST else {
                let error = OutputFile.fault(path, "the folder cannot be made", systemReason())
                for folder in made.reversed() { unsafe _ = rmdir(folder) }
                throw error
            }
            made.append(folder)
        }
        return made
    }
}

/// A file open for writing, closed when it goes out of scope.
public struct OutputFile: ~Copyable {
    private let descriptor: Int32
    private let path: String

    /// Creates (or, unless `keeping`, empties) a file; errors speak of `shownAs`, the name the user knows.
    fileprivate init(_ path: String, shownAs: String, keeping: Bool = false) throws(EmbqError) {
        self.path = shownAs
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (keeping ? 0 : O_TRUNC), 0o644)
        guard descriptor >= 0 else { throw Self.fault(shownAs, "it cannot be created", systemReason()) }
    }

    deinit { close(descriptor) }

    /// Appends bytes.
    ///
    /// - Throws: `.unwritable`, for example on a full disk.
    public borrowing func write(_ bytes: [UInt8]) throws(EmbqError) {
        try write(bytes.span)
    }

    /// Appends bytes.
    public borrowing func write(_ bytes: Span<UInt8>) throws(EmbqError) {
        var done = 0
        while done < bytes.count {
            // Holds: the buffer outlives the call and `done` stays below its count.
            let written = unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe Int(Glibc.write(descriptor, buffer.baseAddress.unsafelyUnwrapped + done, buffer.count - done))
            }
            guard written > 0 else {
                if written < 0, errno == EINTR { continue }
                throw Self.fault(path, "writing it failed", systemReason())
            }
            done += written
        }
    }

    /// Writes over bytes that were written before, `offset` bytes from the start; what is appended next is not moved.
    ///
    /// - Throws: `.unwritable`.
    public borrowing func replace(_ bytes: [UInt8], at offset: Int) throws(EmbqError) {
        var done = 0
        while done < bytes.count {
            // Holds: the buffer outlives the call and `done` stays below its count.
            let written = unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe pwrite(
                    descriptor, buffer.baseAddress.unsafelyUnwrapped + done, buffer.count - done, off_t(offset + done))
            }
            guard written > 0 else {
                if written < 0, errno == EINTR { continue }
                throw Self.fault(path, "writing it failed", systemReason())
            }
            done += written
        }
    }

    fileprivate borrowing func finish() throws(EmbqError) {
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw Self.fault(path, "writing it failed", systemReason())
        }
    }

    static func fault(_ path: String, _ problem: String, _ cause: String) -> EmbqError {
        EmbqError(
            .unwritable, file: path, problem, advice: "Check that the folder exists, is writable and has room.",
            cause: cause)
    }
}
