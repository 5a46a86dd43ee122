import EmbqCore
import EmbqTestSupport
import Testing

@Suite("Reading bytes")
struct ByteReaderTests {
    @Test("integers of every width are little-endian")
    func integers() throws {
        let bytes: [UInt8] = [1, 0xFE, 2, 1, 4, 3, 2, 0x81, 8, 7, 6, 5, 4, 3, 2, 0xFF, 9]
        var reader = ByteReader(bytes.span)
        #expect(try reader.read(UInt8.self, "a") == 1)
        #expect(try reader.read(Int8.self, "b") == -2)
        #expect(try reader.read(UInt16.self, "c") == 0x102)
        #expect(try reader.read(Int32.self, "d") == -0x7EFD_FCFC)
        #expect(try reader.read(UInt64.self, "e") == 0xFF02_0304_0506_0708)
        #expect(reader.offset == 16)
        #expect(try reader.readBytes(1, "f") == [9])
        #expect(reader.remaining == 0)
    }

    @Test("what is written is read back, with alignment as zeros")
    func roundTrip() throws {
        var writer = ByteWriter()
        writer.write(UInt8(7))
        writer.align(to: 4)
        writer.write(Int32.min)
        writer.write(contentsOf: [UInt16(1), .max])
        writer.patch(UInt8(8), at: 0)
        #expect(writer.bytes == [8, 0, 0, 0, 0, 0, 0, 0x80, 1, 0, 0xFF, 0xFF])
    }

    @Test("reading past the end is refused with the offset and what was missing", arguments: 0..<8)
    func short(count: Int) {
        let bytes = [UInt8](repeating: 1, count: count)
        let error = failure { () throws(EmbqError) in
            var reader = ByteReader(bytes.span)
            return try reader.read(UInt64.self, "the length")
        }
        #expect(error?.code == .truncated)
        #expect(error?.place == "byte 0")
        #expect(error?.problem == "the length needs 8 bytes, \(count) are left")
    }

    @Test(
        "a count that is negative or past the end is refused before anything is copied",
        arguments: [-1, 5, Int.max, .min])
    func badCount(count: Int) {
        let bytes: [UInt8] = [1, 2, 3, 4]
        let error = failure { () throws(EmbqError) in
            var reader = ByteReader(bytes.span)
            return try reader.readBytes(count, "the values")
        }
        #expect(error?.code == .truncated)
    }

    @Test("checked arithmetic gives nil where plain arithmetic would trap")
    func arithmetic() {
        #expect(Int.max.adding(1) == nil)
        #expect(Int.max.times(2) == nil)
        #expect(3.times(4) == 12)
        #expect(9.roundedUp(to: 8) == 16)
        #expect(16.roundedUp(to: 8) == 16)
        #expect(Int.max.roundedUp(to: 8) == nil)
        #expect([].checkedProduct == 1)
        #expect([2, 0, 3].checkedProduct == 0)
        #expect([2, -1].checkedProduct == nil)
        #expect([-1, -1].checkedProduct == nil)
        #expect([1 << 32, 1 << 32].checkedProduct == nil)
    }
}
