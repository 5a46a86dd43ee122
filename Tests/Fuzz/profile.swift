import EmbqContainers
import EmbqCore
import EmbqQuantization

/// A profile is refused, or it is written again as it was read, every observer finds a range in each of its histograms,
/// and merging it with one of other data adds up what both counted.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe Span(_unsafeStart: start, count: count)
    guard let record = try? CalibrationProfileFile.decode(bytes) else { return 0 }
    guard let written = try? CalibrationProfileFile.encode(record),
        let again = try? CalibrationProfileFile.decode(written)
    else { preconditionFailure("what was read cannot be written") }
    precondition(again == record)
    guard let profile = try? CalibrationProfile(record) else { return 0 }
    for point in profile.points {
        for observer in Observers.all where point.histogram.sentences != nil || !type(of: observer).readsSentences {
            for symmetric in [false, true] {
                let range = observer.range(point.histogram, levels: 255, symmetric: symmetric)
                precondition(range.lowerBound.isFinite && range.upperBound.isFinite)
            }
        }
    }
    var other = record
    other.dataSHA256 = String(repeating: "0", count: 64)
    guard let other = try? CalibrationProfile(other), let merged = try? profile.merging(other) else { return 0 }
    precondition(merged.sentences == profile.sentences + other.sentences)
    precondition(merged.kept?.items.count == profile.kept.map { min(CalibrationSentences.most, 2 * $0.items.count) })
    for (sum, point) in zip(merged.points, profile.points) {
        precondition(sum.histogram.total == 2 * point.histogram.total)
    }
    return 0
}
