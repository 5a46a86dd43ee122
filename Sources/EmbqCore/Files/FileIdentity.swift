import Glibc

/// Which file a path leads to, whatever the path's spelling and the links on the way.
package struct FileIdentity: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64

    /// nil when nothing is there or it cannot be examined.
    package init?(_ path: String) {
        var status = stat()
        guard unsafe stat(path.system, &status) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
    }

    /// Refuses an output that is one of the inputs.
    ///
    /// - Throws: `.invalidRequest` naming both.
    package static func refuseOverwriting(_ inputs: [String], with output: String) throws(EmbqError) {
        let isStandard = output == StandardStream.name
        let path = isStandard ? "/dev/stdout" : output
        // A terminal is both.
        guard let target = FileIdentity(path), !isStandard || Folder.hasFile(path) else { return }
        for input in inputs where FileIdentity(input == StandardStream.name ? "/dev/stdin" : input) == target {
            throw EmbqError(
                .invalidRequest, file: output, "this output is the input '\(input)'",
                advice: "Choose another name: embq never overwrites what it reads.")
        }
    }

    /// Refuses outputs that are one file under two names, existing or not.
    ///
    /// - Throws: `.invalidRequest` naming both.
    package static func refuseSharing(_ outputs: [String]) throws(EmbqError) {
        for (index, output) in outputs.enumerated() {
            for other in outputs[..<index] where isSame(output, other) {
                throw EmbqError(
                    .invalidRequest, file: output, "this output is the output '\(other)' too",
                    advice: "Give each output a name of its own.")
            }
        }
    }

    /// Whether two paths lead to one file, or would once it is written.
    private static func isSame(_ a: String, _ b: String) -> Bool {
        // Devices may take both.
        if let first = FileIdentity(a) { return first == FileIdentity(b) && Folder.hasFile(a) }
        return FileIdentity(b) == nil && Folder.name(of: a) == Folder.name(of: b)
            && Folder.absolute(Folder.parent(of: a)) == Folder.absolute(Folder.parent(of: b))
    }
}
