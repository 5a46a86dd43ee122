package import EmbqCore

extension Fixtures {
    /// The entries of a folder's index.json, one for each file.
    package static func index(_ folder: String) throws(EmbqError) -> JSONObject {
        guard let entries = try JSONParser.parse(try bytes("\(folder)/index.json")).object else {
            throw EmbqError(.malformed, file: "\(folder)/index.json", "it is no object", advice: "Make it again.")
        }
        return entries
    }
}
