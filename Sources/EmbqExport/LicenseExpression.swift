import EmbqCore

/// An SPDX licence expression: identifiers of the licence list and `LicenseRef-` names, joined by AND, OR and WITH.
///
/// Source: SPDX specification 2.3, annex D. Identifiers match in small letters and capitals; operators are capitals.
struct LicenseExpression {
    private static let maximumLength = 120
    private static let reference = "LicenseRef-"

    /// The expression with the list's own spelling of its identifiers.
    let text: String
    /// Whether it needs parentheses beside an AND.
    let hasChoice: Bool

    /// What may come next.
    private enum Next {
        case license, exception
        /// Behind a licence.
        case joinOrException
        case join
    }

    /// - Throws: `.invalidRequest`, with the nearest identifier of the list where one is near.
    init(_ given: String) throws(EmbqError) {
        guard given.count <= Self.maximumLength, given.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
            throw Self.refused(given, at: nil)
        }
        var (spelled, open, next) = ([String](), 0, Next.license)
        for word in Self.words(of: given) {
            switch (next, word) {
            case (.license, "("): open += 1
            case (.join, ")") where open > 0, (.joinOrException, ")") where open > 0: (open, next) = (open - 1, .join)
            case (.join, "AND"), (.join, "OR"), (.joinOrException, "AND"), (.joinOrException, "OR"): next = .license
            case (.joinOrException, "WITH"): next = .exception
            case (.license, _), (.exception, _):
                guard let name = next == .license ? Self.license(word) : Self.spelling(of: word, in: Self.exceptions)
                else { throw Self.refused(given, at: word) }
                next = next == .license ? .joinOrException : .join
                spelled.append(name)
                continue
            default: throw Self.refused(given, at: word)
            }
            spelled.append(word)
        }
        guard open == 0, next == .join || next == .joinOrException else { throw Self.refused(given, at: nil) }
        text = spelled.joined(separator: " ").replacing("( ", with: "(").replacing(" )", with: ")")
        hasChoice = spelled.contains("OR")
    }

    /// The identifiers of a list with spaces between them.
    static func names(_ list: String) -> [String] {
        list.split(omittingEmptySubsequences: true) { $0 == " " || $0 == "\n" }.map(String.init)
    }

    /// What spaces separate; parentheses are words.
    private static func words(of text: String) -> [String] {
        text.replacing("(", with: " ( ").replacing(")", with: " ) ").split(separator: " ").map(String.init)
    }

    /// A licence as the list spells it, with the `+` for later versions, or a reference to one outside of the list; nil
    /// for another word.
    private static func license(_ word: String) -> String? {
        if word.hasPrefix(reference) {
            let name = word.dropFirst(reference.count)
            return !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "." }
                ? word : nil
        }
        if word.hasSuffix("+") { return spelling(of: String(word.dropLast()), in: licenses).map { $0 + "+" } }
        return spelling(of: word, in: licenses)
    }

    private static func spelling(of word: String, in list: [String]) -> String? {
        let small = word.lowercased()
        return list.first { $0.lowercased() == small }
    }

    /// - Parameter word: the one that does not fit; nil where the whole does not.
    private static func refused(_ given: String, at word: String?) -> EmbqError {
        let shown = EmbqError.printable(String(given.prefix(60)))
        let place = word.map { word in
            word == given ? "" : ": '\(EmbqError.printable(String(word.prefix(60))))' does not belong there"
        }
        return EmbqError(
            .invalidRequest, "'\(shown)' is not an SPDX licence expression\(place ?? "")",
            advice: "Give an identifier of https://spdx.org/licenses, such as MIT, or \(reference)Name for another."
                + (word.map { Suggestion.question($0, among: licenses + exceptions) } ?? ""))
    }
}
