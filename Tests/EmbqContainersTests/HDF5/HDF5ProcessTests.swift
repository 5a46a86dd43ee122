import EmbqContainers
import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

/// What comes from the helper is checked like a file: it may have been taken over by what it read.
@Suite("The process that reads HDF5")
struct HDF5ProcessTests {
    private static let path = Fixtures.path("hdf5/valid/nan.h5")

    /// A program that stands in for the helper.
    private func impostor(_ script: String) throws -> (TemporaryFolder, String) {
        let folder = try TemporaryFolder()
        let path = try folder.write("#!/bin/sh\n\(script)\n", to: "helper")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return (folder, path)
    }

    /// Opens a file with an impostor. A test in another thread that starts a program at the wrong moment holds the
    /// script open for writing, and the system then calls it busy.
    private func open(_ program: String) throws(EmbqError) -> HDF5File {
        for _ in 0..<200 {
            do throws(EmbqError) { return try HDF5File(path: Self.path, helper: program) } catch {
                guard error.cause == "Text file busy" else { throw error }
                usleep(10_000)
            }
        }
        return try HDF5File(path: Self.path, helper: program)
    }

    /// A command that sends a message: kind, length, text.
    private static func message(_ kind: Int, _ length: Int, _ text: String = "") -> String {
        let numbers = [(kind, 4), (length, 8)].flatMap { value, size in (0..<size).map { value >> (8 * $0) & 0xFF } }
        let octal = (numbers + text.utf8.map { Int($0) }).map { "\\0\(String($0, radix: 8))" }
        return "printf '%b' '\(octal.joined())' >&1"
    }

    private static func message(_ kind: Int, _ text: String) -> String { message(kind, text.utf8.count, text) }

    @Test(
        "a helper that crashes, ends, talks nonsense or promises too much is an error",
        arguments: [
            ("kill -SEGV $$", EmbqError.Code.unreadable, "the HDF5 library failed on this file (signal 11)"),
            ("kill -ABRT $$", .unreadable, "the HDF5 library failed on this file (signal 6)"),
            ("kill -XCPU $$", .limitExceeded, "the HDF5 library took too long over this file (signal 24)"),
            ("exit 0", .unreadable, "the HDF5 library failed on this file"),
            ("printf abc", .unreadable, "the HDF5 library failed on this file"),
            ("printf 'abcdefghijklmnop'", .corrupted, "it sent no list of tensors"),
            (message(1, 1 << 40), .corrupted, "it wanted to send 1099511627776 bytes"),
            (message(1, -1), .corrupted, "it wanted to send 18446744073709551615 bytes"),
            (message(2, 4), .corrupted, "it sent no list of tensors"),
            (message(3, 0), .corrupted, "it sent no list of tensors"),
            (message(1, 100, "{}"), .unreadable, "the HDF5 library failed on this file"),
            (message(1, "{}"), .corrupted, "the list of its tensors has another form"),
            (message(1, "{"), .corrupted, "invalid JSON"),
            (message(4, "{}"), .corrupted, "it sent an error of another form"),
            (message(4, "[\"nonsense\",null,\"a\",\"b\",null]"), .corrupted, "it sent an error of another form"),
            (message(4, "[\"malformed\",null,\"a\\u001b[2Jb\",\"\",null]"), .malformed, "a\\u{1b}[2Jb"),
        ] as [(String, EmbqError.Code, String)])
    func impostors(script: String, code: EmbqError.Code, problem: String) throws {
        let (folder, program) = try impostor(script)
        let error = failure { () throws(EmbqError) in _ = try open(program) }
        #expect(error?.code == code, "\(error?.description ?? "was believed")")
        #expect(error?.description.contains(problem) == true, "\(error?.description ?? "was believed")")
        _ = folder
    }

