import EmbqArtifact
import EmbqCore
import EmbqRuntime

/// model.h and model.c: an artifact as arrays, and the function that opens them.
struct ModelSource {
    private let artifact: ArtifactReader
    private let library: ExportedLibrary
    private let arrays: CSourceOptions.Arrays
    private let target: CSourceOptions.ObjectTarget?
    private var names: ModelNames { library.names }

    init(_ artifact: ArtifactReader, _ library: ExportedLibrary, _ options: CSourceOptions) {
        self.artifact = artifact
        self.library = library
        arrays = options.arrays
        target = options.target
    }

    /// The header and the sources, by their names.
    var files: [(name: String, bytes: [UInt8])] {
        var files = [(names.header, Array(header.utf8)), (names.source, Array(source.utf8))]
        if arrays == .incbin {
            files += [(names.assembly, Array(assembly.utf8)), (names.binary, artifact.bytes)]
        } else if arrays == .object, let target {
            let object = ELFObject(target: target, symbol: names.function("data"), content: artifact.bytes)
            files.append((names.object, object.bytes))
        }
        return files
    }

    // MARK: model.h

    var header: String {
        let device = artifact.device
        let length = device.maximumLength
        let version = RuntimeLibrary.number(library.version)
        return """
            /* Written by embq. The model's outputs\(outputs) */
            #ifndef \(names.macro("DATA_H"))
            #define \(names.macro("DATA_H"))

            #include "embq.h"

            #if EMBQ_RUNTIME_VERSION != \(version)
            #error "\(names.header) was exported by embq \(library.version), embq.h is of another version: export all models with one"
            #endif

            #ifdef __cplusplus
            extern "C" {
            #endif

            #define \(names.macro("SIZE")) \(size)u
            #define \(names.macro("OUTPUTS")) \(device.outputs)u
            #define \(names.macro("MAX_LENGTH")) \(length)u
            /* Bytes of arena for the longest sentence; embq_arena_size() tells it for shorter ones. */
            #define \(names.macro("ARENA_SIZE")) \(device.arenaSize(tokens: length))u
            /* SHA-256 of \(arrays == .sections ? "the arrays of \(names.source), one after the other" : "the artifact"), for \
            an array of bytes. */
            #define \(names.macro("SHA256")) \(digest)
            \(memory)\(device.task == .tags ? "/* A tagger: see embq_run_tags. */\n#define \(names.macro("TAGS")) 1\n" : "")
            \(data)/* Opens it with the parts that this model uses: a linker that drops what nobody refers to
             * (-ffunction-sections -fdata-sections -Wl,--gc-sections) leaves out all others. */
            embq_status \(names.function("open"))(embq_model *model);

            /* Compares the SHA-256 of the arrays with \(names.macro("SHA256")); EMBQ_ERROR_CHECKSUM if they were changed since the
             * export. Opening does not need it: see embq_check_sha256. */
            embq_status \(names.function("verify"))(void);

            #ifdef __cplusplus
            }
            #endif
            #endif

            """
    }

    /// What the model takes of a part.
    private var memory: String {
        let footprint = Footprint(artifact)
        let (flash, ram) = (footprint.flash, footprint.ram)
        return """
            /* Flash: weights \(flash.weights), tables \(flash.tables), tokenizer \(flash.tokenizer), labels \(flash.labels), \
            check vectors \(flash.checks); code of the
             * runtime \(flash.codeM4) on Cortex-M4 with gcc -Os. RAM: the arena, stack \(ram.stack) at most, embq_model \
            \(ram.model), logits \(ram.logits). */

            """
    }

    /// What the outputs are, behind "The model's outputs": a list of labels, where they are labels.
    private var outputs: String {
        let device = artifact.device
        switch device.task {
        case .embedding: return " are the \(device.outputs) numbers of an embedding."
        case .pretraining:
            return ": two that tell if the text behind [SEP] follows, then one for each of the\n"
                + " * \(device.outputs - 2) words of the vocabulary, at the first [MASK]."
        case .multiLabel: return ", of which any number applies, those above 0:\n\(labels)"
        case .tags: return ", one of which each token has:\n\(labels)"
        case .labels, .number: return ":\n\(labels)"
        }
    }

