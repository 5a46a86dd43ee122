import EmbqCheckpoints
import EmbqCore

/// The family whose tensors are most like those of a model of another one: for people who ask what is missing.
struct NearestFamily {
    let family: any ModelFamily.Type
    /// Names of the family's tensors that are there, of how many; a layer's number is N.
    let found: Int
    let all: Int
    /// The first that is not there, and the first that the family does not have.
    let missing: String?
    let other: String?

    /// - Returns: nil where no family has half of the names.
    init?(_ tensors: any TensorSource) {
        let names = Set(tensors.tensors.map { Self.pattern($0.name) })
        var best: (family: any TransformersFamily.Type, patterns: Set<String>)?
        var most = 0
        for family in Self.candidates {
            let patterns = Self.patterns(of: family)
            let count = patterns.intersection(names).count
            let isNearer = count > most || (count == most && patterns.count < best?.patterns.count ?? 0)
            if isNearer { (best, most) = ((family, patterns), count) }
        }
        guard let best, most * 2 >= best.patterns.count else { return nil }
        family = best.family
        (found, all) = (most, best.patterns.count)
        missing = best.patterns.subtracting(names).min()
        other = names.subtracting(best.patterns).subtracting(Self.heads).min()
    }

    var description: String {
        var text = "the nearest is \(family.name), \(found) of whose \(all) names of tensors are there"
        if let missing { text += "; '\(missing)' is not" }
        if let other { text += ", and '\(EmbqError.printable(other))' is none of them" }
        return text
    }

    private static var candidates: [any TransformersFamily.Type] {
        // BERT stands last there, and first among those whose names are alike.
        ModelFamilies.all.reversed().compactMap { $0 as? any TransformersFamily.Type }
    }

    /// Names that any family's classes may have besides.
    private static let heads: Set<String> = [
        "classifier.weight", "classifier.bias", "pooler.dense.weight", "pooler.dense.bias",
        "embeddings.position_ids",
    ]

    /// A name without the model's prefix, and with N for numbers.
    private static func pattern(_ name: String) -> String {
        let parts = name.split(separator: ".").map { part in part.allSatisfy(\.isNumber) ? "N" : String(part) }
        let first = parts.firstIndex { ["embeddings", "encoder", "transformer", "pooler"].contains($0) } ?? 0
        return parts[first...].joined(separator: ".")
    }

    /// The names of a family's embedder and layers.
    private static func patterns(of family: any TransformersFamily.Type) -> Set<String> {
        let names = family.names
        let layer = pattern("\(names.layers)0.\(names.layerMark)").split(separator: ".")
        let mark = family.layerNames.query.split(separator: ".").count + 1
        let prefix = layer.dropLast(mark).joined(separator: ".")
        let layers = family.layerNames.all.map { "\(prefix).\($0)" }
        var tables = ["word_embeddings", "position_embeddings"]
        if names.typesKey != nil { tables.append("token_type_embeddings") }
        let others = names.parts.filter { $0 != "embeddings." }.map { String($0.dropLast()) }
        return Set(
            tables.map { "embeddings.\($0).weight" }
                + (["embeddings.LayerNorm"] + layers + others).flatMap { ["\($0).weight", "\($0).bias"] })
    }
}
