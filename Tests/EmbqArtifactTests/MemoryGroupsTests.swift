import EmbqArtifact
import EmbqReport
import Testing

struct MemoryGroupsTests {
    @Test("the groups of a section add up to its bytes, and every layer is one")
    func sums() throws {
        let artifact = try ArtifactReader(Samples.snips.get())
        let footprint = Footprint(artifact)
        let groups = MemoryGroups.all(footprint, of: artifact)
        func bytes(_ section: ArtifactFormat.Tag) -> Int {
            groups.reduce(0) { $1.section == section ? $0 + $1.bytes : $0 }
        }
        #expect(bytes(.weights) == footprint.weights)
        #expect(bytes(.tables) == footprint.tables)
        let weights = groups.filter { $0.section == .weights }
        for name in ["embedder.token", "layers.0", "layers.1", "layers.2", "layers.3", "classifier"] {
            let expected = artifact.tensors.filter {
                $0.section == .weights && ($0.name == name || $0.name.hasPrefix("\(name)."))
            }
            #expect(
                weights.filter { $0.name == name }.map(\.bytes) == [expected.reduce(0) { $0 + $1.byteCount }], "\(name)"
            )
        }
    }
}
