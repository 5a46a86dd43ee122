package import EmbqArtifact
package import EmbqCore
import EmbqExport
import EmbqRuntime

/// Replays an artifact's check vectors on a board: it must have this artifact, and give its logits and labels.
package struct BoardJob: Sendable {
    package let port: String
    package let baud: Int
    /// The longest silence of the board.
    package let seconds: Double

    /// What the board did.
    package struct Result: Sendable, Encodable {
        package var port: String
        /// The model's name in the firmware.
        package var name: String
        /// The digest that the firmware has of it.
        package var sha256: String
        /// Check vectors that were replayed.
        package var checks: Int
        /// Of each of them, by the board's clock; 0 if the board has none.
        package var microseconds: [UInt32]
    }

    package init(port: String, baud: Int, seconds: Double) {
        self.port = port
        self.baud = baud
        self.seconds = seconds
    }

    /// - Throws: as ``BoardSession``; `.mismatch` if the board has another artifact; `.corrupted` if it answers a check vector
    ///   with something else.
    package func run(_ artifact: ArtifactReader) throws(EmbqError) -> Result {
        guard !artifact.checks.isEmpty else {
            throw EmbqError(
                .missing, "the artifact has no check vectors to replay on a board",
                advice: "Make it with `embq quantize` or `embq package`, which record them.")
        }
        let session = try BoardSession(port, baud: baud, seconds: seconds)
        try session.meet()
        let model = try identify(artifact, session)
        var microseconds: [UInt32] = []
        for (index, check) in artifact.checks.enumerated() {
            do throws(EmbqError) {
                microseconds.append(try replay(check, of: artifact, session))
            } catch { throw error.inside("check vector \(index + 1) of \(artifact.checks.count)") }
        }
        return Result(
            port: port, name: model.name, sha256: model.sha256, checks: artifact.checks.count,
            microseconds: microseconds)
    }

    /// The model that the firmware says it has.
    private func identify(_ artifact: ArtifactReader, _ session: borrowing BoardSession) throws(EmbqError)
        -> (name: String, sha256: String)
    {
        let expected = try CSourceExport.digests(artifact)
        let lines = try session.ask("profile")
        guard let text = lines.compactMap({ Self.bracketed($0, after: "m-model-") }).first else {
            throw session.problem(
                .malformed, "expected m-model after 'profile', found no such line", Self.advice)
        }
        let digest = String(text.suffix(64))
        guard text.dropLast(64).last == "-", SHA256.bytes(hexadecimal: digest) != nil else {
            throw session.problem(
                .mismatch,
                "expected the SHA-256 of the artifact, \(expected[0]), found the model '\(EmbqError.printable(text))'",
                Self.advice)
        }
        let name = String(text.dropLast(65))
        guard expected.contains(digest) else {
            throw session.problem(
                .mismatch,
                "expected firmware with the artifact \(expected[0]), found the model '\(EmbqError.printable(name))' with "
                    + "\(digest)",
                Self.advice)
        }
        return (name, digest)
    }

    private static let advice = "Flash firmware that was exported from this package with --serial."

    /// Sends a check vector's text and compares what comes back; the time that the board took, in microseconds.
    private func replay(_ check: CheckVector, of artifact: ArtifactReader, _ session: borrowing BoardSession)
        throws(EmbqError) -> UInt32
    {
        _ = try session.ask("db load \(check.text.count)")
        // 31 bytes fit a command of 80 bytes with room, as the runner of MLPerf Tiny sends them.
        for start in stride(from: 0, to: check.text.count, by: 31) {
            let part = check.text[start..<min(start + 31, check.text.count)]
            _ = try session.ask("db " + part.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())
        }
        let lines = try session.ask("infer 1 0")
        guard let text = lines.compactMap({ Self.bracketed($0, after: "m-results-") }).first else {
            throw session.problem(.malformed, "expected m-results after 'infer 1 0', found no such line", Self.advice)
        }
        try compare(text, check.logits, session)
        try compare(
            lines.compactMap { Self.bracketed($0, after: "m-label-") }, Self.labels(check.logits, artifact.device),
            session)
        let laps = lines.filter { $0.hasPrefix("m-lap-us-") }.compactMap { UInt32($0.dropFirst("m-lap-us-".count)) }
        return laps.count == 2 ? laps[1] &- laps[0] : 0
    }

    /// Decimals of a logit are exact: a number of 32 bits with 16 of them behind the point fits a Double.
    private func compare(_ text: String, _ logits: [Int32], _ session: borrowing BoardSession) throws(EmbqError) {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        guard numbers.count == logits.count, !numbers.contains(nil) else {
            throw session.problem(
                .malformed, "expected \(logits.count) numbers in m-results, found '\(EmbqError.printable(text))'",
                Self.advice)
        }
        guard let wrong = logits.indices.first(where: { numbers[$0] != Double(logits[$0]) / 65536 }) else { return }
        throw session.problem(
            .corrupted,
            "expected the logit \(Double(logits[wrong]) / 65536) as output \(wrong), found \(numbers[wrong] ?? 0)",
            "The board computes something else with the right artifact: check its compiler, its flash and its stack.")
    }

    private func compare(_ found: [String], _ expected: [String], _ session: borrowing BoardSession) throws(EmbqError) {
        guard found != expected else { return }
        func shown(_ labels: [String]) -> String {
            labels.isEmpty ? "no label" : EmbqError.printable(labels.map { "'\($0)'" }.joined(separator: ", "))
        }
        throw session.problem(.corrupted, "expected \(shown(expected)), found \(shown(found))", Self.advice)
    }

    /// The labels that logits give, as a board writes them.
    private static func labels(_ logits: [Int32], _ device: DeviceModel) -> [String] {
        let indices: [Int] =
            switch device.task {
            case .labels: [logits.indices.max { logits[$0] < logits[$1] || (logits[$0] == logits[$1] && $0 > $1) } ?? 0]
            case .multiLabel: logits.indices.filter { logits[$0] > 0 }
            default: []
            }
        return indices.map { index in
            String(String.UnicodeScalarView(device.labels[index].unicodeScalars.map { $0.value < 0x20 ? "?" : $0 }))
        }
    }

    /// What is in the brackets of a line such as `m-model-[text]`.
    private static func bracketed(_ line: String, after prefix: String) -> String? {
        guard line.hasPrefix(prefix + "["), line.hasSuffix("]") else { return nil }
        return String(line.dropFirst(prefix.count + 1).dropLast())
    }
}
