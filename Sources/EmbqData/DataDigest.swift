package import EmbqCore

/// Tells which rows were run, whatever their order and however many runs they were divided over: the sum modulo 2^256 of
/// their SHA-256, each a number whose first byte is the highest.
///
/// A row's bytes are its label (none where it has none), a NUL and its text, where " [SEP] " joins the texts of a pair; of a
/// sentence of tagged words each word and each tag, each followed by a NUL.
package struct DataDigest: Sendable, Equatable {
    /// The lowest first.
    private var words: [UInt64]

    /// Of these rows.
    package init(_ rows: [LabelledData.Row]) {
        words = [0, 0, 0, 0]
        for row in rows { add(SHA256.bytes(of: row.digested)) }
    }

    /// - Throws: `.malformed` for other text than 64 lower-case hexadecimal digits.
    package init(hexadecimal text: String) throws(EmbqError) {
        words = [0, 0, 0, 0]
        guard let number = SHA256.bytes(hexadecimal: text) else {
            throw EmbqError(
                .malformed, place: "data_sha256",
                "\(EmbqError.printable(text)) is not 64 lower-case hexadecimal digits",
                advice: "The file is damaged: calibrate again.")
        }
        add(number)
    }

    /// 64 lower-case hexadecimal digits.
    package var hexadecimal: String {
        SHA256.hexadecimal(
            words.reversed().flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } })
    }

    /// Of the rows of both.
    package static func + (a: DataDigest, b: DataDigest) -> DataDigest {
        var sum = a
        sum.add(words: b.words)
        return sum
    }

    /// - Parameter number: 32 bytes, the highest first.
    private mutating func add(_ number: [UInt8]) {
        add(
            words: stride(from: 24, through: 0, by: -8).map { start in
                number[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
            })
    }

    private mutating func add(words others: [UInt64]) {
        var carry: UInt64 = 0
        for (index, other) in others.enumerated() {
            let (sum, overflow) = words[index].addingReportingOverflow(other)
            let (whole, again) = sum.addingReportingOverflow(carry)
            words[index] = whole
            carry = overflow || again ? 1 : 0
        }
    }
}

extension LabelledData.Row {
    /// What ``DataDigest`` takes of a row.
    fileprivate var digested: [UInt8] {
        guard words.isEmpty else {
            return words.flatMap { word in Array(word.text.utf8) + [0] + Array((word.tag ?? "").utf8) + [0] }
        }
        return Array((label ?? "").utf8) + [0] + Array(text.utf8)
    }
}
