import EmbqArtifact
import EmbqCore
import EmbqRuntime

/// The most that a model may take of a part's memories, in bytes; nil sets no limit.
package struct PartLimits: Sendable, Equatable {
    /// Of the model, its tokenizer and the runtime's code, as measured for Cortex-M4.
    package var flash: Int?
    /// Of the arena for the longest sentence, the stack, `embq_model` and the logits.
    package var ram: Int?

    package init(flash: Int? = nil, ram: Int? = nil) {
        self.flash = flash
        self.ram = ram
    }

    func fitsFlash(_ artifact: ArtifactReader) -> Bool { Footprint(artifact).flash.total <= flash ?? .max }

    func fitsRAM(_ artifact: ArtifactReader) -> Bool { Footprint(artifact).ramAtLongest <= ram ?? .max }

    /// - Throws: `.limitExceeded` with the longest sentence that fits.
    func requireRAM(_ artifact: ArtifactReader) throws(EmbqError) {
        guard let limit = ram, !fitsRAM(artifact) else { return }
        let (footprint, device) = (Footprint(artifact), artifact.device)
        func needed(_ tokens: Int) -> Int { footprint.ram.total(arena: device.arenaSize(tokens: tokens)) }
        // Longer sentences never need less.
        var (fits, tooLong) = (0, device.maximumLength)
        while tooLong - fits > 1 {
            let middle = (fits + tooLong) / 2
            if needed(middle) <= limit { fits = middle } else { tooLong = middle }
        }
        let shown = max(fits, 1)
        throw EmbqError(
            .limitExceeded,
            "it takes \(needed(device.maximumLength)) bytes of RAM for sentences of \(device.maximumLength) tokens "
                + "(arena \(device.arenaSize(tokens: device.maximumLength)), stack \(footprint.ram.stack), model "
                + "\(footprint.ram.model), logits \(footprint.ram.logits)); the limit is \(limit)",
            advice: fits > 0
                ? "The nearest that fits are sentences of \(fits) tokens: give --max-tokens \(fits)."
                : "No sentence fits: the nearest, of one token, takes \(needed(1)) bytes.",
            nearest: NearestGoal(bytes: footprint.total, agreement: nil, ram: needed(shown), maxTokens: shown))
    }

    /// What the error of a search for widths says of flash, `overhead` being what lies there beside weights, tables and
    /// arena, less the arena.
    func explained(_ error: EmbqError, overhead: Int) -> EmbqError {
        guard let flash, error.code == .limitExceeded, let nearest = error.nearest else { return error }
        // The artifact records the limit itself, digit by digit.
        let least = nearest.bytes + overhead
        let needed = least + max(0, String(least).count - String(flash).count)
        var explained = error
        explained.problem =
            "no choice of widths fits \(flash) bytes of flash: the nearest takes \(needed), with the tokenizer, the check "
            + "vectors and the runtime's code"
        explained.advice = "Raise --flash, or give a smaller --max-tokens or model."
        explained.nearest = NearestGoal(bytes: nearest.bytes, agreement: nearest.agreement, flash: needed)
        return explained
    }
}
