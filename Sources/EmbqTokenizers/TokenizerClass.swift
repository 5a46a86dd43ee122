import EmbqCore

/// The class with which the library reads a tokenizer's files.
struct TokenizerClass {
    enum Kind {
        /// Builds BERT's tokenizer from the vocabulary alone, whatever tokenizer.json says of the rest.
        case bert
        /// Builds a tokenizer of its own around the vocabulary of tokenizer.json.
        case rebuilt(RebuiltTokenizer)
        /// Follows tokenizer.json.
        case file
        /// No file says anything: tokenizer.json is what the tokenizers library makes of it.
        case none
    }

    let kind: Kind
    /// Its name, for people.
    let name: String
    /// What settled it.
    let source: String
    /// True if sentences have token types, unless a file says otherwise.
    let usesTypeIDs: Bool

    /// Classes that are BertTokenizer under another name. DistilBERT's gives no token types.
    private static let bert: Set<String> = [
        "BertTokenizer", "ElectraTokenizer", "MobileBertTokenizer", "LayoutLMTokenizer", "LxmertTokenizer",
        "SqueezeBertTokenizer", "DistilBertTokenizer",
    ]
    private static let file: Set<String> = ["PreTrainedTokenizer", "TokenizersBackend", "PythonBackend"]
    /// Other classes of the library, which build tokenizers of their own; a name that the library lacks follows
    /// tokenizer.json.
    private static let others = Set(
        """
        Barthez Bartpho Basic BertGeneration BertJapanese Bertweet BigBird BioGpt BlenderbotSmall
        Blenderbot ByT5 CLIP CTRL Camembert Canine Clvp CodeLlama Cohere ConvBert CpmAnt Cpm DPRContextEncoder
        DPRQuestionEncoder DPRReader Deberta DebertaV2 Dia Esm Esmc FNet FSMT Flaubert Funnel GPTNeoXJapanese
        GPTNeoX GPTSw3 Gemma Herbert LED Lasr LayoutLMv2 LayoutLMv3 LayoutXLM Longformer Luke M2M100 MBart50
        MBart MLuke MPNet Marian MarkupLM Mgpstr Mvp MyT5 Nllb Nougat OpenAIGPT PLBart Parakeet Pegasus Perceiver
        Phobert ProphetNet Qwen2 Qwen3_5 Rag Reformer RemBert RoCBert RoFormer SeamlessM4T Siglip2 Siglip
        Speech2Text Splinter T5 Tapas Udop VideoPrism Vits Wav2Vec2CTC Wav2Vec2PhonemeCTC Whisper XGLM XLM
        XLNet
        """.split(whereSeparator: \.isWhitespace).map { String($0) + "Tokenizer" })
    /// Values of `model_type` whose class is BertTokenizer.
    private static let bertTypes: Set<String> = [
        "bert", "distilbert", "electra", "mobilebert", "layoutlm", "lxmert", "squeezebert", "convbert", "ernie",
        "megatron-bert", "nezha", "nomic_bert", "qdqbert", "realm", "retribert", "visual_bert", "bros", "flava",
    ]
    /// Values of `model_type` whose class builds a tokenizer of its own.
    private static let otherTypes: Set<String> = [
        "mpnet", "camembert", "deberta", "deberta-v2", "funnel", "splinter", "tapas", "rembert", "roformer", "roc_bert",
        "big_bird", "bert-generation", "bert-japanese", "bertweet", "fnet", "xlnet", "flaubert", "xlm", "t5", "canine",
        "esm", "luke", "herbert", "phobert",
    ]
    /// Values of `model_type` whose class is one of ``RebuiltTokenizer``.
    private static let rebuiltTypes: [String: String] = [
        "albert": "AlbertTokenizer", "yoso": "AlbertTokenizer", "roberta": "RobertaTokenizer",
        "roberta-prelayernorm": "RobertaTokenizer", "bart": "RobertaTokenizer", "longformer": "RobertaTokenizer",
        "data2vec-text": "RobertaTokenizer", "ibert": "RobertaTokenizer", "mra": "RobertaTokenizer",
        "xlm-roberta": "XLMRobertaTokenizer", "xmod": "XLMRobertaTokenizer", "gpt2": "GPT2Tokenizer",
        "gpt_neo": "GPT2Tokenizer", "opt": "GPT2Tokenizer",
    ]

    init(_ files: TokenizerFiles) throws(EmbqError) {
        if let alone = files.overrides.fileAlone {
            self.init(.none, "tokenizers", "\(alone.library) reads tokenizer.json alone", types: false)
        } else if let setting = Self.setting(files) {
            try self.init(setting)
        } else if let type = files.model?.type, Self.bertTypes.contains(type) {
            self.init(.bert, "BertTokenizer", "config.json, model_type \"\(type)\"", types: true)
        } else if let type = files.model?.type, let name = Self.rebuiltTypes[type],
            let rebuilt = RebuiltTokenizer.all[name]
        {
            self.init(.rebuilt(rebuilt), name, "config.json, model_type \"\(type)\"", types: false)
        } else if let type = files.model?.type, Self.otherTypes.contains(type) {
            throw EmbqError(
                .unsupported, file: files.model?.file, place: "'model_type'",
                "\"\(EmbqError.printable(type))\" is not supported: its tokenizer is of another class",
                advice: "Supported: models whose tokenizer is \(Self.supported).")
        } else if files.vocabulary != nil {
            self.init(.bert, "BertTokenizer", "the only class for vocab.txt", types: true)
        } else if files.hasCompanions {
            self.init(.file, "PreTrainedTokenizerFast", "no file names a class", types: false)
        } else {
            self.init(.none, "tokenizers", "no file names a class", types: false)
        }
    }

    private static let supported =
        "AlbertTokenizer, BertTokenizer, GPT2Tokenizer, LlamaTokenizer, RobertaTokenizer, XLMRobertaTokenizer, "
        + "PreTrainedTokenizerFast, or a class that is one of them"

    private init(_ kind: Kind, _ name: String, _ source: String, types: Bool) {
        self.kind = kind
        self.name = name
        self.source = source
        usesTypeIDs = types
    }

    private init(_ setting: TokenizerSetting) throws(EmbqError) {
        let name = try setting.string()
        let stem = name.hasSuffix("Fast") ? String(name.dropLast(4)) : name
        if Self.bert.contains(stem) {
            self.init(.bert, name, setting.source, types: stem != "DistilBertTokenizer")
        } else if Self.others.contains(stem) {
            throw setting.unsupported(Self.supported)
        } else if let rebuilt = RebuiltTokenizer.all[stem] {
            self.init(.rebuilt(rebuilt), name, setting.source, types: false)
        } else {
            let known = Self.file.contains(stem)
            self.init(
                .file, name, known ? setting.source : "\(setting.source), a class that the library does not have",
                types: false)
        }
    }

    private static func setting(_ files: TokenizerFiles) -> TokenizerSetting? {
        if let config = files.config, let value = config.document["tokenizer_class"], !value.isNull,
            value != .string("")
        {
            return TokenizerSetting(
                key: "tokenizer_class", value: value, file: config.path, place: "tokenizer_class")
        }
        guard let name = files.model?.tokenizerClass, !name.isEmpty else { return nil }
        return TokenizerSetting(
            key: "tokenizer_class", value: .string(name), file: files.model?.file ?? "", place: "tokenizer_class")
    }
}
