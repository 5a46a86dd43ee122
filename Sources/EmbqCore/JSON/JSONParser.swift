/// A strict JSON parser (RFC 8259): no duplicate keys, no trailing text, bounded nesting, valid UTF-8.
///
/// Foundation's parser keeps one of two equal keys silently; in a checkpoint's header that would hide one tensor
/// behind another, so files are read with this one.
package struct JSONParser: ~Escapable {
    /// Deeper nesting than any configuration or tokenizer has.
    package static let maximumDepth = 64
    /// More values than any checkpoint's header or tokenizer holds: bounds the memory that a small file can ask for.
    package static let maximumValues = 4_194_304

    private let bytes: Span<UInt8>
    private var at = 0
    private var count = 0

    @_lifetime(copy bytes)
    private init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    /// Parses a whole document.
    ///
    /// - Throws: `.malformed` or `.duplicate` with the byte offset.
    package static func parse(_ bytes: Span<UInt8>) throws(EmbqError) -> JSONValue {
        var parser = JSONParser(bytes)
        parser.skipSpace()
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.at == bytes.count else { throw parser.fault("text follows the JSON document") }
        return value
    }

    /// Parses a whole document held in an array.
    package static func parse(_ bytes: [UInt8]) throws(EmbqError) -> JSONValue { try parse(bytes.span) }

    private func fault(_ problem: String, _ code: EmbqError.Code = .malformed) -> EmbqError {
        EmbqError(
            code, place: "byte \(at)", "invalid JSON: \(problem)",
            advice: "The file is damaged or was edited by hand: get it again from its source.")
    }

    private mutating func skipSpace() {
        while at < bytes.count, bytes[at] == 0x20 || (0x09...0x0A).contains(bytes[at]) || bytes[at] == 0x0D { at += 1 }
    }

    private func peek() -> UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func value(depth: Int) throws(EmbqError) -> JSONValue {
        guard depth < Self.maximumDepth else { throw fault("nested deeper than \(Self.maximumDepth)") }
        count += 1
        guard count <= Self.maximumValues else { throw fault("more than \(Self.maximumValues) values", .limitExceeded) }
        switch peek() {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try text())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case .some(let byte) where byte == UInt8(ascii: "-") || Self.isDigit(byte): return try number()
        case .some: throw fault("a value cannot start here")
        case nil: throw fault("the document ends where a value is expected")
        }
    }

    private mutating func object(depth: Int) throws(EmbqError) -> JSONValue {
        var members = JSONObject()
        at += 1
        skipSpace()
        if peek() == UInt8(ascii: "}") {
            at += 1
            return .object([])
        }
        while true {
            guard peek() == UInt8(ascii: "\"") else { throw fault("a key in double quotes is expected") }
            let key = try text()
            guard members.index(of: key) == nil else {
                throw fault("the key \"\(EmbqError.printable(key))\" stands twice", .duplicate)
            }
            skipSpace()
            guard peek() == UInt8(ascii: ":") else { throw fault("':' is expected after a key") }
            at += 1
            skipSpace()
            members.append((key, try value(depth: depth + 1)))
            if try endsList(with: UInt8(ascii: "}")) { return .object(members) }
        }
    }

    private mutating func array(depth: Int) throws(EmbqError) -> JSONValue {
        var items: [JSONValue] = []
        at += 1
        skipSpace()
        if peek() == UInt8(ascii: "]") {
            at += 1
            return .array([])
        }
        while true {
            items.append(try value(depth: depth + 1))
            if try endsList(with: UInt8(ascii: "]")) { return .array(items) }
        }
    }

    /// After an element: true at the closing bracket, false after a comma.
    private mutating func endsList(with close: UInt8) throws(EmbqError) -> Bool {
        skipSpace()
        if peek() == close {
            at += 1
            return true
        }
        guard peek() == UInt8(ascii: ",") else { throw fault("',' or the closing bracket is expected") }
        at += 1
        skipSpace()
        return false
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(EmbqError) -> JSONValue {
        for expected in word.description.utf8 {
            guard peek() == expected else { throw fault("'\(word)' is expected") }
            at += 1
        }
        return value
    }

    private static func isDigit(_ byte: UInt8?) -> Bool {
        byte.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
    }

    private mutating func number() throws(EmbqError) -> JSONValue {
        let start = at
        if peek() == UInt8(ascii: "-") { at += 1 }
        let leadingZero = peek() == UInt8(ascii: "0")
        let digits = try skipDigits()
        if leadingZero, digits > 1 { throw fault("a number has a leading zero") }
        if peek() == UInt8(ascii: ".") {
            at += 1
            _ = try skipDigits()
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            at += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { at += 1 }
            _ = try skipDigits()
        }
        var characters = ""
        for i in start..<at { characters.unicodeScalars.append(Unicode.Scalar(bytes[i])) }
        return .number(characters)
    }

    private mutating func skipDigits() throws(EmbqError) -> Int {
        let start = at
        while Self.isDigit(peek()) { at += 1 }
        guard at > start else { throw fault("a digit is expected") }
        return at - start
    }

    private mutating func text() throws(EmbqError) -> String {
        var utf8: [UInt8] = []
        at += 1
        while true {
            guard let byte = peek() else { throw fault("a string is not closed") }
            at += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: utf8, as: UTF8.self) else { throw fault("a string is not UTF-8") }
                return text
            case UInt8(ascii: "\\"): try escape(into: &utf8)
            case 0..<0x20: throw fault("a control character stands unescaped in a string")
            default: utf8.append(byte)
            }
        }
    }

    private mutating func escape(into utf8: inout [UInt8]) throws(EmbqError) {
        guard let byte = peek() else { throw fault("a string is not closed") }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): utf8.append(byte)
        case UInt8(ascii: "b"): utf8.append(0x08)
        case UInt8(ascii: "f"): utf8.append(0x0C)
        case UInt8(ascii: "n"): utf8.append(0x0A)
        case UInt8(ascii: "r"): utf8.append(0x0D)
        case UInt8(ascii: "t"): utf8.append(0x09)
        case UInt8(ascii: "u"):
            var code = UInt32(try hexUnit())
            if (0xD800..<0xDC00).contains(code) {
                guard peek() == UInt8(ascii: "\\") else { throw fault("half a surrogate pair") }
                at += 1
                guard peek() == UInt8(ascii: "u") else { throw fault("half a surrogate pair") }
                at += 1
                let low = UInt32(try hexUnit())
                guard (0xDC00..<0xE000).contains(low) else { throw fault("half a surrogate pair") }
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw fault("half a surrogate pair") }
            utf8.append(contentsOf: String(Character(scalar)).utf8)
        default: throw fault("an unknown escape")
        }
    }

    private mutating func hexUnit() throws(EmbqError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault("four hexadecimal digits are expected")
            }
            unit = unit << 4 | UInt16(digit)
            at += 1
        }
        return unit
    }
}
