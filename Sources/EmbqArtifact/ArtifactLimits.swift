import EmbqCore

/// The limits that were set when an artifact was made, as section META tells them; nil for one that was not set.
package struct ArtifactLimits: Codable, Sendable, Equatable {
    /// Of weights, tables and arena at 256 tokens, in bytes.
    package var budget: Int?
    /// Of flash, with the runtime's code on Cortex-M4, in bytes.
    package var flash: Int?
    /// Of RAM for the longest sentence, in bytes.
    package var ram: Int?
    /// Least share of calibration sentences that are answered as in fp32, for the choice of widths.
    package var minCalibrationAgreement: Double?
    /// Largest drop on the test data, in points of 100.
    package var maxDropPoints: Double?
    /// Largest upper end of the drop's interval, in points of 100.
    package var maxDropUpperBound: Double?
    /// Least share of test rows that are answered as in fp32.
    package var minAgreement: Double?

    package init(
        budget: Int? = nil, flash: Int? = nil, ram: Int? = nil, minCalibrationAgreement: Double? = nil,
        maxDropPoints: Double? = nil,
        maxDropUpperBound: Double? = nil, minAgreement: Double? = nil
    ) {
        self.budget = budget
        self.flash = flash
        self.ram = ram
        self.minCalibrationAgreement = minCalibrationAgreement
        self.maxDropPoints = maxDropPoints
        self.maxDropUpperBound = maxDropUpperBound
        self.minAgreement = minAgreement
    }

    enum CodingKeys: String, CodingKey {
        case budget = "budget_bytes"
        case flash = "flash_bytes"
        case ram = "ram_bytes"
        case minCalibrationAgreement = "min_calibration_agreement"
        case maxDropPoints = "max_drop_points"
        case maxDropUpperBound = "max_drop_upper_bound_points"
        case minAgreement = "min_agreement"
    }

    /// What `limits` in section META says.
    init(_ json: JSONValue?) {
        func number(_ key: CodingKeys) -> Double? { json?[key.rawValue]?.double }
        func bytes(_ key: CodingKeys) -> Int? { json?[key.rawValue]?.int }
        self.init(
            budget: bytes(.budget), flash: bytes(.flash), ram: bytes(.ram),
            minCalibrationAgreement: number(.minCalibrationAgreement),
            maxDropPoints: number(.maxDropPoints), maxDropUpperBound: number(.maxDropUpperBound),
            minAgreement: number(.minAgreement))
    }

    package var isEmpty: Bool { self == ArtifactLimits() }

    /// Each limit in a few words; none if there are none.
    package var phrases: [String] {
        func percent(_ share: Double) -> String { "\((share * 100).fixed(2)) %" }
        return [
            budget.map { "at most \($0.grouped) bytes of weights, tables and arena" },
            flash.map { "at most \($0.grouped) bytes of flash" }, ram.map { "at most \($0.grouped) bytes of RAM" },
            minCalibrationAgreement.map { "at least \(percent($0)) agreement on the calibration sentences" },
            maxDropPoints.map { "a drop of at most \($0) points" },
            maxDropUpperBound.map { "an interval of the drop up to \($0) points" },
            minAgreement.map { "at least \(percent($0)) agreement on the test data" },
        ].compactMap { $0 }
    }
}
