// Firmware in Embedded Swift, as firmware.c: answers each line that is typed with the answer and the raw logits.
// Before, it replays the check vectors and answers a literal. The packages are those of `--layout swift`; a flag names
// the kind.
import Board
import EmbqOnDevice

#if LABEL
    import EmbqLabel
#elseif LABELS
    import EmbqLabels
#elseif NUMBER
    import EmbqNumber
#elseif EMBEDDING
    import EmbqEmbedding
#elseif TAGS
    import EmbqTags
#endif

@main struct Firmware {
    private static let lineSize = 4096
    private static let endOfTransmission: Int32 = 4
    private static let lineFeed: Int32 = 10

    static func main() {
        do throws(EmbqError) {
            try serve()
        } catch {
            board_exit(Int32(error.rawValue))
        }
        board_exit(0)
    }

    private static func serve() throws(EmbqError) {
        var model = try Model()
        // Another one has to bring storage of its own.
        do throws(EmbqError) {
            _ = try Model()
            board_exit(98)
        } catch {
            if error != .storage { board_exit(97) }
        }
        try model.check()
        #if EMBEDDING
            var before = try model.embed("rain in oslo")
            write(before, before)
        #else
            try answer(&model, "rain in oslo")
        #endif
        let line = unsafe UnsafeMutableBufferPointer(start: firmware_line(), count: lineSize)
        var length = 0
        while true {
            let byte = board_read()
            if byte < 0 || byte == endOfTransmission { return }
            if byte != lineFeed {
                if length < lineSize {
                    unsafe line[length] = UInt8(truncatingIfNeeded: byte)
                    length += 1
                }
                continue
            }
            let text = unsafe UnsafeBufferPointer(rebasing: line[..<length]).span
            #if EMBEDDING
                let embedding = try model.embed(text)
                write(embedding, before)
                before = embedding
            #else
                try answer(&model, text)
            #endif
            length = 0
        }
    }

    // MARK: Answers

    #if LABEL
        private static func answer(_ model: inout Model, _ text: StaticString) throws(EmbqError) {
            write(try model.classify(text).name)
            write(model)
        }

        private static func answer(_ model: inout Model, _ text: Span<UInt8>) throws(EmbqError) {
            write(try model.classify(text).name)
            write(model)
        }
    #elseif LABELS
        private static func answer(_ model: inout Model, _ text: StaticString) throws(EmbqError) {
            write(try model.classify(text))
            write(model)
        }

        private static func answer(_ model: inout Model, _ text: Span<UInt8>) throws(EmbqError) {
            write(try model.classify(text))
            write(model)
        }

        private static func write(_ labels: LabelSet) {
            var isFirst = true
            labels.forEach { label in
                if !isFirst { write(",") }
                write(label.name)
                isFirst = false
            }
        }
    #elseif NUMBER
        private static func answer(_ model: inout Model, _ text: StaticString) throws(EmbqError) {
            write(try model.predict(text).raw)
            write(model)
        }

        private static func answer(_ model: inout Model, _ text: Span<UInt8>) throws(EmbqError) {
            write(try model.predict(text).raw)
            write(model)
        }
    #elseif EMBEDDING
        /// The similarity, then the embedding's numbers.
        private static func write(_ embedding: Embedding, _ before: Embedding) {
            write(embedding.similarity(to: before).raw)
            write(embedding.numbers.span)
        }
    #elseif TAGS
        private static func answer(_ model: inout Model, _ text: StaticString) throws(EmbqError) {
            var isFirst = true
            try model.tag(text, token: { write($0, &isFirst) })
            write(model)
        }

        private static func answer(_ model: inout Model, _ text: Span<UInt8>) throws(EmbqError) {
            var isFirst = true
            try model.tag(text, token: { write($0, &isFirst) })
            write(model)
        }

        private static func write(_ token: Token, _ isFirst: inout Bool) {
            if !isFirst { write(",") }
            isFirst = false
            write(Int64(token.range.lowerBound))
            write(":")
            write(Int64(token.range.upperBound))
            write(":")
            write(token.tag.name)
        }
    #endif

    // MARK: Output

    private static func write(_ model: borrowing Model) { model.withLogits { write($0) } }

    /// What follows the answer in a line.
    private static func write(_ logits: Span<Int32>) {
        for index in logits.indices {
            write(index == 0 ? "\t" : " ")
            write(Int64(logits[index]))
        }
        write("\n")
    }

    private static func write(_ text: StaticString) {
        unsafe board_write(UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self), text.utf8CodeUnitCount)
    }

    private static func write(_ number: Int64) {
        if number < 0 { write("-") }
        // No number here has more than 32 bits.
        writeDigits(UInt32(truncatingIfNeeded: number.magnitude))
    }

    private static func writeDigits(_ number: UInt32) {
        if number >= 10 { writeDigits(number / 10) }
        var digit = CChar(truncatingIfNeeded: 48 + number % 10)
        unsafe board_write(&digit, 1)
    }
}
