import Glibc

/// Files of a folder that are replaced one by one, so that a run which is killed meanwhile can be completed.
///
/// The new files lie in a folder inside, with the old ones beside them as links, and a list of what is to happen. When all
/// of it is on the disk, that folder gets the name `.embq.journal`: from then on every file is to be replaced, and each run
/// that writes to the folder does first what is left to do. When it cannot be done, the folder becomes `.embq.undo`, and
/// the old files come back, if need be in another run too. Each step is one renaming and can be repeated.
struct FolderJournal {
    private static let name = ".embq.journal"
    private static let undoName = ".embq.undo"
    private static let list = "list"
    /// A list has some hundred short lines.
    private static let maximumList = 16 << 20

    private enum Kind: String { case put, remove, folder }

    /// One thing to do. Files are called by the step's number, with `new` and `old` behind it.
    private struct Step {
        let number: Int
        let kind: Kind
        /// Whether something is replaced or removed.
        let hasOld: Bool
        /// The path inside the folder.
        let name: String

        var new: String { "\(number).new" }
        var old: String { "\(number).old" }
        var line: String { "\(kind.rawValue) \(hasOld ? 1 : 0) \(name)\n" }
    }

    private let folder: String
    private let shown: String

    /// - Parameter folder: without links; the caller has its lock.
    init(in folder: String, shownAs shown: String) {
        self.folder = folder
        self.shown = shown
    }

    static func isPending(in folder: String) -> Bool {
        [name, undoName].contains { isThere(Folder.join(folder, $0)) }
    }

    private static func isThere(_ path: String) -> Bool { FileStatus(path, followsLinks: false) != nil }

    private var pending: String { Folder.join(folder, Self.name) }
    private var undone: String { Folder.join(folder, Self.undoName) }

    /// Does what another run left to do.
    func finish() throws(EmbqError) {
        if Self.isThere(undone) { try undo(read(undone)) }
        if Self.isThere(pending) { try complete(read(pending)) }
    }

    /// Replaces files and removes others: all of that, or nothing.
    func replace(_ files: [FolderOutput.File], removing removed: [String]) throws(EmbqError) {
        let staging = try Staging(in: folder, shownAs: shown)
        var steps: [Step] = []
        for name in FolderOutput.innerFolders(files.map(\.name)) {
            // A link is none: the next run could not tell whether it led here already.
            let status = FileStatus(place(name), followsLinks: false)
            guard status?.isFolder ?? true else {
                throw .unwritable(
                    Folder.join(shown, name), "something else is in the place of a folder", SystemFailure(EEXIST))
            }
            if status == nil { steps.append(Step(number: steps.count, kind: .folder, hasOld: false, name: name)) }
        }
        for (name, bytes) in files {
            let step = try Step(number: steps.count, kind: .put, hasOld: keep(name, steps.count, staging), name: name)
            let file = try OutputFile(new: staging[step.new], shownAs: Folder.join(shown, name))
            try file.write(bytes)
            if let old = FileStatus(place(name), followsLinks: false), old.isFile { file.resemble(old) }
            try file.finish()
            steps.append(step)
        }
        for name in removed {
            let hasOld = try keep(name, steps.count, staging)
            if hasOld { steps.append(Step(number: steps.count, kind: .remove, hasOld: true, name: name)) }
        }
        let list = try OutputFile(new: staging[Self.list], shownAs: shown)
        try list.write(Array(steps.map(\.line).joined().utf8))
        try list.finish()
        AtomicOutput.synchronize(staging.path)
        try TemporaryFiles.undisturbed { () throws(EmbqError) in
            guard unsafe rename(staging.path.system, pending.system) == 0 else {
                throw .unwritable(shown, "its files cannot be replaced")
            }
            AtomicOutput.synchronize(folder)
            try complete(steps)
        }
    }

    /// Keeps a link to what is to be replaced, or a copy where there are no links.
    ///
    /// - Returns: whether there is anything.
    private func keep(_ name: String, _ number: Int, _ staging: borrowing Staging) throws(EmbqError) -> Bool {
        let (path, copy) = (place(name), staging["\(number).old"])
        guard let status = FileStatus(path, followsLinks: false) else { return false }
        guard !status.isFolder else {
            throw .unwritable(Folder.join(shown, name), "a folder is in its place", SystemFailure(EISDIR))
        }
        if unsafe link(path.system, copy.system) == 0 { return true }
        let shownName = Folder.join(shown, name)
        let file = try OutputFile(new: copy, shownAs: shownName)
        let old = try naming(shownName) { () throws(EmbqError) in try MappedFile(path) }
        try old.withBytes { bytes throws(EmbqError) in try file.write(bytes) }
        file.resemble(status)
        try file.finish()
        return true
    }

