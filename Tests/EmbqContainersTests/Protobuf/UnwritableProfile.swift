import EmbqContainers
import EmbqCore
import Testing

/// A profile that must not be written, and how the refusal reads.
struct UnwritableProfile: CustomTestStringConvertible {
    let testDescription: String
    let code: EmbqError.Code
    let says: String
    let profile: ProfileRecord

    init(_ name: String, _ code: EmbqError.Code, _ says: String, _ change: (inout ProfileRecord) -> Void) {
        testDescription = name
        self.code = code
        self.says = says
        profile = ProfileSamples.small(change)
    }

    static let all: [UnwritableProfile] = [
        .init("no points", .missing, "no points") { $0.points = [] },
        .init("two points of one name", .duplicate, "point 'layer.0.norm': the name stands twice") {
            $0.points[1].name = "layer.0.norm"
        },
        .init("a point without a name", .malformed, "name of point 1 has 0 bytes") { $0.points[1].name = "" },
        .init("a name with a NUL", .malformed, "name of point 0 holds a control character") {
            $0.points[0].name = "a\0b"
        },
        .init("a family with a line break", .malformed, "family holds a control character") { $0.family = "a\nb" },
        .init("a family that is too long", .malformed, "family has 257 bytes; 1 to 256 are expected") {
            $0.family = String(repeating: "x", count: 257)
        },
        .init("no observer", .malformed, "observer has 0 bytes") { $0.observer = "" },
        .init("a digest that is too short", .malformed, "data_sha256 is not 64") { $0.dataSHA256.removeLast() },
        .init("a digest in capitals", .malformed, "model_sha256 is not 64") {
            $0.modelSHA256 = $0.modelSHA256.uppercased()
        },
        .init("fewer sentences than are kept", .malformed, "keeps 3 of 512 sentences; none or 512") {
            $0.kept = ProfileSamples.sentences.kept
        },
        .init("sentences out of order", .malformed, "not in ascending order of text_sha256") {
            $0 = ProfileSamples.sentences
            $0.kept.swapAt(0, 1)
        },
        .init("more kept tokens than were run", .malformed, "13 tokens; at most 12") {
            $0 = ProfileSamples.sentences
            $0.tokens = 12
        },
        .init("a text's digest that is too short", .malformed, "sentence 1: text_sha256 has 31 bytes") {
            $0 = ProfileSamples.sentences
            $0.kept[1].textSHA256.removeLast()
        },
        .init("a second text beyond the ids", .malformed, "first and second are 1 and 5; there are 5 ids") {
            $0 = ProfileSamples.sentences
            $0.kept[1].second = 5
        },
        .init("a first text of fewer than no ids", .malformed, "first and second are -1 and 1") {
            $0 = ProfileSamples.sentences
            $0.kept[1].first = -1
        },
        .init("a type for some of the ids", .malformed, "types has 4 bytes") {
            $0 = ProfileSamples.sentences
            $0.kept[1].types.removeLast()
        },
        .init("a token type of 2", .malformed, "types has 5 bytes; none or one of 0 or 1") {
            $0 = ProfileSamples.sentences
            $0.kept[1].types[0] = 2
        },
        .init("an answer that is no number", .nonFinite, "sentence 0: a number of the target") {
            $0 = ProfileSamples.sentences
            $0.kept[0].target?.numbers[0] = .nan
        },
        .init("an answer's label twice", .malformed, "sentence 2: the target's labels are not ascending") {
            $0 = ProfileSamples.sentences
            $0.kept[2].target?.labels = [1, 1]
        },
        .init("too many labels of one sentence", .limitExceeded, "65537 labels or numbers; at most 65536") {
            $0 = ProfileSamples.sentences
            $0.kept[2].target?.labels = Array(0...65536)
        },
        .init("more sentences than sums hold", .limitExceeded, "at most 274877906944") { $0.sentences = 1 << 38 + 1 },
        .init("a sum from no exponent of a float", .malformed, "1 terms from exponent \(Int.max)") {
            $0.points[0].sentenceMinima = ExactSumRecord(exponent: .max, terms: [1])
            $0.points[0].sentenceMaxima = ExactSumRecord(exponent: 0, terms: [])
        },
        .init("no sentences", .malformed, "sentences is 0") { $0.sentences = 0 },
        .init("fewer than no tokens", .malformed, "tokens is -1") { $0.tokens = -1 },
        .init("NaN as a minimum", .nonFinite, "point 'layer.0.norm': the range is nan to 4.5") {
            $0.points[0].minimum = .nan
        },
        .init("an infinite maximum", .nonFinite, "to inf") { $0.points[0].maximum = .infinity },
        .init("a minimum above the maximum", .malformed, "5.0 is above the maximum 4.5") { $0.points[0].minimum = 5 },
        .init("an exponent too large", .malformed, "exponent is 65; -64 to 64 is expected") {
            $0.points[0].histogram.exponent = 65
        },
        .init("an exponent that overflows", .malformed, "exponent is \(Int.min)") {
            $0.points[0].histogram.exponent = .min
        },
        .init("no bins", .malformed, "has 0 bins; 1 to 65536") { $0.points[0].histogram.counts = [] },
        .init("too many bins", .limitExceeded, "has 65537 bins") {
            $0.points[0].histogram.counts = Array(repeating: 1, count: 65537)
        },
        .init("nothing counted", .malformed, "counts no value") { $0.points[0].histogram.counts = [0, 0] },
        .init("counts beyond 2^63", .malformed, "add up to more than") {
            $0.points[0].histogram.counts = [1 << 62, 1 << 62]
        },
        .init("counts beyond 2^64", .malformed, "add up to more than") { $0.points[0].histogram.counts = [1, .max] },
        .init("too many points", .limitExceeded, "holds 4097 points; at most 4096") {
            let point = $0.points[0]
            $0.points = (0...4096).map { index in
                var copy = point
                copy.name = "\(index)"
                return copy
            }
        },
        .init("too many bins in all", .limitExceeded, "bins in all; at most 4194304") {
            let point = $0.points[0]
            $0.points = (0..<65).map { index in
                var copy = point
                copy.name = "\(index)"
                copy.histogram.counts = Array(repeating: 1, count: 65536)
                return copy
            }
        },
    ]
}
