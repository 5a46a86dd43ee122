import Checkpoints
import FileIO
import TensorCore

extension Checkpoint {
    /// The words of tokenizer.json by id, its added tokens included; empty without one.
    ///
    /// - Throws: `.malformed` when it is no JSON.
    func vocabulary() throws(EmbqError) -> [Int: String] {
        guard let tokenizerPath else { return [:] }
        let json: JSONValue
        do throws(EmbqError) {
            json = try MappedFile(tokenizerPath).withBytes { bytes throws(EmbqError) in try JSONParser.parse(bytes) }
        } catch { throw error.at(file: tokenizerPath) }
        var words: [Int: String] = [:]
        for (word, id) in json["model"]?["vocab"]?.object ?? [] {
            if let id = id.int { words[id] = word }
        }
        for token in json["added_tokens"]?.array ?? [] {
            if let id = token["id"]?.int, let content = token["content"]?.string { words[id] = content }
        }
        return words
    }
}
