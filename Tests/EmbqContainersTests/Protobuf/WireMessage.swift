/// A protobuf message put together field by field, so that tests can write what no library would.
struct WireMessage {
    private(set) var bytes: [UInt8] = []

    static func varint(_ value: UInt64) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while rest > 127 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    /// Appends bytes as they are.
    func raw(_ more: [UInt8]) -> WireMessage {
        var copy = self
        copy.bytes += more
        return copy
    }

    func key(_ number: UInt64, wire: UInt64) -> WireMessage { raw(Self.varint(number << 3 | wire)) }

    func varint(_ number: UInt64, _ value: UInt64) -> WireMessage { key(number, wire: 0).raw(Self.varint(value)) }

    func float(_ number: UInt64, _ value: Float) -> WireMessage {
        let bits = value.bitPattern
        return key(number, wire: 5).raw((0..<4).map { UInt8(truncatingIfNeeded: bits >> UInt32(8 * $0)) })
    }

    func bytes(_ number: UInt64, _ content: [UInt8]) -> WireMessage {
        key(number, wire: 2).raw(Self.varint(UInt64(content.count))).raw(content)
    }

    func text(_ number: UInt64, _ text: String) -> WireMessage { bytes(number, Array(text.utf8)) }

    func message(_ number: UInt64, _ message: WireMessage) -> WireMessage { bytes(number, message.bytes) }

    func packed(_ number: UInt64, _ values: [UInt64]) -> WireMessage { bytes(number, values.flatMap(Self.varint)) }
}
