import EmbqCore

/// A token that a release's files recognise in raw text.
struct ReleasedToken: Hashable, Sendable {
    var content: String
    var singleWord = false
    var leftStrip = false
    var rightStrip = false
    /// True if it is looked for in normalized text.
    var normalized: Bool
    var special: Bool
    /// Where it is written; nil for a default of the class.
    var setting: TokenizerSetting?

    /// A string is a special token.
    init(content: String, setting: TokenizerSetting?) {
        self.content = content
        normalized = false
        special = true
        self.setting = setting
    }

    /// The members of an `AddedToken`, which need not all be there.
    init(members: JSONValue, setting: TokenizerSetting) throws(EmbqError) {
        guard let content = members["content"]?.string else { throw setting.wrong("a token with its content") }
        func flag(_ key: String, _ usual: Bool) throws(EmbqError) -> Bool {
            guard let value = members[key] else { return usual }
            guard let flag = value.bool else { throw setting.wrong("true or false for '\(key)'") }
            return flag
        }
        self.content = content
        special = try flag("special", false)
        singleWord = try flag("single_word", false)
        leftStrip = try flag("lstrip", false)
        rightStrip = try flag("rstrip", false)
        normalized = try members["normalized"]?.isNull == true ? !special : flag("normalized", !special)
        self.setting = setting
    }

    /// A string or the members of an `AddedToken`; nil for null.
    static func read(_ setting: TokenizerSetting) throws(EmbqError) -> ReleasedToken? {
        if setting.value.isNull { return nil }
        if let text = setting.value.string { return ReleasedToken(content: text, setting: setting) }
        guard setting.value.object != nil else { throw setting.wrong("a string or an AddedToken") }
        var token = try ReleasedToken(members: setting.value, setting: setting)
        // Version 5 of the library fails on one that does not say that it is an AddedToken; version 4 takes it for special.
        if setting.value["__type"] == nil {
            token.special = true
            token.normalized = setting.value["normalized"]?.bool ?? false
        }
        return token
    }

    static func == (a: ReleasedToken, b: ReleasedToken) -> Bool {
        a.content.hasSameBytes(as: b.content) && a.singleWord == b.singleWord && a.leftStrip == b.leftStrip
            && a.rightStrip == b.rightStrip && a.normalized == b.normalized && a.special == b.special
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(ExactString(content))
        for flag in [singleWord, leftStrip, rightStrip, normalized, special] { hasher.combine(flag) }
    }

    /// As an item of `added_tokens` in tokenizer.json.
    func json(id: Int) -> JSONValue {
        .object([
            ("id", .number("\(id)")), ("content", .string(content)), ("single_word", .bool(singleWord)),
            ("lstrip", .bool(leftStrip)), ("rstrip", .bool(rightStrip)), ("normalized", .bool(normalized)),
            ("special", .bool(special)),
        ])
    }
}

/// The special and added tokens of a release: which file counts, and in which order they are added.
///
/// Follows `_from_pretrained` and `TokenizersBackend.__init__` of transformers.
struct ReleasedTokens {
    /// The most that a file may list: ids have 16 bits.
    static let maximum = 0xFFFF

    /// Tokens by their name, such as `cls_token`, in the order in which they are added.
    private var named = KeyedList<ReleasedToken>()
    private var extra: [ReleasedToken] = []
    /// Those that a file lists with an id, which only gives their order; by the id's digits.
    private var listed = KeyedList<(id: Int, token: ReleasedToken)>()

    /// - Parameter defaults: the class's names for tokens that no file names.
    init(_ files: TokenizerFiles, _ settings: TokenizerSettings, defaults: [String: String]) throws(EmbqError) {
        try readNamed(settings, defaults, map: files.specialTokensMap?.path)
        try readExtra(settings)
        try readListed(files, settings)
        // A named token has the flags of the list.
        var byContent = KeyedList<ReleasedToken>()
        for (_, item) in listed.items { byContent.set(item.token.content, item.token) }
        for (name, token) in named.items {
            guard var listed = byContent[token.content] else { continue }
            listed.setting = token.setting ?? listed.setting
            named.set(name, listed)
        }
    }

    subscript(name: String) -> ReleasedToken? { named[name] }

    private mutating func readNamed(
        _ settings: TokenizerSettings, _ defaults: [String: String], map: String?
    ) throws(EmbqError) {
        for name in TokenizerSettings.names {
            if let setting = settings[name] {
                if let token = try ReleasedToken.read(setting) { named.set(name, token) }
            } else if let usual = defaults[name] {
                named.set(name, ReleasedToken(content: usual, setting: nil))
            }
        }
        // Objects and what special_tokens_map.json adds come first, then strings, then names of extra_special_tokens.
        let own = settings.filter(TokenizerSettings.isOwnName).filter {
            $0.value.string != nil || $0.value.object != nil
        }
        let isLate = { (setting: TokenizerSetting) in setting.value.string != nil && setting.file != map }
        for setting in own.filter({ !isLate($0) }) + own.filter(isLate) + settings.named.items.map(\.value) {
            guard let token = try ReleasedToken.read(setting) else { throw setting.wrong("a string or an AddedToken") }
            named.set(setting.key, token)
        }
    }

