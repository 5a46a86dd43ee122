import EmbqCheckpoints
import EmbqCore
import EmbqTestSupport
import Testing

@Suite("Reading HDF5")
struct HDF5SourceTests {
    @Test("files written by h5py are read bit by bit: every type, byte order, storage and built-in filter")
    func valid() throws {
        let index = try #require(try readIndex("hdf5/valid").object)
        #expect(try fixtures(in: "hdf5/valid").count == index.count)
        for (name, expected) in index {
            let source = try CheckpointFormat.open(Fixtures.path("hdf5/valid/\(name)"))
            #expect(source.format == "HDF5")
            try expectTensors(source, expected["tensors"], name)
            let metadata = try #require(expected["metadata"]?.object)
            #expect(source.metadata.map(\.key) == metadata.map(\.key).sorted { $0.precedesByBytes($1) }, "\(name)")
            for (key, value) in metadata {
                #expect(source.metadata.first { $0.key == key }?.value == value.string, "\(name): \(key)")
            }
        }
    }

    @Test("every broken or unsafe file is refused with its code, its name and a sentence that says what is wrong")
    func invalid() throws {
        try expectRefusals("hdf5/invalid", atLeast: 85)
        #expect(try fixtures(in: "hdf5/invalid").count == readIndex("hdf5/invalid").object?.count)
    }

    @Test("a file that crashes the library is an error like any other")
    func crashing() throws {
        for name in try fixtures(in: "hdf5/crashing") {
            let path = Fixtures.path("hdf5/crashing/\(name)")
            let error = readingAll(path)
            // Another version of the library may see what is wrong.
            #expect([.unreadable, .malformed, .unsupported].contains(error?.code), "\(name)")
            #expect(error?.file == path && error?.advice.isEmpty == false)
            if error?.code == .unreadable {
                #expect(error?.problem.hasPrefix("the HDF5 library failed on this file (signal ") == true)
            }
        }
    }

    @Test("a file cut anywhere is refused", arguments: ["nan", "storage_v110", "names"])
    func cuts(name: String) throws {
        let bytes = try Fixtures.bytes("hdf5/valid/\(name).h5")
        let folder = try TemporaryFolder()
        let step = max(1, bytes.count / 24)
        for count in stride(from: 8, to: bytes.count, by: step) {
            let path = try folder.write(Array(bytes[..<count]), to: "cut.h5")
            #expect(readingAll(path) != nil, "cut at \(count)")
        }
    }

    @Test("a file with changed bytes is refused or read", arguments: ["all_types", "storage", "storage_v110"])
    func flips(name: String) throws {
        let original = try Fixtures.bytes("hdf5/valid/\(name).h5")
        let folder = try TemporaryFolder()
        let seed: UInt64 = 0x4DF5_0001
        var random = SplitMix64(seed: seed)
        var refused = 0
        for _ in 0..<60 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: 8..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let error = readingAll(try folder.write(bytes, to: "flipped.h5"))
            // Whatever the library does, the words are embq's.
            if let error {
                refused += 1
                #expect(error.file == folder["flipped.h5"] && !error.advice.isEmpty, "seed \(seed): \(error)")
            }
        }
        #expect(refused > 5, "seed \(seed)")
    }

    @Test("tensors may be read again, in any order and from several threads")
    func threads() throws {
        let source = try CheckpointFormat.open(Fixtures.path("hdf5/valid/many_earliest.h5"))
        let values = Parallel.map(200, threads: 8) { i in
            let number = i * 7 % 20
            return try? source.withBytes(of: "weights.\(number)") { bytes in Int(bytes[0]) - number }
        }
        #expect(values == [Int?](repeating: 0, count: 200))
    }

    @Test("a tensor that is not there is named with the file")
    func missing() throws {
        let path = Fixtures.path("hdf5/valid/nan.h5")
        let source = try CheckpointFormat.open(path)
        let error = failure { () throws(EmbqError) in try source.floats("nothing") }
        #expect(error?.description.hasPrefix("\(path): there is no tensor 'nothing' among its 2.") == true)
    }

    @Test("what the reader of the values throws keeps its own file")
    func foreignError() throws {
        let source = try CheckpointFormat.open(Fixtures.path("hdf5/valid/nan.h5"))
        let error = failure { () throws(EmbqError) in
            try source.withBytes(of: "little") { _ throws(EmbqError) in
                throw EmbqError(.unwritable, file: "out", "it cannot be written", advice: "")
            }
        }
        #expect(error?.file == "out")
        #expect(try source.withBytes(of: "little") { $0.count } == 8)
    }
}