    private var labels: String {
        artifact.device.labels.enumerated().map { index, label in
            " *   \(index)  \(label.escaped(for: .cComment))\n"
        }.joined()
    }

    /// The bytes of the arrays, one after the other.
    private var content: [ArraySlice<UInt8>] {
        guard arrays == .sections else { return [artifact.bytes[...]] }
        return [artifact.bytes[..<headSize]]
            + pieces.filter(\.isRead).map { artifact.bytes[$0.section.offset..<$0.section.offset + $0.section.size] }
    }

    /// Bytes of all arrays.
    private var size: Int { content.reduce(0) { $0 + $1.count } }

    /// The SHA-256 of all arrays.
    var sha256: [UInt8] {
        var hash = SHA256()
        for piece in content { hash.update(piece.span) }
        return hash.bytes()
    }

    /// The same as an initializer.
    private var digest: String {
        let bytes = sha256.map { "0x" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        let lines = [bytes[..<16], bytes[16...]].map { $0.joined(separator: ", ") }
        return "{\\\n    \(lines.joined(separator: ", \\\n    "))}"
    }

    private var data: String {
        guard arrays != .sections else { return "" }
        return """
            /* The .embq artifact, aligned for use in place. */
            extern const uint8_t \(names.function("data"))[\(names.macro("SIZE"))];


            """
    }

    // MARK: model.c

    var source: String {
        guard [.one, .sections].contains(arrays) else {
            return """
                /* Written by embq. */
                #include "\(names.header)"

                \(opening)
                """
        }
        let arrays = arrays == .one ? one : sections
        return """
            /* Written by embq. */
            #include "\(names.header)"

            /* Where the linker puts the arrays. Each macro stands before them and may be an attribute, for external flash say:
             * -D\(names.setting("WEIGHTS_SECTION"))='__attribute__((section(".extflash")))' */
            \(library.placements.map(Self.definition).joined(separator: "\n"))

            \(arrays)
            """
    }

    private static func definition(_ placement: Placement) -> String {
        """
        #ifndef \(placement.macro)
        #define \(placement.macro)
        #endif
        """
    }

    /// The function that opens one array.
    private var opening: String {
        """
        \(parts)
        embq_status \(names.function("open"))(embq_model *model)
        {
            return embq_open_with(model, \(names.function("data")), \(names.macro("SIZE")), &parts);
        }

        embq_status \(names.function("verify"))(void)
        {
            static const uint8_t digest[EMBQ_SHA256_SIZE] = \(names.macro("SHA256"));
            const embq_piece piece = {\(names.function("data")), \(names.macro("SIZE"))};
            return embq_check_sha256(&piece, 1, digest);
        }

        """
    }

    private var one: String {
        let declarator = "\(names.function("data"))[\(names.macro("SIZE"))]"
        return opening + "\n"
            + array(declarator, in: names.setting("WEIGHTS_SECTION"), artifact.bytes[...], isStatic: false)
    }

    /// The array as the assembler takes it from a file, which is found beside this one or with -I.
    private var assembly: String {
        let (symbol, section) = (names.function("data"), names.setting("WEIGHTS_SECTION"))
        return """
            /* Written by embq. For gcc and clang, and ELF. Another section: -D\(section)=.extflash */
                #ifndef \(section)
                #define \(section) .rodata.\(symbol)
                #endif
                .section \(section), "a", %progbits
                .global \(symbol)
                .type \(symbol), %object
                .balign 16
            \(symbol):
                .incbin "\(names.binary)"
                .size \(symbol), . - \(symbol)
                .section .note.GNU-stack, "", %progbits

            """.replacing("    #", with: "#")
    }

    /// The bytes of header and section table.
    private var headSize: Int { ArtifactFormat.headerSize + ArtifactFormat.sectionEntrySize * artifact.sections.count }

    /// Sections in the table's order; those for tools are left out of the device.
    private var pieces: [(section: ArtifactReader.Section, isRead: Bool)] {
        artifact.sections.map { ($0, ArtifactFormat.Tag(rawValue: $0.tag)?.isReadByRuntime == true) }
    }

    private var sections: String {
        func macro(_ tag: ArtifactFormat.Tag?) -> String {
            library.placements.first { placement in tag.map(placement.tags.contains) ?? false }?.macro
                ?? names.setting("TABLES_SECTION")
        }
        var text = array("head[\(headSize)]", in: macro(nil), artifact.bytes[..<headSize], isStatic: true) + "\n"
        var entries = ["{head, \(headSize)},"]
        for (section, isRead) in pieces {
            guard isRead else {
                entries.append("{0, 0}, /* \(section.tag.escaped(for: .cComment)) is for tools */")
                continue
            }
            let content = artifact.bytes[section.offset..<section.offset + section.size]
            let name = section.tag.lowercased()
            // C has no array of nothing.
            text += array(
                "\(name)[\(max(content.count, 1))]", in: macro(ArtifactFormat.Tag(rawValue: section.tag)),
                content.isEmpty ? [0] : content,
                isStatic: true)
            text += "\n"
            entries.append("{\(name), \(content.count)},")
        }
        return """
            \(text)\(parts)
            static const embq_piece pieces[\(entries.count)] = {
            \(entries.map { "    \($0)" }.joined(separator: "\n"))
            };

            embq_status \(names.function("open"))(embq_model *model)
            {
                return embq_open_sections(model, pieces, \(entries.count), &parts);
            }

            embq_status \(names.function("verify"))(void)
            {
                static const uint8_t digest[EMBQ_SHA256_SIZE] = \(names.macro("SHA256"));
                return embq_check_sha256(pieces, \(entries.count), digest);
            }

            """
    }

    /// The parts of the runtime that the model uses, each in a table by kind.
    private var parts: String {
        let parts = RuntimeParts(artifact)
        func table(_ parts: [RuntimeParts.Part]) -> String {
            parts.map { "    [\($0.kind)] = &\($0.symbol),\n" }.joined()
        }
        func count(_ parts: [RuntimeParts.Part]) -> Int { (parts.last?.kind ?? 0) + 1 }
        let steps =
            parts.steps.isEmpty
            ? "" : "static const embq_text_step *const steps[\(count(parts.steps))] = {\n\(table(parts.steps))};\n"
        // The last members are those of a pipeline, which most tokenizers do not have.
        let pipeline = parts.pipeline.map { "&\($0), \(steps.isEmpty ? "0, 0" : "steps, \(count(parts.steps))")" }
        return """
            static const embq_operation *const operations[\(count(parts.operations))] = {
            \(table(parts.operations))};
            static const embq_tokenizer_kind *const tokenizers[\(count([parts.tokenizer]))] = {
            \(table([parts.tokenizer]))};
            \(steps)static const embq_parts parts = {operations, tokenizers, \(parts.extent.map { "&\($0)" } ?? "0"), \
            \(count(parts.operations)), \(count([parts.tokenizer])), \(pipeline ?? "0, 0, 0")};

            """
    }

    private func array(_ declarator: String, in macro: String, _ bytes: ArraySlice<UInt8>, isStatic: Bool) -> String {
        var text: [UInt8] = Array(
            "\(macro) _Alignas(16) \(isStatic ? "static " : "")const uint8_t \(declarator) = {\n".utf8)
        text.reserveCapacity(bytes.count * 4 + 256)
        for (index, byte) in bytes.enumerated() {
            if byte >= 100 { text.append(UInt8(ascii: "0") + byte / 100) }
            if byte >= 10 { text.append(UInt8(ascii: "0") + byte / 10 % 10) }
            text.append(UInt8(ascii: "0") + byte % 10)
            text.append(UInt8(ascii: ","))
            if index % 32 == 31 { text.append(UInt8(ascii: "\n")) }
        }
        return String(decoding: text, as: UTF8.self) + "};\n"
    }
}
