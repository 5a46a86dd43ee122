import EmbqTestSupport
import Testing

@Suite("Wrong inputs of the program") struct BadInputTests {
    private func check(_ input: BadInput) throws {
        let workspace = try Workspace()
        try input.prepare(workspace)
        let before = try workspace.listing()
        let result = try workspace.run(input.arguments)
        #expect(result.status == 1)
        #expect(result.out.isEmpty)
        #expect(result.err.hasPrefix("embq: error: ") && result.err.hasSuffix("\n"))
        for text in input.says { #expect(result.err.contains(text), "\(result.err)") }
        #expect(try workspace.listing() == before, "a command that fails leaves everything as it was")
    }

    @Test("A checkpoint that is damaged or does not fit together is named", arguments: BadInput.checkpoints)
    func checkpoints(_ input: BadInput) throws { try check(input) }

    @Test("A table that cannot be read is named with its line", arguments: BadInput.tables)
    func tables(_ input: BadInput) throws { try check(input) }

    @Test("An output that cannot or must not be written is named", arguments: BadInput.outputs)
    func outputs(_ input: BadInput) throws { try check(input) }

    @Test("An artifact or a package that is damaged is named", arguments: BadInput.artifacts)
    func artifacts(_ input: BadInput) throws { try check(input) }

    @Test("A profile that does not belong or is damaged is named", arguments: BadInput.profiles)
    func profiles(_ input: BadInput) throws { try check(input) }
}
