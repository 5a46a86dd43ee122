import EmbqCore

extension TextStep {
    /// What steps make of a text: for the tokens that are looked for in normalized text.
    static func normalized(_ text: String, _ steps: [TextStep]) -> String? {
        var codes = text.unicodeScalars.map(\.value)
        for step in steps {
            guard let next = step.apply(codes) else { return nil }
            codes = next
        }
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: codes.compactMap(Unicode.Scalar.init))
        return String(scalars)
    }

    /// nil: the result is not known here.
    private func apply(_ codes: [UInt32]) -> [UInt32]? {
        func codePoints(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }
        let spaces = UnicodeFacts.all.spaces
        switch self {
        case .map(let changes):
            return codes.flatMap { code in changes.reduce([code]) { codes, change in codes.flatMap(change.apply) } }
        case .order(let composes):
            let facts = PipelineFacts.all
            return codes.contains { composes ? $0 >= 0x300 : facts.markClasses[$0] != nil } ? nil : codes
        case .replace(let pattern, let content):
            let (pattern, content) = (codePoints(pattern), codePoints(content))
            var result: [UInt32] = []
            var rest = codes[...]
            while let first = rest.first {
                if rest.starts(with: pattern) {
                    result += content
                    rest = rest.dropFirst(pattern.count)
                } else {
                    result.append(first)
                    rest = rest.dropFirst()
                }
            }
            return result
        case .squeeze(let set, let least, let most, let content):
            var result: [UInt32] = []
            var rest = codes[...]
            while let first = rest.first {
                let run = rest.prefix { set.contains($0) }.prefix(most ?? .max)
                if run.count >= least {
                    result += codePoints(content)
                    rest = rest.dropFirst(run.count)
                } else {
                    result.append(first)
                    rest = rest.dropFirst()
                }
            }
            return result
        case .strip(let left, let right):
            var rest = codes[...]
            if left { rest = rest.drop { spaces.contains($0) } }
            while right, let last = rest.last, spaces.contains(last) { rest.removeLast() }
            return Array(rest)
        case .prepend(let text): return codes.isEmpty ? [] : codePoints(text) + codes
        case .charsmap(let map):
            let isPlain = codes.allSatisfy { $0 < 0x80 && map.single[$0] == nil }
            return isPlain ? codes : nil
        }
    }
}
