import EmbqRuntime

/// main.swift of the example: texts from standard input, one a line.
struct SwiftExample {
    private let answer: ExampleAnswer
    private let outputs: Int
    private let module: String

    init(_ library: ExportedLibrary, _ device: DeviceModel) {
        answer = library.answer
        outputs = device.outputs
        module = library.name.camel
    }

    var text: String {
        """
        // Reads texts, one a line, and prints for each \(answer.purpose).
        import \(SwiftLayout.runtime)
        import \(module)

        var model = try Model()
        // The sentences recorded with it must give the same bits here.
        try model.check()
        \(before)while let line = readLine() {
            let text = Array(line.utf8)
        \(printing)
        }

        """
    }

    private var before: String {
        switch answer {
        case .similarity: "var before = Embedding() // of the text before\n\(Self.decimal)"
        case .numbers: Self.decimal
        case .label, .labels, .tags, .word: ""
        }
    }

    private var printing: String {
        switch answer {
        case .label:
            """
                print(try model.classify(text.span).name)
            """
        case .labels:
            """
                var names: [String] = []
                try model.classify(text.span).forEach { names.append("\\($0.name)") }
                print(names.joined(separator: ","))
            """
        case .numbers where outputs == 1:
            """
                print(decimal(try model.predict(text.span)))
            """
        case .numbers:
            """
                let numbers = try model.predict(text.span)
                print(numbers.indices.map { decimal(numbers[$0]) }.joined(separator: ","))
            """
        case .similarity:
            """
                let embedding = try model.embed(text.span)
                print(decimal(embedding.similarity(to: before)))
                before = embedding
            """
        case .tags:
            """
                var tags: [String] = []
                var spans: [String] = []
                try model.tag(
                    text.span, token: { tags.append("\\($0.tag.name)") },
                    span: { spans.append("\\($0.kind.name) \\(String(decoding: text[$0.range], as: UTF8.self))") })
                print(tags.joined(separator: ","), spans.joined(separator: ", "), separator: "\\t")
            """
        case .word:
            """
                if let word = try model.fillMask(text.span) {
                    print(model.withWord(word) { word in String(decoding: word.indices.map { word[$0] }, as: UTF8.self) })
                } else {
                    print("no [MASK]")
                }
            """
        }
    }

    private static let decimal = """

        /// With four decimals.
        func decimal(_ number: FixedPoint) -> String {
            let parts = (number.raw.magnitude * 10000 + 32768) >> 16
            let digits = String(parts % 10000)
            return "\\(number.raw < 0 ? "-" : "")\\(parts / 10000).\\(String(repeating: "0", count: 4 - digits.count))\\(digits)"
        }


        """
}
