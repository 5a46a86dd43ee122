package import EmbqCore

/// Reads a Python pickle as data: a closed list of instructions and of names, and never any code.
///
/// A pickle is a program for a small stack machine whose names may stand for any function of Python. Here a name that
/// is not in ``PickleGlobal`` ends the reading, wherever it stands; the others build values of ``PickleValue``.
package struct Unpickler {
    package static let maximumBytes = 64 << 20
    package static let maximumOpcodes = 1 << 24
    package static let maximumStack = 1 << 20
    /// Open marks: how deep literals may be nested.
    package static let maximumDepth = 1000
    package static let maximumMemo = 1 << 22
    /// Containers, and the items that containers are made of anew.
    package static let maximumNodes = 1 << 22
    package static let maximumTensors = 1 << 18

    package internal(set) var heap = PickleHeap()
    var stack: [PickleValue] = []
    /// The stack's sizes at the marks.
    var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    /// Items that were copied from one container into another: a few bytes can ask for millions.
    private var copied = 0
    /// Storages by their key.
    var storageIndex: [String: Int] = [:]
    /// Where the current instruction begins.
    private var offset = 0

    package init() {}

    /// Runs one pickle up to its end, which the reader is left at.
    ///
    /// - Returns: the value, whose containers are in ``heap``.
    /// - Throws: what is wrong, with the path of keys to where it stands, or the byte.
    package mutating func run(_ reader: inout ByteReader) throws(EmbqError) -> PickleValue {
        stack = []
        marks = []
        memo = [:]
        offset = reader.offset
        guard try reader.read(UInt8.self, "a pickle") == PickleOpcode.proto.rawValue else {
            throw unsupported("the pickle is of protocol 0 or 1, or none at all")
        }
        let version = try reader.read(UInt8.self, "a pickle's protocol")
        guard (2...5).contains(version) else { throw unsupported("the pickle is of protocol \(version)") }
        for _ in 0..<Self.maximumOpcodes {
            offset = reader.offset
            let byte = try reader.read(UInt8.self, "the pickle's next instruction")
            guard let opcode = PickleOpcode(rawValue: byte) else {
                throw unsupported(
                    PickleOpcode.refused[byte].map { "it has the instruction \($0)" }
                        ?? "it has the unknown instruction 0x\(String(byte, radix: 16))")
            }
            if opcode == .stop { return try result() }
            try execute(opcode, &reader)
            guard stack.count <= Self.maximumStack, heap.count + copied <= Self.maximumNodes,
                heap.tensors.count <= Self.maximumTensors
            else {
                throw limit(
                    "its values, \(Self.maximumStack) at once, \(Self.maximumNodes) containers or "
                        + "\(Self.maximumTensors) tensors")
            }
        }
        throw limit("its instructions, \(Self.maximumOpcodes)")
    }

    private mutating func result() throws(EmbqError) -> PickleValue {
        guard marks.isEmpty, stack.count == 1, let value = stack.first else {
            throw fault("it ends with \(stack.count) values and \(marks.count) open marks, one value is expected")
        }
        return value
    }

    private mutating func execute(_ opcode: PickleOpcode, _ reader: inout ByteReader) throws(EmbqError) {
        if let value = try literal(opcode, &reader) { return stack.append(value) }
        switch opcode {
        case .mark:
            guard marks.count < Self.maximumDepth else { throw limit("its nesting, \(Self.maximumDepth)") }
            marks.append(stack.count)
        case .pop:
            // On a bare mark it takes the mark, as Python does.
            if marks.last == stack.count, !marks.isEmpty { marks.removeLast() } else { _ = try pop() }
        case .popMark: _ = try popFrame()
        case .dup: stack.append(try top())
        case .binPut: try put(Int(try reader.read(UInt8.self, "a memo's number")))
        case .longBinPut: try put(Int(try reader.read(UInt32.self, "a memo's number")))
        case .memoize: try put(memo.count)
        case .binGet: stack.append(try get(Int(try reader.read(UInt8.self, "a memo's number"))))
        case .longBinGet: stack.append(try get(Int(try reader.read(UInt32.self, "a memo's number"))))
        case .proto: throw fault("it says its protocol a second time")
        case .frame:
            let length = try reader.read(UInt64.self, "a frame's length")
            guard length <= UInt64(reader.remaining) else {
                throw EmbqError(
                    .truncated, place: place, "a frame of \(length) bytes begins, \(reader.remaining) are left",
                    advice: "The file is cut short or damaged: copy or download it again.")
            }
        case .global: try pushGlobal(try line(&reader), try line(&reader))
        case .stackGlobal:
            guard case (.string(let name), .string(let module)) = (try pop(), try pop()) else {
                throw fault("a name is made of values that are no strings")
            }
            try pushGlobal(module, name)
        case .reduce:
            let arguments = try pop()
            stack.append(try call(try pop(), arguments))
        case .newObject:
            let arguments = try pop()
            stack.append(try make(try pop(), arguments))
        case .build:
            let state = try pop()
            try setState(of: try top(), state)
        case .binPersistentID: stack.append(try storage(try pop()))
        default: try container(opcode)
        }
    }

    /// A value that an instruction holds itself, or nil for another instruction.
    private func literal(_ opcode: PickleOpcode, _ reader: inout ByteReader) throws(EmbqError) -> PickleValue? {
        switch opcode {
        case .none: return PickleValue.none
        case .newTrue: return .bool(true)
        case .newFalse: return .bool(false)
        case .binInt: return .int(Int(try reader.read(Int32.self, "an integer")))
        case .binInt1: return .int(Int(try reader.read(UInt8.self, "an integer")))
        case .binInt2: return .int(Int(try reader.read(UInt16.self, "an integer")))
        case .long1: return integer(try reader.readBytes(Int(try reader.read(UInt8.self, "a length")), "an integer"))
        case .long4:
            // A negative length is refused by the reader.
            return integer(try reader.readBytes(Int(try reader.read(Int32.self, "a length")), "an integer"))
        case .binFloat:
            // The one number in a pickle that is big-endian.
            return .float(Double(bitPattern: try reader.read(UInt64.self, "a number").byteSwapped))
        case .binUnicode, .binString: return try string(Int(try reader.read(UInt32.self, "a length")), &reader)
        case .shortBinUnicode, .shortBinString: return try string(Int(try reader.read(UInt8.self, "a length")), &reader)
        case .binUnicode8: return try string(Int(clamping: try reader.read(UInt64.self, "a length")), &reader)
        case .binBytes: return try bytes(Int(try reader.read(UInt32.self, "a length")), &reader)
        case .shortBinBytes: return try bytes(Int(try reader.read(UInt8.self, "a length")), &reader)
        case .binBytes8, .byteArray8: return try bytes(Int(clamping: try reader.read(UInt64.self, "a length")), &reader)
        default: return nil
        }
    }

    /// A two's complement number of any length, least significant byte first.
    private func integer(_ bytes: [UInt8]) -> PickleValue {
        let negative = (bytes.last ?? 0) >= 0x80
        guard bytes.count <= 8 else { return .opaque(.wideInteger) }
        var value: UInt64 = negative ? .max : 0
        for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
        return .int(Int(truncatingIfNeeded: value))
    }

    private func string(_ count: Int, _ reader: inout ByteReader) throws(EmbqError) -> PickleValue {
        guard let text = String(validating: try reader.readBytes(count, "a string"), as: UTF8.self) else {
            throw fault("a string is not UTF-8")
        }
        return .string(text)
    }

    private func bytes(_ count: Int, _ reader: inout ByteReader) throws(EmbqError) -> PickleValue {
        _ = try reader.readBytes(count, "bytes")
        return .opaque(.bytes)
    }

    /// Text up to a line feed.
    private func line(_ reader: inout ByteReader) throws(EmbqError) -> String {
        var bytes: [UInt8] = []
        while true {
            let byte = try reader.read(UInt8.self, "a name")
            if byte == UInt8(ascii: "\n") { break }
            bytes.append(byte)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw fault("a name is not UTF-8") }
        return text
    }

    private mutating func put(_ index: Int) throws(EmbqError) {
        memo[index] = try top()
        guard memo.count <= Self.maximumMemo else { throw limit("its memo, \(Self.maximumMemo)") }
    }

    private func get(_ index: Int) throws(EmbqError) -> PickleValue {
        guard let value = memo[index] else {
            throw fault("it asks for value \(index) of its memo, which was never put")
        }
        return value
    }

    // MARK: The stack

    func top() throws(EmbqError) -> PickleValue {
        guard stack.count > marks.last ?? 0, let value = stack.last else {
            throw fault("it takes a value from an empty stack")
        }
        return value
    }

    mutating func pop() throws(EmbqError) -> PickleValue {
        let value = try top()
        stack.removeLast()
        return value
    }

    /// Notes that items are about to be copied.
    mutating func copy(_ count: Int) throws(EmbqError) {
        copied += count
        guard copied <= Self.maximumNodes else { throw limit("copied items, \(Self.maximumNodes)") }
    }

    /// The values above the last mark.
    mutating func popFrame() throws(EmbqError) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw fault("it goes back to a mark that was never set") }
        let values = Array(stack[mark...])
        stack.removeLast(values.count)
        return values
    }

    // MARK: Errors

    /// The keys that lead to the value being built, or the byte.
    var place: String {
        let path = path
        return path.isEmpty ? "byte \(offset)" : "'\(EmbqError.printable(path))'"
    }

    func fault(_ problem: String) -> EmbqError {
        EmbqError(
            .malformed, place: place, problem,
            advice: "The pickle is damaged or made to confuse: get the file again from its source.")
    }

    func unsupported(_ problem: String) -> EmbqError {
        EmbqError(
            .unsupported, place: place, problem,
            advice: "Load the file where you trust it, and save the state_dict alone with torch.save or safetensors.")
    }

    private func limit(_ what: String) -> EmbqError {
        EmbqError(
            .limitExceeded, place: "byte \(offset)", "the pickle passes the limit of \(what)",
            advice: "No state_dict is like this: get the file again from its source, or save the state_dict alone.")
    }
}
