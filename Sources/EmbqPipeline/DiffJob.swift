import EmbqArtifact
package import EmbqCheckpoints
package import EmbqCore
package import EmbqData
import EmbqEvaluation

/// Compares two artifacts or two checkpoints part by part; or any two models by their answers.
package struct DiffJob: Sendable {
    package var first: CheckpointLocation
    package var second: CheckpointLocation
    /// Rows that both models answer; nil: none.
    package var data: LabelledData?
    package var threads: Int

    package init(_ first: CheckpointLocation, _ second: CheckpointLocation, data: LabelledData?, threads: Int) {
        self.first = first
        self.second = second
        self.data = data
        self.threads = threads
    }

    /// - Throws: what is wrong with the files or the data; `.mismatch` for models that answer different questions.
    package func run(progress: @escaping ProgressHandler) throws(EmbqError) -> ModelDifference {
        let (a, b) = (try ModelDescription(first), try ModelDescription(second))
        // An artifact and a checkpoint have no part in common but what they answer.
        guard a.isOfOneKind(with: b) || data != nil else {
            throw EmbqError(
                .invalidRequest, file: second.path,
                "one of the two is an artifact, the other a checkpoint: they can be compared by their answers alone",
                advice: "Give sentences with --data, or two models of one kind.")
        }
        var difference = ModelDifference()
        if a.isOfOneKind(with: b) {
            difference.parts = parts(a, b)
            difference.tensors = try tensors(a, b)
        }
        if let data { difference.answers = try answers(data, progress) }
        return difference
    }

    /// Facts that one has and the other has not, or has with another value.
    private func parts(_ a: ModelDescription, _ b: ModelDescription) -> [ModelDifference.Fact] {
        func byName(_ description: ModelDescription) -> [String: String] {
            Dictionary(
                description.facts.map { ("\($0.part.rawValue) \($0.name)", $0.value) },
                uniquingKeysWith: { first, _ in first })
        }
        let (left, right) = (byName(a), byName(b))
        var seen: Set<String> = []
        var found: [ModelDifference.Fact] = []
        for part in ModelDescription.Part.allCases {
            for fact in a.facts + b.facts where fact.part == part {
                let key = "\(part.rawValue) \(fact.name)"
                guard seen.insert(key).inserted, left[key] != right[key] else { continue }
                found.append(
                    ModelDifference.Fact(part: part.rawValue, name: fact.name, first: left[key], second: right[key]))
            }
        }
        return found
    }

    private func tensors(_ a: ModelDescription, _ b: ModelDescription) throws(EmbqError) -> ModelDifference.Tensors {
        let others = Dictionary(b.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let names = Set(a.tensors.map(\.name))
        var result = ModelDifference.Tensors(
            equal: 0, onlyFirst: a.tensors.map(\.name).filter { others[$0] == nil },
            onlySecond: b.tensors.map(\.name).filter { !names.contains($0) }, different: [])
        for tensor in a.tensors {
            guard let other = others[tensor.name] else { continue }
            var difference = ModelDifference.Tensor(
                name: tensor.name, first: .init(dtype: tensor.dtype, shape: tensor.shape),
                second: .init(dtype: other.dtype, shape: other.shape))
            let isSameForm = difference.first == difference.second
            if isSameForm, try a.digest(tensor.name) == b.digest(tensor.name) {
                result.equal += 1
                continue
            }
            if tensor.shape == other.shape, let x = a.values(tensor.name), let y = b.values(tensor.name) {
                let ratio = Self.noise(x, y, rows: a.hasRowScales && tensor.shape.count == 2 ? tensor.shape[0] : 0)
                difference.sqnrDB = ratio.isFinite ? ratio : nil
            }
            result.different.append(difference)
        }
        return result
    }

    /// 10·log10(Σ x² / Σ (x − y)²).
    ///
    /// - Parameter rows: of a matrix whose rows have scales that lie elsewhere: each row of `y` is taken times the factor that brings it
    ///   nearest. 0: none.
    private static func noise(_ x: [Float], _ y: [Float], rows: Int) -> Double {
        guard rows > 0, x.count == y.count else { return signalToNoiseDB(reference: x, test: y) }
        let width = x.count / rows
        var scaled = y
        for start in stride(from: 0, to: rows * width, by: max(width, 1)) {
            var (product, square) = (0.0, 0.0)
            for i in start..<start + width {
                product += Double(x[i]) * Double(y[i])
                square += Double(y[i]) * Double(y[i])
            }
            let factor = square > 0 ? Float(product / square) : 0
            for i in start..<start + width { scaled[i] *= factor }
        }
        return signalToNoiseDB(reference: x, test: scaled)
    }

    private func answers(_ data: LabelledData, _ progress: @escaping ProgressHandler) throws(EmbqError)
        -> ModelDifference.Answers
    {
        var found: [Predictions] = []
        var rows = data
        for location in [first, second] {
            let job = EvaluateJob(try OpenedModel(location), data: data, threads: threads)
            rows = job.predictedRows
            found.append(try job.answers(progress: progress).predictions)
        }
        let agreement: Agreement
        do throws(EmbqError) { agreement = try Agreement(reference: found[0], test: found[1]) } catch {
            throw EmbqError(
                .mismatch, file: second.path,
                "it answers with \(found[1].kind.summary), \(first.path) with \(found[0].kind.summary)",
                advice: "Compare models that answer the same question.")
        }
        return ModelDifference.Answers(agreement, rows)
    }
}
