import EmbqArtifact
import EmbqCore
import EmbqRuntime
import EmbqTestSupport
import Testing

@Suite("Damaged and hostile artifacts") struct ArtifactDamageTests {
    @Test("An artifact cut anywhere is refused")
    func truncated() throws {
        let bytes = try Samples.tiny.get()
        for length in 0..<bytes.count {
            let error = failure { () throws(RuntimeError) in try DeviceModel(artifact: Array(bytes[..<length])) }
            #expect(error?.code == .truncated, "cut at \(length)")
        }
    }

    @Test("An artifact cut anywhere that says so itself is refused")
    func truncatedKnowingly() throws {
        let whole = EditedArtifact(try Samples.tiny.get())
        for length in Array(32..<400) + Array(stride(from: 400, to: whole.bytes.count, by: 61)) {
            var artifact = EditedArtifact(Array(whole.bytes[..<length]))
            artifact.set(8, UInt32(length))
            artifact.restoreHeader()
            let error = failure { () throws(RuntimeError) in try DeviceModel(artifact: artifact.bytes) }
            #expect(error?.code == .truncated || error?.code == .malformed, "cut at \(length)")
        }
    }

    @Test("The trained model's artifact, cut, is refused")
    func truncatedSnips() throws {
        let bytes = try Samples.snips.get()
        for length in Array(0..<700) + Array(stride(from: 700, to: bytes.count, by: 4001)) {
            let error = failure { () throws(RuntimeError) in try DeviceModel(artifact: Array(bytes[..<length])) }
            #expect(error?.code == .truncated, "cut at \(length)")
        }
    }

    @Test("Flipped bytes are always noticed", arguments: [UInt64(1), 2])
    func flips(seed: UInt64) throws {
        let bytes = try Samples.tiny.get()
        var random = SplitMix64(seed: seed)
        for round in 0..<10_000 {
            var damaged = bytes
            for _ in 0...random.next() % 3 {
                damaged[Int(random.next() % UInt64(bytes.count))] ^= UInt8(1 + random.next() % 255)
            }
            if damaged == bytes { continue }
            let error = failure { () throws(RuntimeError) in try DeviceModel(artifact: damaged) }
            #expect(error != nil, "seed \(seed), round \(round)")
        }
    }

    @Test("Changes with right checksums give a refusal or a run, never a crash", arguments: [UInt64(11), 12, 13, 14])
    func hostile(seed: UInt64) throws {
        let whole = EditedArtifact(try Samples.tiny.get())
        let text = Array("Will it rain in Oslo at 7? [SEP] naïve 漢字 sun".utf8)
        var random = SplitMix64(seed: seed)
        func next(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
        var refused = 0
        var ran = 0
        for _ in 0..<5_000 {
            var artifact = whole
            // Every section is as likely as the next, whatever its size; some hits go to the table.
            for _ in 0...next(3) {
                let section = next(whole.sectionCount + 1)
                let range = section < whole.sectionCount ? whole.range(section) : 8..<32 + 16 * whole.sectionCount
                let at = range.lowerBound + next(range.count)
                switch next(3) {
                case 0: artifact.bytes[at] ^= UInt8(1 << next(8))
                case 1: artifact.bytes[at] = UInt8(next(256))
                default:
                    let word = min(at & ~3, range.upperBound - 4)
                    artifact.set(
                        max(word, 0), [0, 1, 127, 128, 0x7FFF_FFFF, 0x8000_0000, .max, UInt32(next(1 << 16))][next(8)])
                }
            }
            artifact.restoreChecksums()
            do throws(EmbqError) {
                let reader = try ArtifactReader(artifact.bytes)
                let session = DeviceSession(reader.device)
                // What it answers means nothing; that it answers at all does.
                _ = try? session.run(text: text)
                _ = try? session.run([2, 7, 0, 9, 4, 31, 55])
                for index in 0..<reader.device.labels.count { #expect(reader.device.labels[index].utf8.count < 64) }
                ran += 1
            } catch {
                refused += 1
            }
        }
        #expect(refused > 1_000 && ran > 1_000, "\(refused) refused, \(ran) ran")
    }
}
