import EmbqCore

/// Probabilities of logits, `e^x / Σ e^x`.
package func softmax(_ logits: [Float]) -> [Double] {
    let top = Double(logits.max() ?? 0)
    let weights = logits.map { Elementary.exp(Double($0) - top) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
}

/// The logistic function, which makes a share of a multi-label model's logit.
package func sigmoid(_ logit: Float) -> Double { 1 / (1 + Elementary.exp(-Double(logit))) }
