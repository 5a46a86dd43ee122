import EmbqCore
import EmbqData
import EmbqEvaluation

/// Data of one of its forms are refused, or every row has a line of its own, and its labels are those that it is asked for;
/// a table of predictions is refused, or is the same when it is written and read again. The first byte chooses the form.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let input = unsafe Span(_unsafeStart: start + 1, count: count - 1)
    let form = unsafe Int(start[0]) % 5
    guard form < 4 else {
        if let table = try? PredictionTable(bytes: input) { checkTable(table) }
        return 0
    }
    let file = "data" + ["", ".csv", ".jsonl", LabelledData.taggedEnding][form]
    if let data = try? LabelledData(bytes: input, file: file) { check(data) }
    return 0
}

private func check(_ data: LabelledData) {
    precondition(!data.rows.isEmpty && data.texts.count == data.rows.count)
    var last = 0
    for row in data.rows {
        precondition(row.line > last && (row.label != nil) == data.isLabelled && !row.parts.isEmpty)
        precondition(row.words.isEmpty != data.isTagged)
        last = row.line
    }
    if let targets = try? data.targets(labels: nil) { precondition(targets.count == data.rows.count) }
    for labels in [["a", "b", "0"], ["a", "b"]] {
        if let targets = try? data.targets(labels: labels) { precondition(targets.count == data.rows.count) }
        if let sets = try? data.labelSets(labels: labels) { precondition(sets.count == data.rows.count) }
    }
}

private func checkTable(_ table: PredictionTable) {
    precondition(table.logits.count == table.rows.count * table.width && table.logits.allSatisfy(\.isFinite))
    let again = try? PredictionTable(bytes: Array(table.text.utf8).span)
    precondition(again == table)
    for ofWords in [false, true] {
        guard let merged = try? PredictionTable.merged([("p.tsv", table)], ofWords: ofWords) else { continue }
        precondition(merged == table)
        let data = merged.data(file: "p.tsv", ofWords: ofWords)
        precondition(data.rows.reduce(0) { $0 + max(1, $1.words.count) } == table.rows.count)
    }
}
