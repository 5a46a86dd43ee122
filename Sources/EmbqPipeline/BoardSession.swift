import EmbqCore

/// A talk with a board under test by its serial port: commands, and the lines that answer them.
///
/// Source: the API of EEMBC's EnergyRunner, as MLPerf Tiny publishes it (`benchmark/api` of mlcommons/tiny); embq_serial.c
/// is the other side.
struct BoardSession: ~Copyable {
    private let port: SerialPort
    private let path: String
    private let baud: Int
    /// The longest silence before an answer is complete.
    private let seconds: Double
    private let clock = ContinuousClock()

    private static let ready = "m-ready"
    /// Bytes of an answer; the longest is one of 65,536 logits.
    private static let limit = 2_000_000

    /// Opens the port.
    ///
    /// - Throws: as ``SerialPort``.
    init(_ path: String, baud: Int, seconds: Double) throws(EmbqError) {
        port = try SerialPort(path, baud: baud)
        self.path = path
        self.baud = baud
        self.seconds = seconds
    }

    // MARK: Commands

    /// The lines that answer a command, without the last, `m-ready`.
    ///
    /// - Throws: `.truncated` if the board is silent or gone before its answer is complete; `.malformed` with what it calls
    ///   an error, or for an answer without end.
    func ask(_ command: String) throws(EmbqError) -> [String] {
        guard port.write(Array("\(command)%".utf8), seconds: seconds) else {
            throw problem(.truncated, "the board is disconnected, or takes no bytes", Self.cable)
        }
        var received = Received()
        while true {
            switch port.read(seconds: seconds) {
            case .bytes(let bytes):
                received.add(bytes)
                guard !received.isComplete else {
                    return try accepted(received.lines.filter { $0 != Self.ready }, command)
                }
                guard received.bytes.count <= Self.limit else {
                    throw problem(
                        .malformed,
                        "expected \(Self.ready) after '\(command)', found \(Self.limit.grouped) other bytes",
                        Self.firmware)
                }
            case .silence:
                throw problem(
                    .truncated,
                    "expected \(Self.ready) after '\(command)', found \(received.end), then silence for "
                        + "\(Self.shown(seconds)) s",
                    "Give a larger --timeout if the board needs more time for a sentence. Otherwise reset the board.")
            case .disconnected:
                throw problem(
                    .truncated, "the board was disconnected after '\(command)'; found \(received.end)",
                    Self.cable)
            }
        }
    }

    /// Refuses errors of the board.
    private func accepted(_ lines: [String], _ command: String) throws(EmbqError) -> [String] {
        guard let error = lines.first(where: { $0.hasPrefix("e-") }) else { return lines }
        throw problem(.malformed, "the board answers \(EmbqError.printable(error)) to '\(command)'", Self.firmware)
    }

    // MARK: The first answer

    /// Asks for the board's name until it answers: some boards start anew when a port is opened. Then waits for answers to
    /// questions that it took late.
    ///
    /// - Throws: `.unreadable` if nothing answers; `.malformed` for answers of something else.
    func meet() throws(EmbqError) {
        let start = clock.now
        var received = Received()
        while start.duration(to: clock.now) < .seconds(seconds) {
            var isGone = !port.write(Array("name%".utf8), seconds: seconds)
            var answer = Received()
            listening: while !isGone, start.duration(to: clock.now) < .seconds(seconds),
                received.bytes.count < Self.limit
            {
                switch port.read(seconds: min(1, seconds / 2)) {
                case .bytes(let bytes): answer.add(bytes)
                case .silence: break listening
                case .disconnected: isGone = true
                }
                guard answer.isComplete else { continue }
                if answer.lines.contains(where: { $0.hasPrefix("m-name-") }) { return settle() }
                break
            }
            received.add(answer.bytes)
            guard !isGone else {
                throw problem(.unreadable, "the board was disconnected before it answered", Self.cable)
            }
        }
        throw stranger(received)
    }

    private func settle() {
        for _ in 0..<100 {
            guard case .bytes = port.read(seconds: 0.1) else { return }
        }
    }

    /// The error for a board that never answered as expected.
    private func stranger(_ received: Received) -> EmbqError {
        func expected(_ code: EmbqError.Code, _ found: String, _ advice: String) -> EmbqError {
            problem(code, "expected m-name and m-ready after 'name', found \(found)", advice)
        }
        if received.bytes.isEmpty {
            return expected(
                .unreadable, "nothing for \(Self.shown(seconds)) s",
                "Flash firmware with the example of `embq export --serial`, reset the board, and check that --baud is its "
                    + "speed.")
        }
        if let error = received.lines.last(where: { $0.hasPrefix("e-[") && $0.hasSuffix("]") }) {
            return expected(.malformed, EmbqError.printable(error), Self.firmware)
        }
        return expected(
            .malformed, received.end,
            "Check that --baud is the speed of the board, \(baud) here, and that its firmware has the example of "
                + "`embq export --serial`.")
    }

    private static let cable = "Check the cable and the power of the board, and run it again."
    private static let firmware = "Flash firmware that was exported from this package with --serial, and run it again."

    // MARK: Text

    func problem(_ code: EmbqError.Code, _ problem: String, _ advice: String) -> EmbqError {
        EmbqError(code, file: path, problem, advice: advice)
    }

    /// What came from the board. Each byte is looked at once, however it comes.
    private struct Received {
        private(set) var bytes: [UInt8] = []
        /// The whole lines, without their ends.
        private(set) var lines: [String] = []
        /// Whether one of them says that the board is ready.
        private(set) var isComplete = false
        /// Where the line begins that is not whole yet.
        private var start = 0

        mutating func add(_ new: [UInt8]) {
            for byte in new {
                bytes.append(byte)
                guard byte == UInt8(ascii: "\n") else { continue }
                let line = Self.text(bytes[start..<bytes.count - 1])
                lines.append(line)
                isComplete = isComplete || line == BoardSession.ready
                start = bytes.count
            }
        }

        /// What came last, for a message: half a line, or the last whole one.
        var end: String {
            guard !bytes.isEmpty else { return "nothing" }
            let last = bytes.split(separator: UInt8(ascii: "\n")).last ?? []
            let isHalf = bytes.last != UInt8(ascii: "\n")
            let text = EmbqError.printable(Self.text(last), limit: 60)
            return isHalf ? "half a line, '\(text)'" : "'\(text)'"
        }

        private static func text(_ line: ArraySlice<UInt8>) -> String {
            String(decoding: line.filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
        }
    }

    private static func shown(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
    }
}
