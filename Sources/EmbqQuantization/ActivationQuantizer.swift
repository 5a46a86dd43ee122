/// How a point's real values become integers: `q = clip(round(x / scale) + zeroPoint)`.
package struct ActivationQuantizer: Sendable, Equatable {
    package var name: String
    /// Real value of one step, > 0.
    package var scale: Double
    /// The integer that stands for 0.
    package var zeroPoint: Int
    /// The integers that are used.
    package var integers: ClosedRange<Int>

    package init(name: String, scale: Double, zeroPoint: Int, integers: ClosedRange<Int>) {
        self.name = name
        self.scale = scale
        self.zeroPoint = zeroPoint
        self.integers = integers
    }

    /// The real values that are not clipped.
    package var range: ClosedRange<Double> {
        Double(integers.lowerBound - zeroPoint) * scale...Double(integers.upperBound - zeroPoint) * scale
    }

    /// Zero stays zero: -127 … 127 around it.
    static func symmetric(_ point: CalibrationProfile.Point, _ observer: any RangeObserver) -> ActivationQuantizer {
        let range = observer.range(point.histogram, levels: 255, symmetric: true)
        let scale = max(range.upperBound / 127, smallestScale)
        return ActivationQuantizer(name: point.name, scale: scale, zeroPoint: 0, integers: -127...127)
    }

    /// The range that is used, whole: its ends become the first and the last integer, zero lies on an integer.
    static func affine(
        _ point: CalibrationProfile.Point, _ observer: any RangeObserver, integers: ClosedRange<Int>
    ) -> ActivationQuantizer {
        let range = observer.range(point.histogram, levels: integers.count, symmetric: false)
        let low = min(range.lowerBound, 0)
        let high = max(range.upperBound, 0)
        let scale = max((high - low) / Double(integers.count - 1), smallestScale)
        let zeroPoint = (Double(integers.lowerBound) - low / scale).rounded()
        return ActivationQuantizer(
            name: point.name, scale: scale,
            zeroPoint: min(max(Int(zeroPoint), integers.lowerBound), integers.upperBound), integers: integers)
    }

    /// The integer nearest to a real value, inside the range; halves away from zero.
    func quantize(_ real: Double) -> Int {
        let rounded = (real / scale).rounded() + Double(zeroPoint)
        return Int(min(max(rounded, Double(integers.lowerBound)), Double(integers.upperBound)))
    }

    /// The real value of an integer.
    func dequantize(_ integer: Int) -> Double { Double(integer - zeroPoint) * scale }

    /// A point where everything is zero still needs a scale.
    private static let smallestScale = 1e-9
}