    @Test(
        "a helper that sends other values than announced, or dies over them, is an error each time it is asked",
        arguments: [
            (message(2, 5, "12345"), EmbqError.Code.corrupted, "it sent other values than it had announced"),
            (message(2, 3, "123") + "; " + message(3, 0), .corrupted, "it sent other values"),
            (message(3, 0), .corrupted, "it sent other values"),
            (message(2, 1 << 50), .corrupted, "it sent other values"), (message(9, 4), .corrupted, "it sent"),
            ("kill -SEGV $$", .unreadable, "failed on this file (signal 11)"),
            (message(2, 4, "12"), .unreadable, "failed on this file"),
            (message(4, "[\"malformed\",\"'w'\",\"it is broken\",\"\",null]"), .malformed, "'w': it is broken"),
        ] as [(String, EmbqError.Code, String)])
    func values(script: String, code: EmbqError.Code, problem: String) throws {
        let list = "{\"datasets\":[[[\"w\"],\"U8\",[4]]],\"attributes\":[]}"
        let (folder, program) = try impostor(Self.message(1, list) + "; head -c 8 <&1 >/dev/null; \(script)")
        let file = try open(program)
        let error = failure { () throws(EmbqError) in try file.withBytes(of: 0) { _ in } }
        #expect(error?.code == code)
        #expect(error?.description.contains(problem) == true, "\(error?.description ?? "was believed")")
        #expect(failure { () throws(EmbqError) in try file.withBytes(of: 0) { _ in } } != nil)
        _ = folder
    }

    @Test("values that come in pieces are put together")
    func pieces() throws {
        let list = "{\"datasets\":[[[\"w\"],\"U8\",[4]]],\"attributes\":[]}"
        let answer = [Self.message(2, "ab"), Self.message(2, 0), Self.message(2, "cd"), Self.message(3, 0)]
        let (folder, program) = try impostor(
            Self.message(1, list) + "; head -c 8 <&1 >/dev/null; " + answer.joined(separator: "; "))
        let file = try open(program)
        #expect(try file.withBytes(of: 0) { hexadecimal($0) } == "61626364")
        _ = folder
    }

    @Test(
        "a list of tensors that could not be a file's is not believed",
        arguments: [
            "[]", "{\"datasets\":[],\"attributes\":[],\"more\":1}", "{\"datasets\":1,\"attributes\":[]}",
            "{\"datasets\":[1],\"attributes\":[]}", "{\"datasets\":[[[],\"U8\",[4]]],\"attributes\":[]}",
            "{\"datasets\":[[[\"a/b\"],\"U8\",[4]]],\"attributes\":[]}",
            "{\"datasets\":[[[\"..\"],\"U8\",[4]]],\"attributes\":[]}",
            "{\"datasets\":[[[\"\"],\"U8\",[4]]],\"attributes\":[]}",
            "{\"datasets\":[[[\"a\"],\"X8\",[4]]],\"attributes\":[]}",
            "{\"datasets\":[[[\"a\"],\"U8\",[-4]]],\"attributes\":[]}",
            "{\"datasets\":[[[\"a\"],\"U8\",[4.5]]],\"attributes\":[]}",
            "{\"datasets\":[[[\"a\"],\"U8\",[4294967297]]],\"attributes\":[]}",
            "{\"datasets\":[[[\"a\"],\"F64\",[1152921504606846976,16]]],\"attributes\":[]}",
            "{\"datasets\":[],\"attributes\":[[[],\"a\",[1],true]]}",
            "{\"datasets\":[],\"attributes\":[[[],\"a\",[\"x\"],1]]}",
            "{\"datasets\":[],\"attributes\":[[[],2,[],true]]}",
        ])
    func lists(json: String) throws {
        let value = try JSONParser.parse(Array(json.utf8))
        let error = failure { () throws(EmbqError) in _ = try HDF5Contents(json: value) }
        #expect(error?.code == .corrupted)
    }

    @Test("a program that is not there is named as the reason")
    func notThere() {
        let error = failure { () throws(EmbqError) in _ = try HDF5File(path: Self.path, helper: "/nonexistent/embq") }
        #expect(error?.problem == "the process that reads HDF5 cannot be started")
        #expect(error?.cause == "No such file or directory")
    }
}
