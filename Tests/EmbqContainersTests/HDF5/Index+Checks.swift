import EmbqCheckpoints
import EmbqCore
import EmbqTestSupport
import Testing

/// Compares all tensors of a source with an index's entry, bit for bit.
func expectTensors(_ source: any TensorSource, _ expected: JSONValue?, _ name: String) throws {
    let tensors = try #require(expected?.object)
    #expect(source.tensors.count == tensors.count, "\(name)")
    #expect(
        source.tensors.map(\.name).elementsEqual(source.tensors.map(\.name).sorted { $0.precedesByBytes($1) }) {
            $0.hasSameBytes(as: $1)
        })
    for (key, entry) in tensors {
        let info = try source.requireInfo(key)
        #expect(info.dtype.rawValue == entry["dtype"]?.string, "\(name): \(key)")
        #expect(info.shape == entry["shape"]?.array?.compactMap(\.int), "\(name): \(key)")
        #expect(try source.withBytes(of: key) { hexadecimal($0) } == entry["hex"]?.string, "\(name): \(key)")
    }
}

/// The error of opening a file and reading all that is in it.
func readingAll(_ path: String) -> EmbqError? {
    failure { () throws(EmbqError) in
        let source = try CheckpointFormat.open(path)
        for info in source.tensors { try source.withBytes(of: info.name) { _ in } }
    }
}

/// Every file of an index is refused with its code, its name and its sentence.
func expectRefusals(_ folder: String, atLeast count: Int) throws {
    let index = try #require(try readIndex(folder).object)
    #expect(index.count >= count)
    for (name, expected) in index {
        let path = Fixtures.path("\(folder)/\(name)")
        let error = readingAll(path)
        #expect(error?.code.rawValue == expected["code"]?.string, "\(name): \(error?.description ?? "was accepted")")
        #expect(error?.file == path, "\(name)")
        #expect(error?.advice.isEmpty == false, "\(name)")
        let message = try #require(expected["message"]?.string)
        #expect(error?.description.contains(message) == true, "\(name): \(error?.description ?? "was accepted")")
        #expect(error?.description.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" } == false, "\(name)")
    }
}
