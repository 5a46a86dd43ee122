import Glibc

extension AtomicOutput {
    /// Writes several files into a folder, which is made when it is missing, with the folders above it: all of them
    /// or none.
    ///
    /// Everything is first written into a folder of its own: inside the target where that is there, since it may be all
    /// that can be written, else beside it. Then each file is renamed into its place; the old ones are kept until the last
    /// has its own.
    /// - Parameter files: path inside the folder, with `/` between folders, and content.
    package static func writeFolder(_ path: String, _ files: [(name: String, bytes: [UInt8])]) throws(EmbqError) {
        var target = path
        while target.count > 1, target.hasSuffix("/") { target.removeLast() }
        guard Folder.exists(target) || FileIdentity(target) == nil else {
            throw OutputFile.fault(path, "there is something else than a folder", "Not a directory")
        }
        let parents = try makeParents(of: target)
        var isComplete = false
        defer { if !isComplete { for parent in parents.reversed() { unsafe _ = rmdir(parent) } } }
        let staging = try TemporaryFiles.makeFolder(
            Folder.exists(target) ? Folder.join(target, ".embq") : target, shownAs: path)
        defer { TemporaryFiles.remove(staging) }
        let folders = [""] + innerFolders(files.map(\.name)).map { "/\($0)" }
        for folder in folders {
            for part in ["new", "old"] where unsafe mkdir("\(staging)/\(part)\(folder)", 0o755) != 0 {
                throw OutputFile.fault(path, "the folder cannot be made", systemReason())
            }
        }
        for (name, bytes) in files {
            let (staged, shown) = ("\(staging)/new/\(name)", "\(target)/\(name)")
            guard unsafe mknod(staged, S_IFREG | 0o644, 0) == 0 else {
                throw OutputFile.fault(shown, "it cannot be created", systemReason())
            }
            let file = try OutputFile(staged, shownAs: shown)
            try file.write(bytes)
            try file.finish()
        }
        try move(files.map(\.name), folders, from: staging, to: target)
        isComplete = true
    }

    /// Renames files into their places; when one fails, all that was done is taken back.
    private static func move(_ names: [String], _ folders: [String], from staging: String, to target: String)
        throws(EmbqError)
    {
        var made: [String] = []
        var moved: [String] = []
        func takeBack() {
            for name in moved where unsafe rename("\(staging)/old/\(name)", "\(target)/\(name)") != 0 {
                unsafe _ = unlink("\(target)/\(name)")
            }
            for folder in made.reversed() { unsafe _ = rmdir(folder) }
        }
        do throws(EmbqError) {
            for folder in folders {
                if unsafe mkdir(target + folder, 0o755) == 0 {
                    made.append(target + folder)
                } else if errno != EEXIST || !Folder.exists(target + folder) {
                    throw OutputFile.fault(target + folder, "the folder cannot be made", systemReason())
                }
            }
            for name in names {
                let place = "\(target)/\(name)"
                guard !Folder.exists(place) else {
                    throw OutputFile.fault(place, "a folder is in its place", "Is a directory")
                }
                let hadOne = unsafe rename(place, "\(staging)/old/\(name)") == 0
                if unsafe rename("\(staging)/new/\(name)", place) != 0 {
                    let error = OutputFile.fault(place, "it cannot be replaced", systemReason())
                    if hadOne { unsafe _ = rename("\(staging)/old/\(name)", place) }
                    throw error
                }
                moved.append(name)
            }
        } catch {
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
