import EmbqArtifact
import EmbqCore

extension Footprint {
    /// Flash and RAM apart, and the work, for people.
    var lines: [String] {
        func line(_ name: String, _ bytes: Int, _ remark: String = "") -> String {
            "  \(name.padded(to: 10)) \(bytes.grouped.aligned(to: 9)) bytes\(remark)"
        }
        return [
            "flash", line("weights", flash.weights), line("tables", flash.tables), line("tokenizer", flash.tokenizer),
            line("labels", flash.labels), line("checks", flash.checks), line("for tools", flash.tools),
            line("code", flash.codeM4, " of the runtime on Cortex-M4, gcc -Os"), line("total", flash.total), "RAM",
        ]
            + ram.arena.sorted { $0.key < $1.key }.map { line("arena", $0.value, " at \($0.key) tokens") }
            + [
                line("stack", ram.stack, " at most"), line("model", ram.model), line("logits", ram.logits),
                line("total", ramAtLongest, " at \(ram.arena.keys.max() ?? 0) tokens"),
                "work: multiply-accumulates; instructions on Cortex-M4, estimated",
            ]
            + work.sorted { $0.key < $1.key }.map { length, sentence in
                "  \("\(length) tokens".padded(to: 10)) \(sentence.macs.grouped.aligned(to: 13)); "
                    + "\(sentence.instructionsM4.grouped.aligned(to: 13))"
            }
    }
}
