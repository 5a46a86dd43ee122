/// How the symbols of a trie are spelled: in units of 5 bits, frequent symbols in one.
struct UnitCode {
    private static let units = 32

    /// A unit that others of the same symbol follow has as many bits of it, 1 to 4.
    let more: Int

    /// Symbols below this are one unit; the units from here on have others behind them.
    private var singles: Int { Self.units - 1 << more }

    private init(more: Int) { self.more = more }

    /// The code whose tries have the fewest nodes.
    ///
    /// - Parameters:
    ///   - tries: the characters, or bytes, of the pieces.
    ///   - counts: how often the tries have each of them; those with 0 have symbols too.
    init<Element: Hashable & Comparable>(for tries: [[[Element]]], _ counts: [Element: Int]) {
        func nodes(_ code: UnitCode) -> Int {
            let units = code.units(counts)
            return PieceTrie.counts(tries.map { $0.map { $0.flatMap { units[$0] ?? [] } } }).values.reduce(0, +)
        }
        let choices = (1...4).map(UnitCode.init(more:)).map { (code: $0, nodes: nodes($0)) }
        self = choices.dropFirst().reduce(choices[0]) { $1.nodes < $0.nodes ? $1 : $0 }.code
    }

    /// The units of each character, or byte.
    func units<Element: Hashable & Comparable>(_ counts: [Element: Int]) -> [Element: [UInt8]] {
        Dictionary(uniqueKeysWithValues: order(counts).enumerated().map { ($1, spell($0)) })
    }

    /// Symbols of one unit, of two and so on, up to 16 bits.
    private var tiers: [Int] {
        var tiers = [singles]
        while tiers.reduce(0, +) <= 0xFFFF { tiers.append((tiers.last ?? 1) << more) }
        return tiers
    }

    /// Characters, or bytes, by their symbols: the most frequent first; those of equally many units in their own order, so
    /// that neighbours stay neighbours.
    func order<Element: Comparable>(_ counts: [Element: Int]) -> [Element] {
        var rest = counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }.map(\.key)[...]
        var order: [Element] = []
        for tier in tiers {
            order += rest.prefix(tier).sorted()
            rest = rest.dropFirst(tier)
        }
        return order
    }

    /// The units of a symbol.
    private func spell(_ symbol: Int) -> [UInt8] {
        var units: [UInt8] = []
        var rest = symbol
        while rest >= singles {
            rest -= singles
            units.append(UInt8(singles + rest % (1 << more)))
            rest >>= more
        }
        return units + [UInt8(rest)]
    }
}
