import EmbqCore
import EmbqPipeline
import Glibc
import Synchronization

/// Standard output for data, standard error for everything else.
enum Console {
    /// Writes data to standard output.
    ///
    /// - Throws: `.unwritable` when the reader has gone or the disk is full.
    static func write(_ text: String) throws(EmbqError) {
        try write(Array(text.utf8), to: STDOUT_FILENO)
    }

    /// Writes a line for people to standard error. Bytes of a path that are no UTF-8 are spelled out.
    static func note(_ text: String) { put(SystemText.shown(text) + "\n") }

    /// Writes a result to standard output; to standard error where an output of the command has that for itself.
    static func write(_ text: String, beside output: String?) throws(EmbqError) {
        if output == StandardStream.name { put(text) } else { try write(text) }
    }

    /// Writes a line for each warning about the calibration sentences.
    static func note(_ notes: CalibrationNotes) {
        for sentence in notes.sentences { note("note: \(sentence)") }
    }

    /// Writes to standard error as it is; a failure there has nowhere to be told.
    static func put(_ text: String) { try? write(Array(text.utf8), to: STDERR_FILENO) }

    /// Hands over the lines of standard input as they come, as bytes: text from a pipe need not be UTF-8.
    static func forEachInputLines(_ body: ([[UInt8]]) throws -> Void) throws {
        var lines: [[UInt8]] = []
        var current: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(STDIN_FILENO, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                let failure = SystemFailure()
                throw EmbqError(
                    .unreadable, "standard input cannot be read", advice: failure.readingAdvice, cause: failure.reason)
            }
            if count == 0 { break }
            for byte in chunk[..<count] {
                if byte == UInt8(ascii: "\n") {
                    lines.append(current)
                    current = []
                } else {
                    current.append(byte)
                }
            }
            if !lines.isEmpty { try body(lines) }
            lines = []
        }
        if !current.isEmpty { try body([current]) }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(EmbqError) {
        var done = 0
        while done < bytes.count {
            // Holds: the pointer is used during the call alone and `done` stays below the count.
            let written = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress.unsafelyUnwrapped + done, buffer.count - done)
            }
            guard written > 0 else {
                if written < 0, errno == EINTR { continue }
                let failure = SystemFailure()
                throw EmbqError(
                    .unwritable, "standard output cannot be written", advice: failure.writingAdvice,
                    cause: failure.reason)
            }
            done += written
        }
    }
}

/// A progress bar on standard error, when that is a terminal; else nothing.
final class ProgressBar: Sendable {
    private static let width = 30
    private let isVisible = isatty(STDERR_FILENO) == 1
    private let shown = Mutex("")

    /// The handler that jobs call.
    var handler: ProgressHandler {
        { [self] stage, done, total in if isVisible { draw(stage, done, total) } }
    }

    private func draw(_ stage: String, _ done: Int, _ total: Int) {
        let filled = total == 0 ? Self.width : Self.width * done / total
        let bar = String(repeating: "█", count: filled) + String(repeating: "·", count: Self.width - filled)
        let line = "\r\(stage.padded(to: 10)) \(bar) \(done)/\(total)\(done == total ? "\n" : "")"
        shown.withLock { last in
            guard line != last else { return }
            last = line
            Console.put(line)
        }
    }
}
