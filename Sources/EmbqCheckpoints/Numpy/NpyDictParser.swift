import EmbqCore

/// Parses `{'descr': '<f4', 'fortran_order': False, 'shape': (8192, 16), }` and nothing else of Python.
struct NpyDictParser {
    private let text: [UInt8]
    /// Where the text begins in the file, for messages.
    private let start: Int
    private var position = 0

    init(_ text: [UInt8], place: Int) {
        self.text = text
        start = place
    }

    /// The dict's three values; blanks and a line feed may follow it.
    mutating func parse() throws(EmbqError) -> (descr: String, fortranOrder: Bool, shape: [Int]) {
        var descr: String?
        var order: Bool?
        var shape: [Int]?
        try expect("{", "a dict")
        while !take("}") {
            let key = try string()
            try expect(":", "a colon")
            switch key {
            case "descr" where descr == nil: descr = try type()
            case "fortran_order" where order == nil: order = try boolean()
            case "shape" where shape == nil: shape = try tuple()
            default: throw fault("the key '\(EmbqError.printable(key))' is unknown or stands twice")
            }
            if !take(",") {
                try expect("}", "a comma or the dict's end")
                break
            }
        }
        skipBlanks()
        guard position == text.count else { throw fault("there is more than a dict") }
        guard let descr, let order, let shape else { throw fault("one of descr, fortran_order and shape is missing") }
        return (descr, order, shape)
    }

    private mutating func type() throws(EmbqError) -> String {
        skipBlanks()
        guard position < text.count, text[position] == UInt8(ascii: "'") || text[position] == UInt8(ascii: "\"") else {
            if take("[") {
                throw EmbqError(
                    .unsupported, "its values are records of several fields",
                    advice: "Save each field as an array of its own.")
            }
            throw fault("the type is no string")
        }
        return try string()
    }

    /// A string without escapes.
    private mutating func string() throws(EmbqError) -> String {
        skipBlanks()
        guard position < text.count, text[position] == UInt8(ascii: "'") || text[position] == UInt8(ascii: "\"") else {
            throw fault("a string is expected")
        }
        let quote = text[position]
        position += 1
        let first = position
        while position < text.count, text[position] != quote {
            guard text[position] >= 0x20, text[position] < 0x7F, text[position] != UInt8(ascii: "\\") else {
                throw fault("a string has something else than plain characters")
            }
            position += 1
        }
        guard position < text.count else { throw fault("a string does not end") }
        position += 1
        return String(decoding: text[first..<position - 1], as: UTF8.self)
    }

    private mutating func boolean() throws(EmbqError) -> Bool {
        if take("True") { return true }
        if take("False") { return false }
        throw fault("True or False is expected")
    }

    /// `()`, `(3,)` or `(3, 4)`.
    private mutating func tuple() throws(EmbqError) -> [Int] {
        try expect("(", "a tuple")
        var values: [Int] = []
        while !take(")") {
            values.append(try integer())
            guard values.count <= StridedView.maximumRank else {
                throw EmbqError(
                    .limitExceeded, place: place, "it has more dimensions than \(StridedView.maximumRank)",
                    advice: "Save the array with fewer.")
            }
            if take(",") { continue }
            // Python takes (3) for a number.
            guard values.count > 1 else { throw fault("the shape is a number in parentheses, a tuple is expected") }
            try expect(")", "a comma or the tuple's end")
            break
        }
        return values
    }

    private mutating func integer() throws(EmbqError) -> Int {
        skipBlanks()
        let first = position
        while position < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[position]) { position += 1 }
        let digits = String(decoding: text[first..<position], as: UTF8.self)
        guard let value = Int(digits), digits.count == 1 || !digits.hasPrefix("0") else {
            throw fault("a dimension is no number from 0 to \(Int.max)")
        }
        // Python 2 wrote its long integers so.
        _ = take("L")
        return value
    }

    private mutating func skipBlanks() {
        while position < text.count, text[position] == 0x20 || text[position] == 0x0A { position += 1 }
    }

    private mutating func take(_ word: String) -> Bool {
        skipBlanks()
        guard text[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    private mutating func expect(_ word: String, _ what: String) throws(EmbqError) {
        guard take(word) else { throw fault("\(what) is expected") }
    }

    private var place: String { "byte \(start + position)" }

    private func fault(_ problem: String) -> EmbqError { NpyHeader.fault(place, "the header is wrong: \(problem)") }
}
