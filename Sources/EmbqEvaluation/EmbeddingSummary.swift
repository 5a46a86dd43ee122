/// How near the embeddings of two models are.
package struct EmbeddingSummary: Sendable, Equatable, Codable {
    /// Cosine of both models' embeddings of a text: the mean over texts, and the least.
    package var meanCosine: Double
    package var minCosine: Double

    enum CodingKeys: String, CodingKey {
        case meanCosine = "mean_cosine"
        case minCosine = "min_cosine"
    }

    /// - Parameters:
    ///   - reference, test: `[texts, width]`, equally many.
    ///   - width: numbers in an embedding.
    package init(_ reference: [Float], _ test: [Float], width: Int) {
        precondition(reference.count == test.count && reference.count % width == 0)
        let cosines = stride(from: 0, to: test.count, by: width).map { start in
            cosine(reference[start..<start + width], test[start..<start + width])
        }
        meanCosine = cosines.isEmpty ? 1 : cosines.reduce(0, +) / Double(cosines.count)
        minCosine = cosines.min() ?? 1
    }
}

/// The cosine of the angle between two vectors, in double precision; 0 where one is zero.
package func cosine(_ a: some Collection<Float>, _ b: some Collection<Float>) -> Double {
    var (dot, aa, bb) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
        dot += Double(x) * Double(y)
        aa += Double(x) * Double(x)
        bb += Double(y) * Double(y)
    }
    return aa == 0 || bb == 0 ? 0 : dot / (aa * bb).squareRoot()
}
