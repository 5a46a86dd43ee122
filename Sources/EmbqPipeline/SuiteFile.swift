package import EmbqCheckpoints
package import EmbqCore
package import EmbqEvaluation
package import EmbqQuantization

/// A list of evaluations: `Schemas/suite.schema.json` describes the file.
package struct SuiteFile: Sendable, Equatable {
    /// More than all tasks of all benchmarks for every family.
    static let maximumRows = 1000
    private static let limit = FileLimit(
        "a suite", bytes: 4 << 20, advice: "Schemas/suite.schema.json says what stands there.")

    /// How a row's artifact is made where there is none.
    package struct Quantization: Sendable, Equatable {
        /// The data to calibrate on.
        package var calibration: String
        /// How many of its rows are used; nil for the standard number.
        package var samples: CalibrationSamples?
        package var observer: String?
        package var methods: QuantizationMethods
        /// The most that weights, tables and arena may take at 256 tokens, in bytes.
        package var budget: Int?
    }

    /// What is evaluated in int8.
    package enum Model: Sendable, Equatable {
        case artifact(String)
        case quantized(Quantization)
    }

    /// One evaluation. Paths are as the program can open them.
    package struct Row: Sendable, Equatable {
        package var task: String
        package var metric: Metric?
        package var checkpoint: CheckpointLocation
        package var data: String
        package var model: Model
    }

    /// Where the file lies, as the user gave it.
    package let path: String
    package let rows: [Row]

    /// Reads a file. Paths in it are relative to its folder.
    ///
    /// - Throws: `.malformed`, `.missing` or `.invalidRequest` with the row and the key.
    package init(path: String) throws(EmbqError) {
        do throws(EmbqError) {
            try self.init(Self.limit.json(path), path: path)
        } catch {
            throw error.at(file: path)
        }
    }

    init(_ json: JSONValue, path: String) throws(EmbqError) {
        guard let members = json.object else { throw Self.fault("the document is \(json.kind)", expected: "an object") }
        if let other = members.first(where: { $0.key != "rows" && $0.key != "$schema" }) {
            throw Self.unknown(other.key, ["rows"])
        }
        guard let listed = json["rows"]?.array, !listed.isEmpty, listed.count <= Self.maximumRows else {
            throw Self.fault(
                "'rows' is \(json["rows"]?.kind ?? "missing")", expected: "an array of 1 to \(Self.maximumRows)")
        }
        var rows: [Row] = []
        for (index, row) in listed.enumerated() {
            do throws(EmbqError) {
                rows.append(try RowParser(row, folder: Folder.parent(of: path)).row())
            } catch {
                throw error.inside("rows[\(index)]")
            }
        }
        self.path = path
        self.rows = rows
    }

    static func fault(_ problem: String, expected: String) -> EmbqError {
        EmbqError(
            .malformed, "\(problem); \(expected) is expected",
            advice: "Schemas/suite.schema.json says what stands there.")
    }

    static func unknown(_ key: String, _ known: [String]) -> EmbqError {
        EmbqError(
            .malformed, "the key '\(EmbqError.printable(key))' is not known",
            advice: "Known keys: \(known.joined(separator: ", ")).")
    }
}

private struct RowParser {
    private static let keys = [
        "task", "metric", "checkpoint", "config", "tokenizer", "key", "adapter", "data", "artifact", "calibration",
        "samples", "observer", "methods", "budget",
    ]

    private let json: JSONValue
    private let folder: String

    init(_ json: JSONValue, folder: String) throws(EmbqError) {
        guard let members = json.object else { throw SuiteFile.fault("the row is \(json.kind)", expected: "an object") }
        if let other = members.first(where: { !Self.keys.contains($0.key) }) {
            throw SuiteFile.unknown(other.key, Self.keys)
        }
        self.json = json
        self.folder = folder
    }

