import EmbqCore
import EmbqData
import Glibc
import Synchronization

/// Standard output for data, standard error for everything else. Text of files is escaped here, whether a terminal, a pipe
/// or a file takes it.
enum Console {
    private static let hasWritten = Atomic<Bool>(false)
    private static let isQuiet = Atomic<Bool>(false)
    private static let hidesProgress = Atomic<Bool>(false)

    /// Whether progress bars are drawn.
    static var showsProgress: Bool { !hidesProgress.load(ordering: .relaxed) }

    /// Leaves out notes, or bars, from now on; errors are always told.
    static func silence(notes: Bool, progress: Bool) {
        isQuiet.store(notes, ordering: .relaxed)
        hidesProgress.store(progress, ordering: .relaxed)
    }

    /// Whether data went to standard output.
    static var hasData: Bool { hasWritten.load(ordering: .relaxed) }

    /// Writes lines for people to standard output.
    ///
    /// - Parameter verdict: how the line that tells the verdict is painted, and which one that is.
    /// - Throws: `.unwritable` when the reader has gone or the disk is full.
    static func write(_ lines: [String], verdict: (style: Style, line: Int)? = nil) throws(EmbqError) {
        var lines = lines.map { $0.escaped(for: .line) }
        if let verdict, lines.indices.contains(verdict.line) {
            lines[verdict.line] = verdict.style.painted(lines[verdict.line], on: STDOUT_FILENO)
        }
        try writeData(lines.map { $0 + "\n" }.joined())
    }

    /// Writes a JSON document, which has its own escapes.
    ///
    /// - Throws: as ``write(_:)``.
    static func write(json document: String) throws(EmbqError) { try writeData(document) }

    /// Writes a result as JSON or as lines.
    static func write(
        _ result: some Encodable, json isJSON: Bool, _ lines: @autoclosure () -> [String],
        verdict: (style: Style, line: Int)? = nil
    ) throws(EmbqError) {
        if isJSON { try write(json: CanonicalJSON.document(result)) } else { try write(lines(), verdict: verdict) }
    }

    private static func writeData(_ text: String) throws(EmbqError) {
        hasWritten.store(true, ordering: .relaxed)
        try write(Array(text.utf8), to: STDOUT_FILENO)
    }

    /// Writes a line for people to standard error, unless they asked for quiet.
    static func note(_ text: String, as style: Style = .note) {
        if !isQuiet.load(ordering: .relaxed) { tell(text, as: style) }
    }

    /// Writes a line to standard error.
    static func tell(_ text: String, as style: Style? = nil) {
        let line = text.escaped(for: .line)
        put((style?.painted(line, on: STDERR_FILENO) ?? line) + "\n")
    }

    /// Writes lines to standard output; to standard error where an output of the command has that for itself.
    static func write(_ lines: [String], beside output: String?) throws(EmbqError) {
        if output == StandardStream.name { lines.forEach { tell($0) } } else { try write(lines) }
    }

    /// Writes a line for each warning.
    static func note(warnings: [String]) {
        for sentence in warnings { note("note: \(sentence)") }
    }

    /// Writes an error, whose parts are escaped, to standard error.
    static func note(_ error: EmbqError) {
        put("\(Style.failed.painted("embq: error:", on: STDERR_FILENO)) \(error)\n")
    }

    /// Writes to standard error as it is; a failure there has nowhere to be told.
    static func put(_ text: String) { try? write(Array(text.utf8), to: STDERR_FILENO) }

    /// Hands over the lines of standard input as they come, with the number of the first, counted from 1. They are bytes:
    /// text from a pipe need not be UTF-8.
    ///
    /// - Throws: `.limitExceeded` for a line that is longer than one of a data file may be.
    static func forEachInputLines(_ body: ([[UInt8]], Int) throws -> Void) throws {
        var lines: [[UInt8]] = []
        var current: [UInt8] = []
        var first = 1
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
            if !lines.isEmpty { try body(lines, first) }
            first += lines.count
            lines = []
            guard current.count <= TextLines.maximumLineBytes else {
                throw EmbqError(
                    .limitExceeded, file: "-", place: "line \(first)",
                    "the line has more than \(TextLines.maximumLineBytes) bytes",
                    advice: "Separate texts by line feeds.")
            }
        }
        if !current.isEmpty { try body([current], first) }
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
