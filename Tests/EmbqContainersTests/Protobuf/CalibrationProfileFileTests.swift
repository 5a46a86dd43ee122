import EmbqContainers
import EmbqCore
import EmbqTestSupport
import Testing

@Suite("Calibration profiles as files") struct CalibrationProfileFileTests {
    @Test(
        "What Google's protobuf wrote is read, and written again byte for byte",
        arguments: [
            ("small", ProfileSamples.small), ("extremes", ProfileSamples.extremes),
            ("sentences", ProfileSamples.sentences),
            ("as_released", ProfileSamples.asReleased),
        ])
    func golden(name: String, profile: ProfileRecord) throws {
        let bytes = try Fixtures.bytes("calibration/\(name).embqcal")
        let matches = CalibrationProfileFile.matches(bytes.span)
        #expect(matches)
        #expect(try CalibrationProfileFile.decode(bytes) == profile)
        #expect(try CalibrationProfileFile.encode(profile) == bytes)
    }

    @Test("The largest profile allowed survives the round trip, and its bytes do not vary")
    func largest() throws {
        let bins = CalibrationProfileFile.maximumBins
        let profile = ProfileSamples.small {
            $0.points = (0..<CalibrationProfileFile.maximumBinsInAll / bins).map { index in
                PointRecord(
                    name: "point.\(index)", minimum: 0, maximum: 1,
                    histogram: HistogramRecord(exponent: 0, counts: Array(repeating: 1 << 46, count: bins)))
            }
        }
        let bytes = try CalibrationProfileFile.encode(profile)
        #expect(bytes.count < CalibrationProfileFile.maximumBytes)
        #expect(try CalibrationProfileFile.encode(profile) == bytes)
        #expect(try CalibrationProfileFile.decode(bytes) == profile)
    }

    @Test("As many points as are allowed survive the round trip")
    func manyPoints() throws {
        let profile = ProfileSamples.small {
            $0.points = (0..<CalibrationProfileFile.maximumPoints).map { index in
                PointRecord(
                    name: "\(index)", minimum: -0.0, maximum: 0,
                    histogram: HistogramRecord(exponent: 1, counts: [1, UInt64(index)]))
            }
        }
        #expect(try CalibrationProfileFile.decode(CalibrationProfileFile.encode(profile)) == profile)
    }

    @Test("Fields of a later version are skipped, wherever they stand")
    func unknownFields() throws {
        let bytes = try Fixtures.bytes("calibration/small.embqcal")
        let later = WireMessage().varint(100, 7).bytes(101, [1, 2, 3]).float(102, 1).key(103, wire: 1).raw(
            Array(repeating: 9, count: 8))
        let format = 2 + CalibrationProfileFile.format.utf8.count
        let mixed = Array(bytes[..<format]) + later.bytes + Array(bytes[format...]) + later.bytes
        #expect(try CalibrationProfileFile.decode(mixed) == ProfileSamples.small)
    }

    @Test("Counts that are not packed are read as well")
    func unpackedCounts() throws {
        var points = HostileProfile.smallPoints
        points[1] = HostileProfile.point(
            "layer.0.query", -0.125, 0.0078125,
            WireMessage().varint(1, HostileProfile.exponent(-3)).varint(2, 7).varint(2, 0).varint(2, 0).varint(2, 1))
        #expect(try CalibrationProfileFile.decode(HostileProfile.profile(points: points).bytes) == ProfileSamples.small)
    }

    @Test("A profile that could not be read is not written", arguments: UnwritableProfile.all)
    func unwritable(_ sample: UnwritableProfile) {
        let error = #expect(throws: EmbqError.self) { try CalibrationProfileFile.encode(sample.profile) }
        #expect(error?.code == sample.code)
        #expect(error?.description.contains(sample.says) == true, "\(error?.description ?? "")")
    }
}
