import EmbqArtifact
import EmbqCore

/// The first part in which an artifact is not the one that was expected.
struct ArtifactDifference {
    let place: String
    /// What differs, without a full stop.
    let found: String

    /// nil when both are the same. Where only the container of the checkpoint is another one, they are: META names it,
    /// and the same weights may come in several.
    init?(_ artifact: ArtifactReader, _ expected: ArtifactReader) {
        guard artifact.bytes != expected.bytes else { return nil }
        for entry in artifact.tensors {
            let other = expected.tensors.first { $0.name == entry.name }
            let bytes = other.map(expected.content) ?? []
            let count = Self.differences(artifact.content(entry), bytes)
            guard count > 0 else { continue }
            place = EmbqError.place(tensor: entry.name)
            found = Self.text(count, of: entry.byteCount)
            return
        }
        for section in artifact.sections.map(\.tag) where section != ArtifactFormat.Tag.provenance.rawValue {
            let tag = ArtifactFormat.Tag(rawValue: section)
            let bytes = tag.flatMap(artifact.section) ?? []
            let count = Self.differences(bytes, tag.flatMap(expected.section) ?? [])
            guard tag == nil || count > 0 else { continue }
            place = "section '\(EmbqError.printable(section))'"
            found = tag == nil ? "no artifact has such a section" : Self.text(count, of: bytes.count)
            return
        }
        let members = artifact.provenance.object ?? []
        let others = expected.provenance.object ?? []
        let keys = members.map(\.key) + others.map(\.key)
        guard
            let key = keys.first(where: { key in
                key != "source_format" && artifact.provenance[key] != expected.provenance[key]
            })
        else {
            guard artifact.sections.map(\.tag) != expected.sections.map(\.tag) else { return nil }
            (place, found) = ("the table of sections", "the sections are not those")
            return
        }
        place = "section 'META', \(EmbqError.printable(key))"
        found = "it is not"
    }

    private static func differences(_ bytes: ArraySlice<UInt8>, _ others: ArraySlice<UInt8>) -> Int {
        zip(bytes, others).count { $0 != $1 } + abs(bytes.count - others.count)
    }

    private static func text(_ count: Int, of bytes: Int) -> String {
        "\(count.grouped) of \(bytes.grouped) bytes are not"
    }
}
