import EmbqContainers
import EmbqCore

/// A file is refused, or each dataset is refused or gives as many bytes as it was listed with.
///
/// The HDF5 library itself crashes here: run with `-fork=1 -ignore_crashes=1 -ignore_ooms=1 -ignore_timeouts=1`, and
/// look for crashes in our own code. embq runs this in a process of its own, which a crash ends without harm.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let file = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    guard let reader = try? HDF5Reader(image: file) else { return 0 }
    let contents = reader.contents
    guard let again = try? HDF5Contents(json: contents.json), again.datasets == contents.datasets,
        again.attributes == contents.attributes
    else { fatalError("the list does not survive being sent") }
    for (index, dataset) in contents.datasets.prefix(64).enumerated() where dataset.byteCount < 1 << 24 {
        var total = 0
        do throws(EmbqError) {
            try reader.read(index) { piece in total += piece.count }
        } catch {
            continue
        }
        guard total == dataset.byteCount else { fatalError("a dataset gives other bytes than it was listed with") }
    }
    return 0
}