    func row() throws(EmbqError) -> SuiteFile.Row {
        let task = try required("task")
        guard !task.holdsControls else {
            throw SuiteFile.fault("'task' is '\(EmbqError.printable(task))'", expected: "a name on one line")
        }
        var metric: Metric?
        if let name = try string("metric") {
            guard let known = Metric(rawValue: name) else {
                throw SuiteFile.fault(
                    "'metric' is '\(EmbqError.printable(name))'",
                    expected: Metric.allCases.map(\.rawValue).joined(separator: ", "))
            }
            metric = known
        }
        // A mean of other metrics would not be the benchmark's score.
        if let (benchmark, name) = Benchmark.task(named: task), let metric, metric != Metric.standard(forTask: name) {
            throw EmbqError(
                .invalidRequest,
                "\(benchmark.rawValue) judges \(name) by \(Metric.standard(forTask: name).rawValue), not by "
                    + metric.rawValue, advice: "Leave out the metric, or give the task another name.")
        }
        return SuiteFile.Row(
            task: task, metric: metric,
            checkpoint: CheckpointLocation(
                try path(required("checkpoint")), config: try optionalPath("config"),
                tokenizer: try optionalPath("tokenizer"), key: try string("key"),
                adapter: try optionalPath("adapter")),
            data: try path(required("data")), model: try model())
    }

    private func model() throws(EmbqError) -> SuiteFile.Model {
        let (artifact, calibration) = (try optionalPath("artifact"), try optionalPath("calibration"))
        switch (artifact, calibration) {
        case (let artifact?, nil):
            for key in ["samples", "observer", "methods", "budget"] where json[key] != nil {
                throw EmbqError(
                    .invalidRequest, "'\(key)' goes with 'calibration'; the row has an artifact",
                    advice: "Remove one of them.")
            }
            return .artifact(artifact)
        case (nil, let calibration?):
            return .quantized(
                SuiteFile.Quantization(
                    calibration: calibration, samples: try samples(), observer: try observer(), methods: try methods(),
                    budget: try budget()))
        default:
            throw EmbqError(
                .invalidRequest,
                artifact == nil
                    ? "the row has neither 'artifact' nor 'calibration'" : "the row has 'artifact' and 'calibration'",
                advice: "Give the artifact to evaluate, or the data to calibrate one on.")
        }
    }

    private func samples() throws(EmbqError) -> CalibrationSamples? {
        guard let value = json["samples"] else { return nil }
        if value.string == "auto" { return .automatic }
        guard let count = value.int, count >= 1 else {
            throw SuiteFile.fault("'samples' is \(value.kind)", expected: "a whole number from 1 on, or \"auto\",")
        }
        return .rows(count)
    }

    private func observer() throws(EmbqError) -> String? {
        guard let name = try string("observer") else { return nil }
        guard Observers.named(name) != nil else {
            throw SuiteFile.fault(
                "'observer' is '\(EmbqError.printable(name))'", expected: Observers.names.joined(separator: ", "))
        }
        return name
    }

    private func methods() throws(EmbqError) -> QuantizationMethods {
        guard let names = try string("methods") else { return .all }
        if let methods = QuantizationMethods(names: names) { return methods }
        throw SuiteFile.fault(
            "'methods' is '\(EmbqError.printable(names))'",
            expected: "all, none, or some of \(QuantizationMethods.all.names.joined(separator: ",")), joined by commas,"
        )
    }

    private func budget() throws(EmbqError) -> Int? {
        guard let text = try string("budget") else { return nil }
        if let size = ByteCount(text) { return size.bytes }
        throw SuiteFile.fault(
            "'budget' is '\(EmbqError.printable(text))'", expected: "a size such as 445000, 445kB or 512KiB")
    }

    private func string(_ key: String) throws(EmbqError) -> String? {
        guard let value = json[key] else { return nil }
        guard let text = value.string, !text.isEmpty else {
            throw SuiteFile.fault("'\(key)' is \(value.kind)", expected: "a text")
        }
        return text
    }

    private func required(_ key: String) throws(EmbqError) -> String {
        if let text = try string(key) { return text }
        throw EmbqError(
            .missing, "there is no '\(key)'",
            advice: "A row has at least task, checkpoint, data and an artifact or calibration.")
    }

    private func optionalPath(_ key: String) throws(EmbqError) -> String? { try string(key).map(path) }

    private func path(_ name: String) -> String { name.hasPrefix("/") ? name : Folder.join(folder, name) }
}
