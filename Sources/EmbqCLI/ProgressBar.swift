import EmbqCore
import Glibc
import Synchronization

/// A progress bar on standard error. It is drawn on a terminal only, and not with --quiet or --no-progress.
final class ProgressBar: Sendable {
    private static let widest = 30
    /// Narrower, the numbers stand alone.
    private static let narrowest = 5

    private struct State {
        var line = ""
        var stage = ""
        var start = ContinuousClock.now
    }

    private let isVisible = isatty(STDERR_FILENO) == 1 && Console.showsProgress
    private let state = Mutex(State())

    /// The handler that jobs call.
    var handler: ProgressHandler {
        { [self] stage, done, total in if isVisible { draw(stage, done, total) } }
    }

    private func draw(_ stage: String, _ done: Int, _ total: Int) {
        state.withLock { state in
            if state.stage != stage || done == 0 { (state.stage, state.start) = (stage, .now) }
            let seconds = (ContinuousClock.now - state.start).inSeconds
            let line = Self.line(stage, done, total, seconds: seconds, columns: Self.columns)
            guard line != state.line else { return }
            state.line = line
            Console.put("\r\(line)\u{1B}[K\(done == total ? "\n" : "")")
        }
    }

    /// `calibrate  ███████···  128/512  85/s  0:04 left`, shortened until it fits the terminal.
    static func line(_ stage: String, _ done: Int, _ total: Int, seconds: Double, columns: Int) -> String {
        var text = "\(done)/\(total)"
        let rate = seconds > 0 ? Double(done) / seconds : 0
        if rate >= 1 {
            text += "  \(Int(min(rate, 1e9)).grouped)/s"
            let left = Int(min(Double(total - done) / rate + 0.5, 1e6))
            if done < total, left > 0 { text += "  \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left" }
        }
        let name = stage.padded(to: 10)
        // The last column stays free: in some terminals a letter there begins a new line.
        let room = min(widest, columns - 1 - name.count - 1 - text.count - 1)
        guard room >= narrowest else { return String("\(stage) \(text)".prefix(max(0, columns - 1))) }
        let filled = total == 0 ? room : room * done / total
        return "\(name) \(String(repeating: "█", count: filled))\(String(repeating: "·", count: room - filled)) \(text)"
    }

    private static var columns: Int {
        var size = winsize()
        guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
