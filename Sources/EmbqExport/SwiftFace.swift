import EmbqRuntime

/// The module that calls the model's C: no allocation, typed errors, text as bytes.
struct SwiftFace {
    let library: ExportedLibrary
    private let outputs: Int
    var names: ModelNames { library.names }

    init(_ library: ExportedLibrary, _ device: DeviceModel) {
        self.library = library
        outputs = device.outputs
    }

    // MARK: The module of the runtime

    static let error = """
        // Written by embq.

        /// Why a call did not succeed: `embq_status` of embq.h, by its numbers.
        public enum EmbqError: UInt32, Error {
            case argument = 1
            case alignment, truncated, magic, version, checksum, layout, model, tokenizer, arena, length, token, word
            case endian, operation
            /// The static storage is another model's: give this one storage of its own.
            case storage = 100

            /// Throws for every status but `EMBQ_OK`.
            public static func check(_ status: UInt32) throws(EmbqError) {
                if status == 0 { return }
                throw EmbqError(rawValue: status) ?? .argument
            }
        }

        """

    static let fixedPoint = """
        // Written by embq.

        /// A number with 16 bits behind the point.
        public struct FixedPoint: Sendable, Equatable {
            /// 65536 is 1.0.
            public let raw: Int64

            public init(raw: Int64) { self.raw = raw }
        }

        """

    // MARK: README.md

    /// What follows `var model = try Model()`.
    static func usage(_ answer: ExampleAnswer) -> String {
        switch answer {
        case .label: "    let label = try model.classify(\"…\")"
        case .labels: "    let labels = try model.classify(\"…\")"
        case .numbers: "    let numbers = try model.predict(\"…\")"
        case .similarity: "    let likeness = try model.embed(\"…\").similarity(to: model.embed(\"…\"))"
        case .tags: "    try model.tag(\"…\", span: { span in … })"
        case .word: "    let word = try model.fillMask(\"…\")"
        }
    }

    // MARK: Model.swift

    var model: String {
        """
        // Written by embq.
        import \(SwiftLayout.runtime)
        import C\(SwiftLayout.runtime)
        import C\(library.name.camel)

        /// \(library.summary).
        ///
        /// It allocates nothing. One model is for one thread at a time.
        @safe public struct Model: ~Copyable {
            private var model: embq_model
            private let storage: UnsafeMutableRawPointer
            private let isOwner: Bool

            /// Opens the model, with the module's static storage.
            ///
            /// - Throws: `.storage` while another model has the static storage.
            public init() throws(EmbqError) {
                let opened = try unsafe Self.opened()
                guard let taken = unsafe \(names.function("take_storage"))() else { throw .storage }
                unsafe model = opened
                unsafe storage = taken
                isOwner = true
            }

            /// Opens the model, with storage that stays the caller's. Several models may share it, if they take turns.
            ///
            /// - Parameter storage: ``storageSize`` bytes that outlive the model, aligned to 16.
            /// - Throws: `.arena` for too few bytes, `.alignment`.
            @unsafe public init(storage: UnsafeMutableRawBufferPointer) throws(EmbqError) {
                guard let address = storage.baseAddress, storage.count >= Self.storageSize else { throw .arena }
                guard UInt(bitPattern: address) % 16 == 0 else { throw .alignment }
                unsafe model = try Self.opened()
                unsafe self.storage = address
                isOwner = false
            }

            deinit {
                if isOwner { \(names.function("release_storage"))() }
            }

            /// Bytes of storage: the arena, then \(outputs) numbers.
            public static var storageSize: Int { Int(\(names.macro("ARENA_SIZE")) + 4 * \(names.macro("OUTPUTS"))) }

            /// Tokens of the longest sentence; a longer text is cut.
            public static var maximumLength: Int { Int(\(names.macro("MAX_LENGTH"))) }

            /// Replays the sentences that were recorded with the model: they must give the same bits here.
            ///
            /// - Throws: `.checksum` if this build or this chip computes something else.
            public mutating func check() throws(EmbqError) {
                let count = unsafe embq_check_count(&model)
                for index in 0..<count {
                    try unsafe EmbqError.check(
                        embq_check(&model, index, storage, Int(\(names.macro("ARENA_SIZE"))), logits).rawValue)
                }
            }

            /// Gives the numbers that the last text had, 65536 for 1.0.
            public func withLogits<Result>(_ body: (Span<Int32>) -> Result) -> Result {
                let elements = unsafe UnsafeBufferPointer(start: logits, count: Int(\(names.macro("OUTPUTS"))))
                return unsafe body(elements.span)
            }

        \(calls)
        \(core)}
        \(types)
        """
    }

    /// A call for bytes, the same for a literal, and the function `answer` that both end with.
    private func calls(_ name: String, _ result: String, _ comment: String, isThrowing: Bool = false, answer: String)
        -> String
    {
        let (throwing, trying) = isThrowing ? (" throws(EmbqError)", "try ") : ("", "")
        return """
                /// \(comment)
                public mutating func \(name)(_ text: Span<UInt8>) throws(EmbqError) -> \(result) {
                    try unsafe text.withUnsafeBufferPointer { bytes throws(EmbqError) in try unsafe run(bytes) }
                    return \(trying)answer()
                }

                /// \(comment)
                public mutating func \(name)(_ text: StaticString) throws(EmbqError) -> \(result) {
                    try unsafe run(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
                    return \(trying)answer()
                }

                private func answer()\(throwing) -> \(result) {
            \(answer)
                }

            """
    }

