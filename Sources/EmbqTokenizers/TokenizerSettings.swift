import EmbqCore

/// A key of a tokenizer's files with its value, and where it is written.
struct TokenizerSetting: Sendable {
    let key: String
    let value: JSONValue
    /// The file's path, for errors.
    let file: String
    /// The key in the file, with the keys that lead there.
    let place: String

    /// The file's name and the key, for people.
    var source: String { "\(file.split(separator: "/").last.map(String.init) ?? file), \(place)" }

    /// The error for a value that the library itself fails on.
    func wrong(_ expected: String) -> EmbqError {
        EmbqError(
            .malformed, file: file, place: "'\(EmbqError.printable(place))'",
            "expected \(expected), found \(value.summary)",
            advice: "The library that released this file fails on it too: mend the value.")
    }

    /// The error for a value that is fine for the library and that embq does not handle.
    func unsupported(_ supported: String) -> EmbqError {
        EmbqError(
            .unsupported, file: file, place: "'\(EmbqError.printable(place))'",
            "\(value.summary) is not supported: it would change the token ids", advice: "Supported: \(supported).")
    }

    /// Refuses a list of more tokens than ids have room for, before anything is made of them.
    func requireTokens(_ count: Int) throws(EmbqError) {
        guard count > ReleasedTokens.maximum else { return }
        throw EmbqError(
            .limitExceeded, file: file, place: "'\(EmbqError.printable(place))'",
            "it has \(count) entries, at most \(ReleasedTokens.maximum) are possible",
            advice: "Use the files of the tokenizer that were released with the checkpoint.")
    }

    func bool() throws(EmbqError) -> Bool {
        guard let value = value.bool else { throw wrong("true or false") }
        return value
    }

    func string() throws(EmbqError) -> String {
        guard let text = value.string else { throw wrong("a string") }
        return text
    }
}

/// The settings that the library gives a tokenizer's class: those of tokenizer_config.json, the arguments over them,
/// special_tokens_map.json over both.
struct TokenizerSettings {
    private var all = KeyedList<TokenizerSetting>()
    /// True if tokenizer_config.json lists the added tokens. added_tokens.json and special_tokens_map.json are then not
    /// read.
    let listsAddedTokens: Bool
    /// Tokens that `extra_special_tokens` lists by name, in the order of the files.
    private(set) var named = KeyedList<TokenizerSetting>()

    /// The library's names of special tokens, in the order in which it adds them.
    static let names = [
        "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
    ]

    init(_ files: TokenizerFiles) throws(EmbqError) {
        let config = files.config
        for file in [config, files.specialTokensMap] {
            guard let file, let keys = file.document.object else { continue }
            try TokenizerSetting(key: "", value: file.document, file: file.path, place: "keys").requireTokens(
                keys.count)
        }
        listsAddedTokens = (config?.document["added_tokens_decoder"]) != nil
        for (key, value) in config?.document.object ?? [] where key != "tokenizer_class" {
            set(TokenizerSetting(key: key, value: value, file: config?.path ?? "", place: key))
        }
        for argument in files.overrides.arguments {
            set(
                TokenizerSetting(
                    key: argument.key, value: argument.value, file: argument.file, place: argument.place))
        }
        renameAdditional(if: Self.isEmpty(self["extra_special_tokens"]?.value))
        try takeNamed()
        if !listsAddedTokens, let map = files.specialTokensMap { merge(map, over: files.overrides) }
        try takeNamed()
        renameAdditional(if: self["extra_special_tokens"] == nil)
    }

    subscript(key: String) -> TokenizerSetting? { all[key] }

    /// Settings with such keys, in the order of the files.
    func filter(_ isIncluded: (String) -> Bool) -> [TokenizerSetting] {
        all.items.map(\.value).filter { isIncluded($0.key) }
    }

    private mutating func set(_ setting: TokenizerSetting) { all.set(setting.key, setting) }

    private static func isEmpty(_ value: JSONValue?) -> Bool {
        guard let value, !value.isNull else { return true }
        return value.array?.isEmpty ?? value.object?.isEmpty ?? value.string?.isEmpty ?? false
    }

    /// `additional_special_tokens` is the old name of `extra_special_tokens`.
    private mutating func renameAdditional(if condition: Bool) {
        guard condition, let old = self["additional_special_tokens"] else { return }
        all.remove("additional_special_tokens")
        all.move(
            "extra_special_tokens",
            TokenizerSetting(key: "extra_special_tokens", value: old.value, file: old.file, place: old.place))
    }

    /// `extra_special_tokens` as an object gives tokens names of their own; a list of that name may follow.
    private mutating func takeNamed() throws(EmbqError) {
        guard let extra = self["extra_special_tokens"], let members = extra.value.object else { return }
        try extra.requireTokens(members.count)
        all.remove(extra.key)
        for (name, value) in members {
            named.move(
                name, TokenizerSetting(key: name, value: value, file: extra.file, place: "\(extra.place).\(name)"))
        }
    }

    /// True for a token's name that the library does not know.
    static func isOwnName(_ key: String) -> Bool { key.hasSuffix("_token") && !names.contains(key) }

    private mutating func merge(_ map: TokenizerFiles.File, over overrides: TokenizerOverrides) {
        var arguments = KeyedList<JSONValue>()
        for argument in overrides.arguments { arguments.set(argument.key, argument.value) }
        for (key, value) in map.document.object ?? [] {
            if let argument = arguments[key], !Self.isEmpty(argument) {
                continue
            }
            // A string of an own name counts before the map is read.
            if Self.isOwnName(key), self[key]?.value.string != nil { continue }
            var value = value
            if key == "extra_special_tokens", let tokens = value.array {
                let earlier = self[key]?.value.array ?? []
                let texts = Set(earlier.map(\.bytes))
                value = .array(earlier + tokens.filter { !texts.contains($0.bytes) })
            } else if key != "extra_special_tokens", value.object != nil {
                // The file's objects are tokens, all of them special.
                value = value.setting("special", to: .bool(true)).setting("__type", to: .string("AddedToken"))
            }
            set(TokenizerSetting(key: key, value: value, file: map.path, place: key))
        }
    }
}
