import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

@Suite("Finding and reading files")
struct FileTests {
    @Test("a file's bytes are mapped, an empty file too")
    func mapping() throws {
        let folder = try TemporaryFolder()
        #expect(try MappedFile(folder.write([1, 2, 3], to: "a")).contents == [1, 2, 3])
        #expect(try MappedFile(folder.write([], to: "b")).contents == [])
    }

    @Test(
        "what is no regular file is refused",
        arguments: [
            ("/", "it is not a regular file"), ("/dev/null", "it is not a regular file"),
            ("/no/such/file", "it cannot be opened"),
        ])
    func irregular(path: String, problem: String) {
        let error = failure { () throws(EmbqError) in try MappedFile(path) }
        #expect(error?.code == .unreadable)
        #expect(error?.file == path)
        #expect(error?.problem == problem)
    }

    @Test("a pipe is refused at once, without waiting for a writer")
    func pipe() throws {
        let folder = try TemporaryFolder()
        #expect(unsafe mkfifo(folder["pipe"], 0o600) == 0)
        let error = failure { () throws(EmbqError) in try MappedFile(folder["pipe"]) }
        #expect(error?.problem == "it is not a regular file")
    }

    @Test("pages that were released are read again, whatever range is given")
    func release() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let file = try MappedFile(folder.write(bytes, to: "a"))
        for range in [0..<100_000, 1..<9000, 4096..<8192, 99_999..<200_000, -5..<3, 7..<7] {
            file.release(range)
            #expect(file.contents == bytes)
        }
    }

    @Test("a file is recognised through links and other spellings of its path")
    func identity() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("x", to: "a")
        try FileManager.default.createSymbolicLink(atPath: folder["soft"], withDestinationPath: path)
        try FileManager.default.linkItem(atPath: path, toPath: folder["hard"])
        try folder.write("x", to: "b")
        for other in ["soft", "hard", "./a"] {
            let error = failure { () throws(EmbqError) in
                try FileIdentity.refuseOverwriting([folder["b"], path], with: folder[other])
            }
            #expect(error?.code == .invalidRequest)
            #expect(error?.problem == "this output is the input '\(path)'")
        }
        try FileIdentity.refuseOverwriting([path], with: folder["b"])
        try FileIdentity.refuseOverwriting([path], with: folder["new"])
    }

    @Test("a folder's files are listed by the bytes of their names, without folders and broken links")
    func listing() throws {
        let folder = try TemporaryFolder()
        for name in ["b", "a", "B", "é", ".hidden"] { try folder.write("x", to: name) }
        try FileManager.default.createDirectory(atPath: folder["sub"], withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: folder["broken"], withDestinationPath: "nowhere")
        #expect(try Folder.files(in: folder.path) == [".hidden", "B", "a", "b", "é"])
        #expect(failure { () throws(EmbqError) in try Folder.files(in: folder["none"]) }?.code == .unreadable)
    }

    @Test(
        "a path is split into folder and name by its bytes",
        arguments: [
            ("a/b/c", "a/b/", "c"), ("c", "", "c"), ("/c", "/", "c"),
            ("a/\u{301}b", "a/", "\u{301}b"),
        ])
    func paths(path: String, parent: String, name: String) {
        #expect(Array(Folder.parent(of: path).utf8) == Array(parent.utf8))
        #expect(Array(Folder.name(of: path).utf8) == Array(name.utf8))
        #expect(Array(Folder.join(parent, name).utf8) == Array(path.utf8))
    }

    @Test("slashes at a path's end do not count for its name", arguments: [("a/", "a"), ("b/a//", "a"), ("/", "")])
    func nameOfFolder(path: String, name: String) {
        #expect(Folder.name(of: path) == name)
    }
}
