import EmbqCore
import EmbqTestSupport
import Testing

/// An index.json in Fixtures/.
func readIndex(_ folder: String) throws -> JSONValue {
    try JSONParser.parse(MappedFile(Fixtures.path("\(folder)/index.json")).contents)
}

/// The names of the fixtures in a folder.
func fixtures(in folder: String) throws -> [String] {
    try Folder.files(in: Fixtures.path(folder)).filter { $0 != "index.json" }
}

func hexadecimal(_ bytes: Span<UInt8>) -> String {
    var text = ""
    for i in bytes.indices { text += (bytes[i] < 16 ? "0" : "") + String(bytes[i], radix: 16) }
    return text
}
