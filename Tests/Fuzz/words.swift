import EmbqCore
import EmbqTokenizers

/// A tokenizer is refused, or it becomes tables that name each of its tokens. An odd first byte: the rest is a vocab.txt,
/// else a tokenizer.json.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let input = unsafe Span(_unsafeStart: start + 1, count: count - 1)
    let bytes = input.indices.map { input[$0] }
    let compiled =
        if unsafe start[0] % 2 == 1 {
            try? TokenizerCompiler.compile(vocabulary: bytes, config: .null)
        } else {
            try? TokenizerCompiler.compile(tokenizerJSON: bytes)
        }
    if let compiled { precondition(!compiled.tables.isEmpty && compiled.vocabularySize > 0) }
    return 0
}