    private func complete(_ steps: [Step]) throws(EmbqError) {
        do throws(EmbqError) {
            for step in steps { try apply(step) }
        } catch {
            guard unsafe rename(pending.system, undone.system) == 0 else { throw error }
            try undo(steps)
            throw error
        }
        for name in FolderOutput.innerFolders(steps.filter { $0.kind == .remove }.map(\.name)).reversed() {
            unsafe _ = rmdir(place(name).system)
        }
        synchronize(steps)
        close(pending)
    }

    private func apply(_ step: Step) throws(EmbqError) {
        let path = place(step.name)
        switch step.kind {
        case .folder:
            guard unsafe mkdir(path.system, 0o777) == 0 || errno == EEXIST else {
                throw .unwritable(Folder.join(shown, step.name), "the folder cannot be made")
            }
        case .put:
            let new = Folder.join(pending, step.new)
            // Not there: it has its place.
            guard unsafe rename(new.system, path.system) == 0 || errno == ENOENT && !Self.isThere(new) else {
                throw .unwritable(Folder.join(shown, step.name), "it cannot be replaced")
            }
        case .remove:
            guard unsafe unlink(path.system) == 0 || errno == ENOENT else {
                throw .unwritable(Folder.join(shown, step.name), "it cannot be removed")
            }
        }
    }

    private func undo(_ steps: [Step]) throws(EmbqError) {
        for step in steps.reversed() {
            let path = place(step.name)
            if step.kind == .folder {
                unsafe _ = rmdir(path.system)
            } else if step.hasOld {
                let old = Folder.join(undone, step.old)
                guard unsafe rename(old.system, path.system) == 0 || errno == ENOENT && !Self.isThere(old) else {
                    throw .unwritable(Folder.join(shown, step.name), "the old file cannot be put back")
                }
            } else if !Self.isThere(Folder.join(undone, step.new)) {
                unsafe _ = unlink(path.system)
            }
        }
        synchronize(steps)
        close(undone)
    }

    /// Waits until all of it is on the disk.
    private func synchronize(_ steps: [Step]) {
        for name in Set(steps.map { Folder.parent(of: place($0.name)) }) { AtomicOutput.synchronize(name) }
    }

    /// Removes a journal of which nothing is left to do. Without its list it says so itself.
    private func close(_ journal: String) {
        unsafe _ = unlink(Folder.join(journal, Self.list).system)
        AtomicOutput.synchronize(journal)
        TemporaryFiles.delete(journal)
    }

    /// What a journal says; nothing when it was done with.
    ///
    /// - Throws: `.malformed` for one that embq did not write: it may come with a folder from anywhere.
    private func read(_ journal: String) throws(EmbqError) -> [Step] {
        let path = Folder.join(journal, Self.list)
        func fault(_ problem: String) -> EmbqError {
            EmbqError(
                .malformed, file: Folder.join(shown, Folder.name(of: journal)), problem,
                advice: "embq did not write it: remove it.")
        }
        guard FileStatus(journal, followsLinks: false)?.isFolder == true else { throw fault("it is no journal") }
        guard let status = FileStatus(path, followsLinks: false) else { return [] }
        guard status.isFile, status.size <= Self.maximumList else {
            throw fault("its list is no file of a list's size")
        }
        let text = String(decoding: try MappedFile(path).contents, as: UTF8.self)
        var steps: [Step] = []
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count == 3, let kind = Kind(rawValue: String(parts[0])), ["0", "1"].contains(parts[1]) else {
                throw fault("its line \(steps.count + 1) is no step")
            }
            let step = Step(number: steps.count, kind: kind, hasOld: parts[1] == "1", name: String(parts[2]))
            guard isInside(step.name) else { throw fault("its line \(steps.count + 1) leads out of the folder") }
            steps.append(step)
        }
        return steps
    }

    /// Whether a path stays in the folder, whatever links are there.
    private func isInside(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else { return false }
        var path = folder
        for part in parts.dropLast() {
            path = Folder.join(path, String(part))
            if FileStatus(path, followsLinks: false)?.isLink == true { return false }
        }
        return true
    }

    private func place(_ name: String) -> String { Folder.join(folder, name) }
}
