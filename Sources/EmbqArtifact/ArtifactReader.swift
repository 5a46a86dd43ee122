package import EmbqCore
package import EmbqQuantization
package import EmbqRuntime

/// An artifact taken apart for tools. The runtime has validated what inference reads; the rest is checked here.
package struct ArtifactReader: Sendable {
    /// A section's place in the file.
    package struct Section: Sendable, Equatable {
        package var tag: String
        package var offset: Int
        package var size: Int
        package var crc32: UInt32
    }

    /// A tensor of sections WGHT and TABL.
    package struct Entry: Sendable, Equatable {
        package var section: ArtifactFormat.Tag
        package var element: PlacedTensor.Element
        package var shape: [Int]
        package var offset: Int
        package var byteCount: Int
        package var name: String
    }

    package let bytes: [UInt8]
    package let device: DeviceModel
    package let sections: [Section]
    package let tensors: [Entry]
    package let checks: [CheckVector]
    /// Section META.
    package let provenance: JSONValue

    /// Opens and checks an artifact.
    ///
    /// - Throws: what the runtime says of the bytes, or `.malformed` with the section that is wrong.
    package init(_ bytes: [UInt8]) throws(EmbqError) {
        self.bytes = bytes
        device = try onDevice { () throws(RuntimeError) in try DeviceModel(artifact: bytes) }
        let sections = try Self.sections(bytes)
        self.sections = sections
        let outputs = device.outputs
        let hasChecks = device.checkCount > 0
        tensors = try Self.parse(.directory, sections, bytes) { content throws(EmbqError) in
            try Self.entries(content, sections)
        }
        provenance = try Self.parse(.provenance, sections, bytes, JSONParser.parse)
        checks =
            hasChecks
            ? try Self.parse(.checks, sections, bytes) { content throws(EmbqError) in
                try Self.checks(content, outputs: outputs)
            } : []
    }

    /// The bytes of a tensor.
    package func content(_ entry: Entry) -> ArraySlice<UInt8> {
        (section(entry.section) ?? []).dropFirst(entry.offset).prefix(entry.byteCount)
    }

    /// Replays every recorded check vector.
    ///
    /// - Returns: how many there are.
    /// - Throws: `.corrupted` with the number of the first one that gives other ids or logits; `.missing` when there is
    ///   none, which would prove nothing.
    @discardableResult
    package func replayChecks() throws(EmbqError) -> Int {
        guard device.checkCount > 0 else {
            throw EmbqError(
                .missing, "it has no check vectors, so that nothing can be replayed",
                advice: "Make it again with `embq quantize` and sentences that have tokens.")
        }
        try onDevice { () throws(RuntimeError) in try device.replayChecks() }
        return device.checkCount
    }

    /// True when the bytes begin as an artifact does.
    package static func matches(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count >= 4 else { return false }
        return Array(ArtifactFormat.magic.utf8) == (0..<4).map { bytes[$0] }
    }

    /// The bytes of a section, or nil when there is none of that tag.
    package func section(_ tag: ArtifactFormat.Tag) -> ArraySlice<UInt8>? {
        sections.first { $0.tag == tag.rawValue }.map { bytes[$0.offset..<$0.offset + $0.size] }
    }

    /// A word of the head of section MODL (`Schemas/embq-format.md`).
    func headWord(_ index: Int) -> Int {
        // embq_open has checked that all of the head is there.
        let bytes = (section(.model) ?? []).dropFirst(4 * index).prefix(4)
        return bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// The kinds of operations that the model's program uses, rising.
    package var operationKinds: [Int] { Set(ProgramListing(self).passes.flatMap(\.operations).map(\.kind)).sorted() }

    /// What a tokenizer needs of the runtime (`Schemas/tokenizer-section.md`).
    package struct TokenizerNeeds {
        package let kind: Int
        package let isExtended: Bool
        package let hasPipeline: Bool
        /// Kinds of the pipeline's steps.
        package let steps: [Int]
    }

    /// The parts of the runtime that the tokenizer needs.
    package var tokenizerNeeds: TokenizerNeeds {
        // embq_open has checked all of it.
        let head = Array((section(.tokenizer) ?? []).prefix(16))
        guard head.count == 16 else { return TokenizerNeeds(kind: 1, isExtended: false, hasPipeline: false, steps: []) }
        return TokenizerNeeds(
            kind: Int(head[2]) | Int(head[3]) << 8, isExtended: head[14] & 4 != 0, hasPipeline: head[14] & 8 != 0,
            steps: (1...7).filter { head[15] >> UInt8($0 - 1) & 1 == 1 })
    }

    /// A tensor's integers; the bytes of one that is packed.
    package func integers(_ entry: Entry) -> [Int32] {
        guard let base = sections.first(where: { $0.tag == entry.section.rawValue })?.offset else { return [] }
        let content = bytes[base + entry.offset..<base + entry.offset + entry.byteCount]
        if entry.element == .int8 { return content.map { Int32(Int8(bitPattern: $0)) } }
        if entry.element != .int32, entry.element != .int16 { return content.map { Int32($0) } }
        let size = entry.element == .int16 ? 2 : 4
        return stride(from: content.startIndex, to: content.endIndex, by: size).map { at in
            let word = (0..<size).reduce(UInt32(0)) { $0 | UInt32(content[at + $1]) << UInt32(8 * $1) }
            return size == 2 ? Int32(Int16(truncatingIfNeeded: word)) : Int32(bitPattern: word)
        }
    }

    /// Takes a section apart, naming it in errors.
    private static func parse<T>(
        _ tag: ArtifactFormat.Tag, _ sections: [Section], _ bytes: [UInt8], _ body: ([UInt8]) throws(EmbqError) -> T
    ) throws(EmbqError) -> T {
        let place = "section '\(tag.rawValue)'"
        guard let section = sections.first(where: { $0.tag == tag.rawValue }) else {
            throw EmbqError(
                .missing, place: place, "the artifact has no such section",
                advice: "Write it again with `embq quantize`.")
        }
        do throws(EmbqError) {
            return try body(Array(bytes[section.offset..<section.offset + section.size]))
        } catch {
            throw error.inside(place)
        }
    }

    /// The section table; embq_open has checked its bounds.
    private static func sections(_ bytes: [UInt8]) throws(EmbqError) -> [Section] {
        var reader = ByteReader(bytes.span)
        _ = try reader.readBytes(12, "the header")
        let count = Int(try reader.read(UInt32.self, "the section count"))
        _ = try reader.readBytes(16, "the header")
        var sections: [Section] = []
        for _ in 0..<min(count, ArtifactFormat.maximumSections) {
            let tag = try reader.readBytes(4, "a section's tag")
            sections.append(
                Section(
                    tag: String(decoding: tag, as: UTF8.self),
                    offset: Int(try reader.read(UInt32.self, "a section's offset")),
                    size: Int(try reader.read(UInt32.self, "a section's size")),
                    crc32: try reader.read(UInt32.self, "a section's checksum")))
        }
        return sections
    }

    /// The sections that tensors lie in.
    private static let tensorSections = [ArtifactFormat.Tag.weights, .tables]

    private static func entries(_ bytes: [UInt8], _ sections: [Section]) throws(EmbqError) -> [Entry] {
        var reader = ByteReader(bytes.span)
        let count = Int(try reader.read(UInt32.self, "the tensor count"))
        var entries: [Entry] = []
        var names: Set<String> = []
        for _ in 0..<count {
            let tag = String(decoding: try reader.readBytes(4, "a tensor's section"), as: UTF8.self)
            let type = try reader.read(UInt16.self, "a tensor's type")
            let rank = Int(try reader.read(UInt16.self, "a tensor's rank"))
            var shape: [Int] = []
            for _ in 0..<rank { shape.append(Int(try reader.read(UInt32.self, "a dimension"))) }
            let offset = Int(try reader.read(UInt32.self, "a tensor's offset"))
            let byteCount = Int(try reader.read(UInt32.self, "a tensor's size"))
            let length = Int(try reader.read(UInt16.self, "a name's length"))
            let name = String(decoding: try reader.readBytes(length, "a tensor's name"), as: UTF8.self)
            guard let element = PlacedTensor.Element(rawValue: type),
                let section = Self.tensorSections.first(where: { $0.rawValue == tag }),
                let size = sections.first(where: { $0.tag == tag })?.size,
                element.byteCount(shape) == byteCount, let end = offset.adding(byteCount), end <= size
            else {
                throw EmbqError(
                    .malformed, place: EmbqError.place(tensor: name), "its type, shape and place do not fit together",
                    advice: "Write the artifact again with `embq quantize`.")
            }
            guard names.insert(name).inserted else {
                throw EmbqError(
                    .duplicate, place: EmbqError.place(tensor: name), "the name stands twice",
                    advice: "Write the artifact again with `embq quantize`.")
            }
            entries.append(
                Entry(
                    section: section, element: element, shape: shape, offset: offset,
                    byteCount: byteCount, name: name))
        }
        guard reader.remaining == 0 else {
            throw EmbqError(
                .malformed, place: "byte \(reader.offset)", "\(reader.remaining) bytes follow the last tensor",
                advice: "Write the artifact again with `embq quantize`.")
        }
        return entries
    }

    /// embq_open has checked that all of it lies inside the section.
    private static func checks(_ bytes: [UInt8], outputs: Int) throws(EmbqError) -> [CheckVector] {
        var reader = ByteReader(bytes.span)
        let count = Int(try reader.read(UInt32.self, "the count"))
        func integers<T: FixedWidthInteger>(_ type: T.Type, at offset: Int, _ count: Int) throws(EmbqError) -> [T] {
            var reader = ByteReader(bytes.span.extracting(offset...))
            var values: [T] = []
            for _ in 0..<count { values.append(try reader.read(T.self, "a check vector")) }
            return values
        }
        var checks: [CheckVector] = []
        for _ in 0..<count {
            var words: [Int] = []
            for _ in 0..<5 { words.append(Int(try reader.read(UInt32.self, "a check vector's record"))) }
            checks.append(
                CheckVector(
                    text: try integers(UInt8.self, at: words[0], words[1]),
                    ids: try integers(UInt16.self, at: words[2], words[3]),
                    logits: try integers(Int32.self, at: words[4], outputs)))
        }
        return checks
    }
}
