import EmbqCheckpoints
import EmbqContainers
import EmbqCore
import EmbqTestSupport
import Testing

@Suite("Reading PyTorch files")
struct PyTorchTests {
    @Test("what torch.save writes is read bit by bit, in all forms, types and views")
    func valid() throws { try FixtureChecks.valid("pytorch/valid", atLeast: 30) }

    @Test("every broken or hostile file is refused with its code and a sentence that says what is wrong")
    func invalid() throws { try FixtureChecks.invalid("pytorch/invalid", atLeast: 160) }

    private static func pickle(_ name: String) throws -> [UInt8] {
        let archive = try ZipArchive(try MappedFile(Fixtures.path("pytorch/valid/\(name).pt")))
        let entry = try #require(archive.entries.first { $0.name.hasSuffix("/data.pkl") })
        return try archive.withBytes(of: entry) { bytes in bytes.indices.map { bytes[$0] } }
    }

    private static func unpickle(_ bytes: Span<UInt8>) throws(EmbqError) {
        var unpickler = Unpickler()
        var reader = ByteReader(bytes)
        _ = try unpickler.run(&reader)
    }

    @Test("a pickle cut at any length is refused", arguments: ["plain", "training", "training_protocol_5", "views"])
    func cuts(name: String) throws {
        let bytes = try Self.pickle(name)
        try Self.unpickle(bytes.span)
        for count in bytes.indices {
            let error = failure { () throws(EmbqError) in try Self.unpickle(bytes.span.extracting(..<count)) }
            #expect(error != nil, "cut at \(count)")
        }
    }

    @Test("a file of the old form cut at any length is refused", arguments: ["legacy_protocol_2", "legacy_protocol_5"])
    func legacyCuts(name: String) throws {
        let bytes = try Fixtures.bytes("pytorch/valid/\(name).pth")
        _ = try PyTorchLegacy.Content(bytes.span)
        for count in bytes.indices {
            let error = failure { () throws(EmbqError) in
                _ = try PyTorchLegacy.Content(bytes.span.extracting(..<count))
            }
            #expect(error != nil, "cut at \(count)")
        }
    }

    @Test(
        "a pickle with changed bytes is refused or read, and never trapped on",
        arguments: ["plain", "training", "training_protocol_5", "views"])
    func flips(name: String) throws {
        let original = try Self.pickle(name)
        let seed: UInt64 = 0x9AC1_E000
        var random = SplitMix64(seed: seed)
        var refused = 0
        for _ in 0..<2000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if failure({ () throws(EmbqError) in try Self.unpickle(bytes.span) }) != nil { refused += 1 }
        }
        #expect(refused > 400, "seed \(seed)")
    }

    /// What a few instructions make of a container with many items, asked for again and again.
    private static func bomb(_ start: String, _ items: Int, _ again: [UInt8], _ times: Int) -> [UInt8] {
        var bytes: [UInt8] = [0x80, 2] + Array(start.utf8) + [0x71, 0, 0x28]
        for _ in 0..<items { bytes += [0x4B, 1, 0x4B, 1] }
        bytes += [start == "}" ? 0x75 : 0x65]
        for _ in 0..<times { bytes += again }
        return bytes + [0x2E]
    }

    @Test("a small pickle cannot ask for much memory or time")
    func bombs() {
        let ordered = Array("ccollections\nOrderedDict\n".utf8)
        let size = Array("ctorch\nSize\n".utf8)
        let namespace = Array("cargparse\nNamespace\n)".utf8) + [0x81]
        let cases: [[UInt8]] = [
            // OrderedDict(d) with an item more; torch.Size(l); a Namespace of d's items; [] and pop.
            Self.bomb("}", 100_000, ordered + [0x68, 0, 0x85, 0x52] + Array("K\u{1}K\u{1}s0".utf8), 10_000),
            Self.bomb("]", 100_000, size + [0x68, 0, 0x85, 0x52, 0x30], 10_000),
            Self.bomb("}", 100_000, namespace + [0x68, 0, 0x62, 0x30], 10_000),
            Self.bomb("]", 0, [0x5D, 0x30], 5_000_000), Self.bomb("]", 0, [0x32], 2_000_000),
            Self.bomb("]", 0, [0x4B, 1, 0x94, 0x30], 5_000_000),
        ]
        for bytes in cases {
            let error = failure { () throws(EmbqError) in try Self.unpickle(bytes.span) }
            #expect(error?.code == .limitExceeded, "\(error.map { "\($0)" } ?? "was accepted")")
        }
    }

    @Test("tensors of a stored archive are read in place")
    func inPlace() throws {
        let source = try CheckpointFormat.open(Fixtures.path("pytorch/valid/plain.pt"))
        #expect(source.format == "a PyTorch file (torch.save, zip)")
        // torch.save puts every storage at a multiple of 64.
        #expect(source.tensors.allSatisfy { $0.fileRange.map { $0.lowerBound % 64 == 0 } == true })
        let legacy = try CheckpointFormat.open(Fixtures.path("pytorch/valid/legacy_protocol_2.pth"))
        #expect(legacy.tensors.allSatisfy { $0.fileRange != nil })
        let deflated = try CheckpointFormat.open(Fixtures.path("pytorch/valid/deflated.pt"))
        #expect(deflated.tensors.filter { $0.count > 0 }.allSatisfy { $0.fileRange == nil })
    }

    @Test("the error of a name that is not on the list reads as it should")
    func message() throws {
        let path = Fixtures.path("pytorch/invalid/deep_path.pt")
        let error = failure { () throws(EmbqError) in try CheckpointFormat.open(path) }
        #expect(
            error?.description == """
                \(path): entry 'archive/data.pkl', 'optimizer.groups[1].f': it wants functools.partial, which is not \
                among what embq reads: tensors, storages, dtypes, OrderedDict, defaultdict, Counter, Namespace and \
                plain values.
                  Load the file where you trust it, and save the state_dict alone with torch.save or safetensors.
                """)
    }

    @Test("a checkpoint takes a key, and gives the state_dict there")
    func key() throws {
        let path = Fixtures.path("pytorch/valid/key.pt")
        #expect(try Checkpoint(CheckpointLocation(path, key: "a")).source.tensors.map(\.name) == ["bias", "weight"])
        #expect(
            try Checkpoint(CheckpointLocation(path, key: "ema.state.dict")).source.floats("weight").values == [9, 9])
        let error = failure { () throws(EmbqError) in try Checkpoint(path) }
        #expect(error?.code == .missing)
        #expect(error?.advice == "Pass --key with one of: a, ema.state.dict.")
    }
}
