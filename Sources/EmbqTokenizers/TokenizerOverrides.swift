package import EmbqCore

/// Two keys of config.json, from which the library chooses a tokenizer's class.
package struct TokenizerModel: Sendable, Equatable {
    /// The path of config.json, for messages.
    package var file: String
    /// `model_type`.
    package var type: String?
    /// `tokenizer_class`.
    package var tokenizerClass: String?

    package init(file: String, type: String?, tokenizerClass: String?) {
        self.file = file
        self.type = type
        self.tokenizerClass = tokenizerClass
    }

    /// Takes the keys from a parsed config.json.
    package init(file: String, _ document: JSONValue) {
        self.init(
            file: file, type: document["model_type"]?.string, tokenizerClass: document["tokenizer_class"]?.string)
    }
}

/// Settings of a tokenizer that the files beside it do not know.
package struct TokenizerOverrides: Sendable {
    /// A keyword argument of the tokenizer's class. It replaces the key of tokenizer_config.json.
    package struct Argument: Sendable {
        package var key: String
        package var value: JSONValue
        /// The path of the file that has it, for messages.
        package var file: String
        /// Its place there, such as `tokenizer_args.do_lower_case`.
        package var place: String

        package init(key: String, value: JSONValue, file: String, place: String) {
            self.key = key
            self.value = value
            self.file = file
            self.place = place
        }
    }

    /// In the order in which the class gets them; the last one of a key wins.
    package var arguments: [Argument]
    /// True if text is lowercased before everything else that is done to it, except special tokens.
    package var prependsLowercase: Bool
    /// Present if tokenizer.json counts alone.
    package var fileAlone: FileAlone?

    package init(arguments: [Argument] = [], prependsLowercase: Bool = false, fileAlone: FileAlone? = nil) {
        self.arguments = arguments
        self.prependsLowercase = prependsLowercase
        self.fileAlone = fileAlone
    }
}

/// How models of static embeddings read a tokenizer.json: without the files beside it, as the tokenizers library does,
/// and without the template's tokens.
package struct FileAlone: Sendable, Equatable {
    /// Who reads it, for people.
    package let library: String
    /// True if the token of unknown words is left out.
    package var leavesOutUnknown = false
    /// True if the file's own truncation cuts.
    package var truncatesItself = false
    /// A text is cut to this many tokens, and before to as many times the median length of the vocabulary's tokens, in
    /// characters; nil: it is not.
    package var longestInTokens: Int?

    /// sentence-transformers' StaticEmbedding.
    package static let sentenceTransformers = FileAlone(library: "StaticEmbedding", truncatesItself: true)

    /// WordLlama, which cuts nothing.
    package static let wordLlama = FileAlone(library: "WordLlama")

    /// model2vec's StaticModel.
    ///
    /// - Parameter longest: its `max_length`; nil: there is no limit.
    package static func model2vec(longest: Int?) -> FileAlone {
        FileAlone(library: "model2vec", leavesOutUnknown: true, longestInTokens: longest)
    }
}

/// The side of a long text that is cut off.
package enum TruncationSide: String, Sendable { case right, left }
