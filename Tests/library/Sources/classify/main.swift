// Quantizes a checkpoint, checks it, writes it as an artifact and as C, classifies a sentence with each, and tags another.
// Arguments: the checkpoint's folder, data to calibrate on and to check with, a folder to write into; a tagger's
// folder, a text for it.
import Embq
import Models

let arguments = CommandLine.arguments
let (checkpoint, data, output) = (arguments[1], arguments[2], arguments[3])
let sentence = Sentence("play some jazz")

do throws(EmbqError) {
    var quantizer = try Quantizer(checkpoint)
    quantizer.threads = 2
    let model = try quantizer.quantize(calibration: data)
    let check = try model.check(on: data)
    print("\(model.totalBytes) bytes, \(model.arenaBytes(tokens: 16)) of arena at 16 tokens")
    print("\(check.rows) rows, \((check.agreement ?? 0) >= 0.9 ? "agree" : "differ")")
    try model.write(to: output + "/model.embq")
    try model.exportC(to: output + "/c")

    let artifact = try Classifier(output + "/model.embq")
    let released = try Classifier(checkpoint)
    let answer = try artifact.classify(sentence.text)
    let reference = try released.classify(sentence.text)
    print("\(answer.label) \(abs(answer.score - reference.score) < 0.1 ? "as in fp32" : "not as in fp32")")

    let tagging = try Tagger(arguments[4]).tag(arguments[5])
    for token in tagging.tokens { print("tag", token.bytes.lowerBound, token.bytes.upperBound, token.label) }
    for span in tagging.spans { print("span", span.label, span.text) }
} catch {
    print("error: \(error)")
}

do throws(EmbqError) {
    _ = try Encoder(checkpoint)
} catch {
    print("\(error.code): \(error.advice)")
}
