// Runs an artifact with nothing but the C runtime. Arguments: the artifact, a text.
import EmbqRuntime
import Foundation

let bytes = try Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[1]))
let model = try DeviceModel(artifact: Array(bytes))
let logits = try DeviceSession(model).run(text: Array(CommandLine.arguments[2].utf8))
let best = logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
print(model.labels[best])

do throws(RuntimeError) {
    _ = try DeviceModel(artifact: Array(bytes.dropLast()))
} catch {
    print(error.code)
}
