import EmbqCore

/// Bytes against one measure of quality, as a drawing: the Pareto front, the choice and the budget.
struct FrontPlot {
    private static let (width, height) = (340.0, 236.0)
    /// The plot's edges inside the drawing.
    private static let (left, right, top, bottom) = (44.0, 330.0, 24.0, 196.0)

    let name: String
    let unit: String
    /// The largest value that there can be, where the axis ends: 100 %.
    let limit: Double?
    /// Rising by bytes; the larger the value, the better; nil where there is none.
    let points: [(bytes: Int, value: Double?, isChosen: Bool, isBaseline: Bool)]
    let budget: Int?

    /// A point with its place in the list.
    private struct Mark {
        let number: Int
        let bytes: Double
        let value: Double
        let isChosen: Bool
        let isBaseline: Bool
        var isBest: Bool
    }

    /// The points that have a place on the axes, with the Pareto front marked.
    private var marks: [Mark] {
        var best = -Double.infinity
        var marks = points.enumerated().compactMap { index, point -> Mark? in
            guard let value = point.value, value.isFinite, value.magnitude < 1e9 else { return nil }
            return Mark(
                number: index + 1, bytes: Double(point.bytes), value: value, isChosen: point.isChosen,
                isBaseline: point.isBaseline, isBest: false)
        }
        // Among equal sizes only the best value can be on the front.
        for index in marks.indices.sorted(by: {
            (marks[$0].bytes, marks[$1].value, $0) < (marks[$1].bytes, marks[$0].value, $1)
        }) where marks[index].value > best {
            best = marks[index].value
            marks[index].isBest = true
        }
        return marks
    }

    /// Nothing when no point can be drawn.
    var figure: HTML {
        let marks = marks
        guard !marks.isEmpty else { return "" }
        let sizes = marks.map { $0.bytes / 1000 } + (budget.map { [Double($0) / 1000] } ?? [])
        let across = Axis(holding: sizes, margin: 0.08, side: Self.right - Self.left, maximumTicks: 5)
        let up = Axis(
            holding: marks.map(\.value), margin: 0.1, side: Self.bottom - Self.top, maximumTicks: 6, most: limit)
        let title: HTML = "\(name) against size"
        return """
            <figure><figcaption>\(name), \(unit)</figcaption>
            \(HTML.svg(
                "pareto", width: Self.width, height: Self.height, title: title, description: description(marks),
                "\(grid(across, up))\(budgetLine(across))\(stairs(marks, across, up))\(dots(marks, across, up))"))\
            </figure>

            """
    }

    private func description(_ marks: [Mark]) -> HTML {
        let best = marks.filter(\.isBest).map { "\($0.value.fixed(1)) \(unit) at \(Int($0.bytes).grouped) bytes" }
        return "On the Pareto front: \(best.prefix(8).joined(separator: "; "))\(best.count > 8 ? "; …" : "")."
    }

    private func x(_ bytes: Double, _ axis: Axis) -> Double { Self.left + axis.position(bytes / 1000) }
    private func y(_ value: Double, _ axis: Axis) -> Double { Self.bottom - axis.position(value) }

    private func grid(_ across: Axis, _ up: Axis) -> HTML {
        let columns = across.ticks.filter { tick in
            Self.left + across.position(tick.value) + HTML.widthOfText(tick.label) / 2 <= Self.width
        }
        .html { tick in
            let at = Self.left + across.position(tick.value)
            return """
                <path class="grid" d="M\(at, 1) \(Self.top, 0)V\(Self.bottom, 0)"/>\
                \(HTML.svgText(tick.label, x: at, y: Self.bottom + 16))
                """
        }
        let rows = up.ticks.html { tick in
            let at = y(tick.value, up)
            return """
                <path class="grid" d="M\(Self.left, 0) \(at, 1)H\(Self.right, 0)"/>\
                \(HTML.svgText(tick.label, x: Self.left - 5, y: at + 4, "axis end"))
                """
        }
        return """
            \(columns)\(rows)
            \(HTML.svgText("kB in total", x: (Self.left + Self.right) / 2, y: Self.height - 6))

            """
    }

    private func budgetLine(_ across: Axis) -> HTML {
        guard let budget else { return "" }
        let at = x(Double(budget), across)
        // On the side where there is room.
        let isLeft = at > (Self.left + Self.right) / 2
        return """
            <path class="limit" d="M\(at, 1) \(Self.top - 8, 0)V\(Self.bottom, 0)"/>\
            \(HTML.svgText("budget", x: isLeft ? at - 4 : at + 4, y: 12, isLeft ? "axis end" : "axis start"))

            """
    }

    /// What can be had at each size: level until the next point on the front.
    private func stairs(_ marks: [Mark], _ across: Axis, _ up: Axis) -> HTML {
        let best = marks.filter(\.isBest).sorted { ($0.bytes, $0.number) < ($1.bytes, $1.number) }
        guard let first = best.first else { return "" }
        let steps = best.dropFirst().html { "H\(x($0.bytes, across), 1)V\(y($0.value, up), 1)" }
        return """
            <path class="stairs" d="M\(x(first.bytes, across), 1) \(y(first.value, up), 1)\(steps)H\(Self.right, 1)"/>

            """
    }

    /// The points, and the numbers of those that leave room for one: first the choice, then the front.
    private func dots(_ marks: [Mark], _ across: Axis, _ up: Axis) -> HTML {
        let places = marks.map { (x: x($0.bytes, across), y: y($0.value, up)) }
        var taken: [(x: Double, y: Double, half: Double)] = []
        func rank(_ mark: Mark) -> Int { mark.isChosen ? 0 : mark.isBest ? 1 : 2 }
        let order = marks.indices.sorted { (rank(marks[$0]), $0) < (rank(marks[$1]), $1) }
        let numbers = order.html { index in
            let text = "\(marks[index].number)"
            let half = HTML.widthOfText(text) / 2
            let x = min(max(places[index].x, half), Self.width - half)
            for y in [places[index].y - 10, places[index].y + 19] {
                let isFree =
                    y > Self.top && y < Self.bottom
                    && !places.indices.contains {
                        $0 != index && abs(places[$0].x - x) < half + 5 && abs(places[$0].y - y + 4) < 10
                    }
                    && !taken.contains { abs($0.x - x) < $0.half + half + 2 && abs($0.y - y) < 14 }
                if isFree {
                    taken.append((x, y, half))
                    return HTML.svgText(text, x: x, y: y, marks[index].isChosen ? "number strong" : "number")
                }
            }
            return ""
        }
        let circles = marks.indices.html { index in
            let mark = marks[index]
            let centre: HTML = "cx=\"\(places[index].x, 1)\" cy=\"\(places[index].y, 1)\""
            let title: HTML = """
                <title>No. \(mark.number): \(mark.value, 2) \(unit), \(Int(mark.bytes).grouped) bytes</title>
                """
            let kind: HTML = mark.isBest ? "best" : "worse"
            let (x, y) = (places[index].x, places[index].y)
            let shape: HTML =
                mark.isBaseline
                ? "<rect class=\"\(kind)\" x=\"\(x - 4, 1)\" y=\"\(y - 4, 1)\" width=\"8\" height=\"8\">\(title)</rect>"
                : "<circle class=\"\(kind)\" \(centre) r=\"4\">\(title)</circle>"
            return "\(if: mark.isChosen, "<circle class=\"choice\" \(centre) r=\"8\"/>")\(shape)"
        }
        return "\(circles)\n\(numbers)\n"
    }
}
