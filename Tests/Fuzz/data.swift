import EmbqCore
import EmbqData

/// A table is refused, or every row has its columns and a line of its own, and its labels are those that it is asked for.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe Span(_unsafeStart: start, count: count)
    guard let data = try? LabelledData(bytes: bytes.indices.map { bytes[$0] }, file: "data.tsv") else { return 0 }
    precondition(!data.rows.isEmpty && data.texts.count == data.rows.count)
    var last = 1
    for row in data.rows {
        precondition(row.line > last && (row.label != nil) == data.isLabelled && !row.parts.isEmpty)
        last = row.line
    }
    if let targets = try? data.targets(labels: nil) { precondition(targets.count == data.rows.count) }
    if let targets = try? data.targets(labels: ["a", "b", "0"]) { precondition(targets.count == data.rows.count) }
    return 0
}
