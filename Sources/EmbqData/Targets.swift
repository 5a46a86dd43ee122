package import EmbqCore

/// The right answers of a set of data.
package enum Targets: Sendable, Equatable {
    /// A class id for each row, as the position in the model's labels.
    case classes([Int])
    /// The ids of each row's labels, in order, for a model with several labels a row.
    case labelSets([[Int]])
    /// A number for each row, for a regression.
    case values([Double])
    /// Several numbers for each row, for a regression with several outputs.
    case vectors([[Double]])
    /// The id of each word's tag, and how many words each sentence has, for a tagger.
    case tags([Int], sentences: [Int])

    package var count: Int {
        switch self {
        case .classes(let ids): ids.count
        case .labelSets(let sets): sets.count
        case .values(let values): values.count
        case .vectors(let vectors): vectors.count
        case .tags(let ids, _): ids.count
        }
    }
}

/// The right answer of one row: places of its labels among the model's, ascending, or numbers of a regression.
package struct Target: Sendable, Equatable {
    package var labels: [Int]
    package var numbers: [Double]

    package init(labels: [Int] = [], numbers: [Double] = []) {
        self.labels = labels
        self.numbers = numbers
    }
}

extension LabelledData {
    /// Whether the rows have numbers for labels: each the place of one in `labels`, of which none is a number itself.
    ///
    /// - Parameter severalPerRow: commas separate the labels of a row, which may have none.
    package func hasLabelPlaces(_ labels: [String], severalPerRow: Bool) -> Bool {
        guard isLabelled, !labels.contains(where: { Int($0) != nil }) else { return false }
        let places = Set(labels.indices.map(String.init))
        let given = rows.lazy.compactMap(\.label)
        guard severalPerRow else { return given.allSatisfy(places.contains) }
        let names = given.flatMap { $0.split(separator: ",").map(\.trimmed) }
        return !names.isEmpty && names.allSatisfy(places.contains)
    }

    /// Places in `labels` by what the rows call them.
    ///
    /// - Parameter areNumbers: ``hasLabelPlaces(_:severalPerRow:)``.
    private func places(_ labels: [String], areNumbers: Bool) -> [String: Int] {
        let names = areNumbers ? labels.indices.map(String.init) : labels
        return Dictionary(zip(names, 0...), uniquingKeysWith: { first, _ in first })
    }

    /// The class id of each row: the position of its label in `labels`, or the label itself where all are positions.
    ///
    /// - Throws: `.missing` without a label column; `.unknownLabel` with the first line whose label is not in `labels`.
    package func classIndices(labels: [String]) throws(EmbqError) -> [Int] {
        let ids = places(labels, areNumbers: hasLabelPlaces(labels, severalPerRow: false))
        var indices: [Int] = []
        indices.reserveCapacity(rows.count)
        for row in rows { indices.append(try id(of: label(of: row), row, labels, ids)) }
        return indices
    }

    /// The ids of each row's labels, which commas separate; none where the column is empty.
    ///
    /// - Throws: as ``classIndices(labels:)``.
    package func labelSets(labels: [String]) throws(EmbqError) -> [[Int]] {
        let arePlaces = hasLabelPlaces(labels, severalPerRow: true)
        let ids = places(labels, areNumbers: arePlaces)
        var sets: [[Int]] = []
        sets.reserveCapacity(rows.count)
        for row in rows {
            var set: Set<Int> = []
            for name in try label(of: row, orNone: true).split(separator: ",") {
                guard set.insert(try id(of: name.trimmed, row, labels, ids)).inserted || !arePlaces else {
                    throw EmbqError(
                        .malformed, file: file, place: "line \(row.line)",
                        "the label's place \(name.trimmed.quoted) stands twice in the row",
                        advice:
                            "Write the places of the labels that a row has, each once; not a 0 or a 1 for every label.")
                }
            }
            sets.append(set.sorted())
        }
        return sets
    }

    private func id(of label: String, _ row: Row, _ labels: [String], _ ids: [String: Int]) throws(EmbqError) -> Int {
        if let id = ids[label] { return id }
        throw EmbqError(
            .unknownLabel, file: file, place: "line \(row.line)",
            "the label \(label.quoted) is not one of the model's \(labels.count): \(labels.quotedList)",
            advice: "Use data that belong to this model, or correct the label.")
    }

    /// The labels as numbers.
    ///
    /// - Throws: `.missing` without a label column; `.malformed` with the first line whose label is not a finite
    ///   decimal number.
    package func regressionTargets() throws(EmbqError) -> [Double] {
        var targets: [Double] = []
        targets.reserveCapacity(rows.count)
        for row in rows { targets.append(try number(label(of: row), row)) }
        return targets
    }

