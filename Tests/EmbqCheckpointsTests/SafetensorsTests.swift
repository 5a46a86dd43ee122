import EmbqCheckpoints
import EmbqCore
import EmbqTestSupport
import Testing

/// The entries of a fixtures' index, one for each file.
private func readIndex(_ folder: String) throws -> JSONObject {
    let file = try MappedFile(Fixtures.path("safetensors/\(folder)/index.json"))
    return try #require(try JSONParser.parse(file.contents).object)
}

private func hexadecimal(_ bytes: Span<UInt8>) -> String {
    var text = ""
    for i in bytes.indices { text += (bytes[i] < 16 ? "0" : "") + String(bytes[i], radix: 16) }
    return text
}

@Suite("Reading safetensors")
struct SafetensorsTests {
    @Test("files written by the official package are read bit by bit")
    func valid() throws {
        let index = try readIndex("valid")
        #expect(index.count >= 10)
        for (name, expected) in index {
            let file = try SafetensorsFile(Fixtures.path("safetensors/valid/\(name)"))
            let tensors = try #require(expected["tensors"]?.object)
            #expect(file.tensors.count == tensors.count, "\(name)")
            #expect(file.tensors.map(\.name) == file.tensors.map(\.name).sorted { $0.precedesByBytes($1) })
            for (key, entry) in tensors {
                let info = try file.requireInfo(key)
                #expect(info.dtype.rawValue == entry["dtype"]?.string, "\(name): \(key)")
                #expect(info.shape == entry["shape"]?.array?.compactMap(\.int), "\(name): \(key)")
                let bytes = try file.withBytes(of: key) { bytes in hexadecimal(bytes) }
                #expect(bytes == entry["hex"]?.string, "\(name): \(key)")
                if let bits = entry["float_bits"]?.array {
                    let tensor = try file.floats(key)
                    #expect(tensor.shape == info.shape)
                    #expect(tensor.values.map { Int($0.bitPattern) } == bits.map(\.int), "\(name): \(key)")
                } else {
                    let error = failure { () throws(EmbqError) in try file.floats(key) }
                    #expect(error?.code == .unsupported)
                    #expect(
                        error?.problem
                            == "its values are \(info.dtype.rawValue), one of \(DType.readableNames) is expected")
                }
            }
            let metadata = try #require(expected["metadata"]?.object)
            #expect(file.metadata.count == metadata.count)
            for (key, value) in metadata {
                #expect(file.metadata.first { $0.key == key }?.value == value.string, "\(name): \(key)")
            }
        }
    }

    @Test("names that differ in bytes alone are different tensors")
    func names() throws {
        let file = try SafetensorsFile(Fixtures.path("safetensors/valid/names.safetensors"))
        #expect(try file.floats("\u{E9}").values == [4])
        #expect(try file.floats("e\u{301}").values == [5])
        #expect(try file.floats("c").values == [3])
        #expect(try file.floats("\u{441}").values == [2])
    }

    @Test("every broken file is refused with its code, its name and a sentence that says what is wrong")
    func invalid() throws {
        let index = try readIndex("invalid")
        #expect(index.count >= 40)
        #expect(try Folder.files(in: Fixtures.path("safetensors/invalid")).count == index.count + 1)
        for (name, expected) in index {
            let path = Fixtures.path("safetensors/invalid/\(name)")
            let errors = [
                failure { () throws(EmbqError) in _ = try SafetensorsFile(path) },
                failure { () throws(EmbqError) in _ = try CheckpointFormat.open(path) },
            ]
            for error in errors {
                #expect(error?.code.rawValue == expected["code"]?.string, "\(name)")
                #expect(error?.file == path)
                #expect(error?.advice.isEmpty == false)
                let message = try #require(expected["message"]?.string)
                #expect(
                    error?.description.contains(message) == true, "\(name): \(error?.description ?? "was accepted")")
            }
        }
    }

    @Test("a file cut at any length is refused", arguments: ["f32", "names", "empty_tensors", "all_types"])
    func cuts(name: String) throws {
        let bytes = try MappedFile(Fixtures.path("safetensors/valid/\(name).safetensors")).contents
        _ = try SafetensorsHeader(bytes.span)
        for count in bytes.indices {
            let error = failure { () throws(EmbqError) in
                _ = try SafetensorsHeader(bytes.span.extracting(..<count))
            }
            #expect(error != nil, "cut at \(count)")
        }
    }

    @Test(
        "a file with changed bytes is refused or read, and never trapped on", arguments: ["f32", "names", "all_types"])
    func flips(name: String) throws {
        let original = try MappedFile(Fixtures.path("safetensors/valid/\(name).safetensors")).contents
        let seed: UInt64 = 0x5AFE_7E45
        var random = SplitMix64(seed: seed)
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if failure({ () throws(EmbqError) in _ = try SafetensorsHeader(bytes.span) }) != nil { refused += 1 }
        }
        #expect(refused > 1000, "seed \(seed)")
    }

    @Test("a tensor that is not there is named with the file")
    func missing() throws {
        let path = Fixtures.path("safetensors/valid/f32.safetensors")
        let file = try SafetensorsFile(path)
        let error = failure { () throws(EmbqError) in try file.floats("nothing") }
        #expect(error?.code == .missing)
        #expect(error?.description.hasPrefix("\(path): there is no tensor 'nothing' among its 2.") == true)
        #expect(file.info("nothing") == nil)
    }

    @Test("a NaN or an infinity is named with file, tensor and index")
    func nonFinite() throws {
        let path = Fixtures.path("safetensors/valid/f32.safetensors")
        let file = try SafetensorsFile(path)
        #expect(try file.finiteFloats("weight").values == [0, 0.25, 0.5, 0.75, 1, 1.25])
        for error in [
            failure { () throws(EmbqError) in try file.finiteFloats("special") },
            failure { () throws(EmbqError) in try file.requireFinite() },
        ] {
            #expect(error?.code == .nonFinite)
            #expect(error?.description.hasPrefix("\(path): tensor 'special': the value at [7] is inf,") == true)
        }
    }

    @Test("values that do not start at a multiple of their size are read all the same")
    func unaligned() throws {
        let file = try SafetensorsFile(Fixtures.path("safetensors/valid/loose_json.safetensors"))
        #expect(try file.requireInfo("b").fileRange.map { $0.lowerBound % 4 } != 0)
        #expect(try file.floats("b").values == [1.5, -1.5])
    }
}
