import Glibc

extension Folder {
    /// The path of a file that another file in `folder` names, when it really lies there: links that lead out are
    /// refused, so that a model from somewhere else cannot have files of this machine read.
    ///
    /// - Parameter name: a relative path as the other file has it.
    /// - Parameter folder: as ``parent(of:)`` gives it; empty for the current folder.
    /// - Parameter file: another file of the folder, where it may be a link: what lies beside its target is inside, too.
    /// - Throws: `.unsupported` for an absolute path, one with `.` or `..` in it, or one that leads out of the folder;
    ///   `.unreadable` when nothing is there.
    package static func inside(_ folder: String, _ name: String, orBeside file: String? = nil) throws(EmbqError)
        -> String
    {
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isPlain = !parts.contains { $0.isEmpty || $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }
        guard isPlain, !name.utf8.contains(UInt8(ascii: "\\")), !name.utf8.contains(0) else {
            throw EmbqError(
                .unsupported, "'\(EmbqError.printable(name))' is no path inside the model's folder",
                advice: "Put the file beside the model, and name it relative to the model's folder.")
        }
        let path = join(folder, name)
        guard let root = resolved(folder.isEmpty ? "." : folder), let target = resolved(path) else {
            throw EmbqError(
                .unreadable, file: path, "it cannot be opened", advice: "Put the file beside the model.",
                cause: SystemFailure().reason)
        }
        let besides = file.flatMap { resolved($0) }.map { parent(of: $0) }
        guard
            target.utf8.starts(with: (root == "/" ? root : root + "/").utf8)
                || besides.map({ parent(of: target).hasSameBytes(as: $0) }) == true
        else {
            throw EmbqError(
                .unsupported, "'\(EmbqError.printable(name))' leads out of the model's folder",
                advice: "Put the file itself beside the model instead of a link.")
        }
        return path
    }

    /// The path without links, or nil when nothing is there.
    static func resolved(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path.system, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe SystemText.decode(UnsafePointer(resolved))
    }
}
