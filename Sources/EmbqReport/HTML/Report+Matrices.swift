import EmbqCore
import EmbqEvaluation

extension Report {
    /// More classes than this get matrices of colours alone.
    private static let maximumNumberedClasses = 12

    /// The confusion matrices of both models, side by side where the page is wide enough.
    static func matrices(_ labels: [String], _ test: ConfusionMatrix, _ reference: ConfusionMatrix?) -> HTML {
        let figures: HTML =
            if let reference {
                """
                \(MatrixFigure(matrix: reference, name: "fp32", other: test, labels: labels).html)\
                \(MatrixFigure(matrix: test, name: "int8", other: reference, labels: labels).html)
                """
            } else {
                MatrixFigure(matrix: test, name: "", other: nil, labels: labels).html
            }
        let isNumbered = test.classes <= maximumNumberedClasses
        return """
            <p class="note">Rows are the expected classes, columns the predicted ones\
            \(if: isNumbered, ", with the ids of the table below"). \
            <span class="key hit"></span>right, <span class="key miss"></span>wrong, the stronger the larger the share \
            of its row\(if: !isNumbered, "; a cell's classes and count show under the pointer").\
            \(if: reference != nil, " A ring marks cells in which the models differ.")</p>
            <div class="pair matrices">
            \(figures)</div>

            """
    }

    /// A matrix as a drawing: the stronger a cell, the larger its share of the row.
    private struct MatrixFigure {
        let matrix: ConfusionMatrix
        let name: String
        /// What it is compared with.
        let other: ConfusionMatrix?
        let labels: [String]

        private var isNumbered: Bool { matrix.classes <= maximumNumberedClasses }
        /// Scalars of a class's name in what a cell says under the pointer, and the room for one at the edge.
        private static let (longestTitle, nameWidth) = (40, 160.0)

        /// Of each class, its id and name as they stand at the edges.
        private var names: [String] {
            labels.enumerated().map { id, name in
                var length = 24
                while length > 0, HTML.widthOfName("\(id) \(Report.cut(name, to: length))") > Self.nameWidth {
                    length -= 1
                }
                return "\(id) \(Report.cut(name, to: length))"
            }
        }
        /// All drawings have room for the axes' names; numbers need cells of a size, colours a drawing of a size.
        private var margin: Double {
            isNumbered ? 32 + (names.map(HTML.widthOfName).max() ?? 0) : 24
        }
        private var cell: Double { isNumbered ? 40 : 360 / Double(matrix.classes) }
        private var size: Double { (margin + cell * Double(matrix.classes) + 2).rounded(.up) }

        var html: HTML {
            let expected = matrix.expectedCounts
            let cells = matrix.counts.indices.html { cell(at: $0, expected) }
            let middle = margin + cell * Double(matrix.classes) / 2
            let axes: HTML = """
                \(HTML.svgText("predicted", x: middle, y: 14))\
                <text class="axis" transform="translate(14 \(middle, 1)) rotate(-90)">expected</text>
                """
            let ids =
                isNumbered
                ? names.enumerated().html { id, name in
                    let at = margin + (Double(id) + 0.5) * cell - 1
                    return """
                        <text class="axis start" transform="translate(\(at + 4, 1) \(margin - 6, 1)) rotate(-90)">\(name)</text>\
                        \(HTML.svgText(name, x: margin - 6, y: at + 4, "axis end"))
                        """
                } : ""
            // Numbers stay readable on a narrow page: the drawing then scrolls.
            let style: HTML = isNumbered ? "min-width:\(size * 0.74, 0)px" : ""
            return """
                <figure>\(if: !name.isEmpty, "<figcaption>\(name)</figcaption>")
                <div class="wide" role="region" tabindex="0" aria-label="Confusion matrix \(name)">\
                \(HTML.svg(
                    isNumbered ? "matrix" : "matrix dense", width: size, height: size,
                    title: "Confusion matrix \(name)", description: description, style: style,
                    "\(axes)\(ids)\(cells)"))</div></figure>

                """
        }

        /// What is right, and the most frequent mistake.
        private var description: HTML {
            let mistakes = matrix.counts.indices.filter { !$0.isMultiple(of: matrix.classes + 1) }
            let right = "\(matrix.correct.grouped) of \(plural(matrix.total, "row")) right."
            guard let worst = mistakes.max(by: { matrix.counts[$0] < matrix.counts[$1] }), matrix.counts[worst] > 0
            else { return "\(right)" }
            let (e, p) = worst.quotientAndRemainder(dividingBy: matrix.classes)
            return """
                \(right) Most frequent mistake: \(cut(labels[e])) taken for \(cut(labels[p])), \
                \(plural(matrix.counts[worst], "row")).
                """
        }

        private func cell(at index: Int, _ expected: [Int]) -> HTML {
            let (e, p) = index.quotientAndRemainder(dividingBy: matrix.classes)
            let count = matrix.counts[index]
            let differs = other.map { $0.counts[index] != count } ?? false
            guard isNumbered || count > 0 || differs else { return "" }
            let (x, y) = (margin + Double(p) * cell, margin + Double(e) * cell)
            let side = isNumbered ? cell - 2 : max(cell, 1)
            let box: HTML =
                "x=\"\(x, 1)\" y=\"\(y, 1)\" width=\"\(side, 1)\" height=\"\(side, 1)\"\(if: isNumbered, " rx=\"4\"")"
            let share = expected[e] == 0 ? 0 : Double(count) / Double(expected[e])
            // Rare confusions stay visible: the square root lifts small shares. Numbers are read on the strongest too.
            let strength = (isNumbered ? 0.1 : 0.25) + (isNumbered ? 0.55 : 0.75) * share.squareRoot()
            let title: HTML = """
                <title>expected \(Report.cut(labels[e], to: Self.longestTitle)), \
                predicted \(Report.cut(labels[p], to: Self.longestTitle)): \(count.grouped)\
                \(other.map { differs ? ", the other model \($0.counts[index].grouped)" : "" } ?? "")</title>
                """
            let filling: HTML =
                count == 0
                ? "<rect class=\"none\" \(box)>\(title)</rect>"
                : """
                <rect class="\(e == p ? "hit" : "miss")" \(box) fill-opacity="\(strength, 2)">\(title)</rect>
                """
            return """
                \(filling)\(if: differs, "<rect class=\"ring\" \(box)/>")\
                \(if: isNumbered, HTML.svgText(count < 10_000 ? "\(count)" : "\(count / 1000)k", x: x + side / 2, y: y + side / 2 + 4, count == 0 ? "nothing" : "count"))

                """
        }
    }
}
