import EmbqCore

/// What a post-processor does to the places in a text that tokens come from.
struct TokenPlaces {
    /// True if spaces at a token's ends are not part of it.
    private(set) var trimsSpace = false
    /// True if one space that begins the text stays part of its token: it may have been put there.
    private(set) var keepsFirstSpace = false

    init() {}

    /// Reads a post-processor.
    ///
    /// - Throws: `.unsupported` for settings that would give a token other bytes than the runtime says.
    init(_ root: JSONField, _ pipeline: TextPipeline, _ vocabulary: Vocabulary, cutsLeft: Bool) throws(EmbqError) {
        var open = [root]
        var addsTokens = false
        while let field = open.popLast() {
            switch field["type"].value.string {
            case "Sequence": open += try field["processors"].array().reversed()
            case "ByteLevel", "RobertaProcessing":
                let trims = field["trim_offsets"]
                if try trims.bool(absent: true) {
                    guard !trimsSpace, !addsTokens else {
                        throw trims.misplacing("true in one post-processor, before others that add tokens")
                    }
                    guard pipeline.isByteLevel else {
                        throw trims.misplacing("false without the pre-tokenizer ByteLevel")
                    }
                    trimsSpace = true
                    keepsFirstSpace = try field["add_prefix_space"].bool(absent: true)
                    if keepsFirstSpace, cutsLeft {
                        throw field["add_prefix_space"].misplacing("false where long texts lose their beginning")
                    }
                }
                if field["type"].value.string == "RobertaProcessing" { addsTokens = true }
            default: addsTokens = addsTokens || !field.isNull
            }
        }
        guard trimsSpace else { return }
        // The library counts the character of the byte 0x20 in an added token's own text too.
        if let token = vocabulary.addedTokens.first(where: {
            $0.isMatched && ($0.content.hasPrefix("\u{120}") || $0.content.hasSuffix("\u{120}"))
        }) {
            throw JSONField(path: "added_tokens", value: .string(token.content)).misplacing(
                "added tokens that neither begin nor end with \u{120}")
        }
    }
}

extension JSONField {
    /// The error for a value that gives a tagger's tokens other places in the text.
    fileprivate func misplacing(_ supported: String) -> EmbqError {
        EmbqError(
            .unsupported, place: "'\(path)'",
            "\(value.summary) is not supported for a tagger: it would change which bytes of a text its tokens are",
            advice: "Supported: \(supported).")
    }
}
