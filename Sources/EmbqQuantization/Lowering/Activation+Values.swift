import EmbqCore
import EmbqModels

extension Activation {
    /// The function itself, in double precision.
    func callAsFunction(_ x: Double) -> Double {
        switch self {
        case .silu: x / (1 + Elementary.exp(-x))
        case .relu: max(x, 0)
        case .gelu: 0.5 * x * (1 + Elementary.erf(x / 2.0.squareRoot()))
        case .tanh: Elementary.tanh(x)
        case .softplus: x > 30 ? x : Elementary.log1p(Elementary.exp(x))
        case .sigmoid: 1 / (1 + Elementary.exp(-x))
        case .tanhGELU: 0.5 * x * (1 + Elementary.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        case .quickGELU: x / (1 + Elementary.exp(-1.702 * x))
        case .mish: x * Elementary.tanh(x > 30 ? x : Elementary.log1p(Elementary.exp(x)))
        case .relu6: min(max(x, 0), 6)
        case .squaredReLU: max(x, 0) * max(x, 0)
        case .leakyReLU: max(x, 0.01 * x)
        case .hardSwish: x * min(max(x + 3, 0), 6) / 6
        }
    }
}
