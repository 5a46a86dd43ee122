package import EmbqCore

/// A rule that turns the values seen at a point into the range that int8 shall cover.
package protocol RangeObserver: Sendable {
    /// The name that `--observer` takes.
    static var name: String { get }
    /// Whether the rule needs the extremes of each sentence, which profiles of older versions lack.
    static var readsSentences: Bool { get }
    /// The range, low ≤ high, for values on `levels` equal steps.
    ///
    /// - Parameter symmetric: whether the integer range is centred on zero; then only the larger end counts.
    func range(_ histogram: ActivationHistogram, levels: Int, symmetric: Bool) -> ClosedRange<Double>
}

extension RangeObserver {
    package static var readsSentences: Bool { false }
}

/// The observers by name. A new one is a file of its own and a line here.
package enum Observers {
    package static let all: [any RangeObserver] = [
        MinMaxObserver(), MovingAverageObserver(), PercentileObserver(), MSEObserver(), EntropyObserver(),
    ]
    package static let standard = PercentileObserver.name
    package static var names: [String] { all.map { type(of: $0).name } }

    /// The observer of that name, or nil.
    package static func named(_ name: String) -> (any RangeObserver)? { all.first { type(of: $0).name == name } }

    /// The error that names an observer of no known name.
    package static func unknown(_ name: String) -> EmbqError {
        EmbqError(
            .unsupported, place: "observer", "the observer \"\(name)\" is not known",
            advice: "Known observers: \(names.joined(separator: ", ")).")
    }
}
