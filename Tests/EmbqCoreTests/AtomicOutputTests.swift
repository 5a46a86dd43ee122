import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

@Suite("Writing files")
struct AtomicOutputTests {
    @Test("a file appears whole, and replaces what was there")
    func writes() throws {
        let folder = try TemporaryFolder()
        try AtomicOutput.write("first", to: folder["a.txt"])
        try AtomicOutput.write("second", to: folder["a.txt"])
        #expect(try MappedFile(folder["a.txt"]).contents == Array("second".utf8))
        #expect(try folder.names == ["a.txt"])
    }

    @Test("a body that fails leaves the old file and nothing else")
    func failingBody() throws {
        let folder = try TemporaryFolder()
        try folder.write("old", to: "a.txt")
        let reason = EmbqError(.malformed, "half way", advice: "")
        let error = failure { () throws(EmbqError) in
            try AtomicOutput.write(to: folder["a.txt"]) { file throws(EmbqError) in
                try file.write(Array("new".utf8))
                throw reason
            }
        }
        #expect(error == reason)
        #expect(try MappedFile(folder["a.txt"]).contents == Array("old".utf8))
        #expect(try folder.names == ["a.txt"])
    }

    @Test("a folder that is missing is named with the system's reason")
    func missingFolder() throws {
        let folder = try TemporaryFolder()
        let error = failure { () throws(EmbqError) in try AtomicOutput.write("x", to: folder["none/a.txt"]) }
        #expect(error?.code == .unwritable)
        #expect(error?.file == folder["none/a.txt"])
        #expect(error?.cause == "No such file or directory")
    }

    @Test("a folder without write permission is refused", .enabled(if: getuid() != 0, "root may write anywhere"))
    func readOnlyFolder() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path) }
        let error = failure { () throws(EmbqError) in try AtomicOutput.write("x", to: folder["a.txt"]) }
        #expect(error?.code == .unwritable)
        #expect(error?.cause == "Permission denied")
    }

    @Test("a target that is a folder is refused and nothing is left beside it")
    func targetIsFolder() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder["out"], withIntermediateDirectories: false)
        #expect(failure { () throws(EmbqError) in try AtomicOutput.write("x", to: folder["out"]) }?.code == .unwritable)
        #expect(try folder.names == ["out"])
    }

    @Test(
        "a full disk is an error, not a short file", .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func fullDisk() throws {
        let folder = try TemporaryFolder()
        // The device that is always full.
        try FileManager.default.createSymbolicLink(atPath: folder["a.txt"], withDestinationPath: "/dev/full")
        let error = failure { () throws(EmbqError) in try AtomicOutput.write("x", to: folder["a.txt"]) }
        #expect(error?.code == .unwritable)
        #expect(error?.cause == "No space left on device")
        #expect(try folder.names == ["a.txt"])
    }

    @Test("a link is followed: what it leads to is replaced, and it stays")
    func link() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder["real"], withIntermediateDirectories: false)
        try folder.write("old", to: "real/a.txt")
        try FileManager.default.createSymbolicLink(atPath: folder["a.txt"], withDestinationPath: "real/a.txt")
        try AtomicOutput.write("new", to: folder["a.txt"])
        #expect(try MappedFile(folder["real/a.txt"]).contents == Array("new".utf8))
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder["a.txt"]) == "real/a.txt")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder["real"]) == ["a.txt"])
    }

    @Test("a pipe gets the bytes, and stays a pipe")
    func pipe() throws {
        let folder = try TemporaryFolder()
        #expect(unsafe mkfifo(folder["pipe"], 0o600) == 0)
        // Open for both, so that neither end waits for the other.
        let descriptor = unsafe open(folder["pipe"], O_RDWR)
        defer { close(descriptor) }
        try AtomicOutput.write("through", to: folder["pipe"])
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        #expect(String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self) == "through")
        #expect(try folder.names == ["pipe"] && !Folder.hasFile(folder["pipe"]))
    }

    @Test("what bears a name like a temporary one is left alone")
    func foreignNames() throws {
        let folder = try TemporaryFolder()
        let names = ["a.txt.tmp-1f", ".embq.tmp-", ".embq.tmp-xyz", ".embq.tmp-0123456789abcdef0", ".embq-1f"]
        for name in names {
            try FileManager.default.createDirectory(atPath: folder[name], withIntermediateDirectories: false)
        }
        try folder.write("mine", to: ".embq.tmp-1f")
        try AtomicOutput.write("x", to: folder["a.txt"])
        #expect(try folder.names == (names + [".embq.tmp-1f", "a.txt"]).sorted())
    }

    @Test("what a process that is gone has staged is removed; what has an owner stays")
    func sweep() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder[".embq.tmp-0123456789abcdef/new"], withIntermediateDirectories: true)
        let living = try Staging(in: folder.path, shownAs: "out")
        let path = living.path
        #expect(try folder.names.count == 1, "the one without an owner is gone")
        try AtomicOutput.write("x", to: folder["a.txt"])
        #expect(Folder.exists(path))
        _ = consume living
        #expect(try folder.names == ["a.txt"])
    }

    @Test("a file that is replaced keeps its permissions", arguments: [0o600, 0o640, 0o755, 0o444])
    func permissions(_ mode: Int) throws {
        let folder = try TemporaryFolder()
        try folder.write("old", to: "a.txt")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder["a.txt"])
        try AtomicOutput.write("new", to: folder["a.txt"])
        #expect(try FileManager.default.attributesOfItem(atPath: folder["a.txt"])[.posixPermissions] as? Int == mode)
        #expect(try MappedFile(folder["a.txt"]).contents == Array("new".utf8))
    }

    @Test("a name may be as long as the file system takes, and any bytes", arguments: ["n", "\u{10FEFF}", "é"])
    func names(_ character: String) throws {
        let folder = try TemporaryFolder()
        let name = String(repeating: character, count: 255 / SystemText.bytes(character).count)
        try AtomicOutput.write("x", to: folder[name])
        #expect(try Folder.files(in: folder.path) == [name])
        #expect(try MappedFile(folder[name]).contents == Array("x".utf8))
    }

    @Test(
        "an inherited descriptor is written where it stands, by whatever path it is named",
        arguments: ["/dev/fd/N", "/proc/self/fd/N", "link"])
    func inherited(_ name: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("before ", to: "all.txt")
        let descriptor = unsafe open(folder["all.txt"], O_WRONLY | O_APPEND)
        defer { close(descriptor) }
        let path = name == "link" ? folder["link"] : name.replacingOccurrences(of: "N", with: "\(descriptor)")
        if name == "link" {
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/fd/\(descriptor)")
        }
        for text in ["one ", "two"] { try AtomicOutput.write(text, to: path) }
        #expect(try MappedFile(folder["all.txt"]).contents == Array("before one two".utf8))
    }
}
