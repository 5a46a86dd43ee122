/// A size such as 445000, 445kB or 512KiB.
public struct ByteCount: Sendable, Equatable {
    public var bytes: Int

    /// nil for anything but a number above 0, with or without a unit: kB and MB are thousands, KiB and MiB 1024s.
    public init?(_ text: String) {
        let units = [("KiB", 1024), ("MiB", 1 << 20), ("kB", 1000), ("MB", 1_000_000), ("B", 1), ("", 1)]
        for (unit, factor) in units where text.hasSuffix(unit) {
            guard let number = Double(text.dropLast(unit.count)), number > 0, number * Double(factor) < 1e15 else {
                return nil
            }
            bytes = Int(number * Double(factor))
            return
        }
        return nil
    }
}
