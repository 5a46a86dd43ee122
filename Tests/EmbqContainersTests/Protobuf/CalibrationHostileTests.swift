import EmbqContainers
import EmbqCore
import EmbqTestSupport
import Testing

@Suite("Calibration profiles that must be refused") struct CalibrationHostileTests {
    private static func point(_ histogram: WireMessage) -> WireMessage {
        HostileProfile.point("p", 0, 1, histogram)
    }

    private static func onePoint(_ point: WireMessage) -> WireMessage { HostileProfile.profile(points: [point]) }

    private static func sum(_ exponent: Int64, _ terms: [Int64]) -> WireMessage {
        HostileProfile.sum(exponent, terms)
    }

    /// A good point with a sum of minima, and one of maxima that is good.
    private static func sums(_ exponent: Int64, _ terms: [Int64]) -> WireMessage {
        point(good).message(6, sum(exponent, terms)).message(7, sum(0, [1]))
    }

    private static let good = HostileProfile.histogram(0, [1, 2])

    static let framing: [HostileProfile] = [
        .init("an empty file", .malformed, "not a calibration profile", WireMessage()),
        .init("another kind of file", .malformed, "not a calibration profile", WireMessage().text(1, "a text")),
        .init(
            "the format in another place", .malformed, "not a calibration profile",
            WireMessage().varint(2, 1).raw(HostileProfile.format.bytes)),
        .init("the format alone", .missing, "'version' is missing", HostileProfile.format),
        .init(
            "the format twice", .duplicate, "stands twice",
            HostileProfile.profile().text(1, CalibrationProfileFile.format)),
        .init(
            "a length of 2^63", .truncated, "byte 26: the data ends",
            HostileProfile.format.key(9, wire: 2).raw(WireMessage.varint(1 << 63))),
        .init(
            "a length of 2^64 - 1", .truncated, "byte 26",
            HostileProfile.format.key(9, wire: 2).raw(WireMessage.varint(.max))),
        .init(
            "a length of 2^31 in an unknown field", .truncated, "byte 26",
            HostileProfile.format.key(77, wire: 2).raw(WireMessage.varint(1 << 31))),
        .init(
            "a length one too long", .truncated, "the data ends",
            HostileProfile.profile().key(50, wire: 2).raw([3, 1, 2])),
        .init(
            "a varint of 65 bits", .malformed, "more than 64 bits",
            HostileProfile.profile().key(50, wire: 0).raw(Array(repeating: 0xFF, count: 9) + [2])),
        .init(
            "a varint of eleven bytes", .malformed, "more than 64 bits",
            HostileProfile.profile().key(50, wire: 0).raw(Array(repeating: 0x80, count: 10) + [1])),
        .init("a varint cut short", .truncated, "the data ends", HostileProfile.profile().key(50, wire: 0).raw([0x80])),
        .init("a key cut short", .truncated, "the data ends", HostileProfile.profile().raw([0x80])),
        .init("field number 0", .malformed, "field number", HostileProfile.profile().varint(0, 1)),
        .init("field number 2^29", .malformed, "field number", HostileProfile.profile().varint(1 << 29, 1)),
        .init(
            "a group", .malformed, "wire type", HostileProfile.profile().key(50, wire: 3).key(50, wire: 4)),
        .init("the end of a group", .malformed, "wire type", HostileProfile.profile().key(50, wire: 4)),
        .init("wire type 6", .malformed, "wire type", HostileProfile.profile().key(50, wire: 6)),
        .init("wire type 7", .malformed, "wire type", HostileProfile.profile().key(50, wire: 7)),
        .init(
            "100,000 nested groups", .malformed, "wire type",
            HostileProfile.profile().raw(Array(repeating: [0x9B, 0x06], count: 100_000).flatMap { $0 })),
        .init(
            "a 64-bit value cut short", .truncated, "the data ends", HostileProfile.profile().key(50, wire: 1).raw([1])),
        .init(
            "a 32-bit value cut short", .truncated, "the data ends", HostileProfile.profile().key(50, wire: 5).raw([1])),
        .init(
            "12 million unknown fields", .limitExceeded, "too many fields",
            HostileProfile.profile().raw(Array(repeating: [0x90, 0x06, 0], count: 12_000_000).flatMap { $0 })),
        .init(
            "12 million empty points", .limitExceeded, "too many fields",
            HostileProfile.profile().raw(Array(repeating: [0x4A, 0], count: 12_000_000).flatMap { $0 })),
        .init(
            "4 million unknown fields, few enough to be read", .limitExceeded, "too much memory",
            HostileProfile.profile().raw(Array(repeating: [0x90, 0x06, 0], count: 4_000_000).flatMap { $0 })),
        .init(
            "a file above the limit", .limitExceeded, "has 67109141 bytes; at most 67108864",
            HostileProfile.profile().raw(Array(repeating: 0, count: 64 << 20))),
    ]

