import EmbqContainers
import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

/// Reads every entry.
private func read(_ archive: ZipArchive) throws(EmbqError) {
    for entry in archive.entries {
        try archive.withBytes(of: entry) { bytes in precondition(bytes.count == entry.size) }
    }
}

@Suite("Reading zip archives")
struct ZipArchiveTests {
    @Test("archives of several writers, stored, deflated and Zip64, are read byte for byte")
    func valid() throws {
        let index = try Fixtures.index("zip/valid")
        #expect(index.count >= 14)
        for (name, expected) in index {
            let archive = try ZipArchive(try MappedFile(Fixtures.path("zip/valid/\(name)")))
            let files = try #require(expected.object)
            #expect(archive.entries.map(\.name) == archive.entries.map(\.name).sorted { $0.precedesByBytes($1) })
            if name != "python.zip" { #expect(archive.entries.count == files.count, "\(name)") }
            for (key, content) in files {
                let entry = try #require(archive.entry(key), "\(name): \(key)")
                // Twice: the second time the CRC is known to hold.
                for _ in 0..<2 {
                    let bytes = try archive.withBytes(of: entry) { bytes in bytes.indices.map { bytes[$0] } }
                    #expect(hexadecimal(bytes) == content.string, "\(name): \(key)")
                    #expect(try archive.prefix(of: entry, 9) == Array(bytes.prefix(9)))
                }
                if entry.method == .stored {
                    let inPlace = archive.file.withBytes { file in entry.range.map { file[$0] } }
                    #expect(hexadecimal(inPlace) == content.string, "\(name): \(key)")
                }
            }
            #expect(archive.entry("no such entry") == nil)
        }
    }

    @Test("a deflated entry larger than any buffer is inflated whole")
    func large() throws {
        let archive = try ZipArchive(try MappedFile(Fixtures.path("zip/valid/python.zip")))
        let entry = try #require(archive.entry("zeros"))
        #expect(entry.method == .deflated && entry.size == 100_000)
        try archive.withBytes(of: entry) { bytes in
            #expect(bytes.count == 100_000 && bytes.indices.allSatisfy { bytes[$0] == 0 })
        }
    }

    @Test("every broken or hostile archive is refused with its code and a sentence that says what is wrong")
    func invalid() throws {
        let index = try Fixtures.index("zip/invalid")
        #expect(index.count >= 80)
        #expect(try Folder.files(in: Fixtures.path("zip/invalid")).count == index.count + 1)
        for (name, expected) in index {
            let path = Fixtures.path("zip/invalid/\(name)")
            let error = failure { () throws(EmbqError) in try read(try ZipArchive(try MappedFile(path))) }
            #expect(error?.code.rawValue == expected["code"]?.string, "\(name)")
            #expect(error?.file == path && error?.advice.isEmpty == false, "\(name)")
            let message = try #require(expected["message"]?.string)
            let text = error.map { "\($0)" } ?? "was accepted"
            #expect(text.contains(message), "\(name): \(text)")
        }
    }

    @Test(
        "an archive cut at any length is refused",
        arguments: ["stored", "deflated", "wide_end", "python_zip64", "comment"])
    func cuts(name: String) throws {
        let bytes = try Fixtures.bytes("zip/valid/\(name).zip")
        _ = try ZipDirectory(bytes.span)
        for count in bytes.indices {
            let error = failure { () throws(EmbqError) in _ = try ZipDirectory(bytes.span.extracting(..<count)) }
            #expect(error != nil, "cut at \(count)")
        }
    }

    @Test(
        "an archive with changed bytes is refused or read, and never trapped on",
        arguments: ["stored", "deflated", "wide_end", "wide_record", "sizes_follow", "folders"])
    func flips(name: String) throws {
        let original = try Fixtures.bytes("zip/valid/\(name).zip")
        let folder = try TemporaryFolder()
        let seed: UInt64 = 0x21F0_F11E
        var random = SplitMix64(seed: seed)
        var refused = 0
        for _ in 0..<100 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let path = folder["flipped.zip"]
            // Not atomic: nothing is to survive, and it is a hundred times as fast.
            #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
            let error = failure { () throws(EmbqError) in try read(try ZipArchive(try MappedFile(path))) }
            if error != nil { refused += 1 }
        }
        #expect(refused > 50, "seed \(seed)")
    }

    @Test("CRC-32 gives the standard's check value, and the same by table and by multiplication")
    func crc() {
        var crc = CRC32()
        crc.update(Array("123456789".utf8).span)
        #expect(crc.value == 0xCBF4_3926)
        let bytes = (0..<999).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 256) }
        for end in bytes.indices {
            let part = bytes.span.extracting(end / 7..<end)
            var (fast, table) = (CRC32(), CRC32())
            fast.update(part)
            table.updateByTable(part)
            #expect(fast.value == table.value, "\(end)")
            for cut in [part.count / 3, part.count * 2 / 3] {
                var parts = CRC32()
                parts.update(part.extracting(..<cut))
                parts.update(part.extracting(cut...))
                #expect(parts.value == table.value, "\(end)")
            }
        }
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
