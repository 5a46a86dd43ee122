import EmbqCheckpoints
import EmbqCore
import EmbqTestSupport
import Testing

/// The entries of a fixtures' index.
func fixtureIndex(_ path: String) throws -> JSONObject {
    try #require(try JSONParser.parse(Fixtures.bytes(path)).object)
}

/// A source's tensors as a safetensors file has them: names, types, shapes and every bit.
func expectEqual(_ source: any TensorSource, to path: String, ignoring: (String) -> Bool = { _ in false }) throws {
    let expected = try SafetensorsFile(path)
    #expect(source.tensors.map(\.name) == expected.tensors.map(\.name), "\(source.path)")
    for info in expected.tensors where !ignoring(info.name) {
        let found = try #require(source.info(info.name), "\(source.path): \(info.name)")
        #expect(found.dtype == info.dtype && found.shape == info.shape, "\(source.path): \(info.name)")
        let bits = try source.floats(info.name).values.map(\.bitPattern)
        #expect(bits == (try expected.floats(info.name).values.map(\.bitPattern)), "\(source.path): \(info.name)")
    }
}

/// Opens what a fixture's index says is broken and compares the error with what is expected of it.
func expectRefusal(_ name: String, _ expected: JSONValue, _ body: () throws(EmbqError) -> Void) throws {
    let error = failure { () throws(EmbqError) in try body() }
    #expect(error?.code.rawValue == expected["code"]?.string, "\(name): \(error?.description ?? "was accepted")")
    #expect(error?.file?.isEmpty == false && error?.advice.isEmpty == false, "\(name)")
    let message = try #require(expected["message"]?.string)
    #expect(error?.description.contains(message) == true, "\(name): \(error?.description ?? "was accepted")")
    #expect(error?.description.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" } == false, "\(name)")
}
