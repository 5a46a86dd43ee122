import EmbqCore
import EmbqData
import EmbqEvaluation
import EmbqTestSupport
import Testing

@Suite("Models with several labels, or several numbers, a row")
struct MultiLabelTests {
    private let labels = ["calm", "glad", "cross"]

    private func data(_ rows: String) throws(EmbqError) -> LabelledData {
        try LabelledData(bytes: Array("label\ttext\n\(rows)".utf8), file: "d.tsv")
    }

    @Test("scores equal scikit-learn's of an indicator matrix")
    func scores() {
        var totals = LabelTotals(labels: 4)
        totals.add(expected: [0, 2], predicted: [0, 2], rows: 1)
        totals.add(expected: [1], predicted: [1, 2], rows: 2)
        totals.add(expected: [], predicted: [], rows: 1)
        totals.add(expected: [0, 1], predicted: [1], rows: 1)
        // f1_score(…, average=…, zero_division=0) and accuracy_score of scikit-learn 1.7.
        #expect(totals.subsetAccuracy == 2.0 / 5)
        #expect(abs(totals.f1Micro - 10.0 / 13) < 1e-12)
        #expect(abs(totals.f1Macro - (2.0 / 3 + 1 + 0.5 + 0) / 4) < 1e-12)
        #expect(abs(totals.f1Weighted - (2 * 2.0 / 3 + 3 * 1 + 1 * 0.5) / 6) < 1e-12)
    }

    @Test("labels are those whose logit is above 0, and none is an answer too")
    func predictions() throws {
        let predictions = try Predictions(.multiLabel(labels), logits: [1, -1, 2, -1, 0, -3])
        #expect(predictions.labelIDs(ofRow: 0) == [0, 2] && predictions.labelIDs(ofRow: 1).isEmpty)
        #expect(predictions.label(ofRow: 0) == "calm,cross" && predictions.label(ofRow: 1).isEmpty)
        #expect(predictions.margin(ofRow: 0) == 1 && predictions.margin(ofRow: 1) == 0)
    }

    @Test("a row flips when its labels differ, whatever the largest logit")
    func agreement() throws {
        let reference = try Predictions(.multiLabel(labels), logits: [1, -1, 2, -1, -2, -3])
        let test = try Predictions(.multiLabel(labels), logits: [3, -1, 2, -1, -2, 0.5])
        let answers = try Agreement(reference: reference, test: test)
        #expect(answers.flippedRows == [1] && answers.share == 0.5)
    }

    @Test("a comparison has F1, exact matches and an interval")
    func comparison() throws {
        let reference = try Predictions(.multiLabel(labels), logits: [1, -1, 2, -1, 2, -3, -1, -1, -1, 1, 1, 1])
        let test = try Predictions(.multiLabel(labels), logits: [1, -1, 2, -1, 2, -3, -1, -1, 1, 1, 1, 1])
        let targets = Targets.labelSets([[0, 2], [1], [], [0, 1, 2]])
        let comparison = try Comparison(reference: reference, test: test, targets: targets, metric: .f1)
        #expect(comparison.referenceScore == 1 && abs(comparison.testScore - 12.0 / 13) < 1e-12)
        let mcnemar = try #require(comparison.mcnemar)
        #expect(mcnemar.onlyReferenceRight == 1 && mcnemar.onlyTestRight == 0)
        #expect(comparison.dropInterval.contains(comparison.dropPoints))
        #expect(comparison.expectedLabel(ofRow: 0) == "calm,cross" && comparison.expectedLabel(ofRow: 2).isEmpty)
        let summary = try EvaluationSummary(task: "t", comparison: comparison, seconds: 1)
        #expect(summary.accuracy == 0.75 && summary.f1Micro == comparison.testScore && summary.mcc == nil)
        #expect(
            failure { () throws(EmbqError) in
                try Comparison(reference: reference, test: test, targets: targets, metric: .mcc)
            }?.code == .invalidRequest)
        #expect(Metric.f1.applies(to: test.kind) && Metric.accuracy.applies(to: test.kind))
        #expect(!Metric.mcc.applies(to: test.kind) && !Metric.spearman.applies(to: test.kind))
    }

    @Test("labels stand in one column, separated by commas; an empty one is none")
    func labelSets() throws {
        let rows = try data("cross,calm\ta\n\tb\nglad, glad\tc\n")
        #expect(try rows.labelSets(labels: labels) == [[0, 2], [], [1]])
        let unknown = failure { () throws(EmbqError) in try data("calm,sad\ta\n").labelSets(labels: labels) }
        #expect(unknown?.code == .unknownLabel && unknown?.place == "line 2")
        let empty = failure { () throws(EmbqError) in try rows.classIndices(labels: labels) }
        #expect(empty?.description.hasPrefix("d.tsv: line 2: the label 'cross,calm' is not one") == true)
    }

    @Test("an empty label is rejected where a row has one label, or a number")
    func emptyLabels() throws {
        let rows = try data("\ta\n")
        for error in [
            failure { () throws(EmbqError) in _ = try rows.classIndices(labels: labels) },
            failure { () throws(EmbqError) in _ = try rows.regressionTargets() },
            failure { () throws(EmbqError) in try rows.requireLabels() },
        ] {
            #expect(error?.code == .missing && error?.problem == "the label is empty" && error?.place == "line 2")
        }
    }

    @Test("several numbers are scored by the mean of their correlations")
    func numbers() throws {
        let rows = try data("1,5\ta\n2, 4\tb\n3,6\tc\n")
        let targets = try rows.vectorTargets(count: 2)
        #expect(targets == [[1, 5], [2, 4], [3, 6]])
        let wrong = failure { () throws(EmbqError) in try rows.vectorTargets(count: 3) }
        #expect(wrong?.problem == "expected 3 numbers, found 2")
        let predictions = try Predictions(.numbers(2), logits: [1, 1, 2, 2, 3, 3])
        #expect(predictions.label(ofRow: 1) == "2.000000,2.000000")
        let scores = try Scores(predictions, targets: .vectors(targets))
        #expect(abs(try scores.value(of: .spearman) - 0.75) < 1e-12)
        let comparison = try Comparison(
            reference: predictions, test: predictions, targets: .vectors(targets), metric: .spearman)
        #expect(comparison.dropPoints == 0 && comparison.mcnemar == nil && comparison.agreement == 1)
    }

    @Test("one share beside numbers is scored as a number")
    func share() throws {
        let predictions = try Predictions(.share, logits: [0.1, 0.7, 0.4])
        let scores = try Scores(predictions, targets: .values([0, 5, 2]))
        #expect(abs(try scores.value(of: .spearman) - 1) < 1e-12)
        #expect(try data("1\ta\n0.5\tb\n").hasNumbers && !data("calm\ta\n").hasNumbers)
    }
}
