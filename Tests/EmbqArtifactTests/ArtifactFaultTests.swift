import EmbqArtifact
import EmbqCore
import EmbqPipeline
import EmbqQuantization
import EmbqRuntime
import EmbqTestSupport
import Testing

@Suite("Artifacts that must be refused") struct ArtifactFaultTests {
    private func check(_ fault: ArtifactFault) throws {
        var artifact = EditedArtifact(try Samples.tiny.get())
        fault.edit(&artifact)
        let error = failure { () throws(EmbqError) in try ArtifactReader(artifact.bytes) }
        #expect(error?.code == fault.code)
        #expect(error?.description.contains(fault.says) == true, "\(error?.description ?? "accepted")")
        #expect(error?.advice.isEmpty == false)
    }

    @Test("A fault in the header is refused by name", arguments: ArtifactFault.header)
    func header(_ fault: ArtifactFault) throws { try check(fault) }

    @Test(
        "A section that is out of place is refused by name",
        arguments: ArtifactFault.everySection + ArtifactFault.sections)
    func sections(_ fault: ArtifactFault) throws { try check(fault) }

    @Test("A model record out of its limits is refused", arguments: ArtifactFault.record)
    func record(_ fault: ArtifactFault) throws { try check(fault) }

    @Test("Labels that lie wrong are refused", arguments: ArtifactFault.labels)
    func labels(_ fault: ArtifactFault) throws { try check(fault) }

    @Test("Check vectors that lie wrong are refused", arguments: ArtifactFault.checks)
    func checks(_ fault: ArtifactFault) throws { try check(fault) }

    @Test("A tokenizer that does not fit is refused", arguments: ArtifactFault.tokenizer)
    func tokenizer(_ fault: ArtifactFault) throws { try check(fault) }

    @Test("What only tools read is checked too", arguments: ArtifactFault.directory)
    func directory(_ fault: ArtifactFault) throws { try check(fault) }

    @Test("A packed tensor's rows are filled up to words, in two parts where codes have 6 bits")
    func packedTensors() throws {
        for (element, dtype, shape, bytes) in [
            (20, "P4", [2, 17], 24), (20, "P4", [0, 5], 0), (17, "P1", [3, 32], 12), (17, "P1", [3, 33], 24),
            (19, "P3", [1, 11], 8), (21, "P5", [2, 6], 8), (22, "P6", [1, 16], 12), (22, "P6", [1, 17], 20),
            (3, "ROWS", [7], 7),
        ] as [(UInt16, String, [UInt32], UInt32)] {
            var artifact = EditedArtifact(try Samples.tiny.get())
            artifact.directory(element: element, shape, bytes: bytes)
            let tensor = try #require(try ArtifactReader(artifact.bytes).tensors.first)
            #expect((tensor.element.name, tensor.byteCount) == (dtype, Int(bytes)))
            #expect(tensor.shape == shape.map { Int($0) })
        }
    }

    @Test("The test's own writer lays an artifact out as embq does")
    func roundTrip() throws {
        let bytes = try Samples.tiny.get()
        #expect(EditedArtifact(sections: EditedArtifact(bytes).sections).bytes == bytes)
    }

    @Test("Sections for tools that are not known yet are accepted")
    func unknownSection() throws {
        let sections = EditedArtifact(try Samples.tiny.get()).sections
        let more = EditedArtifact.Section(tag: "MORE", content: [1, 2, 3])
        let artifact = try ArtifactReader(EditedArtifact(sections: sections + [more]).bytes)
        #expect(artifact.sections.last?.tag == "MORE")
        try artifact.device.replayChecks()
    }

    @Test("An artifact without check vectors opens, and is not verified")
    func noChecks() throws {
        let sections = EditedArtifact(try Samples.tiny.get()).sections.filter { $0.tag != "CHEK" }
        let artifact = try ArtifactReader(EditedArtifact(sections: sections).bytes)
        #expect(artifact.checks.isEmpty && artifact.device.checkCount == 0)
        let folder = try TemporaryFolder()
        let path = try folder.write(artifact.bytes, to: "none.embq")
        let error = failure { () throws(EmbqError) in try VerifyJob(path).run() }
        #expect(error?.code == .missing && error?.file == path)
        #expect(error?.problem.contains("no check vectors") == true)
    }

    @Test("A check vector that this build computes differently is told by its number", arguments: [3, 4, 5])
    func wrongVector(word: Int) throws {
        var artifact = EditedArtifact(try Samples.tiny.get())
        let record = 1 + 5 * 2
        // A bit of the first logit, or of an id, or a text that begins one byte later.
        switch word {
        case 5:
            let at = artifact.range("CHEK").lowerBound + Int(artifact.word("CHEK", record + 4))
            artifact.bytes[at] ^= 1
        case 4:
            let at = artifact.range("CHEK").lowerBound + Int(artifact.word("CHEK", record + 2))
            artifact.bytes[at] ^= 1
        default: artifact.set("CHEK", record, artifact.word("CHEK", record) + 1)
        }
        artifact.restoreChecksums()
        let device = try ArtifactReader(artifact.bytes).device
        let error = failure { () throws(RuntimeError) in try device.replayChecks() }
        #expect(error?.code == .corrupted)
        #expect(error?.place == "check vector 2")
    }
}
