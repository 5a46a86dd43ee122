import EmbqCore
import Testing

@Suite("Text of the system")
struct SystemTextTests {
    @Test(
        "any bytes come back as they were, and are another text than all others",
        arguments: [
            [], Array("plain".utf8), Array("é漢😀".utf8), [0xFF], [0x61, 0xC3], [0xC3, 0x28], [0xE2, 0x82], [0x80, 0x80],
            [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], Array("\u{10FE80}".utf8), Array("\u{10FEFF}x\u{10FE7F}".utf8),
            [0xF4, 0x8F, 0xBA], Array(0x01...0xFF),
        ] as [[UInt8]])
    func roundTrip(_ bytes: [UInt8]) {
        let text = SystemText.decode(bytes)
        #expect(SystemText.bytes(text) == bytes)
        #expect(text.system.dropLast().map { UInt8(bitPattern: $0) } == bytes && text.system.last == 0)
    }

    @Test("every pair of bytes is another text")
    func distinct() {
        var texts: Set<[UInt8]> = []
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max { texts.insert(Array(SystemText.decode([first, second]).utf8)) }
        }
        #expect(texts.count == 65_536)
    }

    @Test("bytes that are no text are spelled out for people")
    func shown() {
        let name = SystemText.decode([0x61, 0xFF, 0x62])
        #expect(SystemText.shown(name) == "a\\xffb")
        #expect(EmbqError.printable(name) == "a\\xffb")
    }
}
