/// A size such as 445000, 445kB or 512KiB.
package struct ByteCount: Sendable, Equatable {
    package var bytes: Int

    /// nil for anything but a decimal number of one byte or more, with or without a unit: kB and MB are thousands, KiB and MiB 1024s.
    package init?(_ text: String) {
        let units = [("KiB", 1024), ("MiB", 1 << 20), ("kB", 1000), ("MB", 1_000_000), ("B", 1), ("", 1)]
        for (unit, factor) in units where text.hasSuffix(unit) {
            let digits = text.dropLast(unit.count)
            guard digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }), let number = Double(digits) else {
                return nil
            }
            // 256.001kB is 256,001 bytes, though the product of binary fractions is a little less.
            let count = (number * Double(factor)).rounded()
            guard count >= 1, count < 1e15 else { return nil }
            bytes = Int(count)
            return
        }
        return nil
    }
}
