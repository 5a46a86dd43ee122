import EmbqCheckpoints
import EmbqCore

extension Checkpoint {
    /// The words of tokenizer.json by id, its added tokens included, or the lines of a vocab.txt; empty without either.
    ///
    /// - Throws: `.malformed` when a tokenizer.json is no JSON.
    func vocabulary() throws(EmbqError) -> [Int: String] {
        guard let tokenizerPath else { return [:] }
        if tokenizerPath.hasSuffix(".txt") {
            let lines = try MappedFile(tokenizerPath).contents.split(
                separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let words = lines.map {
                String(decoding: $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0, as: UTF8.self)
            }
            return Dictionary(
                words.enumerated().filter { !$0.element.isEmpty }.map { ($0.offset, $0.element) },
                uniquingKeysWith: { first, _ in first })
        }
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
