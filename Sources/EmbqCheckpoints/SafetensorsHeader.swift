package import EmbqCore

/// The part of a safetensors file before the values: 8 bytes of length, then JSON.
///
/// Read strictly: whatever could hide bytes from one reader and show them to another (duplicates, holes, overlaps,
/// trailing bytes) is refused.
///
/// Source: the format's description and reference implementation at github.com/huggingface/safetensors.
package struct SafetensorsHeader {
    /// The longest JSON accepted, as in the reference implementation.
    package static let maximumLength = 100_000_000
    /// The most dimensions accepted, as many as numpy has.
    package static let maximumRank = 64
    /// The key that holds free text instead of a tensor.
    static let metadataKey = "__metadata__"

    /// Free text, sorted by key.
    package let metadata: [(key: String, value: String)]
    /// Sorted by name; their ranges count from the start of the file.
    package let tensors: [TensorInfo]

    /// Reads and checks the header against the whole file, whose values are not touched.
    ///
    /// - Throws: what is wrong and with which tensor; the caller adds the file.
    package init(_ file: Span<UInt8>) throws(EmbqError) {
        let dataStart = try Self.dataStart(file)
        let entries = try Self.json(file.extracting(8..<dataStart))
        try TensorInfo.requireCount(entries.count, place: "header")
        var metadata: [(key: String, value: String)] = []
        var tensors: [TensorInfo] = []
        tensors.reserveCapacity(entries.count)
        for (key, value) in entries {
            if key.hasSameBytes(as: Self.metadataKey) {
                metadata = try Self.metadata(value)
            } else {
                tensors.append(try Self.tensor(key, value, dataStart: dataStart, fileSize: file.count))
            }
        }
        try Self.requireCoverage(tensors, dataStart: dataStart, fileSize: file.count)
        self.metadata = metadata.sorted { $0.key.precedesByBytes($1.key) }
        self.tensors = tensors.sorted { $0.name.precedesByBytes($1.name) }
    }

    private static func dataStart(_ file: Span<UInt8>) throws(EmbqError) -> Int {
        var reader = ByteReader(file)
        let length = try reader.read(UInt64.self, "the length of the header")
        guard length <= UInt64(maximumLength) else {
            throw EmbqError(
                .limitExceeded, place: "byte 0",
                "the header would be \(length) bytes long, the limit is \(maximumLength)",
                advice: "This is no safetensors file, or its first bytes are damaged: get it again from its source.")
        }
        guard length <= UInt64(reader.remaining) else {
            throw EmbqError(
                .truncated, place: "byte 8", "the header needs \(length) bytes, \(reader.remaining) are left",
                advice: "The file is cut short or damaged: copy or download it again.")
        }
        return 8 + Int(length)
    }

    private static func json(_ header: Span<UInt8>) throws(EmbqError) -> JSONObject {
        guard header.count > 0, header[0] == UInt8(ascii: "{") else {
            throw fault(
                "header", "it starts with \(header.count > 0 ? "byte \(header[0])" : "nothing"), '{' is expected")
        }
        let document: JSONValue
        do throws(EmbqError) { document = try JSONParser.parse(header) } catch { throw error.inside("header") }
        guard case .object(let entries) = document else {
            throw fault("header", "it is \(document.kind), an object is expected")
        }
        return entries
    }

    private static func metadata(_ value: JSONValue) throws(EmbqError) -> [(key: String, value: String)] {
        guard case .object(let members) = value else {
            throw fault(metadataKey, "it is \(value.kind), an object of strings is expected")
        }
        try TensorInfo.requireCount(members.count, of: "texts", place: metadataKey)
        var texts: [(key: String, value: String)] = []
        for (key, value) in members {
            guard case .string(let text) = value else {
                throw fault(metadataKey, "'\(EmbqError.printable(key))' is \(value.kind), a string is expected")
            }
            texts.append((key, text))
        }
        return texts
    }

    private static func tensor(_ name: String, _ entry: JSONValue, dataStart: Int, fileSize: Int) throws(EmbqError)
        -> TensorInfo
    {
        let place = EmbqError.place(tensor: name)
        guard case .object(let members) = entry else {
            throw fault(place, "its entry is \(entry.kind), an object is expected")
        }
        var fields: (dtype: JSONValue?, shape: JSONValue?, offsets: JSONValue?) = (nil, nil, nil)
        for (key, value) in members {
            switch key {
            case "dtype": fields.dtype = value
            case "shape": fields.shape = value
            case "data_offsets": fields.offsets = value
            default:
                throw fault(
                    place,
                    "its entry has the unknown key '\(EmbqError.printable(key))'; dtype, shape, data_offsets are known")
            }
        }
        let dtype = try dtype(try require(fields.dtype, "dtype", place), place)
        let shape = try integers(try require(fields.shape, "shape", place), "shape", place)
        let offsets = try integers(try require(fields.offsets, "data_offsets", place), "data_offsets", place)
        guard shape.count <= maximumRank else {
            throw fault(place, "it has \(shape.count) dimensions, the limit is \(maximumRank)", .limitExceeded)
        }
        guard offsets.count == 2 else {
            throw fault(place, "data_offsets has \(offsets.count) numbers, 2 are expected")
        }
        let size = fileSize - dataStart
        guard offsets[0] <= offsets[1] else {
            throw fault(place, "it ends at \(offsets[1]), before it begins at \(offsets[0])")
        }
        guard offsets[1] <= size else {
            throw fault(place, "it ends at byte \(offsets[1]) of the values, which are \(size) bytes", .truncated)
        }
        guard
            let info = TensorInfo(
                name: name, dtype: dtype, shape: shape, fileRange: dataStart + offsets[0]..<dataStart + offsets[1])
        else {
            throw fault(place, "\(dtype.rawValue) \(shape) is no size that a file can have")
        }
        guard offsets[1] - offsets[0] == info.byteCount else {
            throw fault(
                place,
                "\(dtype.rawValue) \(shape) takes \(info.byteCount) bytes, data_offsets gives it \(offsets[1] - offsets[0])"
            )
        }
        return info
    }

    private static func require(_ value: JSONValue?, _ key: String, _ place: String) throws(EmbqError) -> JSONValue {
        guard let value else { throw fault(place, "its entry has no \(key)", .missing) }
        return value
    }

    private static func dtype(_ value: JSONValue, _ place: String) throws(EmbqError) -> DType {
        guard case .string(let name) = value else { throw fault(place, "dtype is \(value.kind), a string is expected") }
        guard let dtype = DType(rawValue: name) else {
            throw EmbqError(
                .unsupported, place: place, "its dtype '\(EmbqError.printable(name))' is unknown",
                advice: "Known are \(DType.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return dtype
    }

    private static func integers(_ value: JSONValue, _ key: String, _ place: String) throws(EmbqError) -> [Int] {
        guard case .array(let items) = value else {
            throw fault(place, "\(key) is \(value.kind), an array of integers is expected")
        }
        var integers: [Int] = []
        integers.reserveCapacity(items.count)
        for item in items {
            // A minus sign is refused on "-0" too, as the reference does.
            guard case .number(let digits) = item, let integer = item.int, digits.utf8.first != UInt8(ascii: "-") else {
                throw fault(place, "\(key) holds \(item.kind), an integer from 0 to \(Int.max) is expected")
            }
            integers.append(integer)
        }
        return integers
    }

    /// Every byte after the header belongs to exactly one tensor.
    private static func requireCoverage(_ tensors: [TensorInfo], dataStart: Int, fileSize: Int) throws(EmbqError) {
        let placed = tensors.compactMap { info in info.fileRange.map { (info.name, $0) } }.sorted { a, b in
            (a.1.lowerBound, a.1.upperBound) < (b.1.lowerBound, b.1.upperBound)
        }
        var end = dataStart
        var last: String?
        for (name, range) in placed {
            let place = EmbqError.place(tensor: name)
            guard range.lowerBound >= end else {
                throw fault(
                    place,
                    "it begins at byte \(range.lowerBound - dataStart) of the values, inside "
                        + "\(EmbqError.place(tensor: last ?? "")), which ends at \(end - dataStart)")
            }
            guard range.lowerBound == end else {
                throw fault(
                    place,
                    "bytes \(end - dataStart) to \(range.lowerBound - dataStart) of the values, before it, belong to no tensor"
                )
            }
            end = range.upperBound
            last = name
        }
        guard end == fileSize else {
            throw fault("byte \(end)", "the last \(fileSize - end) bytes of the file belong to no tensor")
        }
    }

    private static func fault(_ place: String, _ problem: String, _ code: EmbqError.Code = .malformed) -> EmbqError {
        EmbqError(
            code, place: place, problem,
            advice: "The file breaks the rules of safetensors: get it again from its source, or save the model again.")
    }
}
