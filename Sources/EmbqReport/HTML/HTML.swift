import EmbqCore

/// A piece of HTML or SVG that is safe by construction: text put into it is escaped, only literals are not.
package struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation, CustomStringConvertible {
    package let text: String

    package var description: String { text }
    var isEmpty: Bool { text.isEmpty }

    package init(stringLiteral value: String) { text = value }
    package init(stringInterpolation: Interpolation) { text = stringInterpolation.text }
    init(joining parts: [HTML], separator: String = "") { text = parts.map(\.text).joined(separator: separator) }

    package struct Interpolation: StringInterpolationProtocol {
        var text: String

        package init(literalCapacity: Int, interpolationCount: Int) {
            text = ""
            text.reserveCapacity(literalCapacity + interpolationCount * 16)
        }

        package mutating func appendLiteral(_ literal: String) { text += literal }
        package mutating func appendInterpolation(_ html: HTML) { text += html.text }
        package mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { text += part.text } }
        package mutating func appendInterpolation(_ number: Int) { text += String(number) }
        package mutating func appendInterpolation(_ string: String) { text += string.escaped(for: .html) }
        /// A piece that is there only if the condition holds. A conditional expression of two literals would be taken
        /// for text, and escaped.
        package mutating func appendInterpolation(if condition: Bool, _ html: @autoclosure () -> HTML) {
            if condition { text += html().text }
        }
        /// A number with so many decimals, as coordinates need it.
        package mutating func appendInterpolation(_ number: Double, _ places: Int) { text += number.fixed(places) }
    }
}

extension Sequence {
    /// The HTML of every element, one after the other.
    func html(_ piece: (Element) -> HTML) -> HTML { HTML(joining: map(piece)) }
}
