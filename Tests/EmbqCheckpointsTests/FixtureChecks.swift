import EmbqCheckpoints
import EmbqCore
import EmbqTestSupport
import Testing

/// Checks that are the same for every format whose fixtures have an index.
enum FixtureChecks {
    /// Every file of `folder` gives exactly the tensors that its index says, bit by bit.
    static func valid(_ folder: String, atLeast count: Int) throws {
        let index = try Fixtures.index(folder)
        #expect(index.count >= count)
        #expect(try Folder.files(in: Fixtures.path(folder)).count == index.count + 1)
        for (name, expected) in index {
            let path = Fixtures.path("\(folder)/\(name)")
            let source = try CheckpointFormat.open(path, key: expected["key"]?.string)
            let tensors = try #require(expected["tensors"]?.object)
            #expect(source.tensors.count == tensors.count, "\(name)")
            #expect(source.tensors.map(\.name) == source.tensors.map(\.name).sorted { $0.precedesByBytes($1) })
            for (key, entry) in tensors { try tensor(key, entry, source, name) }
        }
    }

    private static func tensor(_ key: String, _ entry: JSONValue, _ source: any TensorSource, _ name: String) throws {
        let info = try source.requireInfo(key)
        #expect(info.dtype.rawValue == entry["dtype"]?.string, "\(name): \(key)")
        #expect(info.shape == entry["shape"]?.array?.compactMap(\.int), "\(name): \(key)")
        let bytes = try source.withBytes(of: key) { bytes in bytes.indices.map { bytes[$0] } }
        #expect(hexadecimal(bytes) == entry["hex"]?.string, "\(name): \(key)")
        if let range = info.fileRange {
            let file = try MappedFile(source.path)
            #expect(file.withBytes { file in range.map { file[$0] } } == bytes, "\(name): \(key)")
        }
        if let bits = entry["float_bits"]?.array {
            #expect(try source.floats(key).values.map { Int($0.bitPattern) } == bits.map(\.int), "\(name): \(key)")
        }
    }

    /// Every file of `folder` is refused with the code and a sentence of its index, when it is opened or read.
    static func invalid(_ folder: String, atLeast count: Int) throws {
        let index = try Fixtures.index(folder)
        #expect(index.count >= count)
        #expect(try Folder.files(in: Fixtures.path(folder)).count == index.count + 1)
        for (name, expected) in index {
            let path = Fixtures.path("\(folder)/\(name)")
            let error = failure { () throws(EmbqError) in
                try read(try CheckpointFormat.open(path, key: expected["key"]?.string))
            }
            #expect(error?.code.rawValue == expected["code"]?.string, "\(name)")
            #expect(error?.file == path, "\(name)")
            #expect(error?.advice.isEmpty == false, "\(name)")
            let message = try #require(expected["message"]?.string)
            let text = error.map { "\($0)" } ?? "was accepted"
            #expect(text.contains(message), "\(name): \(text)")
        }
    }

    /// Reads all values.
    static func read(_ source: any TensorSource) throws(EmbqError) {
        for info in source.tensors {
            try source.withBytes(of: info.name) { bytes in precondition(bytes.count == info.byteCount) }
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