    private mutating func readExtra(_ settings: TokenizerSettings) throws(EmbqError) {
        guard let setting = settings["extra_special_tokens"], !setting.value.isNull else { return }
        func item(_ value: JSONValue, _ key: String) -> TokenizerSetting {
            TokenizerSetting(key: key, value: value, file: setting.file, place: setting.place)
        }
        if let items = setting.value.array {
            try setting.requireTokens(items.count)
            for value in items {
                guard let token = try ReleasedToken.read(item(value, setting.key)) else {
                    throw setting.wrong("a list of tokens")
                }
                extra.append(token)
            }
        } else {
            throw setting.wrong("a list of tokens")
        }
    }

    private mutating func readListed(_ files: TokenizerFiles, _ settings: TokenizerSettings) throws(EmbqError) {
        if let setting = settings["added_tokens_decoder"] {
            guard let members = setting.value.object else { throw setting.wrong("an object of tokens by id") }
            try setting.requireTokens(members.count)
            for (key, value) in members {
                let item = TokenizerSetting(
                    key: key, value: value, file: setting.file, place: "\(setting.place).\(key)")
                guard let id = Int(key) else { throw item.wrong("an id as key") }
                list(try ReleasedToken(members: value, setting: item), id)
            }
            return
        }
        if let file = files.addedTokens {
            // The list of special_tokens_map.json is only merged later.
            let early = extra.filter { $0.setting?.file != files.specialTokensMap?.path }
            let settled = TokenizerSettings.names.compactMap { named[$0] }.filter { $0.setting != nil }
            let special = Set((settled + early).map { ExactString($0.content) })
            let entries = file.document.object ?? []
            try TokenizerSetting(key: "", value: .null, file: file.path, place: "tokens").requireTokens(entries.count)
            for (content, value) in entries {
                let item = TokenizerSetting(key: content, value: value, file: file.path, place: content)
                guard let id = value.int else { throw item.wrong("an id") }
                var token = ReleasedToken(content: content, setting: item)
                token.special = special.contains(ExactString(content))
                token.normalized = !token.special
                list(token, id)
            }
        }
        for (value, id, setting) in try Self.items(files.tokenizer) {
            list(try ReleasedToken(members: value, setting: setting), id)
        }
    }

    private mutating func list(_ token: ReleasedToken, _ id: Int) { listed.move("\(id)", (id, token)) }

    /// The items of `added_tokens` in tokenizer.json.
    private static func items(_ file: TokenizerFiles.File?) throws(EmbqError) -> [(
        value: JSONValue, id: Int, setting: TokenizerSetting
    )] {
        guard let file, let value = file.document["added_tokens"], !value.isNull else { return [] }
        let whole = TokenizerSetting(key: "added_tokens", value: value, file: file.path, place: "added_tokens")
        guard let tokens = value.array else { throw whole.wrong("an array") }
        try whole.requireTokens(tokens.count)
        var items: [(value: JSONValue, id: Int, setting: TokenizerSetting)] = []
        for (index, token) in tokens.enumerated() {
            let setting = TokenizerSetting(
                key: "added_tokens", value: token, file: file.path, place: "added_tokens[\(index)]")
            guard let id = token["id"]?.int else { throw setting.wrong("a token with its id") }
            items.append((token, id, setting))
        }
        return items
    }

    /// The tokens in the order in which the library adds them to a vocabulary, with the ids that they get there.
    ///
    /// - Parameter file: tokenizer.json, if it is loaded whole: its tokens are then there already.
    func added(to vocabulary: [[UInt8]: Int], after file: TokenizerFiles.File?) throws(EmbqError) -> [(
        token: ReleasedToken, id: Int
    )] {
        var added = KeyedList<(token: ReleasedToken, id: Int)>()
        var next = vocabulary.count
        func add(_ token: ReleasedToken) {
            guard !token.content.isEmpty else { return }
            let id = added[token.content]?.id ?? vocabulary[Array(token.content.utf8)] ?? next
            next = max(next, id.adding(1) ?? id)
            added.set(token.content, (token, id))
        }
        for item in try Self.items(file) { add(try ReleasedToken(members: item.value, setting: item.setting)) }
        var more = listed.items.map(\.value).sorted { $0.id < $1.id }.map(\.token)
        let known = Set((added.items.map(\.value.token) + more).map { ExactString($0.content) })
        var seen = Set(more)
        let tokens = named.items.map(\.value)
        for token in tokens + extra where !known.contains(ExactString(token.content)) && seen.insert(token).inserted {
            more.append(token)
        }
        let special = Set(tokens.map { ExactString($0.content) })
        for var token in more {
            if special.contains(ExactString(token.content)) { token.special = true }
            add(token)
        }
        return added.items.map(\.value)
    }
}