    static let fields: [HostileProfile] =
        [
            .init(
                "version 4", .unsupported, "version 4; this program reads version 3",
                HostileProfile.profile([2: WireMessage().varint(2, 4)])),
            .init(
                "version 2, which kept no sentences", .unsupported, "Calibrate again",
                HostileProfile.profile([2: WireMessage().varint(2, 2)])),
            .init("version 0", .unsupported, "version 0", HostileProfile.profile([2: WireMessage().varint(2, 0)])),
            .init(
                "the version as a text", .malformed, "another kind of value",
                HostileProfile.profile([2: WireMessage().text(2, "1")])),
            .init(
                "the family as a number", .malformed, "another kind of value",
                HostileProfile.profile([3: WireMessage().varint(3, 1)])),
            .init(
                "a family that is not UTF-8", .malformed, "not UTF-8",
                HostileProfile.profile([3: WireMessage().bytes(3, [0x65, 0xFF])])),
            .init(
                "an overlong NUL", .malformed, "not UTF-8",
                HostileProfile.profile([3: WireMessage().bytes(3, [0xC0, 0x80])])),
            .init(
                "a surrogate", .malformed, "not UTF-8",
                HostileProfile.profile([3: WireMessage().bytes(3, [0xED, 0xA0, 0x80])])),
            .init(
                "a character above U+10FFFF", .malformed, "not UTF-8",
                HostileProfile.profile([3: WireMessage().bytes(3, [0xF4, 0x90, 0x80, 0x80])])),
            .init(
                "a character cut short", .malformed, "not UTF-8",
                HostileProfile.profile([3: WireMessage().bytes(3, [0xE2, 0x82])])),
            .init(
                "a NUL inside a text", .malformed, "holds a NUL",
                HostileProfile.profile([3: WireMessage().text(3, "embbert\0x")])),
            .init(
                "a line break in a text", .malformed, "control character",
                HostileProfile.profile([3: WireMessage().text(3, "a\u{1B}[2J")])),
            .init(
                "an empty family", .malformed, "family has 0 bytes",
                HostileProfile.profile([3: WireMessage().text(3, "")])),
            .init(
                "a family twice", .duplicate, "stands twice",
                HostileProfile.profile([3: WireMessage().text(3, "a").text(3, "b")])),
            .init(
                "a digest of 63 digits", .malformed, "model_sha256 is not 64",
                HostileProfile.profile([4: WireMessage().text(4, String(repeating: "a", count: 63))])),
            .init(
                "a digest with a letter g", .malformed, "data_sha256 is not 64",
                HostileProfile.profile([5: WireMessage().text(5, String(repeating: "g", count: 64))])),
            .init(
                "no sentences", .malformed, "sentences is 0", HostileProfile.profile([6: WireMessage().varint(6, 0)])),
            .init(
                "2^63 tokens", .malformed, "tokens is 9223372036854775808",
                HostileProfile.profile([7: WireMessage().varint(7, 1 << 63)])),
            .init(
                "2^38 + 1 sentences", .limitExceeded, "sentences is 274877906945",
                HostileProfile.profile([6: WireMessage().varint(6, 1 << 38 + 1)])),
            .init(
                "a kept sentence without its text's digest", .missing, "sentence 0: the field 'text_sha256'",
                HostileProfile.profile().message(12, WireMessage().packed(2, [1]).varint(3, 0))),
            .init(
                "a kept sentence that does not say where its text is", .missing, "sentence 0: the field 'first'",
                HostileProfile.profile().message(12, WireMessage().bytes(1, Array(repeating: 0, count: 32)))),
            .init(
                "an id of 17 bits", .malformed, "sentence 0: the id 65536 is above 65535",
                HostileProfile.profile().message(
                    12, WireMessage().bytes(1, Array(repeating: 0, count: 32)).packed(2, [1, 65536]).varint(3, 0))),
            .init(
                "one kept sentence of many", .malformed, "keeps 1 of 512 sentences",
                HostileProfile.profile().message(
                    12, WireMessage().bytes(1, Array(repeating: 0, count: 32)).packed(2, [1]).varint(3, 0))),
            .init(
                "a kept sentence as a number", .malformed, "another kind of value",
                HostileProfile.profile().varint(12, 1)),
            .init("no points", .missing, "no points", HostileProfile.profile(points: [])),
        ]
        + [
            (2, "version"), (3, "family"), (4, "model_sha256"), (5, "data_sha256"), (6, "sentences"), (7, "tokens"),
            (8, "observer"),
        ]
        .map { number, name in
            .init("no \(name)", .missing, "'\(name)' is missing", HostileProfile.profile([number: WireMessage()]))
        }

