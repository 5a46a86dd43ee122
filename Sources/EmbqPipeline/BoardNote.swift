package import EmbqArtifact
import EmbqCore
package import EmbqExport

/// A note about a model that is larger than the memories of its board.
package enum BoardNote {
    /// What is too small of the board that was named; of an Arduino library without one, the common boards with less flash.
    ///
    /// - Returns: nil if all fits.
    package static func text(_ footprint: Footprint, _ layout: CSourceOptions.Layout, board: Board?) -> String? {
        let (flash, ram) = (footprint.flash.total, footprint.ramAtLongest)
        if let board {
            let excess = [("flash", flash, board.flash), ("RAM", ram, board.ram)].filter { $0.1 > $0.2 }.map {
                "\($0.1.grouped) bytes of \($0.0), and \(board.part) has \($0.2.grouped)"
            }
            return excess.isEmpty
                ? nil
                : "the model needs \(excess.joined(separator: "; ")). Make a smaller one: `embq quantize --board \(board.name)`"
        }
        let small = Board.all.filter { $0.arduino != nil && $0.flash < flash }
        guard layout == .arduino, !small.isEmpty else { return nil }
        let boards = small.map { "\($0.arduino ?? "") (\($0.flash.grouped))" }.joined(separator: ", ")
        return
            "the model needs \(flash.grouped) bytes of flash, more than these Arduino boards have: \(boards). Name the part "
            + "of yours with --board"
    }
}
