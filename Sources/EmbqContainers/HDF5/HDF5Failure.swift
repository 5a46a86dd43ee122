import CEmbqHDF5
import CEmbqHDF5Shim
import EmbqCore

/// Errors out of failed calls of the library.
enum HDF5Failure {
    /// The version of the library in this process.
    static var version: String {
        var (major, minor, release) = (UInt32(0), UInt32(0), UInt32(0))
        // Holds: three numbers are written, and nothing is kept.
        unsafe _ = H5get_libversion(&major, &minor, &release)
        return "\(major).\(minor).\(release)"
    }

    /// The error of the call that has just failed, with the library's innermost reason.
    static func error(_ place: String?, _ problem: String) -> EmbqError {
        var text = [CChar](repeating: 0, count: 400)
        // Holds: the text is cut to the buffer and ends with a zero.
        let speaksOfVersion = unsafe ch5_reason(&text, text.count) == 1
        let reason = systemReason(
            in: String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        if speaksOfVersion {
            return EmbqError(
                .unsupported, place: place,
                "\(problem): its structures are of a version that the HDF5 library, \(version), does not know",
                advice: "Written by a newer library: save it again for older ones (h5py: libver='earliest'), or as "
                    + "safetensors; if not, the file is damaged.",
                cause: reason.isEmpty ? nil : reason)
        }
        return EmbqError(
            .malformed, place: place, problem, advice: damaged, cause: reason.isEmpty ? nil : reason)
    }

    /// The system's words where the library quotes them, among times, addresses and descriptors; else all of its own.
    private static func systemReason(in reason: String) -> String {
        let parts = reason.split(separator: "error message = '", maxSplits: 1)
        guard parts.count == 2, let words = parts[1].split(separator: "'").first else { return reason }
        return String(words)
    }

    static let damaged = "The file is damaged or breaks the rules of HDF5: get it again, or save the model again."
    static let resave = "Save the model again with plain datasets of numbers, or as safetensors."
}
