import Glibc

/// A serial port in raw mode, closed when it goes out of scope.
package struct SerialPort: ~Copyable {
    /// What reading gives.
    package enum Received: Equatable, Sendable {
        case bytes([UInt8])
        /// Nothing came in the time given.
        case silence
        /// The device is gone.
        case disconnected
    }

    /// Speeds in bits per second, with the system's names for them.
    private static let speeds: [(baud: Int, code: Int32)] = [
        (9600, B9600), (19200, B19200), (38400, B38400), (57600, B57600), (115200, B115200), (230400, B230400),
        (460800, B460800), (921600, B921600), (1_000_000, B1000000), (2_000_000, B2000000),
    ]

    /// The speeds that a port can have, slowest first.
    package static var bauds: [Int] { speeds.map(\.baud) }

    private let descriptor: Int32

    /// Opens a port: 8 bits, no parity, one stop bit, no flow control. What came before is dropped.
    ///
    /// - Throws: `.unreadable` if it cannot be opened or is not a serial port; `.invalidRequest` for another speed than
    ///   those of ``bauds``.
    package init(_ path: String, baud: Int) throws(EmbqError) {
        descriptor = try Self.opened(path, baud: baud)
    }

    private static func opened(_ path: String, baud: Int) throws(EmbqError) -> Int32 {
        guard let speed = speeds.first(where: { $0.baud == baud }) else {
            throw EmbqError(
                .invalidRequest, "expected a speed of a serial port, found \(baud)",
                advice: "Give --baud one of \(bauds.map(String.init).joined(separator: ", ")).")
        }
        // Without waiting for a carrier, which boards do not have.
        let descriptor = unsafe open(path.system, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw unopened(path, SystemFailure()) }
        do throws(EmbqError) {
            try configure(descriptor, path, speed: speed)
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func configure(_ descriptor: Int32, _ path: String, speed: (baud: Int, code: Int32))
        throws(EmbqError)
    {
        var settings = termios()
        guard unsafe tcgetattr(descriptor, &settings) == 0 else {
            throw EmbqError(
                .unreadable, file: path, "expected a serial port, found something else",
                advice: "Give --serial the port of the board. \(Self.ports)")
        }
        unsafe cfmakeraw(&settings)
        settings.c_cflag |= tcflag_t(CLOCAL | CREAD)
        settings.c_cflag &= ~tcflag_t(CSTOPB)
        unsafe cfsetspeed(&settings, speed_t(speed.code))
        guard unsafe tcsetattr(descriptor, TCSANOW, &settings) == 0 else {
            throw EmbqError(
                .unreadable, file: path, "the port does not take \(speed.baud) bits per second",
                advice: "Give the speed of the board with --baud.", cause: SystemFailure().reason)
        }
        tcflush(descriptor, TCIOFLUSH)
    }

    deinit { close(descriptor) }

    private static func unopened(_ path: String, _ failure: SystemFailure) -> EmbqError {
        let advice =
            failure == SystemFailure(EACCES)
            ? "Allow using it: most systems give serial ports to the group dialout (`sudo usermod -aG dialout $USER`, "
                + "then log in again)."
            : failure == SystemFailure(EBUSY)
                ? "Close the program that uses the port." : "Connect the board and check the name of its port. \(ports)"
        return EmbqError(
            .unreadable, file: path, "the serial port cannot be opened", advice: advice, cause: failure.reason)
    }

    /// A sentence with the ports of USB that are there.
    private static var ports: String {
        let names = (Folder.names(in: "/dev") ?? []).filter {
            $0.hasPrefix("ttyACM") || $0.hasPrefix("ttyUSB")
        }.sorted()
        return names.isEmpty
            ? "There is no /dev/ttyACM* and no /dev/ttyUSB*."
            : "There are: " + names.map { "/dev/\($0)" }.joined(separator: ", ") + "."
    }

    /// Sends bytes; false if the device is gone, or takes none for `seconds`.
    package borrowing func write(_ bytes: [UInt8], seconds: Double) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard isReady(for: POLLOUT, seconds: seconds) else { return false }
            // Holds: the buffer outlives the call.
            let written = unsafe rest.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
            }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if written == 0 || (errno != EINTR && errno != EAGAIN) {
                return false
            }
        }
        return true
    }

    /// What comes next, within `seconds`.
    package borrowing func read(seconds: Double) -> Received {
        guard isReady(for: POLLIN, seconds: seconds) else { return .silence }
        var buffer = [UInt8](repeating: 0, count: 4096)
        // Holds: the buffer outlives the call.
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe Glibc.read(descriptor, bytes.baseAddress, bytes.count)
        }
        if count > 0 { return .bytes(Array(buffer.prefix(count))) }
        return count < 0 && (errno == EINTR || errno == EAGAIN) ? .silence : .disconnected
    }

    /// True if the port is ready, or the device is gone: the next call tells.
    private borrowing func isReady(for event: Int32, seconds: Double) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        return unsafe poll(&entry, 1, Int32(max(1, (seconds * 1000).rounded()))) > 0
    }
}
