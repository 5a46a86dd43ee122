import EmbqContainers
import EmbqCore
import Testing

/// A file that must be refused, and how.
struct HostileProfile: CustomTestStringConvertible {
    let testDescription: String
    let code: EmbqError.Code
    /// Stands in the rendered error.
    let says: String
    let bytes: [UInt8]

    init(_ name: String, _ code: EmbqError.Code, _ says: String, _ message: WireMessage) {
        testDescription = name
        self.code = code
        self.says = says
        bytes = message.bytes
    }
}

extension HostileProfile {
    /// A negative int32 takes ten bytes: it is extended to 64 bits.
    static func exponent(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) }

    static func histogram(_ exponent: Int64, _ counts: [UInt64]) -> WireMessage {
        WireMessage().varint(1, self.exponent(exponent)).packed(2, counts)
    }

    /// `sint32` and `sint64` take few bytes for numbers near 0 of either sign.
    private static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }

    static func sum(_ exponent: Int64, _ terms: [Int64]) -> WireMessage {
        WireMessage().varint(1, zigzag(exponent)).packed(2, terms.map(zigzag))
    }

    static func point(_ name: String, _ minimum: Float, _ maximum: Float, _ histogram: WireMessage) -> WireMessage {
        WireMessage().text(1, name).float(2, minimum).float(3, maximum).message(4, histogram)
    }

    /// The points of `ProfileSamples.small`.
    static let smallPoints = [
        point("layer.0.norm", -3.25, 4.5, histogram(3, [0, 1, 2, 127, 128, 300, 16384, 5])),
        point("layer.0.query", -0.125, 0.0078125, histogram(-3, [7, 0, 0, 1])),
    ]

    static let format = WireMessage().text(1, CalibrationProfileFile.format)

    /// The fields of `ProfileSamples.small` between the format and the points, by number.
    static let smallFields: [UInt64: WireMessage] = [
        2: WireMessage().varint(2, 3),
        3: WireMessage().text(3, ProfileSamples.small.family),
        4: WireMessage().text(4, ProfileSamples.small.modelSHA256),
        5: WireMessage().text(5, ProfileSamples.small.dataSHA256),
        6: WireMessage().varint(6, UInt64(ProfileSamples.small.sentences)),
        7: WireMessage().varint(7, UInt64(ProfileSamples.small.tokens)),
        8: WireMessage().text(8, ProfileSamples.small.observer),
    ]

    /// `ProfileSamples.small` with fields replaced (an empty message leaves one out) and other points.
    static func profile(
        _ replaced: [UInt64: WireMessage] = [:], points: [WireMessage] = smallPoints
    ) -> WireMessage {
        let fields = smallFields.merging(replaced) { _, new in new }
        var message = format
        for (_, field) in fields.sorted(by: { $0.key < $1.key }) { message = message.raw(field.bytes) }
        for point in points { message = message.message(9, point) }
        return message
    }
}
