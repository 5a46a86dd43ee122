package import EmbqCore

/// The form that torch.save wrote before 1.6, and still writes when asked to: five pickles (a magic number, a version,
/// the machine, the object, the storages' keys), then for each key the number of values in 64 bits and the values.
///
/// Source: torch/serialization.py, `_legacy_save`.
package enum PyTorchLegacy {
    /// The instructions for the magic number 0x1950a86a20f9469cfc6c, with the end of its pickle.
    private static let magic: [UInt8] = [
        0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
    ]
    /// Bytes of the protocol, and of the frame that protocols 4 and 5 put around the number.
    private static let heads = [2, 11]
    private static let version = 1001

    /// Bytes of the first pickle, when these are the bytes of such a file.
    static func magicLength(_ bytes: Span<UInt8>) -> Int? {
        guard bytes.count >= 3, bytes[0] == PickleOpcode.proto.rawValue, (2...5).contains(bytes[1]) else { return nil }
        let head = bytes[2] == PickleOpcode.frame.rawValue ? heads[1] : heads[0]
        return CheckpointFormat.has(bytes, magic, at: head) ? head + magic.count : nil
    }

    static func open(_ file: MappedFile, key: String?) throws(EmbqError) -> PyTorchFile {
        try naming(file.path) { () throws(EmbqError) in
            let content = try file.withBytes { bytes throws(EmbqError) in try Content(bytes) }
            file.release(0..<file.count)
            return try PyTorchFile(
                file, format: CheckpointFormat.pyTorchLegacy.name, archive: nil, heap: content.heap,
                root: content.root, storages: content.ranges.map { .range($0) }, key: key)
        }
    }

    /// What a file holds, without its values.
    package struct Content {
        package let heap: PickleHeap
        package let root: PickleValue
        /// Where the storages lie, in the heap's order.
        package let ranges: [Range<Int>]

        package init(_ file: Span<UInt8>) throws(EmbqError) {
            var reader = ByteReader(file.extracting(..<min(file.count, Unpickler.maximumBytes)))
            guard let magicLength = magicLength(file) else {
                throw Self.fault(.malformed, "byte 0", "the magic number is missing")
            }
            _ = try reader.readBytes(magicLength, "the magic number")
            guard try Self.pickle(&reader, "the version").value == .int(version) else {
                throw EmbqError(
                    .unsupported, place: "byte \(magicLength)", "the form's version is not \(version)",
                    advice: "Save the tensors as safetensors.")
            }
            try Self.checkMachine(try Self.pickle(&reader, "the machine"))
            let object = try Self.pickle(&reader, "the object")
            let keys = try Self.keys(try Self.pickle(&reader, "the keys"))
            heap = object.heap
            root = object.value
            ranges = try Self.ranges(file, from: reader.offset, keys, object.heap.storages)
        }

        private static func pickle(_ reader: inout ByteReader, _ what: String) throws(EmbqError) -> (
            value: PickleValue, heap: PickleHeap
        ) {
            var unpickler = Unpickler()
            do throws(EmbqError) {
                let value = try unpickler.run(&reader)
                return (value, unpickler.heap)
            } catch {
                throw error.inside("the pickle of \(what)")
            }
        }

        private static func checkMachine(_ machine: (value: PickleValue, heap: PickleHeap)) throws(EmbqError) {
            guard case .dict(let index) = machine.value else { throw fault(.malformed, nil, "the machine is no dict") }
            let order = machine.heap.dicts[index].last { $0.key == .string("little_endian") }?.value
            guard order == .bool(true) else {
                throw EmbqError(
                    .unsupported, "the values are not said to be little-endian",
                    advice: "Save the checkpoint on a little-endian machine.")
            }
        }

        private static func keys(_ list: (value: PickleValue, heap: PickleHeap)) throws(EmbqError) -> [String] {
            guard let values = list.heap.elements(list.value) else {
                throw fault(.malformed, nil, "the storages' keys are \(list.value.kind), a list is expected")
            }
            var keys: [String] = []
            for value in values {
                guard case .string(let key) = value else {
                    throw fault(.malformed, nil, "a storage's key is \(value.kind), a string is expected")
                }
                keys.append(key)
            }
            return keys
        }

        private static func ranges(_ file: Span<UInt8>, from start: Int, _ keys: [String], _ storages: [TorchStorage])
            throws(EmbqError) -> [Range<Int>]
        {
            let known = Dictionary(storages.indices.map { (storages[$0].key, $0) }, uniquingKeysWith: { a, _ in a })
            var ranges = [Range<Int>?](repeating: nil, count: storages.count)
            var offset = start
            for key in keys {
                let place = "storage '\(EmbqError.printable(key))'"
                guard let index = known[key], ranges[index] == nil else {
                    throw fault(.malformed, place, "no tensor has it, or it stands twice")
                }
                var reader = ByteReader(file.extracting(offset..<file.count))
                let count: Int64
                do throws(EmbqError) { count = try reader.read(Int64.self, "a storage's size") } catch {
                    throw fault(.truncated, place, "the file ends before it")
                }
                let byteCount = storages[index].byteCount
                guard let size = Int(exactly: count), (storages[index].dtype ?? .u8).byteCount(of: size) == byteCount
                else {
                    throw fault(.malformed, place, "it has \(count) values, the pickle says \(byteCount) bytes")
                }
                guard reader.remaining >= byteCount else {
                    throw fault(.truncated, place, "it needs \(byteCount) bytes, \(reader.remaining) are left")
                }
                ranges[index] = offset + 8..<offset + 8 + byteCount
                offset += 8 + byteCount
            }
            guard offset == file.count else {
                throw fault(.malformed, "byte \(offset)", "\(file.count - offset) bytes follow the last storage")
            }
            var complete: [Range<Int>] = []
            for (storage, range) in zip(storages, ranges) {
                guard let range else {
                    throw fault(
                        .missing, "storage '\(EmbqError.printable(storage.key))'", "its values are missing")
                }
                complete.append(range)
            }
            return complete
        }

        private static func fault(_ code: EmbqError.Code, _ place: String?, _ problem: String) -> EmbqError {
            EmbqError(
                code, place: place, problem,
                advice: "The file is cut short, damaged, or was not written by torch.save: get it again.")
        }
    }
}

extension CheckpointFormat {
    /// What torch.save wrote before 1.6.
    static let pyTorchLegacy = CheckpointFormat(
        name: "a PyTorch file (torch.save, the old form without zip)",
        recognises: { bytes in PyTorchLegacy.magicLength(bytes) != nil },
        open: { file throws(EmbqError) in try PyTorchLegacy.open(file, key: nil) },
        openKey: { file, key throws(EmbqError) in try PyTorchLegacy.open(file, key: key) })
}
