import EmbqRuntime

/// A model's labels as enums of Swift.
enum SwiftLabels {
    /// Label.swift of a classifier, Tag.swift of a tagger; nothing of other models.
    static func files(_ library: ExportedLibrary, _ device: DeviceModel) -> [(name: String, bytes: [UInt8])] {
        guard library.layout == .swift else { return [] }
        return switch library.answer {
        case .label: [("Label.swift", Array(labels(device.labels, named: "Label", "The labels.").utf8))]
        case .labels:
            [("Label.swift", Array((labels(device.labels, named: "Label", "The labels.") + set(device)).utf8))]
        case .tags: [("Tag.swift", Array(tags(device.labels).utf8))]
        case .numbers, .similarity, .word: []
        }
    }

    // MARK: Identifiers

    /// Words of ASCII letters and digits in lowerCamelCase; what is left empty, taken or none of an identifier has its id.
    static func identifiers(_ labels: [String]) -> [String] {
        var taken: Set<String> = ["name", "rawValue", "hash", "hashValue", "kind", "begins"]
        return labels.enumerated().map { id, label in
            var found = identifier(label)
            if found.isEmpty { found = "label\(id)" }
            while !taken.insert(found).inserted { found += "_\(id)" }
            return keywords.contains(found) ? "`\(found)`" : found
        }
    }

    private static func identifier(_ label: String) -> String {
        let words = label.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.map(String.init)
        guard let first = words.first else { return "" }
        // PER becomes per, GetWeather getWeather.
        let start =
            first.allSatisfy { !$0.isLowercase } ? first.lowercased() : first.prefix(1).lowercased() + first.dropFirst()
        let text = start + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        return first.first?.isNumber == true ? "label" + text : text
    }

    /// Words that an enum's case cannot be called without backticks, or that an optional has cases of.
    ///
    /// Source: The Swift Programming Language, Lexical Structure, Keywords and Punctuation.
    private static let keywords: Set<String> = [
        "actor", "any", "as", "associatedtype", "await", "borrowing", "break", "case", "catch", "class", "consuming",
        "continue", "default", "defer", "deinit", "do", "else", "enum", "extension", "fallthrough", "false",
        "fileprivate", "for", "func", "guard", "if", "import", "in", "init", "inout", "internal", "is", "let", "nil",
        "open", "operator", "package", "precedencegroup", "private", "protocol", "public", "repeat", "rethrows",
        "return", "self", "static", "struct", "subscript", "super", "switch", "throw", "throws", "true", "try",
        "typealias", "var", "where", "while",
    ]

    /// A string literal's text.
    static func literal(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "\\", "\"": "\\\(scalar)"
            case _ where (0x20..<0x7F).contains(scalar.value): String(scalar)
            default: "\\u{\(String(scalar.value, radix: 16))}"
            }
        }.joined()
    }

    // MARK: Enums

    private static func labels(_ labels: [String], named type: String, _ comment: String) -> String {
        let names = identifiers(labels)
        return """
            // Written by embq.

            /// \(comment)
            public enum \(type): UInt32, Sendable {
            \(names.enumerated().map { id, name in "    case \(name) = \(id)\n" }.joined())
                /// As the model's authors wrote it.
                public var name: StaticString {
                    switch self {
            \(zip(names, labels).map { name, label in "        case .\(name): \"\(literal(label))\"\n" }.joined())\
                    }
                }
            }

            """
    }

    private static func set(_ device: DeviceModel) -> String {
        """

        /// The labels that apply to a text.
        public struct LabelSet: Sendable {
            private var bits = InlineArray<\((device.outputs + 31) / 32), UInt32>(repeating: 0)

            init() {}

            /// Whether a label applies.
            public func contains(_ label: Label) -> Bool {
                bits[Int(label.rawValue) / 32] >> (label.rawValue % 32) & 1 == 1
            }

            mutating func insert(_ label: Label) {
                bits[Int(label.rawValue) / 32] |= 1 << (label.rawValue % 32)
            }

            /// Gives each label that applies, in the model's order.
            public func forEach(_ body: (Label) -> Void) {
                var id: UInt32 = 0
                while let label = Label(rawValue: id) {
                    if contains(label) { body(label) }
                    id += 1
                }
            }
        }

        """
    }

    /// The tags, and the kinds of the spans that they make: B-city and I-city make a city.
    private static func tags(_ labels: [String]) -> String {
        var kinds: [String] = []
        let kindOfTag = labels.map { label -> Int? in
            if label == "O" { return nil }
            // As the C examples: what follows a letter and a hyphen.
            let bytes = Array(label.utf8)
            let name =
                bytes.count > 1 && bytes[1] == UInt8(ascii: "-") ? String(decoding: bytes[2...], as: UTF8.self) : label
            if let known = kinds.firstIndex(of: name) { return known }
            kinds.append(name)
            return kinds.count - 1
        }
        let (tagNames, kindNames) = (identifiers(labels), identifiers(kinds))
        let kindCases = zip(tagNames, kindOfTag).map { name, kind in
            "        case .\(name): \(kind.map { ".\(kindNames[$0])" } ?? "nil")\n"
        }
        let beginning = Self.beginning(
            zip(tagNames, labels).filter { $0.1.utf8.first == UInt8(ascii: "B") }.map { ".\($0.0)" }, of: labels)
        return Self.labels(labels, named: "Tag", "The labels of tokens.") + """

            extension Tag {
                /// The kind of the span that a token with this tag is in; nil where it is in none.
                var kind: Kind? {
                    switch self {
            \(kindCases.joined())\
                    }
                }

                /// Whether it begins a span.
                var begins: Bool {
                    \(beginning)
                }
            }

            """
            + (kinds.isEmpty
                ? noKinds
                : String(
                    Self.labels(kinds, named: "Kind", "The kinds of spans.").split(separator: "\n", maxSplits: 1)[1]))
    }

    /// An expression for whether a tag is one of these: none, some or all of the labels.
    private static func beginning(_ tags: [String], of labels: [String]) -> String {
        guard !tags.isEmpty, tags.count < labels.count else { return "\(!tags.isEmpty)" }
        return "switch self {\n        case \(tags.joined(separator: ", ")): true\n        default: false\n        }"
    }

    /// Of a tagger whose only label is O. An enum without a case has no raw values, and code that takes its values is never
    /// executed, of which the compiler warns.
    private static let noKinds = """
        /// The kinds of spans: there is none.
        public struct Kind: Sendable, Equatable {
            private init() {}

            /// As the model's authors wrote it.
            public var name: StaticString { "" }
        }

        """
}
