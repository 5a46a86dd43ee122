import EmbqCheckpoints
import EmbqCore

/// No access to a configuration traps, and labels are as many as id2label has.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe Span(_unsafeStart: start, count: count)
    guard let config = try? CheckpointConfig(path: "config.json", bytes) else { return 0 }
    for key in (config.json.object ?? []).map(\.key) {
        _ = try? config.integer(key, in: 1...65536)
        _ = try? config.number(key)
        _ = try? config.string(key)
        _ = try? config.strings(key)
        _ = try? config.bool(key, default: false)
    }
    if let labels = try? config.labels() { precondition(labels.count == config.json["id2label"]?.object?.count) }
    return 0
}
