import ArgumentParser
import Glibc
import Synchronization

/// Colours of a terminal, for verdicts and what stands beside them. Files and pipes get none, unless they are asked for.
enum Style: String {
    case passed = "32"
    case failed = "31"
    /// Dim.
    case note = "2"

    /// When there are colours.
    enum Choice: String, CaseIterable, ExpressibleByArgument { case auto, always, never }

    private static let choice = Mutex(Choice.auto)

    static func choose(_ wanted: Choice) { choice.withLock { $0 = wanted } }

    /// A line in this style, where the stream takes colours.
    ///
    /// - Parameter line: text that is escaped: what is added here are control characters.
    func painted(_ line: String, on descriptor: Int32) -> String {
        Self.isColored(descriptor) && !line.isEmpty ? "\u{1B}[\(rawValue)m\(line)\u{1B}[0m" : line
    }

    private static func isColored(_ descriptor: Int32) -> Bool {
        switch choice.withLock({ $0 }) {
        case .always: true
        case .never: false
        // Source: https://no-color.org. A terminal that calls itself dumb shows codes as letters.
        case .auto: isatty(descriptor) == 1 && variable("NO_COLOR").isEmpty && variable("TERM") != "dumb"
        }
    }

    private static func variable(_ name: String) -> String {
        // Holds: the program does not change its environment, so the text stays where it is.
        unsafe getenv(name).map { unsafe String(cString: $0) } ?? ""
    }
}
