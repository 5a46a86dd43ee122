/// What a tagger's module has: tokens, and the spans that they make.
extension SwiftFace {
    static let tagTypes = """

        /// A token of a text.
        public struct Token: Sendable {
            /// Bytes of the text.
            public let range: Range<Int>
            public let tag: Tag
        }

        /// A span of a text: words with tags such as B-city and I-city.
        public struct TextSpan: Sendable {
            /// Bytes of the text.
            public let range: Range<Int>
            public let kind: Kind
        }

        """

    var runningTagger: String {
        """
            private mutating func run(_ text: UnsafeBufferPointer<UInt8>) throws(EmbqError)
                -> UnsafeBufferPointer<embq_token>
            {
                var tokens: UnsafePointer<embq_token>?
                var count: UInt32 = 0
                let status = unsafe text.withMemoryRebound(to: CChar.self) { bytes in
                    unsafe embq_run_tags(
                        &model, bytes.baseAddress, bytes.count, storage, Int(\(names.macro("ARENA_SIZE"))), logits, 0,
                        &tokens, nil, &count)
                }
                try EmbqError.check(status.rawValue)
                return unsafe UnsafeBufferPointer(start: tokens, count: Int(count))
            }

        """
    }

    var tagging: String {
        """
            /// Gives a text's tokens, then its spans. A word has the tag of its first token.
            public mutating func tag(
                _ text: Span<UInt8>, token: (Token) -> Void = { _ in }, span: (TextSpan) -> Void = { _ in }
            ) throws(EmbqError) {
                try unsafe text.withUnsafeBufferPointer { bytes throws(EmbqError) in try unsafe tag(bytes, token, span) }
            }

            /// Gives a text's tokens, then its spans. A word has the tag of its first token.
            public mutating func tag(
                _ text: StaticString, token: (Token) -> Void = { _ in }, span: (TextSpan) -> Void = { _ in }
            ) throws(EmbqError) {
                try unsafe tag(
                    UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount), token, span)
            }

            private mutating func tag(
                _ text: UnsafeBufferPointer<UInt8>, _ token: (Token) -> Void, _ span: (TextSpan) -> Void
            ) throws(EmbqError) {
                let tokens = try unsafe run(text)
                for unsafe found in unsafe tokens {
                    token(Token(range: Int(found.start)..<Int(found.end), tag: try Self.tag(found)))
                }
                var open: Kind?
                var start = 0
                var end = 0
                for index in 0..<tokens.count {
                    let found = unsafe tokens[index]
                    let tag = try Self.tag(found)
                    if unsafe !Self.goesOn(text, tokens, index) {
                        if let kind = open, tag.begins || tag.kind != kind {
                            span(TextSpan(range: start..<end, kind: kind))
                            open = nil
                        }
                        if open == nil, let kind = tag.kind {
                            open = kind
                            start = Int(found.start)
                        }
                    }
                    end = Int(found.end)
                }
                if let kind = open { span(TextSpan(range: start..<end, kind: kind)) }
            }

            private static func tag(_ token: embq_token) throws(EmbqError) -> Tag {
                guard let tag = Tag(rawValue: token.label) else { throw .model }
                return tag
            }

            /// Whether a token goes on with the word before it.
            private static func goesOn(
                _ text: UnsafeBufferPointer<UInt8>, _ tokens: UnsafeBufferPointer<embq_token>, _ index: Int
            ) -> Bool {
                let start = unsafe Int(tokens[index].start)
                guard index > 0, start > 0, unsafe Int(tokens[index - 1].end) == start else { return false }
                return unsafe isLetter(text[start - 1]) && isLetter(text[start])
            }

            private static func isLetter(_ byte: UInt8) -> Bool {
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...0xFF: true
                default: false
                }
            }

        """
    }
}
