package import EmbqCore
package import EmbqQuantization

extension ArtifactReader {
    /// What was done to the model beyond rounding, as section META tells it; nothing where it does not.
    package var methods: QuantizationMethods {
        let names = provenance["calibration"]?["methods"]?.array?.compactMap(\.string)
        return names.flatMap { QuantizationMethods(names: $0.isEmpty ? "none" : $0.joined(separator: ",")) } ?? []
    }

    /// The limits that were set when it was made.
    package var limits: ArtifactLimits { ArtifactLimits(provenance["limits"]) }

    /// The members of a list of section META.
    ///
    /// - Parameters:
    ///   - lacking: what the artifact does not tell when there is no such list.
    ///   - wrong: what a member does not tell that `parse` gives nil for.
    /// - Throws: `.missing` without members, `.malformed` with the first one that is wrong.
    package func listed<T>(_ key: String, lacking: String, wrong: String, _ parse: (JSONValue) -> T?) throws(EmbqError)
        -> [T]
    {
        guard let members = provenance[key]?.array, !members.isEmpty else {
            throw EmbqError(
                .missing, place: "section 'META'", "the artifact does not tell \(lacking)",
                advice: "Make it again from its checkpoint with this version of embq.")
        }
        var values: [T] = []
        for (index, member) in members.enumerated() {
            guard let value = parse(member) else {
                throw EmbqError(
                    .malformed, place: "section 'META', \(key)[\(index)]", "it does not tell \(wrong)",
                    advice: "Make the artifact again from its checkpoint.")
            }
            values.append(value)
        }
        return values
    }
}
