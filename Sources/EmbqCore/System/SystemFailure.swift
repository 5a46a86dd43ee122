import Glibc

/// Why a call of the system failed, in its own words, and what the user can do about it.
package struct SystemFailure: Error, Equatable {
    private let code: Int32

    /// - Parameter code: the system's number of the error; the last call's when none is given.
    package init(_ code: Int32 = errno) { self.code = code }

    /// The failure that a library tells in the system's words; one without a number for other words.
    package init(saying reason: String) {
        code = (1..<134).first { SystemFailure($0).reason == reason } ?? 0
    }

    /// The system's words.
    package var reason: String { unsafe String(cString: strerror(code)) }

    /// What helps when a file or a folder could not be read.
    package var readingAdvice: String {
        switch code {
        case EACCES, EPERM: "Allow reading it: its permissions, or those of a folder above it, forbid that."
        case ENOENT: "Check the path and its permissions."
        case EISDIR: "Name a file: this is a folder."
        default: advice ?? "Check the path and its permissions."
        }
    }

    /// What helps when a file or a folder could not be made or written.
    package var writingAdvice: String {
        switch code {
        case ENOENT: "Make the folder that it is to lie in, or check the path."
        case EACCES, EPERM: "Allow writing it and its folder, or choose another place."
        case EISDIR, EEXIST: "Choose another name, or move away what has this one."
        case EBUSY, ETXTBSY: "Another program uses it: try again when that has ended, or choose another name."
        case EFBIG: "A file may not be so large here: raise the limit (ulimit -f), or choose another place."
        case EBADF, EPIPE: "Check where the output goes: nothing can be written there."
        default: advice ?? "Check that the folder exists, is writable and has room."
        }
    }

    /// What helps reading and writing alike.
    private var advice: String? {
        switch code {
        case ENOSPC, EDQUOT: "Make room there, or choose another place."
        case EROFS: "The file system is read-only: choose another place."
        case EMFILE, ENFILE: "Allow more open files: the limit is reached (ulimit -n)."
        case ENAMETOOLONG: "Choose a shorter name: most file systems take 255 bytes."
        case ENOTDIR: "Check the path: a part of it is no folder."
        case ELOOP: "Check the links on the path: they lead in a circle."
        case ENOMEM: "Allow more memory: the limit is reached."
        case EAGAIN: "Allow more processes and threads, or try again later."
        case EIO: "Check the disk: it reports an error."
        default: nil
        }
    }
}
