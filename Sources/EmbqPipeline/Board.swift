import CEmbqRuntimeSources
import EmbqCore

/// A part with its memories: the table is `Schemas/boards.json`.
package struct Board: Sendable, Equatable {
    package var name: String
    package var part: String
    package var core: String
    package var flash: Int
    package var ram: Int
    /// Common Arduino boards with this part; nil for other parts.
    package var arduino: String?

    package static let all: [Board] = {
        // Holds: the bytes are a constant of the program.
        let table = unsafe board_table()
        let bytes = unsafe Array(UnsafeBufferPointer(start: table.bytes, count: table.size))
        guard let boards = try? JSONParser.parse(bytes.span)["boards"]?.array else { return [] }
        return boards.compactMap { json in
            guard let name = json["name"]?.string, let part = json["part"]?.string, let core = json["core"]?.string,
                let flash = json["flash"]?.int, let ram = json["ram"]?.int
            else { return nil }
            return Board(name: name, part: part, core: core, flash: flash, ram: ram, arduino: json["arduino"]?.string)
        }
    }()

    /// The board of a name, in any case, with or without hyphens.
    package static func named(_ name: String) -> Board? {
        let plain = name.lowercased().filter { $0 != "-" && $0 != "_" }
        return all.first { $0.name == plain }
    }
}