    static let points: [HostileProfile] = [
        .init("an empty point", .missing, "point 0: the field 'name' is missing", onePoint(WireMessage())),
        .init(
            "a point that is a name alone", .missing, "point 'p': the field 'minimum'",
            onePoint(WireMessage().text(1, "p"))),
        .init("no maximum", .missing, "'maximum'", onePoint(WireMessage().text(1, "p").float(2, 0).message(4, good))),
        .init("no histogram", .missing, "'histogram'", onePoint(WireMessage().text(1, "p").float(2, 0).float(3, 1))),
        .init("no exponent", .missing, "'exponent of the histogram'", onePoint(point(WireMessage().packed(2, [1])))),
        .init("no counts", .malformed, "has 0 bins", onePoint(point(WireMessage().varint(1, 0)))),
        .init("a histogram twice", .duplicate, "stands twice", onePoint(point(good).message(4, good))),
        .init(
            "80,000 histograms to be merged", .duplicate, "stands twice",
            onePoint(WireMessage().raw(Array(repeating: [0x22, 0], count: 80_000).flatMap { $0 }))),
        .init("a name twice", .duplicate, "stands twice", onePoint(point(good).text(1, "q"))),
        .init(
            "two points of one name", .duplicate, "point 'p': the name",
            HostileProfile.profile(points: [point(good), point(good)])),
        .init("a minimum that is NaN", .nonFinite, "nan to 1.0", onePoint(HostileProfile.point("p", .nan, 1, good))),
        .init(
            "a maximum that is infinite", .nonFinite, "0.0 to inf",
            onePoint(HostileProfile.point("p", 0, .infinity, good))),
        .init("a minimum above the maximum", .malformed, "is above", onePoint(HostileProfile.point("p", 2, 1, good))),
        .init(
            "a minimum as a double", .malformed, "another kind of value",
            onePoint(WireMessage().text(1, "p").key(2, wire: 1).raw(Array(repeating: 0, count: 8)))),
        .init("exponent 65", .malformed, "exponent is 65", onePoint(point(HostileProfile.histogram(65, [1])))),
        .init("exponent -65", .malformed, "exponent is -65", onePoint(point(HostileProfile.histogram(-65, [1])))),
        .init(
            "exponent -2^31", .malformed, "exponent is -2147483648",
            onePoint(point(HostileProfile.histogram(-1 << 31, [1])))),
        .init(
            "only zeros counted", .malformed, "counts no value", onePoint(point(HostileProfile.histogram(0, [0, 0])))),
        .init("counts above 2^63", .malformed, "add up", onePoint(point(HostileProfile.histogram(0, [.max, 1])))),
        .init(
            "65,537 bins", .limitExceeded, "65537 bins",
            onePoint(point(HostileProfile.histogram(0, Array(repeating: 1, count: 65537))))),
        .init(
            "60 million bins in 60 MB", .limitExceeded, "too many fields and values",
            onePoint(point(WireMessage().varint(1, 0).bytes(2, Array(repeating: 1, count: 60_000_000))))),
        .init(
            "counts cut short", .truncated, "the data ends",
            onePoint(point(WireMessage().varint(1, 0).bytes(2, [1, 0x80])))),
        .init(
            "a count of 65 bits", .malformed, "more than 64 bits",
            onePoint(point(WireMessage().varint(1, 0).bytes(2, Array(repeating: 0xFF, count: 9) + [2])))),
        .init(
            "counts as floats", .malformed, "another kind of value",
            onePoint(point(WireMessage().varint(1, 0).float(2, 1)))),
        .init(
            "a histogram as a number", .malformed, "another kind of value",
            onePoint(WireMessage().text(1, "p").varint(4, 1))),
        .init(
            "a channel below 0", .malformed, "a channel's largest magnitude", onePoint(point(good).float(5, -0.5))),
        .init(
            "a channel above its point", .malformed, "a channel's largest magnitude",
            onePoint(point(good).float(5, 1.5))),
        .init(
            "a channel that is NaN", .malformed, "a channel's largest magnitude", onePoint(point(good).float(5, .nan))),
        .init(
            "65,537 channels", .limitExceeded, "65537 channels",
            onePoint(point(good).bytes(5, Array(repeating: 0, count: 4 * 65537)))),
        .init(
            "a channel of three bytes", .truncated, "byte",
            onePoint(point(good).bytes(5, [0, 0, 0]))),
        .init(
            "channels as varints", .malformed, "another kind of value", onePoint(point(good).varint(5, 1))),
        .init(
            "the sum of minima alone", .missing, "one of sentence_minima and sentence_maxima",
            onePoint(point(good).message(6, sum(0, [1])))),
        .init(
            "the sum of maxima alone", .missing, "one of sentence_minima and sentence_maxima",
            onePoint(point(good).message(7, sum(0, [1])))),
        .init(
            "a sum without an exponent", .missing, "'exponent of sentence_minima'",
            onePoint(point(good).message(6, WireMessage()).message(7, sum(0, [1])))),
        .init("a sum twice", .duplicate, "stands twice", onePoint(sums(0, [1]).message(6, sum(0, [1])))),
        .init("a sum from exponent -150", .malformed, "1 terms from exponent -150", onePoint(sums(-150, [1]))),
        .init("a sum from exponent 105", .malformed, "1 terms from exponent 105", onePoint(sums(105, [1]))),
        .init(
            "a sum from exponent 2^31 - 1", .malformed, "from exponent 2147483647",
            onePoint(sums(Int64(Int32.max), [1, 1]))),
        .init(
            "a sum of 255 terms", .malformed, "255 terms from exponent -149",
            onePoint(sums(-149, Array(repeating: 1, count: 255)))),
        .init(
            "a sum that ends above exponent 104", .malformed, "3 terms from exponent 103",
            onePoint(sums(103, [1, 1, 1]))),
        .init("a sum that begins with 0", .malformed, "begins or ends with a term of 0", onePoint(sums(0, [0, 1]))),
        .init("a sum that ends with 0", .malformed, "begins or ends with a term of 0", onePoint(sums(0, [1, 0]))),
        .init("an exponent without terms", .malformed, "an exponent alone", onePoint(sums(-3, []))),
        .init(
            "a term beyond what 512 sentences give", .malformed, "beyond 512 significands of 24 bits",
            onePoint(sums(0, [512 * ((1 << 24) - 1) + 1]))),
        .init("the least term", .malformed, "beyond 512 significands", onePoint(sums(0, [.min]))),
        .init("a sum as a number", .malformed, "another kind of value", onePoint(point(good).varint(6, 1))),
        .init(
            "5 million terms of one sum", .malformed, "5000000 terms",
            onePoint(sums(0, Array(repeating: 1, count: 5_000_000)))),
        .init("a point as a number", .malformed, "another kind of value", HostileProfile.profile().varint(9, 1)),
        .init(
            "points that are packed numbers", .malformed, "field number is 0",
            HostileProfile.profile().bytes(9, [1, 2, 3, 4])),
        .init(
            "a histogram that ends after its point", .truncated, "the data ends",
            onePoint(WireMessage().text(1, "p").key(4, wire: 2).raw([100, 8, 0]))),
        .init(
            "65,536 points", .limitExceeded, "too many fields",
            onePoint(point(good)).raw(
                (0..<65536).flatMap {
                    WireMessage().message(
                        9,
                        HostileProfile.point(
                            "\($0)", 0, 1, HostileProfile.histogram(0, Array(repeating: 1, count: 180)))
                    ).bytes
                })),
        .init(
            "4,097 points", .limitExceeded, "4097 points; at most 4096",
            HostileProfile.profile(points: (0...4096).map { HostileProfile.point("\($0)", 0, 1, good) })),
    ]

