import ArgumentParser
import EmbqCore
import EmbqPipeline

/// What a model may take of memory.
struct MemoryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The most that weights, tables and arena may take at 256 tokens: bytes, kB, MB, KiB or MiB. Where 8 bits "
                + "take more, weights get 1 to 6: of the choices that fit, the one whose logits have the highest SQNR "
                + "on the calibration sentences.",
            valueName: "size"))
    var budget: ByteCount?

    @Option(
        help: ArgumentHelp(
            "The most that the model may take in flash, with its tokenizer and the runtime's code on Cortex-M4.",
            valueName: "size"))
    var flash: ByteCount?

    @Option(
        help: ArgumentHelp(
            "The most that the longest sentence may take of RAM: arena, stack, embq_model and logits. See --max-tokens.",
            valueName: "size"))
    var ram: ByteCount?

    @Option(
        help: ArgumentHelp(
            "A part whose whole flash and RAM are the limits, where --flash and --ram give no others: "
                + "\(Board.all.map(\.name).joined(separator: ", ")).",
            valueName: "name"))
    var board: String?

    var part: PartLimits {
        let named = board.flatMap(Board.named)
        return PartLimits(flash: flash?.bytes ?? named?.flash, ram: ram?.bytes ?? named?.ram)
    }

    func validate() throws { try Self.check(board) }

    /// Refuses the name of a board that is not in the table.
    static func check(_ board: String?) throws {
        if let board, Board.named(board) == nil {
            throw ValidationError(
                "There is no board '\(board)'; there are \(Board.all.map(\.name).joined(separator: ", ")).")
        }
    }
}
