/// A set of tasks whose scores are averaged into one.
package enum Benchmark: String, Sendable, CaseIterable {
    /// Source: A. Wang et al., "GLUE: A Multi-Task Benchmark and Analysis Platform for Natural Language Understanding",
    /// arXiv 1804.07461; with both sets of MNLI and with WNLI, as arXiv 2502.10001 averages it.
    case glue = "GLUE"
    /// Source: M. Bravin et al., "EmbBERT-Q: Breaking Memory Barriers in Embedded NLP", arXiv 2502.10001.
    case tinyNLP = "TinyNLP"

    /// The tasks by the names that tables give them, in their order.
    package var tasks: [String] {
        switch self {
        case .glue: ["CoLA", "SST-2", "MRPC", "STS-B", "QQP", "MNLI-m", "MNLI-mm", "QNLI", "RTE", "WNLI"]
        case .tinyNLP: ["IMDb", "AG News", "Cyberbullying", "LiMiT", "Emotion", "NLU", "SNIPS"]
        }
    }

    /// The benchmark's task of that name; case, spaces and punctuation do not matter. nil for any other task.
    package static func task(named name: String) -> (benchmark: Benchmark, task: String)? {
        let wanted = plain(name)
        for benchmark in allCases {
            if let task = benchmark.tasks.first(where: { plain($0) == wanted }) { return (benchmark, task) }
        }
        return nil
    }

    private static func plain(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }
}
