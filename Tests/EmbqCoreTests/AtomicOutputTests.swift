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
        try folder.write("mine", to: "a.txt.tmp-\(getpid())")
        try FileManager.default.createDirectory(
            atPath: folder["out.tmp-\(getpid())"], withIntermediateDirectories: false)
        try AtomicOutput.write("x", to: folder["a.txt"])
        try AtomicOutput.writeFolder(folder["out"], [("a", [1])])
        #expect(try folder.names == ["a.txt", "a.txt.tmp-\(getpid())", "out", "out.tmp-\(getpid())"])
    }

    @Test("a folder that is there gets all of the new files or keeps all of the old, hidden things and all")
    func existingFolder() throws {
        let folder = try TemporaryFolder()
        let old: [(name: String, bytes: [UInt8])] = [("a", [1]), ("side/b", [2])]
        try AtomicOutput.writeFolder(folder["out"], old)
        try folder.write("own", to: "out/own.txt")
        try FileManager.default.createDirectory(atPath: folder["out/z"], withIntermediateDirectories: false)
        let error = failure { () throws(EmbqError) in
            try AtomicOutput.writeFolder(folder["out"], [("a", [7]), ("new/c", [8]), ("side/b", [9]), ("z", [0])])
        }
        #expect(error?.code == .unwritable && error?.file == folder["out/z"])
        func names() throws -> [String] { try FileManager.default.subpathsOfDirectory(atPath: folder["out"]).sorted() }
        #expect(try names() == ["a", "own.txt", "side", "side/b", "z"])
        for (name, bytes) in old { #expect(try MappedFile(folder["out/\(name)"]).contents == bytes) }
        try AtomicOutput.writeFolder(folder["out"], [("a", [7]), ("side/b", [9])])
        #expect(try MappedFile(folder["out/side/b"]).contents == [9] && names().count == 5)
    }

    @Test("several files appear together or not at all, folders and all")
    func folders() throws {
        let folder = try TemporaryFolder()
        let files: [(name: String, bytes: [UInt8])] = [("a", [1]), ("in/b", []), ("in/side/c", [2])]
        for _ in 0..<2 {
            try AtomicOutput.writeFolder(folder["out"] + "/", files)
            let names = try FileManager.default.subpathsOfDirectory(atPath: folder["out"]).sorted()
            #expect(names == ["a", "in", "in/b", "in/side", "in/side/c"])
        }
        // A name longer than any file's.
        let long = "in/" + String(repeating: "x", count: 300)
        let error = failure { () throws(EmbqError) in try AtomicOutput.writeFolder(folder["bad"], files + [(long, [3])])
        }
        #expect(error?.code == .unwritable)
        #expect(try folder.names == ["out"])
    }

    @Test("a file in the place of a folder is refused and stays, with what is beside it")
    func fileForFolder() throws {
        let folder = try TemporaryFolder()
        try AtomicOutput.writeFolder(folder["out"], [("in", [1]), ("z", [2])])
        let error = failure { () throws(EmbqError) in
            try AtomicOutput.writeFolder(folder["out"], [("a/b", [3]), ("in/b", [4]), ("z", [5])])
        }
        #expect(error?.code == .unwritable)
        #expect(error?.file == folder["out/in"])
        #expect(try FileManager.default.subpathsOfDirectory(atPath: folder["out"]).sorted() == ["in", "z"])
        #expect(try MappedFile(folder["out/z"]).contents == [2])
        #expect(try folder.names == ["out"])
    }
}
