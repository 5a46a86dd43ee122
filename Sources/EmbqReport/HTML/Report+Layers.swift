import EmbqEvaluation

extension Report {
    /// Points below it are weak: what follows may take them below the floor.
    private static let weakDB = LayerSQNR.floorDB + LayerSQNR.stepDB

    /// One bar a point, in the order in which the model computes them; the first that goes wrong is marked.
    static func layerSection(_ content: ReportContent) -> Section? {
        guard let measured = content.layers, !measured.layers.isEmpty else { return nil }
        let layers = measured.layers
        let finite = layers.compactMap(\.sqnrDB)
        let floor = LayerSQNR.floorDB
        let (largest, lowest) = (max(finite.max() ?? 0, floor * 1.5), layers.count > 1 ? finite.min() : nil)
        let first = layers.firstIndex { $0.name == measured.firstWrong }
        let rows = layers.enumerated().map { index, layer in
            let share = layer.sqnrDB.map { min(1, max(0, $0 / largest)) } ?? 1
            let remark: HTML =
                index == first
                ? "<b>the first that goes wrong</b>"
                : layer.sqnrDB == nil ? "exact" : layer.sqnrDB == lowest ? "lowest" : ""
            let value = layer.sqnrDB ?? .infinity
            let strength: HTML = value < floor || index == first ? " low" : value < weakDB ? " weak" : ""
            return HTMLTable.Row(
                kind: index == first ? "wrong" : "",
                cells: [
                    label(layer.name), "\(layer.bits)",
                    """
                    <span class="track"><span class="fill\(strength)" style="width:\(share * 100, 1)%">\
                    </span><span class="line" style="left:\(floor / largest * 100, 1)%"></span></span>
                    """, "\(decibels(layer.sqnrDB ?? .infinity)) dB", remark,
                ])
        }
        return Section(
            id: "layers", title: "Signal to noise",
            body: """
                <p>\(firstWrong(measured) ?? "No point goes wrong.")</p>
                <p class="note">How far each point's integers are from fp32's values, in the order in which the model \
                computes them, on \(plural(measured.sentences, "sentence")). The line marks \(decibels(floor)) dB, where \
                the noise has a tenth of the signal's amplitude. A point goes wrong below it, or \
                \(decibels(LayerSQNR.stepDB)) dB below every point before. <span class="key low"></span>wrong, \
                <span class="key weak"></span>weak: below \(decibels(weakDB)) dB.</p>
                \(HTMLTable(
                    name: "Signal to noise by point", kind: "bars",
                    columns: [
                        .text("Point"), .number("Bits"), .text("Signal to noise"), .number("SQNR"), .text("Remark"),
                    ], isWide: true, rows: rows).html)
                """)
    }

    /// A sentence that names the first point that goes wrong; nil when there is none.
    static func firstWrong(_ measured: LayerSQNR) -> HTML? {
        guard let name = measured.firstWrong, let layer = measured.layers.first(where: { $0.name == name }) else {
            return nil
        }
        return
            "<b>\(label(name))</b> is the first point that goes wrong, with \(decibels(layer.sqnrDB ?? .infinity)) dB."
    }
}
