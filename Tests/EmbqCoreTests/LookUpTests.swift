import EmbqCore
import EmbqTestSupport
import Foundation
import Testing

@Suite("Values by name")
struct LookUpTests {
    @Test("a member is found by its exact key, among few and many", arguments: [1, 16, 17, 1000])
    func members(count: Int) {
        var object = JSONObject()
        for i in 0..<count { object.append(("k\(i)", .number("\(i)"))) }
        for i in 0..<count { #expect(object.index(of: "k\(i)") == i) }
        #expect(object.index(of: "k\(count)") == nil)
        object.append(("e\u{301}", .null))
        #expect(object.index(of: "\u{E9}") == nil && object.index(of: "e\u{301}") == count)
        object.set("k0", to: .bool(true))
        #expect(object.count == count + 1 && object[0].value == .bool(true))
        #expect(object == JSONObject(Array(object)) && object.map(\.key).first == "k0")
    }

    @Test("a key that stands twice is refused wherever it stands", arguments: [2, 17, 40])
    func duplicates(count: Int) {
        for repeated in [0, count / 2, count - 1] {
            let keys = (0..<count).map { "\"k\($0)\":0" } + ["\"k\(repeated)\":0"]
            let text = "{\(keys.joined(separator: ","))}"
            let error = failure { () throws(EmbqError) in try JSONParser.parse(Array(text.utf8)) }
            #expect(error?.code == .duplicate)
        }
    }

    @Test("a list keeps its order when values are replaced, moved and taken out")
    func order() {
        var list = KeyedList<Int>()
        for (index, name) in ["a", "b", "c", "d"].enumerated() { list.set(name, index) }
        list.set("b", 9)
        list.move("a", 8)
        list.remove("c")
        list.remove("nothing")
        list.set("c", 7)
        #expect(list.items.map(\.name) == ["b", "d", "a", "c"])
        #expect(list.items.map(\.value) == [9, 3, 8, 7])
        #expect(list["a"] == 8 && list["e"] == nil)
    }

    @Test("a file above its limit is refused before it is read")
    func limit() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("[]", to: "huge.json")
        let file = try #require(FileHandle(forWritingAtPath: path))
        // No byte of these is on the disk.
        try file.truncate(atOffset: 5 << 30)
        let limit = FileLimit("a list", bytes: 4, advice: "Give a list.")
        for read in [limit.json, limit.object] {
            let error = failure { () throws(EmbqError) in try read(path) }
            #expect(error?.code == .limitExceeded && error?.file == path)
            #expect(error?.problem == "it is 5368709120 bytes, the limit of a list is 4")
        }
        try folder.write("[]", to: "list.json")
        #expect(try limit.json(folder["list.json"]) == .array([]))
        let error = failure { () throws(EmbqError) in try limit.object(folder["list.json"]) }
        #expect(error?.problem == "it is an array of 0, an object is expected")
    }
}
