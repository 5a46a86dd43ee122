import FileIO
import TensorCore
import TestSupport
import Testing
import ZipFiles

@Suite("Reading zip archives")
struct ZipArchiveTests {
    @Test("CRC-32 gives the check value of the standard at every alignment")
    func crc() {
        var crc = CRC32()
        crc.update(Array("123456789".utf8).span)
        #expect(crc.value == 0xCBF4_3926)
        let bytes = (0..<999).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 256) }
        var whole = CRC32()
        whole.update(bytes.span)
        for cut in 0...40 {
            var parts = CRC32()
            parts.update(bytes.span.extracting(..<cut))
            parts.update(bytes.span.extracting(cut...))
            #expect(parts.value == whole.value)
        }
    }
}