    @Test("A file with a fault is refused by name", arguments: framing + fields + points)
    func refused(_ sample: HostileProfile) {
        let error = #expect(throws: EmbqError.self) { try CalibrationProfileFile.decode(sample.bytes) }
        #expect(error?.code == sample.code)
        #expect(error?.description.contains(sample.says) == true, "\(error?.description ?? "")")
        #expect(error?.advice.isEmpty == false)
    }

    @Test("A profile cut anywhere is refused, or ends between two points")
    func truncations() throws {
        let bytes = try Fixtures.bytes("calibration/small.embqcal")
        var shorter = ProfileSamples.small
        shorter.points.removeLast()
        var read = 0
        for length in 0..<bytes.count {
            do throws(EmbqError) {
                let profile = try CalibrationProfileFile.decode(Array(bytes[..<length]))
                #expect(profile == shorter, "cut at \(length)")
                read += 1
            } catch {
                #expect([.malformed, .truncated, .missing].contains(error.code), "cut at \(length): \(error)")
            }
        }
        #expect(read == 1)
    }

    @Test(
        "Flipped bytes give a refusal or a profile that can be written again",
        arguments: ["small", "extremes", "sentences"])
    func flips(name: String) throws {
        let bytes = try Fixtures.bytes("calibration/\(name).embqcal")
        var random = SplitMix64(seed: 20_250_117)
        var refused = 0
        for _ in 0..<20_000 {
            var damaged = bytes
            for _ in 0...random.next() % 3 {
                damaged[Int(random.next() % UInt64(bytes.count))] ^= UInt8(1 + random.next() % 255)
            }
            do throws(EmbqError) {
                let profile = try CalibrationProfileFile.decode(damaged)
                #expect(try CalibrationProfileFile.decode(CalibrationProfileFile.encode(profile)) == profile)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 10_000)
    }
}