    /// The labels as several numbers each, which commas separate.
    ///
    /// - Throws: as ``regressionTargets()``; `.malformed` for another count.
    package func vectorTargets(count: Int) throws(EmbqError) -> [[Double]] {
        var targets: [[Double]] = []
        targets.reserveCapacity(rows.count)
        for row in rows {
            var numbers: [Double] = []
            for text in try label(of: row).split(separator: ",", omittingEmptySubsequences: false) {
                numbers.append(try number(text.trimmed, row))
            }
            guard numbers.count == count else {
                throw EmbqError(
                    .malformed, file: file, place: "line \(row.line)",
                    "expected \(count) numbers, found \(numbers.count)",
                    advice: "Write a number for each output of the model, separated by commas.")
            }
            targets.append(numbers)
        }
        return targets
    }

    /// True if there are labels and all are numbers.
    package var hasNumbers: Bool { isLabelled && (try? regressionTargets()) != nil }

    /// Labels that are not in `labels`, one for each row that has such a label; none without a label column.
    ///
    /// - Parameter severalPerRow: commas separate the labels of a row, which may have none.
    package func unknownLabels(_ labels: [String], severalPerRow: Bool) -> [String] {
        let areNumbers = hasLabelPlaces(labels, severalPerRow: severalPerRow)
        let known = Set(places(labels, areNumbers: areNumbers).keys)
        return rows.compactMap { row in
            guard let label = row.label else { return nil }
            guard severalPerRow else { return known.contains(label) ? nil : label }
            return label.split(separator: ",").map(\.trimmed).first { !known.contains($0) }
        }
    }

    /// Labels that are not `count` numbers, which commas separate; none without a label column.
    package func labelsOtherThanNumbers(count: Int) -> [String] {
        zip(rows, knownNumbers(count: count)).compactMap { row, target in target == nil ? row.label : nil }
    }

    /// The labels of each row; nil where it has none, or one that is neither in `labels` nor, if none of these is a number
    /// itself, the place of one. What other rows have changes nothing, so that parts of a file give what the whole gives.
    ///
    /// - Parameter severalPerRow: commas separate the labels of a row, which may have none.
    package func knownLabels(_ labels: [String], severalPerRow: Bool) -> [Target?] {
        var ids = places(labels, areNumbers: false)
        if !labels.contains(where: { Int($0) != nil }) {
            ids.merge(places(labels, areNumbers: true)) { name, _ in name }
        }
        return rows.map { row in
            guard let label = row.label else { return nil }
            let names = severalPerRow ? label.split(separator: ",").map(\.trimmed) : [label]
            let known = names.compactMap { ids[$0] }
            return known.count == names.count ? Target(labels: Set(known).sorted()) : nil
        }
    }

    /// The numbers of each row, which commas separate; nil where it has not so many, or something else.
    package func knownNumbers(count: Int) -> [Target?] {
        rows.map { row in
            guard let label = row.label else { return nil }
            let texts =
                count > 1
                ? label.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed) : [label]
            let numbers = texts.compactMap { Self.number($0) }
            return texts.count == count && numbers.count == count ? Target(numbers: numbers) : nil
        }
    }

    /// A finite decimal number, or nil.
    private static func number(_ label: String) -> Double? {
        // Without this, "nan", "infinity" and "0x10" would count as numbers.
        let isDecimal = label.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) }
        guard isDecimal, let value = Double(label), value.isFinite else { return nil }
        return value
    }

    private func number(_ label: String, _ row: Row) throws(EmbqError) -> Double {
        if let value = Self.number(label) { return value }
        throw EmbqError(
            .malformed, file: file, place: "line \(row.line)",
            "the label \(label.quoted) is not a number; the model is a regression",
            advice: "Use data with numeric labels, such as 3.25.")
    }

    /// The right answers for a model with these labels; nil stands for a regression.
    package func targets(labels: [String]?) throws(EmbqError) -> Targets {
        if let labels { .classes(try classIndices(labels: labels)) } else { .values(try regressionTargets()) }
    }

    /// - Parameter orNone: an empty label is none.
    private func label(of row: Row, orNone: Bool = false) throws(EmbqError) -> String {
        if !orNone { try requireLabel(row) }
        guard let label = row.label else {
            throw EmbqError(
                .missing, file: file, place: "line 1", "there is no 'label' column",
                advice: "Accuracy needs labels: add a column named label, or say with --label-column which it is.")
        }
        return label
    }

    /// Rejects empty labels, which only models with several labels a row have.
    ///
    /// - Throws: `.missing` with the first line.
    package func requireLabels() throws(EmbqError) { for row in rows { try requireLabel(row) } }

    private func requireLabel(_ row: Row) throws(EmbqError) {
        guard row.label?.isEmpty == true else { return }
        throw EmbqError(
            .missing, file: file, place: "line \(row.line)", "the label is empty",
            advice: "Give the row a label or remove the row.")
    }
}

extension Substring {
    /// Without spaces at its ends.
    fileprivate var trimmed: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
