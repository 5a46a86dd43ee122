import EmbqModels
import Glibc

extension Activation {
    /// The function itself, in double precision.
    func callAsFunction(_ x: Double) -> Double {
        switch self {
        case .silu: x / (1 + exp(-x))
        case .relu: max(x, 0)
        case .gelu: 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
        case .tanh: hyperbolicTangent(x)
        case .softplus: x > 30 ? x : log1p(exp(x))
        }
    }
}

/// A name of its own: `tanh` is a case here.
private func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
