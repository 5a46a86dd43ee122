import CEmbqRuntime
import EmbqCore
import EmbqTestSupport
import Testing

@Suite("An artifact whose sections lie apart") struct SectionedArtifactTests {
    private func pieces() throws -> SectionedArtifact {
        try #require(SectionedArtifact(cutting: try Samples.tiny.get()))
    }

    @Test("It opens and computes what the whole does", arguments: ["tiny", "snips", "packed"])
    func opens(name: String) throws {
        let (opened, replayed) = try #require(SectionedArtifact(cutting: Samples.named(name))).open()
        #expect(opened == EMBQ_OK)
        #expect(replayed == EMBQ_OK)
    }

    @Test("Sections for tools may be left out, and no others", arguments: 1...8)
    func leftOut(index: Int) throws {
        var artifact = try pieces()
        artifact.pieces[index].bytes = nil
        artifact.pieces[index].size = 0
        let isForTools = index > 6
        #expect(artifact.open().opened == (isForTools ? EMBQ_OK : EMBQ_ERROR_ARGUMENT))
    }

    /// What lies between sections, or behind them, is in no piece.
    private static let outsideSections = ["padding that is not zero", "bytes behind the file"]

    @Test(
        "A fault is refused as in the whole artifact",
        arguments: ArtifactFault.everySection + ArtifactFault.sections + ArtifactFault.record + ArtifactFault.labels
            + ArtifactFault.checks + ArtifactFault.tokenizer)
    func faults(_ fault: ArtifactFault) throws {
        var edited = EditedArtifact(try Samples.tiny.get())
        fault.edit(&edited)
        guard let artifact = SectionedArtifact(cutting: edited.bytes) else {
            // Only a table that points outside the bytes cannot be cut.
            #expect(ArtifactFault.sections.contains { $0.testDescription == fault.testDescription })
            return
        }
        let isOutside = Self.outsideSections.contains(fault.testDescription)
        #expect(artifact.open().opened == (isOutside ? EMBQ_OK : SectionedArtifact.openWhole(edited.bytes)))
    }

    @Test("A fault in the header is refused", arguments: ArtifactFault.header)
    func headers(_ fault: ArtifactFault) throws {
        var edited = EditedArtifact(try Samples.tiny.get())
        fault.edit(&edited)
        var artifact = try pieces()
        artifact.pieces[0] = .init(edited.bytes.prefix(160))
        #expect(artifact.open().opened != EMBQ_OK)
    }

    @Test(
        "A piece of another size or at an odd address is refused", arguments: 0...8, [-1, 1])
    func sizes(index: Int, change: Int) throws {
        var artifact = try pieces()
        artifact.pieces[index].bytes?.append(0)
        artifact.pieces[index].size += change
        let head = change < 0 ? EMBQ_ERROR_TRUNCATED : EMBQ_ERROR_LAYOUT
        #expect(artifact.open().opened == head)
        artifact.pieces[index].size -= change
        #expect(artifact.open().opened == EMBQ_OK)
        artifact.pieces[index].offset = 4
        #expect(artifact.open().opened == EMBQ_ERROR_ALIGNMENT)
    }

    @Test("Pieces in another number or another order are refused")
    func numbers() throws {
        var artifact = try pieces()
        artifact.pieces.removeLast()
        #expect(artifact.open().opened == EMBQ_ERROR_LAYOUT)
        artifact = try pieces()
        artifact.pieces.append(.init([0]))
        #expect(artifact.open().opened == EMBQ_ERROR_LAYOUT)
        artifact.pieces = []
        #expect(artifact.open().opened == EMBQ_ERROR_ARGUMENT)
        artifact = try pieces()
        artifact.pieces[0].bytes = nil
        #expect(artifact.open().opened == EMBQ_ERROR_ARGUMENT)
        artifact = try pieces()
        artifact.pieces.swapAt(2, 3)
        #expect(artifact.open().opened != EMBQ_OK)
    }
}
