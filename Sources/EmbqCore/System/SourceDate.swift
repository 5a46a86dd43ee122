import FoundationEssentials
import Glibc

/// The time that reproducible builds give in place of the clock's: `SOURCE_DATE_EPOCH`.
///
/// Source: https://reproducible-builds.org/specs/source-date-epoch/
package enum SourceDate {
    /// Seconds of the years 1970 to 9999.
    private static let seconds = 0...253_402_300_799

    /// The time as ISO 8601 in UTC; nil if the variable is not set.
    ///
    /// - Throws: `.invalidRequest` for what is not a number of seconds.
    package static func current() throws(EmbqError) -> String? {
        // Holds: nothing changes the environment while embq runs.
        let value = unsafe getenv("SOURCE_DATE_EPOCH").flatMap { unsafe SystemText.decode(UnsafePointer($0)) }
        return try value.map { value throws(EmbqError) in try text(value) }
    }

    /// The time of a value of the variable.
    static func text(_ value: String) throws(EmbqError) -> String {
        guard value.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int(value),
            seconds.contains(number)
        else {
            throw EmbqError(
                .invalidRequest,
                "the environment variable SOURCE_DATE_EPOCH: expected seconds since 1970, found "
                    + "'\(EmbqError.printable(String(value.prefix(40))))'",
                advice: "Give a whole number from \(seconds.lowerBound) to \(seconds.upperBound), or unset it.")
        }
        return Date(timeIntervalSince1970: Double(number)).formatted(.iso8601)
    }
}
