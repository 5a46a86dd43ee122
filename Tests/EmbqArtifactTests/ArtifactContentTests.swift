import EmbqArtifact
import EmbqCore
import EmbqExport
import EmbqPipeline
import EmbqQuantization
import EmbqRuntime
import EmbqTestSupport
import Foundation
import Testing

@Suite("What an artifact holds") struct ArtifactContentTests {
    @Test("The same inputs give the same bytes, with one thread and with two", arguments: [1, 2])
    func sameArtifact(threads: Int) throws {
        #expect(
            try Samples.artifact("embbert-tiny", calibration: "embbert-tiny/data.tsv", threads: threads)
                == Samples.tiny.get())
        #expect(
            try Samples.artifact(
                "embbert-tiny", calibration: "embbert-tiny/data.tsv", budget: 17_500, threads: threads)
                == Samples.packed.get())
        #expect(
            try Samples.artifact("embbert-snips", calibration: "snips-own/calibration.tsv", threads: threads)
                == Samples.snips.get())
    }

    @Test("The same inputs give the same package, with one thread and with two")
    func samePackage() throws {
        let folder = try TemporaryFolder()
        let model = try Samples.model("embbert-snips")
        for (name, threads) in [("a", 1), ("b", 1), ("c", 2)] {
            let job = PackageJob(
                model, calibrationData: try Samples.data("snips-own/calibration.tsv"),
                testData: try Samples.data("snips-own/test.tsv"), threads: threads)
            _ = try job.run(into: FolderOutput(folder[name]), progress: { _, _, _ in })
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder["a"]).sorted()
        #expect(names.contains("manifest.json") && names.contains("report.html") && names.contains("model.embq"))
        for other in ["b", "c"] {
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder[other]).sorted() == names)
            for name in names {
                #expect(
                    try MappedFile(folder["a/\(name)"]).contents == MappedFile(folder["\(other)/\(name)"]).contents,
                    "\(name) of package \(other)")
            }
        }
        #expect(try MappedFile(folder["a/model.embq"]).contents == Samples.snips.get())
        #expect(try folder.names == ["a", "b", "c"])
    }

    @Test("The directory names exactly the tensors that the record points to", arguments: ["tiny", "snips", "packed"])
    func directory(name: String) throws {
        let artifact = try ArtifactReader(Samples.named(name))
        let program = ProgramRecord(
            bytes: artifact.section(.model) ?? [], tables: Array(artifact.section(.tables) ?? []))
        let kinds = Set(program.places.map(\.operation.kind))
        #expect(kinds.isDisjoint(with: [.packedEmbed, .packedLinear]) == (name != "packed"))
        var named: Set<String> = []
        for (_, _, operation) in program.places {
            for array in program.arrays(operation) {
                let offset = operation.words[array.word]
                let entry = try #require(
                    artifact.tensors.first { $0.section.rawValue == array.section && $0.offset == offset },
                    "\(operation.kind)'s word \(array.word)")
                #expect(entry.element.name == array.dtype, "\(entry.name)")
                #expect(entry.byteCount == array.size * array.count, "\(entry.name)")
                #expect(artifact.integers(entry).count == array.count, "\(entry.name)")
                let isTable =
                    entry.name.contains("multiplier")
                    || ["table", "classes", "shifts", "levels"].contains { entry.name.hasSuffix($0) }
                #expect(entry.section == (isTable ? .tables : .weights), "\(entry.name)")
                named.insert(entry.name)
            }
        }
        #expect(artifact.tensors.map(\.name).sorted() == named.sorted())
    }

    @Test("Tensors fill their sections: side by side, in order, with less than 16 bytes between them")
    func tensorsFillSections() throws {
        for name in ["tiny", "snips", "packed"] {
            let artifact = try ArtifactReader(Samples.named(name))
            for tag in [ArtifactFormat.Tag.weights, .tables] {
                let size = try #require(artifact.sections.first { $0.tag == tag.rawValue }).size
                var end = 0
                for tensor in artifact.tensors.filter({ $0.section == tag }).sorted(by: { $0.offset < $1.offset }) {
                    #expect(tensor.offset >= end && tensor.offset - end < 16, "\(tensor.name)")
                    end = tensor.offset + tensor.byteCount
                }
                #expect(end == size)
            }
        }
    }

    @Test("A footprint reads back from JSON, and one with a wrong total equals no other", arguments: ["tiny", "snips"])
    func footprintJSON(name: String) throws {
        let footprint = Footprint(try ArtifactReader(Samples.named(name)))
        let json = try CanonicalJSON.compact(footprint)
        #expect(json.contains("\"total_256\":\(footprint.total)"))
        let decoder = JSONDecoder()
        #expect(try decoder.decode(Footprint.self, from: Data(json.utf8)) == footprint)
        let wrong = json.replacing("\"total_256\":", with: "\"total_256\":1")
        #expect(try decoder.decode(Footprint.self, from: Data(wrong.utf8)).length == 0)
        let huge = json.replacing("\"tables\":\(footprint.tables)", with: "\"tables\":\(Int.max)")
        #expect(try decoder.decode(Footprint.self, from: Data(huge.utf8)).length == 0)
    }

    @Test("The footprint adds up, and the arena is used to its last byte", arguments: ["tiny", "snips", "packed"])
    func footprint(name: String) throws {
        let artifact = try ArtifactReader(Samples.named(name))
        let sizes = Dictionary(uniqueKeysWithValues: artifact.sections.map { ($0.tag, $0.size) })
        func size(_ tag: String) -> Int { sizes[tag] ?? 0 }
        let footprint = Footprint(artifact)
        #expect(footprint.weights == size("WGHT"))
        #expect(footprint.tables == size("MODL") + size("TABL") + size("LABL"))
        #expect(footprint.tokenizer == size("TOKN"))
        #expect(footprint.length == min(256, artifact.device.maximumLength))
        let arena = try #require(footprint.arena[footprint.length])
        #expect(footprint.total == footprint.weights + footprint.tables + arena)
        let session = DeviceSession(artifact.device)
        for (length, bytes) in footprint.arena {
            #expect(bytes == artifact.device.arenaSize(tokens: length))
            let ids = (0..<length).map { UInt16($0 == 0 ? 2 : 5 + $0 % 40) }
            #expect(try session.measureArena(ids) == bytes, "\(length) tokens")
        }
        #expect(artifact.device.arenaSize(tokens: 0) == 0)
        #expect(artifact.device.arenaSize(tokens: artifact.device.maximumLength + 1) == 0)
        #expect(artifact.device.arenaSize(tokens: -1) == 0 && artifact.device.arenaSize(tokens: 1 << 40) == 0)
    }

    @Test("Recorded vectors hold, and a text runs as its ids do")
    func checks() throws {
        let artifact = try ArtifactReader(try Samples.snips.get())
        try artifact.device.replayChecks()
        #expect(artifact.checks.count == artifact.device.checkCount && artifact.checks.count >= 6)
        let session = DeviceSession(artifact.device)
        for check in artifact.checks {
            #expect(try session.run(check.ids) == check.logits)
            #expect(try session.run(text: check.text) == check.logits)
        }
    }

    @Test(
        "Ids that the model cannot run are refused",
        arguments: [
            ([], "no tokens or too many"), ([UInt16](repeating: 5, count: 25), "no tokens or too many"),
            ([0, 0, 0], "no tokens or too many"), ([2, 56], "outside the vocabulary"),
            ([.max], "outside the vocabulary"),
        ] as [([UInt16], String)])
    func badIds(ids: [UInt16], says: String) throws {
        let session = DeviceSession(try DeviceModel(artifact: try Samples.tiny.get()))
        let error = failure { () throws(RuntimeError) in try session.run(ids) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.problem.contains(says) == true)
    }

    @Test("The exported C is the device's code, file by file, without what is for the host alone")
    func exportedFiles() throws {
        let folder = "\(Fixtures.root)/Sources/CEmbqRuntime"
        let manager = FileManager.default
        let sources =
            try manager.contentsOfDirectory(atPath: folder) + manager.contentsOfDirectory(atPath: folder + "/include")
        let expected = sources.filter {
            $0.contains(".") && !$0.contains("_x86.") && !$0.hasPrefix("embq_watch.")
        }
        let files = try CSourceExport.files(ArtifactReader(try Samples.tiny.get()), CSourceOptions(version: "1.2.3"))
        #expect(files.map(\.name) == (expected + ["LICENSE", "NOTICE", "main.c", "model.c", "model.h"]).sorted())
        for file in files where expected.contains(file.name) {
            let isPublic = manager.fileExists(atPath: "\(folder)/include/\(file.name)")
            let path = isPublic ? "\(folder)/include/\(file.name)" : "\(folder)/\(file.name)"
            #expect(
                try MappedFile(path).contents == file.bytes, "\(file.name) is embedded as it was before: build anew")
        }
    }

    @Test("A label cannot end the comment in model.h that it stands in")
    func labelInComment() throws {
        var artifact = EditedArtifact(try Samples.tiny.get())
        artifact.replace("LABL") { content in
            content = Array("\u{C}\0\0\0\u{13}\0\0\0\u{17}\0\0\0a*/\nb\\\0sun\0snow\0".utf8)
        }
        let files = try CSourceExport.files(ArtifactReader(artifact.bytes), CSourceOptions(version: "1.2.3"))
        let header = String(decoding: try #require(files.first { $0.name == "model.h" }).bytes, as: UTF8.self)
        #expect(header.contains(" *   0  a* /\\u{a}b\\u{5c}\n *   1  sun\n"))
    }
}
