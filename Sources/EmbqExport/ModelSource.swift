import EmbqArtifact
import EmbqCore
import EmbqRuntime

/// model.h and model.c: an artifact as arrays, and the function that opens them.
struct ModelSource {
    private let artifact: ArtifactReader
    private let arrays: CSourceOptions.Arrays

    init(_ artifact: ArtifactReader, _ arrays: CSourceOptions.Arrays) {
        self.artifact = artifact
        self.arrays = arrays
    }

    // MARK: model.h

    var header: String {
        let device = artifact.device
        let length = device.maximumLength
        let labels = device.labels.enumerated().map { index, label in
            " *   \(index)  \(label.escaped(for: .cComment))\n"
        }.joined()
        return """
            /* Written by embq. The model's outputs\(Self.meaning(device.task)):
            \(labels) */
            #ifndef EMBQ_MODEL_DATA_H
            #define EMBQ_MODEL_DATA_H

            #include "embq.h"

            #ifdef __cplusplus
            extern "C" {
            #endif

            #define EMBQ_MODEL_SIZE \(size)u
            #define EMBQ_MODEL_OUTPUTS \(device.outputs)u
            #define EMBQ_MODEL_MAX_LENGTH \(length)u
            /* Bytes of arena for the longest sentence; embq_arena_size() tells it for shorter ones. */
            #define EMBQ_MODEL_ARENA_SIZE \(device.arenaSize(tokens: length))u
            \(device.task == .tags ? "/* A tagger: see embq_run_tags. */\n#define EMBQ_MODEL_TAGS 1\n" : "")
            \(data)/* Opens it with the parts that this model uses: a linker that drops what nobody refers to
             * (-ffunction-sections -fdata-sections -Wl,--gc-sections) leaves out all others. */
            embq_status embq_model_open(embq_model *model);

            #ifdef __cplusplus
            }
            #endif
            #endif

            """
    }

    /// What the outputs say where it is not one of several labels.
    private static func meaning(_ task: DeviceModel.Task) -> String {
        switch task {
        case .multiLabel: ", of which any number applies: those above 0"
        case .tags: ", one of which each token has"
        case .labels, .number, .embedding, .pretraining: ""
        }
    }

    /// Bytes of all arrays.
    private var size: Int {
        arrays == .one ? artifact.bytes.count : headSize + pieces.reduce(0) { $0 + ($1.isRead ? $1.section.size : 0) }
    }

    private var data: String {
        guard arrays == .one else { return "" }
        return """
            /* The .embq artifact, aligned for use in place. */
            extern const uint8_t embq_model_data[EMBQ_MODEL_SIZE];


            """
    }

    // MARK: model.c

    var source: String {
        let arrays = arrays == .one ? one : sections
        return """
            /* Written by embq. */
            #include "model.h"

            /* Where the linker puts the arrays. Each macro stands before them and may be an attribute, for external flash say:
             * -DEMBQ_WEIGHTS_SECTION='__attribute__((section(".extflash")))' */
            \(Placement.of(self.arrays).map(Self.definition).joined(separator: "\n"))

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

    private var one: String {
        """
        \(parts)
        embq_status embq_model_open(embq_model *model)
        {
            return embq_open_with(model, embq_model_data, EMBQ_MODEL_SIZE, &parts);
        }

        \(array("embq_model_data[EMBQ_MODEL_SIZE]", in: "EMBQ_WEIGHTS_SECTION", artifact.bytes[...], isStatic: false))
        """
    }

    /// The bytes of header and section table.
    private var headSize: Int { ArtifactFormat.headerSize + ArtifactFormat.sectionEntrySize * artifact.sections.count }

    /// Sections in the table's order; those for tools are left out of the device.
    private var pieces: [(section: ArtifactReader.Section, isRead: Bool)] {
        artifact.sections.map { ($0, ArtifactFormat.Tag(rawValue: $0.tag)?.isReadByRuntime == true) }
    }

    private var sections: String {
        let placements = Placement.of(.sections)
        func macro(_ tag: ArtifactFormat.Tag?) -> String {
            placements.first { placement in tag.map(placement.tags.contains) ?? false }?.macro ?? "EMBQ_TABLES_SECTION"
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
            embq_status embq_model_open(embq_model *model)
            {
                static const embq_piece pieces[\(entries.count)] = {
            \(entries.map { "        \($0)" }.joined(separator: "\n"))
                };
                return embq_open_sections(model, pieces, \(entries.count), &parts);
            }

            """
    }

    /// The parts of the runtime that the model uses: its operations and its kind of tokenizer, each in a table by kind.
    private var parts: String {
        let kinds = artifact.operationKinds
        let entries = kinds.map { "    [\($0)] = &embq_operation_\(ArtifactFormat.operations[$0 - 1]),\n" }.joined()
        let count = (kinds.last ?? 0) + 1
        let tokenizer = artifact.tokenizerNeeds
        // Words of a pipeline may be as long as the text: byte pairs then have another part.
        let name =
            tokenizer.kind == 1 && tokenizer.hasPipeline ? "merges" : ArtifactFormat.tokenizers[tokenizer.kind - 1]
        let extent = tokenizer.isExtended ? "&embq_tokenizer_conditions" : "0"
        return """
            static const embq_operation *const operations[\(count)] = {
            \(entries)};
            static const embq_tokenizer_kind *const tokenizers[\(tokenizer.kind + 1)] = {
                [\(tokenizer.kind)] = &embq_tokenizer_\(name),
            };
            \(textSteps)static const embq_parts parts = {operations, tokenizers, \(extent), \(count), \(tokenizer.kind + 1)\(pipeline)};

            """
    }

    /// The kinds of steps of the tokenizer's pipeline; nothing without one.
    private var textSteps: String {
        let steps = artifact.tokenizerNeeds.steps
        guard let last = steps.last else { return "" }
        let entries = steps.map { "    [\($0)] = &embq_text_\(ArtifactFormat.textSteps[$0 - 1]),\n" }.joined()
        return "static const embq_text_step *const steps[\(last + 1)] = {\n\(entries)};\n"
    }

    /// The last members of the parts: those of a pipeline, which most tokenizers do not have.
    private var pipeline: String {
        let needs = artifact.tokenizerNeeds
        guard needs.hasPipeline else { return ", 0, 0, 0" }
        let name = artifact.device.task == .tags ? "embq_tokenizer_places" : "embq_tokenizer_steps"
        return needs.steps.last.map { ", &\(name), steps, \($0 + 1)" } ?? ", &\(name), 0, 0"
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
