import EmbqCore
import EmbqModels
import EmbqRuntime

/// Memory that a model needs on the device, in bytes, and work.
package struct Footprint: Sendable, Equatable {
    /// Every parameter with its biases: section WGHT.
    package var weights: Int
    /// Everything else that inference reads: sections MODL, TABL and LABL.
    package var tables: Int
    /// Section TOKN; not part of ``total``.
    package var tokenizer: Int
    /// Arena sizes by sentence length in tokens.
    package var arena: [Int: Int]
    /// Sentence length of ``total``: 256 tokens, or the model's longest sentence if that is shorter.
    package var length: Int
    package var flash: Flash
    package var ram: RAM
    /// The work of a sentence, by the lengths of ``arena``.
    package var work: [Int: ProgramWork.Sentence] = [:]

    /// What lies in flash.
    package struct Flash: Sendable, Equatable {
        /// Section WGHT.
        package var weights: Int
        /// Sections MODL and TABL.
        package var tables: Int
        /// Section TOKN.
        package var tokenizer: Int
        /// Section LABL.
        package var labels: Int
        /// Section CHEK.
        package var checks: Int
        /// What only tools read: sections TENS and META, the section table, and what fills up between sections.
        package var tools: Int
        /// The runtime's code and constants on Cortex-M4.
        package var codeM4: Int

        package var total: Int { weights + tables + tokenizer + labels + checks + tools + codeM4 }

        package init(
            weights: Int, tables: Int, tokenizer: Int, labels: Int = 0, checks: Int = 0, tools: Int = 0, codeM4: Int = 0
        ) {
            self.weights = weights
            self.tables = tables
            self.tokenizer = tokenizer
            self.labels = labels
            self.checks = checks
            self.tools = tools
            self.codeM4 = codeM4
        }
    }

    /// What lies in RAM, where addresses have 32 bits.
    package struct RAM: Sendable, Equatable {
        /// By sentence length in tokens.
        package var arena: [Int: Int]
        /// At most, of any call.
        package var stack: Int
        /// `embq_model`.
        package var model: Int
        /// The caller's array of logits.
        package var logits: Int

        package init(arena: [Int: Int], stack: Int = 0, model: Int = 0, logits: Int = 0) {
            self.arena = arena
            self.stack = stack
            self.model = model
            self.logits = logits
        }

        /// All of it, for an arena of this size.
        package func total(arena: Int) -> Int { arena + stack + model + logits }
    }

    package init(weights: Int, tables: Int, tokenizer: Int, arena: [Int: Int], length: Int) {
        self.weights = weights
        self.tables = tables
        self.tokenizer = tokenizer
        self.arena = arena
        self.length = length
        flash = Flash(weights: weights, tables: tables, tokenizer: tokenizer)
        ram = RAM(arena: arena)
    }

    package init(_ artifact: ArtifactReader) {
        func size(_ tag: ArtifactFormat.Tag) -> Int { artifact.section(tag)?.count ?? 0 }
        let longest = artifact.device.maximumLength
        let length = min(256, longest)
        self.init(
            weights: size(.weights), tables: size(.model) + size(.tables) + size(.labels), tokenizer: size(.tokenizer),
            arena: Dictionary(
                [16, 32, 64, 128, 256, longest, length].filter { $0 <= longest }.map {
                    ($0, artifact.device.arenaSize(tokens: $0))
                }, uniquingKeysWith: { first, _ in first }),
            length: length)
        flash.tables = size(.model) + size(.tables)
        flash.labels = size(.labels)
        flash.checks = size(.checks)
        flash.tools = artifact.bytes.count - weights - tables - tokenizer - flash.checks
        flash.codeM4 = RuntimeCode.bytesOnCortexM4(artifact)
        ram.stack = DeviceLimits.stack
        ram.model = RuntimeCode.modelSize
        ram.logits = 4 * artifact.device.outputs
        let program = ProgramWork(artifact)
        work = Dictionary(uniqueKeysWithValues: arena.keys.map { ($0, program.sentence(tokens: $0)) })
    }

    /// Arena size at ``length``.
    package var arenaAtLength: Int { arena[length] ?? 0 }

    /// Weights, tables and arena together, without the tokenizer: the sum of the paper.
    package var total: Int { weights + tables + arenaAtLength }

    /// All of RAM for the longest sentence.
    package var ramAtLongest: Int { ram.total(arena: arena.values.max() ?? 0) }
}

extension Footprint.Flash: Codable {
    private enum CodingKeys: String, CodingKey {
        case weights, tables, tokenizer, labels, checks, tools, total
        case codeM4 = "code_m4"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(weights, forKey: .weights)
        try container.encode(tables, forKey: .tables)
        try container.encode(tokenizer, forKey: .tokenizer)
        try container.encode(labels, forKey: .labels)
        try container.encode(checks, forKey: .checks)
        try container.encode(tools, forKey: .tools)
        try container.encode(codeM4, forKey: .codeM4)
        try container.encode(total, forKey: .total)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func number(_ key: CodingKeys) throws -> Int { try container.decode(Int.self, forKey: key) }
        self.init(
            weights: try number(.weights), tables: try number(.tables), tokenizer: try number(.tokenizer),
            labels: try number(.labels), checks: try number(.checks), tools: try number(.tools),
            codeM4: try number(.codeM4))
    }
}

extension Footprint.RAM: Codable {}

/// The JSON form has ``total`` in place of ``length``.
extension Footprint: Codable {
    private enum CodingKeys: String, CodingKey {
        case weights, tables, tokenizer, arena, flash, ram, work
        case total256 = "total_256"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(weights, forKey: .weights)
        try container.encode(tables, forKey: .tables)
        try container.encode(tokenizer, forKey: .tokenizer)
        try container.encode(arena, forKey: .arena)
        try container.encode(total, forKey: .total256)
        try container.encode(flash, forKey: .flash)
        try container.encode(ram, forKey: .ram)
        try container.encode(work, forKey: .work)
    }

    /// Finds ``length`` as the longest arena, up to 256 tokens, that gives the total.
    ///
    /// No arena gives a wrong total. The length is then 0, which no artifact has: the footprint differs from all others.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let (weights, tables) = (
            try container.decode(Int.self, forKey: .weights), try container.decode(Int.self, forKey: .tables)
        )
        let arena = try container.decode([Int: Int].self, forKey: .arena)
        let total = try container.decode(Int.self, forKey: .total256)
        let lengths = arena.filter { $0.key <= 256 && weights.adding(tables)?.adding($0.value) == total }.keys
        self.init(
            weights: weights, tables: tables, tokenizer: try container.decode(Int.self, forKey: .tokenizer),
            arena: arena, length: lengths.max() ?? 0)
        flash = try container.decode(Flash.self, forKey: .flash)
        ram = try container.decode(RAM.self, forKey: .ram)
        work = try container.decodeIfPresent([Int: ProgramWork.Sentence].self, forKey: .work) ?? [:]
    }
}
