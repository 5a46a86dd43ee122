extension Report {
    /// One bar a point, in the order in which the model computes them; the first that is no longer sound is marked.
    static func layerSection(_ layers: [ReportContent.LayerError]) -> Section? {
        guard !layers.isEmpty else { return nil }
        let finite = layers.map(\.sqnrDB).filter(\.isFinite)
        let sound = ReportContent.LayerError.soundDB
        let (largest, lowest) = (max(finite.max() ?? 0, sound * 1.5), layers.count > 1 ? finite.min() : nil)
        let first = layers.firstIndex { !$0.isSound }
        let rows = layers.enumerated().map { index, layer in
            let db = layer.sqnrDB
            let share = db.isFinite ? min(1, max(0, db / largest)) : db > 0 ? 1 : 0
            let isFirst = index == first
            let remark: HTML =
                isFirst
                ? "<b>first below \(decibels(sound)) dB</b>" : db == lowest ? "lowest" : db == .infinity ? "exact" : ""
            return HTMLTable.Row(
                kind: isFirst ? "wrong" : "",
                cells: [
                    label(layer.name),
                    """
                    <span class="track"><span class="fill\(if: !layer.isSound, " low")" style="width:\(share * 100, 1)%">\
                    </span><span class="line" style="left:\(sound / largest * 100, 1)%"></span></span>
                    """, "\(decibels(db)) dB", remark,
                ])
        }
        let verdict: HTML =
            first.map {
                "<b>\(label(layers[$0].name))</b> is the first point below \(decibels(sound)) dB: look there first."
            } ?? "Every point keeps \(decibels(sound)) dB or more."
        return Section(
            id: "layers", title: "Signal to noise",
            body: """
                <p>\(verdict)</p>
                <p class="note">How far each point's int8 values are from fp32's, in the order in which the model \
                computes them. The line marks \(decibels(sound)) dB, where the noise has a tenth of the signal's \
                amplitude.</p>
                \(HTMLTable(
                    name: "Signal to noise by point", kind: "bars",
                    columns: [.text("Point"), .text("Signal to noise"), .number("SQNR"), .text("Remark")], isWide: true,
                    rows: rows).html)
                """)
    }
}
