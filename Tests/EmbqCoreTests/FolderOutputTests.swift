import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

@Suite("Writing folders")
struct FolderOutputTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ files: [FolderOutput.File], to name: String = "out") throws(EmbqError) {
        try FolderOutput(folder[name]).write(files)
    }

    private func paths(_ name: String = "out") throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder[name]).sorted()
    }

    private func inode(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: folder[name])[.systemFileNumber] as? Int
    }

    @Test("several files appear together or not at all, folders and all")
    func several() throws {
        let files: [FolderOutput.File] = [("a", [1]), ("in/b", []), ("in/side/c", [2])]
        for _ in 0..<2 {
            try write(files, to: "above/out/")
            #expect(try paths("above/out") == ["a", "in", "in/b", "in/side", "in/side/c"])
        }
        // A name longer than any file's.
        let long = "in/" + String(repeating: "x", count: 300)
        let error = failure { () throws(EmbqError) in try write(files + [(long, [3])], to: "new/bad") }
        #expect(error?.code == .unwritable && error?.advice.contains("255 bytes") == true)
        #expect(try folder.names == ["above"])
    }

    @Test("a folder that holds nothing else is exchanged: a reader of the old one is not disturbed")
    func exchange() throws {
        try write([("a", [1]), ("old/b", [2])])
        let before = try inode("out")
        try write([("a", [3]), ("old/b", [4])])
        #expect(try inode("out") != before)
        #expect(try MappedFile(folder["out/old/b"]).contents == [4])
        #expect(try folder.names == ["out"])
    }

    @Test("beside other files all of the new come in, or all of the old stay, hidden things and all")
    func besideOthers() throws {
        let old: [FolderOutput.File] = [("a", [1]), ("side/b", [2])]
        try write(old)
        try folder.write("own", to: "out/own.txt")
        try FileManager.default.createDirectory(atPath: folder["out/z"], withIntermediateDirectories: false)
        let before = try inode("out")
        let error = failure { () throws(EmbqError) in
            try write([("a", [7]), ("new/c", [8]), ("side/b", [9]), ("z", [0])])
        }
        #expect(error?.code == .unwritable && error?.file == folder["out/z"])
        #expect(try paths() == ["a", "own.txt", "side", "side/b", "z"])
        for (name, bytes) in old { #expect(try MappedFile(folder["out/\(name)"]).contents == bytes) }
        try write([("a", [7]), ("side/b", [9])])
        #expect(try MappedFile(folder["out/side/b"]).contents == [9] && paths().count == 5)
        #expect(try inode("out") == before)
    }

    @Test("a file or a link in the place of a folder is refused and stays, with what is beside it")
    func fileForFolder() throws {
        try write([("in", [1]), ("z", [2])])
        try FileManager.default.createDirectory(atPath: folder["elsewhere"], withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: folder["out/link"], withDestinationPath: "../elsewhere")
        for name in ["in", "link"] {
            let error = failure { () throws(EmbqError) in try write([("a/b", [3]), ("\(name)/b", [4]), ("z", [5])]) }
            #expect(error?.code == .unwritable)
            #expect(error?.file == folder["out/\(name)"])
        }
        #expect(try paths() == ["in", "link", "z"])
        #expect(try MappedFile(folder["out/z"]).contents == [2])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder["elsewhere"]).isEmpty)
    }

    @Test("a folder that is replaced as a whole may hold nothing else; what no longer belongs to it goes")
    func owned() throws {
        let owned: FolderOutput.Owned = { _ in ["a", "in/b"] }
        try write([("a", [1]), ("in/b", [2])])
        for foreign in ["own.txt", "in/own.txt", "own/a"] {
            try folder.write("own", to: "out/\(foreign)")
            let output = try FolderOutput(folder["out"])
            let named = foreign == "own/a" ? "own" : foreign
            for error in [
                failure({ () throws(EmbqError) in try output.check(owned) }),
                failure({ () throws(EmbqError) in try output.write([("c", [3])], replacing: owned, others: .refused) }),
            ] {
                #expect(error?.code == .invalidRequest && error?.file == folder["out/\(named)"])
            }
            #expect(try MappedFile(folder["out/\(foreign)"]).contents == Array("own".utf8))
            try FileManager.default.removeItem(atPath: folder["out/\(named)"])
        }
        try FolderOutput(folder["out"]).write([("c", [3])], replacing: owned, others: .refused)
        #expect(try paths() == ["c"])
    }

    @Test("beside other files, which stay, what no longer belongs to the folder goes")
    func ownedBesideOthers() throws {
        let owned: FolderOutput.Owned = { _ in ["a", "in/b", "shared/d"] }
        for foreign in [nil, "own.txt", "shared/own.txt"] as [String?] {
            try write([("a", [1]), ("in/b", [2]), ("shared/d", [4])])
            if let foreign { try folder.write("own", to: "out/\(foreign)") }
            try FolderOutput(folder["out"]).write([("c", [3])], replacing: owned)
            let inner = foreign?.hasPrefix("shared/") == true ? ["shared"] : []
            #expect(try paths() == (["c"] + [foreign].compactMap { $0 } + inner).sorted())
            if let foreign { #expect(try MappedFile(folder["out/\(foreign)"]).contents == Array("own".utf8)) }
            try FileManager.default.removeItem(atPath: folder["out"])
        }
    }

    /// A journal as a killed run leaves it: `a` is already replaced, `in/b` not yet, `gone` is to go.
    private func interrupt(as journal: String) throws {
        try folder.write([2], to: "out/a")
        try folder.write([1], to: "out/in/b")
        try folder.write([1], to: "out/gone")
        for (name, bytes) in [("1.old", [1]), ("2.new", [2]), ("2.old", [1]), ("3.old", [1])] as [(String, [UInt8])] {
            try folder.write(bytes, to: "out/\(journal)/\(name)")
        }
        try folder.write(
            "folder 0 new\nput 1 a\nput 1 in/b\nremove 1 gone\nput 0 c\n", to: "out/\(journal)/list")
    }

    @Test("what a killed run left half done is completed by the next one, before it does anything else")
    func completion() throws {
        try interrupt(as: ".embq.journal")
        #expect(FolderOutput.isInterrupted(folder["out"]))
        _ = try FolderOutput(folder["out"])
        #expect(try paths() == ["a", "in", "in/b", "new"])
        #expect(try MappedFile(folder["out/in/b"]).contents == [2])
    }

    @Test("what a killed run was undoing is undone by the next one")
    func undoing() throws {
        try interrupt(as: ".embq.undo")
        try folder.write([2], to: "out/c")
        try FileManager.default.createDirectory(atPath: folder["out/new"], withIntermediateDirectories: false)
        _ = try FolderOutput(folder["out"])
        #expect(try paths() == ["a", "gone", "in", "in/b"])
        for name in ["a", "gone", "in/b"] { #expect(try MappedFile(folder["out/\(name)"]).contents == [1]) }
    }

    @Test("a journal that is done with is removed")
    func finished() throws {
        try folder.write([1], to: "out/a")
        try folder.write([2], to: "out/.embq.journal/1.old")
        _ = try FolderOutput(folder["out"])
        #expect(try paths() == ["a"])
    }

    @Test(
        "a journal that would lead out of the folder is refused",
        arguments: ["put 0 ../a", "put 0 /a", "put 0 link/a", "put 0 in//a", "remove 1 .", "copy 0 a", "put 2 a", "x"])
    func hostileJournal(_ line: String) throws {
        try folder.write([1], to: "a")
        try folder.write([2], to: "out/.embq.journal/0.new")
        try folder.write(line + "\n", to: "out/.embq.journal/list")
        try FileManager.default.createSymbolicLink(atPath: folder["out/link"], withDestinationPath: "..")
        let error = failure { () throws(EmbqError) in _ = try FolderOutput(folder["out"]) }
        #expect(error?.code == .malformed && error?.file == folder["out/.embq.journal"])
        #expect(try MappedFile(folder["a"]).contents == [1])
    }
}
