package import EmbqCore

/// The part of a GGUF file before the values: what it says about itself, and where its tensors lie.
///
/// Source: github.com/ggml-org/ggml, docs/gguf.md, version 3.
package struct GGUFHeader {
    /// By key.
    let values: [String: GGUFValue]
    /// In the order of the file.
    package let tensors: [GGUFTensor]

    private static let magic = Array("GGUF".utf8)
    private static let version: UInt32 = 3
    private static let maximumKeys: UInt64 = 65_536
    private static let maximumTensors = UInt64(TensorInfo.maximumCount)
    private static let alignmentKey = "general.alignment"

    /// Reads and checks the header against the whole file, whose values are not touched.
    ///
    /// - Throws: what is wrong and with which key or tensor; the caller adds the file.
    package init(_ file: Span<UInt8>) throws(EmbqError) {
        var reader = ByteReader(file)
        guard try reader.readBytes(4, "the file's mark") == Self.magic else {
            throw Self.fault(.malformed, "byte 0", "it does not begin with GGUF")
        }
        let version = try reader.read(UInt32.self, "the version")
        guard version == Self.version else {
            throw Self.fault(
                .unsupported, "byte 4", "its version is \(version), \(Self.version) is expected",
                advice: version.byteSwapped == Self.version
                    ? "The file is big-endian: convert the model again for a little-endian machine."
                    : "Convert the model again with a current llama.cpp.")
        }
        let tensorCount = try Self.count(&reader, "tensors", most: Self.maximumTensors)
        let keyCount = try Self.count(&reader, "keys", most: Self.maximumKeys)
        values = try Self.values(&reader, keyCount)
        let infos = try (0..<tensorCount).map { _ throws(EmbqError) in try GGUFTensor.Entry(&reader) }
        tensors = try Self.place(
            infos, start: reader.offset, fileSize: file.count, alignment: try Self.alignment(values))
    }

    private static func count(_ reader: inout ByteReader, _ what: String, most: UInt64) throws(EmbqError) -> Int {
        let offset = reader.offset
        let count = try reader.read(UInt64.self, "the number of \(what)")
        guard count <= most else {
            throw fault(.limitExceeded, "byte \(offset)", "it would have \(count) \(what), the limit is \(most)")
        }
        return Int(count)
    }

    private static func values(_ reader: inout ByteReader, _ count: Int) throws(EmbqError) -> [String: GGUFValue] {
        var values: [String: GGUFValue] = [:]
        for _ in 0..<count {
            let key = try GGUFValue.text(&reader, "a key")
            let value: GGUFValue
            do throws(EmbqError) { value = try GGUFValue(&reader) } catch { throw error.inside(place(key)) }
            guard values.updateValue(value, forKey: key) == nil else {
                throw fault(.duplicate, place(key), "the key appears twice")
            }
        }
        return values
    }

    private static func alignment(_ values: [String: GGUFValue]) throws(EmbqError) -> Int {
        guard let value = values[alignmentKey] else { return 32 }
        guard let alignment = value.int, alignment > 0, alignment <= 1 << 20, alignment & (alignment - 1) == 0 else {
            throw fault(.malformed, place(alignmentKey), "\(value.summary) is no power of two up to \(1 << 20)")
        }
        return alignment
    }

    /// Finds each tensor's bytes, which share none.
    private static func place(_ entries: [GGUFTensor.Entry], start: Int, fileSize: Int, alignment: Int)
        throws(EmbqError) -> [GGUFTensor]
    {
        guard let start = start.roundedUp(to: alignment), start <= fileSize || entries.isEmpty else {
            throw fault(.truncated, "byte \(start)", "the values of \(entries.count) tensors are missing")
        }
        var names: Set<ExactString> = []
        var tensors: [GGUFTensor] = []
        tensors.reserveCapacity(entries.count)
        for entry in entries {
            let tensor = try GGUFTensor(entry, start: start, fileSize: fileSize, alignment: alignment)
            guard names.insert(ExactString(tensor.name)).inserted else {
                throw fault(.duplicate, EmbqError.place(tensor: tensor.name), "two tensors have this name")
            }
            tensors.append(tensor)
        }
        var end = start
        for tensor in tensors.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) where !tensor.range.isEmpty {
            guard tensor.range.lowerBound >= end else {
                throw fault(
                    .malformed, EmbqError.place(tensor: tensor.name), "its bytes are those of another tensor too")
            }
            end = tensor.range.upperBound
        }
        return tensors
    }

    static func place(_ key: String) -> String { "'\(EmbqError.printable(key))'" }

    static func fault(
        _ code: EmbqError.Code, _ place: String, _ problem: String,
        advice: String = "The file is damaged: copy or download it again, or convert the model again."
    ) -> EmbqError { EmbqError(code, place: place, problem, advice: advice) }
}

