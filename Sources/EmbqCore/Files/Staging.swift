import Glibc

/// A folder under a name of its own in which something is made before it takes its place. It goes, with all that it holds
/// then, when the value goes.
///
/// Its owner has a lock on it. One without a lock was left by a process that was killed; the next one that writes to the
/// folder around it removes it.
package struct Staging: ~Copyable {
    private static let prefix = ".embq.tmp-"
    private static let digits = 16

    /// The folder, which only the program's user may look into.
    package let path: String
    /// Has the lock.
    private let descriptor: Int32

    /// Makes one inside a folder, empty for the current folder, and removes those of processes that are gone.
    ///
    /// - Throws: `.unwritable` that speaks of `shownAs`.
    package init(in folder: String, shownAs: String) throws(EmbqError) {
        Self.sweep(folder)
        for _ in 0..<100 {
            let number = String(UInt64.random(in: .min ... .max), radix: 16)
            let name = Self.prefix + String(repeating: "0", count: Self.digits - number.utf8.count) + number
            let path = Folder.join(folder, name)
            // Known before it is there, so that no signal comes between.
            TemporaryFiles.add(path)
            guard unsafe mkdir(path.system, 0o700) == 0 else {
                let failure = SystemFailure()
                TemporaryFiles.forget(path)
                if errno == EEXIST { continue }
                throw .unwritable(shownAs, "it cannot be created", failure)
            }
            do throws(SystemFailure) {
                // nil when another process has just taken it for one that was left.
                if let lock = try FileLock(ifFree: path) {
                    self.path = path
                    descriptor = lock.take()
                    return
                }
            } catch {
                TemporaryFiles.remove(path)
                throw .unwritable(shownAs, "it cannot be created", error)
            }
            TemporaryFiles.remove(path)
        }
        throw .unwritable(shownAs, "it cannot be created", SystemFailure(EAGAIN))
    }

    /// Makes one for what has no place of its own: in `TMPDIR` or `/tmp`, or in the current folder where neither is.
    ///
    /// - Parameter output: what errors speak of; nil for the temporary folder alone.
    package init(temporaryFor output: String?) throws(EmbqError) {
        let named = unsafe getenv("TMPDIR").flatMap { unsafe SystemText.decode(UnsafePointer($0)) } ?? ""
        let folder = !named.isEmpty ? named : Folder.exists("/tmp") ? "/tmp" : "."
        do throws(EmbqError) {
            try self.init(in: folder, shownAs: folder)
        } catch {
            throw Self.fault(error, for: output, in: folder)
        }
    }

    private static func fault(_ error: EmbqError, for output: String?, in folder: String) -> EmbqError {
        var error = error
        error.file = output
        error.problem = "a temporary file cannot be written in \(EmbqError.printable(folder))"
        error.advice += " TMPDIR names another folder."
        return error
    }

    deinit {
        // Before, so that a process without a free descriptor can look into the folder.
        close(descriptor)
        TemporaryFiles.remove(path)
    }

    /// Makes a file inside.
    ///
    /// - Throws: `.unwritable` that names nothing: the name here is none that the user knows.
    package func write(_ bytes: Span<UInt8>, to name: String) throws(EmbqError) {
        do throws(EmbqError) {
            try OutputFile(new: self[name], shownAs: name).write(bytes)
        } catch {
            throw Self.fault(error, for: nil, in: Folder.parent(of: path))
        }
    }

    /// The path of something inside.
    package subscript(name: String) -> String { "\(path)/\(name)" }

    /// Whether a name is that of such a folder, made by this version or an older one.
    static func isName(_ name: String) -> Bool {
        let rest = name.utf8.dropFirst(prefix.utf8.count)
        return name.utf8.starts(with: prefix.utf8) && (1...digits).contains(rest.count)
            && rest.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// Removes those in a folder whose owners are gone. What belongs to another user stays.
    static func sweep(_ folder: String) {
        for name in Folder.names(in: folder.isEmpty ? "." : folder) ?? [] where isName(name) {
            let path = Folder.join(folder, name)
            guard let status = FileStatus(path, followsLinks: false), status.isFolder, status.isOwn else { continue }
            do throws(SystemFailure) {
                guard let lock = try FileLock(ifFree: path) else { continue }
                TemporaryFiles.delete(path)
                _ = consume lock
            } catch {
                // Another run may have more luck.
                continue
            }
        }
    }
}
