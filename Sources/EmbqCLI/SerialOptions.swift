import ArgumentParser
import EmbqCore
import EmbqPipeline

/// A board on a serial port.
struct SerialOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The serial port of a board whose firmware was exported with --serial: the check vectors are replayed on it.",
            valueName: "port"))
    var serial: String?
    @Option(help: ArgumentHelp("The speed of --serial in bits per second (default: 115200).", valueName: "speed"))
    var baud: Int?
    @Option(
        help: ArgumentHelp(
            "How many seconds the board of --serial may be silent (default: 10).", valueName: "seconds"))
    var timeout: Double?

    var job: BoardJob? { serial.map { BoardJob(port: $0, baud: baud ?? 115_200, seconds: timeout ?? 10) } }

    func validate() throws {
        guard serial != nil || (baud == nil && timeout == nil) else {
            throw ValidationError("--baud and --timeout go with --serial.")
        }
        if let timeout, !(0.1...3600).contains(timeout) {
            throw ValidationError("--timeout takes 0.1 to 3600 seconds.")
        }
    }

    /// What the board did, for people.
    static func lines(_ board: BoardJob.Result) -> [String] {
        let longest = board.microseconds.max() ?? 0
        let time = longest == 0 ? "" : "; the longest took \(Int(longest).grouped) microseconds"
        return [
            "  replayed by the board at \(board.port), model '\(board.name)': \(board.checks) check vectors, the same "
                + "logits and labels\(time)"
        ]
    }
}