/// A value that a GGUF file gives a key.
enum GGUFValue: Sendable {
    case integer(Int)
    case number(Double)
    case bool(Bool)
    case text(String)
    case texts([String])
    case integers([Int])
    /// Of other numbers, which nobody reads.
    case numbers(count: Int)

    /// As ggml numbers the types.
    private static let (string, array): (UInt32, UInt32) = (8, 9)
    private static let maximumText = 1 << 20

    init(_ reader: inout ByteReader) throws(EmbqError) {
        let type = try reader.read(UInt32.self, "a value's type")
        switch type {
        case Self.string: self = .text(try Self.text(&reader, "a value"))
        case Self.array: self = try Self.list(&reader)
        default: self = try Self.scalar(&reader, type)
        }
    }

    private static func scalar(_ reader: inout ByteReader, _ type: UInt32) throws(EmbqError) -> GGUFValue {
        switch type {
        case 0: .integer(Int(try reader.read(UInt8.self, "a value")))
        case 1: .integer(Int(try reader.read(Int8.self, "a value")))
        case 2: .integer(Int(try reader.read(UInt16.self, "a value")))
        case 3: .integer(Int(try reader.read(Int16.self, "a value")))
        case 4: .integer(Int(try reader.read(UInt32.self, "a value")))
        case 5: .integer(Int(try reader.read(Int32.self, "a value")))
        case 6: single(Float(bitPattern: try reader.read(UInt32.self, "a value")))
        case 7: .bool(try reader.read(UInt8.self, "a value") != 0)
        case 10: large(try reader.read(UInt64.self, "a value"))
        case 11: large(try reader.read(Int64.self, "a value"))
        case 12: .number(Double(bitPattern: try reader.read(UInt64.self, "a value")))
        default:
            throw GGUFHeader.fault(.malformed, "byte \(reader.offset)", "\(type) is no type of a value")
        }
    }

    /// As it is written, and not what binary32 makes of it: 1e-12.
    private static func single(_ value: Float) -> GGUFValue { .number(Double("\(value)") ?? Double(value)) }

    /// One that does not fit is a number that no key here can be.
    private static func large(_ value: some FixedWidthInteger) -> GGUFValue {
        Int(exactly: value).map { .integer($0) } ?? .number(Double(value))
    }

    private static func list(_ reader: inout ByteReader) throws(EmbqError) -> GGUFValue {
        let type = try reader.read(UInt32.self, "the type of a list")
        let count = try reader.read(UInt64.self, "the length of a list")
        // No element is smaller than a byte.
        guard type != array, count <= UInt64(reader.remaining) else {
            throw GGUFHeader.fault(
                type == array ? .unsupported : .truncated, "byte \(reader.offset)",
                type == array ? "it is a list of lists" : "a list of \(count) does not fit into the file")
        }
        if type == string {
            var texts: [String] = []
            for _ in 0..<Int(count) { texts.append(try text(&reader, "an element")) }
            return .texts(texts)
        }
        var integers: [Int] = []
        for _ in 0..<Int(count) {
            if case .integer(let value) = try scalar(&reader, type) { integers.append(value) }
        }
        return integers.count == Int(count) ? .integers(integers) : .numbers(count: Int(count))
    }

    static func text(_ reader: inout ByteReader, _ what: String) throws(EmbqError) -> String {
        let offset = reader.offset
        let length = try reader.read(UInt64.self, "the length of \(what)")
        guard length <= UInt64(maximumText) else {
            throw GGUFHeader.fault(
                .limitExceeded, "byte \(offset)", "\(what) would have \(length) bytes, the limit is \(maximumText)")
        }
        guard let text = String(validating: try reader.readBytes(Int(length), what), as: UTF8.self) else {
            throw GGUFHeader.fault(.malformed, "byte \(offset)", "\(what) is not UTF-8")
        }
        return text
    }

    var int: Int? { if case .integer(let value) = self { value } else { nil } }
    var string: String? { if case .text(let value) = self { value } else { nil } }

    /// As JSON, for messages and config.json.
    var json: JSONValue? {
        switch self {
        case .integer(let value): .number("\(value)")
        case .number(let value): value.isFinite ? .number("\(value)") : nil
        case .bool(let value): .bool(value)
        case .text(let value): .string(value)
        case .texts, .integers, .numbers: nil
        }
    }

    var summary: String {
        switch self {
        case .texts(let list): "a list of \(list.count) texts"
        case .integers(let list): "a list of \(list.count) numbers"
        case .numbers(let count): "a list of \(count) numbers"
        case .integer, .number, .bool, .text: json?.summary ?? "no finite number"
        }
    }
}
