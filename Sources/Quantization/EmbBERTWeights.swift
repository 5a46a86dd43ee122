import Models

/// An EmbBERT's folded graph in the form that ``EmbBERTQuantizer`` takes.
public struct EmbBERTWeights: Sendable {
    public struct Layer: Sendable {
        var query: [Float] = []
        var queryBias: [Float] = []
        var attention: [Float] = []
        var attentionBias: [Float] = []
        /// By tap, `[k, E]`.
        var taps: [Float] = []
        var tapsBias: [Float] = []
        var contract: [Float] = []
        var contractBias: [Float] = []
    }

    let config: ModelConfig
    var token: [Float] = []
    var position: [Float] = []
    var tokenExpander: [Float] = []
    var positionExpander: [Float] = []
    var segment: [Float] = []
    var layers: [Layer] = []
    var classifier: [Float] = []
    var classifierBias: [Float] = []
    var reducedEmbedding: Int { token.count / config.vocabularySize }
    var innerSize: Int { layers[0].tapsBias.count }
    var kernelSize: Int { layers[0].taps.count / innerSize }

    init(folded graph: ModelGraph, _ config: ModelConfig) {
        self.config = config
        for node in graph.nodes {
            let part = node.name.split(separator: ".").last.map { String($0) } ?? ""
            switch node.operation {
            case .embed(let e):
                (token, position, segment) = (e.token, e.position, e.segment)
                (tokenExpander, positionExpander) = (e.tokenExpander ?? [], e.positionExpander ?? [])
            case .norm: layers.append(Layer())
            case .linear(let linear, _): take(linear, part)
            case .convolve(let convolution, _):
                layers[layers.count - 1].taps = convolution.taps
                layers[layers.count - 1].tapsBias = convolution.bias
            case .add(let sum): fold(sum)
            default: break
            }
        }
    }

    private mutating func take(_ linear: Linear, _ part: String) {
        switch part {
        case "query":
            (layers[layers.count - 1].query, layers[layers.count - 1].queryBias) = (linear.weight, linear.bias)
        case "attention":
            (layers[layers.count - 1].attention, layers[layers.count - 1].attentionBias) = (linear.weight, linear.bias)
        case "contract":
            (layers[layers.count - 1].contract, layers[layers.count - 1].contractBias) = (linear.weight, linear.bias)
        default: (classifier, classifierBias) = (linear.weight, linear.bias)
        }
    }

    private mutating func fold(_ sum: Sum) {
        let (gain, loss) = (sum.terms[0].factor[0], sum.terms[1].factor[0])
        var layer = layers[layers.count - 1]
        layer.attention = layer.attention.map { $0 * gain }
        layer.attentionBias = layer.attentionBias.map { $0 * gain }
        layer.contract = layer.contract.map { $0 * loss }
        layer.contractBias = layer.contractBias.map { $0 * loss }
        layers[layers.count - 1] = layer
    }
}