    /// The calls of the kind of model.
    private var calls: String {
        let numbers = "InlineArray<\(outputs), FixedPoint>"
        return switch library.answer {
        case .label:
            calls(
                "classify", "Label", "Answers the label of the largest logit.", isThrowing: true,
                answer: """
                            guard let label = unsafe Label(rawValue: embq_best(logits, \(names.macro("OUTPUTS")))) else {
                                throw .model
                            }
                            return label
                    """)
        case .labels:
            calls(
                "classify", "LabelSet", "Answers all labels whose logit is above 0.",
                answer: """
                            var labels = LabelSet()
                            var id: UInt32 = 0
                            while let label = Label(rawValue: id) {
                                if unsafe logits[Int(id)] > 0 { labels.insert(label) }
                                id += 1
                            }
                            return labels
                    """)
        case .numbers where outputs == 1:
            calls(
                "predict", "FixedPoint", "Answers the predicted number.",
                answer: "        unsafe FixedPoint(raw: Int64(logits[0]))")
        case .numbers:
            calls(
                "predict", numbers, "Answers the predicted numbers.",
                answer: "        \(numbers) { unsafe FixedPoint(raw: Int64(logits[$0])) }")
        case .similarity:
            calls(
                "embed", "Embedding", "Answers the text's embedding.",
                answer: "        Embedding(numbers: InlineArray { unsafe logits[$0] })")
        case .word: words
        case .tags: tagging
        }
    }

    private var words: String {
        calls(
            "fillMask", "UInt32?", "Answers the number of the likeliest word at the first [MASK]; nil without one.",
            answer: """
                        // The words' logits are behind the two of the next sentence; all are 0 without a [MASK].
                        let count = \(names.macro("OUTPUTS")) - 2
                        for index in 0..<Int(count) where unsafe logits[2 + index] != 0 {
                            return unsafe embq_best(logits + 2, count)
                        }
                        return nil
                """) + """

                    /// Gives the UTF-8 of a word of the vocabulary; nothing for a number that is none.
                    public mutating func withWord<Result>(_ word: UInt32, _ body: (Span<UInt8>) -> Result) -> Result {
                        guard word < \(names.macro("OUTPUTS")) - 2, let name = unsafe embq_label(&model, 2 + word) else {
                            return body(Span())
                        }
                        var length = 0
                        while unsafe name[length] != 0 { length += 1 }
                        let bytes = unsafe UnsafeRawBufferPointer(start: name, count: length).assumingMemoryBound(to: UInt8.self)
                        return unsafe body(bytes.span)
                    }

                """
    }

    /// What opens the model and runs a text.
    private var core: String {
        """
            private static func opened() throws(EmbqError) -> embq_model {
                var model = unsafe embq_model()
                try unsafe EmbqError.check(\(names.function("open"))(&model).rawValue)
                return unsafe model
            }

            private var logits: UnsafeMutablePointer<Int32> {
                unsafe (storage + Int(\(names.macro("ARENA_SIZE")))).assumingMemoryBound(to: Int32.self)
            }

        \(library.answer.isTagger ? runningTagger : running)
        """
    }

    private var running: String {
        """
            private mutating func run(_ text: UnsafeBufferPointer<UInt8>) throws(EmbqError) {
                let status = unsafe text.withMemoryRebound(to: CChar.self) { bytes in
                    unsafe embq_run_text(
                        &model, bytes.baseAddress, bytes.count, storage, Int(\(names.macro("ARENA_SIZE"))), logits)
                }
                try EmbqError.check(status.rawValue)
            }

        """
    }

    /// The types of answers that are no labels.
    private var types: String {
        switch library.answer {
        case .similarity(let function):
            """

            /// A text's embedding.
            public struct Embedding: Sendable {
                /// 65536 is 1.0.
                public var numbers: InlineArray<\(outputs), Int32>

                init(numbers: InlineArray<\(outputs), Int32>) { self.numbers = numbers }

                /// Of no text: zeros.
                public init() { numbers = InlineArray(repeating: 0) }

                /// Answers \(function.title) to another text's embedding.
                public func similarity(to other: Embedding) -> FixedPoint {
                    var (a, b) = (numbers, other.numbers)
                    var first = a.mutableSpan
                    var second = b.mutableSpan
                    return unsafe first.withUnsafeMutableBufferPointer { a in
                        unsafe second.withUnsafeMutableBufferPointer { b in
                            unsafe FixedPoint(raw: \(names.function("similarity"))(a.baseAddress, b.baseAddress))
                        }
                    }
                }
            }

            """
        case .tags: Self.tagTypes
        case .label, .labels, .numbers, .word: ""
        }
    }
}
