import CEmbqProcess
import Glibc

/// A folder that files are written into: all of them appear, or none.
///
/// A new folder is filled beside the target and exchanged with it in one step. Where that cannot be, the files are
/// replaced one by one under a journal (``FolderJournal``), which the next run completes: when other files lie in the folder,
/// when it is a mount point or the current folder, and when the folder around it cannot be written.
package struct FolderOutput: Sendable {
    /// A file: its path inside the folder, with `/` between folders, and its content.
    package typealias File = (name: String, bytes: [UInt8])
    /// Tells which files of a folder may go when it is replaced.
    package typealias Owned = @Sendable (_ folder: String) throws(EmbqError) -> Set<String>
    /// What becomes of other files that are there.
    package enum Others: Sendable { case stay, refused }

    /// As the user gave it, without a slash at its end.
    private let shown: String
    /// From the root on, without links.
    private let target: String
    /// The folder's own name.
    package var name: String { Folder.name(of: target) }
    /// The folder, from the root on.
    package var path: String { target }
    private var parent: String { Folder.parent(of: target) }

    /// What the system says where two folders cannot be exchanged.
    private static let unexchangeable: Set<Int32> = [
        EBUSY, EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EPERM, EACCES, EROFS,
    ]

    /// Completes what a run that was killed left half done, and removes what it had staged.
    ///
    /// - Throws: `.unwritable` for what is no folder.
    package init(_ path: String) throws(EmbqError) {
        var path = path
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        shown = path
        guard !path.isEmpty else { throw .unwritable(path, "the folder has no name", SystemFailure(ENOENT)) }
        guard let status = FileStatus(path) else {
            target = Folder.join(Folder.absolute(Folder.parent(of: path)), Folder.name(of: path))
            return
        }
        guard status.isFolder else {
            throw .unwritable(path, "there is something else than a folder", SystemFailure(ENOTDIR))
        }
        target = Folder.absolute(path)
        Staging.sweep(target)
        guard FolderJournal.isPending(in: target) else { return }
        let lock = try FileLock(waitingFor: target, shownAs: shown)
        try FolderJournal(in: target, shownAs: shown).finish()
        lock.synchronize()
    }

    /// Whether a run that was killed left the folder half replaced.
    package static func isInterrupted(_ path: String) -> Bool { FolderJournal.isPending(in: path) }

    /// Refuses a folder that holds what may not go.
    ///
    /// - Throws: `.invalidRequest` naming the first of it.
    package func check(_ owned: Owned) throws(EmbqError) {
        guard Folder.exists(target) else { return }
        try refuseForeign(in: target, owned(target))
    }

    private func refuseForeign(in folder: String, _ known: Set<String>) throws(EmbqError) {
        guard let foreign = Self.firstForeign(in: folder, known) else { return }
        throw EmbqError(
            .invalidRequest, file: Folder.join(shown, foreign),
            "it is in the way: the folder is replaced as a whole, and this is no file of the package that it holds",
            advice: "Choose another folder, or move this away first.")
    }

    /// Writes the files. Folders above the target are made as needed.
    ///
    /// - Parameters:
    ///   - owned: which of the files that are there go, if none of the new ones has their name.
    ///   - others: what becomes of all that is neither owned nor, where it may stay, replaced.
    /// - Throws: `.unwritable`, and `.invalidRequest` as ``check(_:)`` does.
    package func write(_ files: [File], replacing owned: @escaping Owned = { _ in [] }, others: Others = .stay)
        throws(EmbqError)
    {
        let old = Old(owned: owned, others: others)
        let parents = try makeParents()
        do throws(EmbqError) {
            if try !exchange(files, old) {
                let lock = try FileLock(waitingFor: target, shownAs: shown)
                let journal = FolderJournal(in: target, shownAs: shown)
                try journal.finish()
                let owned = try owned(target)
                if others == .refused { try refuseForeign(in: target, owned) }
                try journal.replace(files, removing: owned.subtracting(files.map(\.name)).sorted())
                lock.synchronize()
            }
        } catch {
            for parent in parents.reversed() { unsafe _ = rmdir(parent.system) }
            throw error
        }
    }

    /// What is in the folder, and what may become of it.
    private struct Old {
        let owned: Owned
        let others: Others

        /// The files that may go when `files` come.
        func known(in folder: String, _ files: [File]) throws(EmbqError) -> Set<String> {
            let owned = try owned(folder)
            return others == .refused ? owned : owned.union(files.map(\.name))
        }
    }

    /// Fills a folder beside the target and lets it take its place.
    ///
    /// - Returns: false when that cannot be done here.
    private func exchange(_ files: [File], _ old: Old) throws(EmbqError) -> Bool {
        if Folder.exists(target), try !isExchangeable(files, old) { return false }
        do throws(EmbqError) {
            let staging = try Staging(in: parent, shownAs: shown)
            let new = staging["new"]
            try stage(files, in: new)
            while true {
                let status = unsafe cp_rename_to_free(new.system, target.system)
                if status == 0 { break }
                guard Folder.exists(target) else {
                    // A file system without that kind of renaming.
                    guard status == EINVAL || status == ENOSYS, unsafe rename(new.system, target.system) == 0 else {
                        throw .unwritable(shown, "the folder cannot be made", SystemFailure(status))
                    }
                    break
                }
                let lock = try FileLock(waitingFor: target, shownAs: shown)
                try FolderJournal(in: target, shownAs: shown).finish()
                guard try isExchangeable(files, old) else { return false }
                let known = try old.known(in: target, files)
                let exchanged = try TemporaryFiles.undisturbed { () throws(EmbqError) -> Int32 in
                    let status = unsafe cp_exchange(new.system, target.system)
                    if status != 0 { return status }
                    // Something may have come at the last moment: it goes back with all the rest.
                    if let foreign = Self.firstForeign(in: new, known) {
                        _ = unsafe cp_exchange(new.system, target.system)
                        throw EmbqError(
                            .unwritable, file: Folder.join(shown, foreign),
                            "it appeared while the folder was replaced", advice: "Run the command again.")
                    }
                    return 0
                }
                _ = consume lock
                if exchanged == 0 { break }
                if Self.unexchangeable.contains(exchanged) { return false }
                throw .unwritable(shown, "the folder cannot be replaced", SystemFailure(exchanged))
            }
            AtomicOutput.synchronize(parent)
            return true
        } catch {
            // Nothing can be made beside it, perhaps inside; another fault shows there again.
            guard error.code == .unwritable, error.file == shown, Folder.exists(target), isWriteProtected(parent) else {
                throw error
            }
            return false
        }
    }

    private func isWriteProtected(_ folder: String) -> Bool { unsafe access(folder.system, W_OK | X_OK) != 0 }

    /// Whether nothing would be lost, and nobody would stand in a folder that is gone.
    private func isExchangeable(_ files: [File], _ old: Old) throws(EmbqError) -> Bool {
        let known = try old.known(in: target, files)
        if old.others == .refused { try refuseForeign(in: target, known) }
        let current = Folder.absolute("")
        let isCurrent = current.hasSameBytes(as: target) || current.utf8.starts(with: (target + "/").utf8)
        return target != "/" && !isCurrent && Self.firstForeign(in: target, known) == nil
    }

    /// Writes all files into a new folder, with the permissions of those that they replace.
    private func stage(_ files: [File], in new: String) throws(EmbqError) {
        let folders = [""] + Self.innerFolders(files.map(\.name))
        for folder in folders where unsafe mkdir(Folder.join(new, folder).system, 0o777) != 0 {
            throw .unwritable(Folder.join(shown, folder), "the folder cannot be made")
        }
        for (name, bytes) in files {
            let file = try OutputFile(new: Folder.join(new, name), shownAs: Folder.join(shown, name))
            try file.write(bytes)
            if let old = FileStatus(Folder.join(target, name), followsLinks: false), old.isFile { file.resemble(old) }
            try file.finish()
        }
        for folder in folders.reversed() {
            let descriptor = unsafe open(Folder.join(new, folder).system, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            if let old = FileStatus(Folder.join(target, folder)), old.isFolder { old.apply(to: descriptor) }
            _ = fsync(descriptor)
            close(descriptor)
        }
    }

    /// The folders that these paths name, the outer ones first.
    static func innerFolders(_ names: some Sequence<String>) -> [String] {
        var folders: Set<String> = []
        for name in names {
            let parts = name.split(separator: "/").dropLast()
            for count in stride(from: 1, through: parts.count, by: 1) {
                folders.insert(parts.prefix(count).joined(separator: "/"))
            }
        }
        return folders.sorted()
    }

    /// The first path inside a folder that is none of these files and holds none of them. What other runs stage does not
    /// count.
    private static func firstForeign(in folder: String, _ known: Set<String>) -> String? {
        let folders = Set(innerFolders(known))
        func search(_ inner: String) -> String? {
            // What cannot be looked into may hold anything.
            guard let names = Folder.names(in: Folder.join(folder, inner)) else { return inner.isEmpty ? "." : inner }
            for name in names {
                if inner.isEmpty, Staging.isName(name) { continue }
                let path = Folder.join(inner, name)
                if FileStatus(Folder.join(folder, path), followsLinks: false)?.isFolder == true {
                    guard folders.contains(path) else { return path }
                    if let found = search(path) { return found }
                } else if !known.contains(path) {
                    return path
                }
            }
            return nil
        }
        return search("")
    }

    /// Makes the missing folders above the target and gives those that were made, the outermost first.
    private func makeParents() throws(EmbqError) -> [String] {
        var missing: [String] = []
        var folder = parent
        while folder.utf8.count > 1, !Folder.exists(folder) {
            missing.append(folder)
            folder = Folder.parent(of: String(folder.dropLast()))
        }
        var made: [String] = []
        for folder in missing.reversed() {
            if unsafe mkdir(folder.system, 0o777) == 0 {
                made.append(folder)
                continue
            }
            let failure = SystemFailure()
            if !Folder.exists(folder) {
                for folder in made.reversed() { unsafe _ = rmdir(folder.system) }
                throw .unwritable(shown, "the folder cannot be made", failure)
            }
        }
        return made
    }
}
