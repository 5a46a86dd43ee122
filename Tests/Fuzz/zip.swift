import EmbqContainers
import EmbqCore
import Glibc

/// A file in memory: an archive is opened by its path.
nonisolated(unsafe) private let path = "/dev/shm/embq-fuzz-\(getpid())"

/// An archive is refused, or its entries lie apart from each other and are read whole or refused.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe Span(_unsafeStart: start, count: count)
    _ = ZipDirectory.names(bytes)
    guard (try? ZipDirectory(bytes)) != nil else { return 0 }
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard file >= 0, unsafe write(file, start, count) == count else { fatalError("no memory for the file") }
    close(file)
    guard let mapped = try? MappedFile(path), let archive = try? ZipArchive(mapped) else { return 0 }
    var end = 0
    for entry in archive.entries.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
        precondition(entry.range.lowerBound >= end && entry.range.upperBound <= count)
        end = entry.range.upperBound
        guard entry.size <= 1 << 22 else { continue }
        _ = try? archive.prefix(of: entry, 16)
        _ = try? archive.withBytes(of: entry) { bytes in precondition(bytes.count == entry.size) }
    }
    return 0
}
