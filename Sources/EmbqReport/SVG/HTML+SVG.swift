import EmbqCore

extension HTML {
    /// An inline drawing with a name and a description for those who cannot see it.
    ///
    /// It is `width` units wide at most, a unit being a pixel, and shrinks with the page.
    static func svg(
        _ kind: HTML, width: Double, height: Double, title: HTML, description: HTML = "", style: HTML = "", _ body: HTML
    ) -> HTML {
        """
        <svg class="\(kind)" viewBox="0 0 \(width, 0) \(height, 0)" width="\(width, 0)" height="\(height, 0)" role="img"\
        \(if: !style.isEmpty, " style=\"\(style)\"")><title>\(title)</title>\
        \(if: !description.isEmpty, "<desc>\(description)</desc>")
        \(body)</svg>
        """
    }

    /// A text in a drawing; `y` is its baseline.
    static func svgText(_ text: String, x: Double, y: Double, _ kind: HTML = "axis") -> HTML {
        "<text class=\"\(kind)\" x=\"\(x, 1)\" y=\"\(y, 1)\">\(text)</text>"
    }

    /// At least the width of a name in the letters of a drawing's edge, in units: a letter beyond Latin ones is wider.
    static func widthOfName(_ text: String) -> Double {
        text.escaped(for: .html).unicodeScalars.reduce(0) { $0 + ($1.value < 0x250 ? 7.2 : 16) }
    }

    /// At least the width of a text in a drawing, in units: no font that is likely to be used has wider digits.
    static func widthOfText(_ text: String) -> Double { Double(text.count) * 7.2 }
}
