package import EmbqArtifact

/// An artifact's bytes by the parts of the model that they belong to.
package enum MemoryGroups {
    /// The groups of every section, in the artifact's order; those of a section add up to what the footprint says.
    package static func all(_ footprint: Footprint, of artifact: ArtifactReader) -> [ReportContent.MemoryGroup] {
        let program = ArtifactFormat.Tag.model
        let labels = ArtifactFormat.Tag.labels
        return section(.weights, footprint.weights, tensors(.weights, artifact))
            + section(
                .tables, footprint.tables,
                [("program", artifact.section(program)?.count ?? 0)] + tensors(.tables, artifact)
                    + [("labels", artifact.section(labels)?.count ?? 0)])
    }

    /// What a tensor belongs to: each table of the embedder stands alone with its factors, `layers.0.query.weight` is
    /// part of `layers.0`, `classifier.bias` of `classifier`.
    static func group(ofTensor name: String) -> String {
        let parts = name.split(separator: ".")
        if let number = parts.firstIndex(where: { Int($0) != nil }) {
            // A head that reads a layer's rows has the layer's name behind its own.
            return (number < 2 ? parts[...number] : parts[..<(number - 1)]).joined(separator: ".")
        }
        if parts.first == "embedder" { return parts.prefix(2).joined(separator: ".") }
        return parts.count < 2 ? name : parts.dropLast().joined(separator: ".")
    }

    private static func tensors(_ tag: ArtifactFormat.Tag, _ artifact: ArtifactReader) -> [(name: String, bytes: Int)] {
        artifact.tensors.filter { $0.section == tag }.sorted { $0.offset < $1.offset }
            .map { (group(ofTensor: $0.name), $0.byteCount) }
    }

    /// Parts of one name added up, and what alignment takes.
    private static func section(
        _ section: ArtifactFormat.Tag, _ total: Int, _ parts: [(name: String, bytes: Int)]
    ) -> [ReportContent.MemoryGroup] {
        var groups: [ReportContent.MemoryGroup] = []
        for part in parts where part.bytes > 0 {
            if let index = groups.firstIndex(where: { $0.name == part.name }) {
                groups[index].bytes += part.bytes
            } else {
                groups.append(ReportContent.MemoryGroup(name: part.name, section: section, bytes: part.bytes))
            }
        }
        let rest = total - groups.reduce(0) { $0 + $1.bytes }
        if rest > 0 { groups.append(ReportContent.MemoryGroup(name: "alignment", section: section, bytes: rest)) }
        return groups
    }
}
