import EmbqCore
import EmbqRuntime
import EmbqTestSupport
import EmbqTokenizers
import Testing

/// A case of `Fixtures/folders/cases.json` about token ids: what transformers 5.24 gives for the folder.
struct FolderCase: CustomTestStringConvertible, Sendable {
    let name: String
    let why: String
    let inputs: [String]
    /// Empty if the folder must be refused.
    let expected: [[UInt16]]
    /// File, key and value that a refusal names.
    let refusal: [String]

    var testDescription: String { "\(name): \(why)" }

    static let all: [FolderCase] = {
        let cases = try? JSONParser.parse(MappedFile(Fixtures.path("folders/cases.json")).contents).array ?? []
        return (cases ?? []).filter { $0["kind"]?.string == "ids" }.map { item in
            FolderCase(
                name: item["name"]?.string ?? "", why: item["why"]?.string ?? "",
                inputs: item["inputs"]?.array?.compactMap(\.string) ?? [],
                expected: (item["expected"]?.array ?? []).map { ids in
                    (ids.array ?? []).compactMap { $0.int.map { UInt16(clamping: $0) } }
                },
                refusal: ["file", "key", "value"].compactMap { item["refusal"]?[$0]?.string })
        }
    }()

    /// The tokenizer of the folder.
    func open() throws -> ReleasedTokenizer {
        let folder = Fixtures.path("folders/\(name)")
        let file = ["tokenizer.json", "vocab.txt"].map { Folder.join(folder, $0) }.first(where: Folder.hasFile)
        return try ReleasedTokenizer(path: try #require(file))
    }
}

@Suite("Files of a tokenizer that contradict each other")
struct FolderTests {
    @Test("the ids are the library's, or the file, the key and the value are refused", arguments: FolderCase.all)
    func ids(_ item: FolderCase) throws {
        if item.expected.isEmpty {
            let error = #expect(throws: EmbqError.self) { _ = try item.open().compile() }
            for part in item.refusal {
                #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
            }
            return
        }
        let tokenizer = try Tokenizer(tables: item.open().compile(isLimited: false).tables)
        for (text, ids) in zip(item.inputs, item.expected) {
            #expect(try tokenizer.encode(text, limit: .max) == ids, "\(text)")
        }
    }

    @Test("what settled a tokenizer is told with its file and key")
    func settlements() throws {
        func settled(_ folder: String, _ name: String) throws -> Settlement? {
            try ReleasedTokenizer(path: Fixtures.path("folders/\(folder)/tokenizer.json")).resolved().settlements
                .first { $0.name == name }
        }
        #expect(
            try settled("tok-lower-false", "lowercase")
                == Settlement("lowercase", "false", source: "tokenizer_config.json, do_lower_case"))
        #expect(
            try settled("tok-class-in-config", "tokenizer class")
                == Settlement("tokenizer class", "PreTrainedTokenizerFast", source: "config.json, tokenizer_class"))
        #expect(
            try settled("tok-lower-no-config", "tokenizer class")?.source == "config.json, model_type \"bert\"")
        #expect(try settled("len-side", "cut side of a long text")?.value == "left")
    }

    @Test("arguments replace keys of tokenizer_config.json, and lowercase goes before all else")
    func overrides() throws {
        let path = Fixtures.path("folders/tok-lower-false/tokenizer.json")
        func ids(_ overrides: TokenizerOverrides, _ text: String) throws -> [UInt16] {
            let tokenizer = try ReleasedTokenizer(path: path, overrides: overrides)
            return try Tokenizer(tables: tokenizer.compile().tables).encode(text, limit: .max)
        }
        let argument = TokenizerOverrides.Argument(
            key: "do_lower_case", value: .bool(true), file: "sentence_bert_config.json",
            place: "tokenizer_args.do_lower_case")
        #expect(try ids(TokenizerOverrides(), "TEA") != ids(TokenizerOverrides(), "tea"))
        #expect(try ids(TokenizerOverrides(arguments: [argument]), "TEA") == ids(TokenizerOverrides(), "tea"))
        #expect(
            try ids(TokenizerOverrides(prependsLowercase: true), "TEA [SEP]") == ids(TokenizerOverrides(), "tea [SEP]"))
        var wrong = argument
        wrong.value = .string("no")
        let error = #expect(throws: EmbqError.self) { _ = try ids(TokenizerOverrides(arguments: [wrong]), "tea") }
        #expect(error?.description.contains("tokenizer_args.do_lower_case") == true)
    }
}
