import CRuntimeSources
import EmbqRuntime

/// Writes a model as C: the artifact as an array, the runtime's sources, and a program that uses both.
public enum CSourceExport {
    /// The files, sorted by name: together they compile with any C11 compiler as they stand.
    public static func files(_ artifact: ArtifactReader) -> [(name: String, bytes: [UInt8])] {
        let own = [
            ("model.h", header(artifact)), ("model.c", source(artifact)), ("main.c", example),
        ].map { (name: $0.0, bytes: Array($0.1.utf8)) }
        return (own + runtimeSources).sorted { $0.name < $1.name }
    }

    /// The runtime's own files.
    package static var runtimeSources: [(name: String, bytes: [UInt8])] {
        (0..<runtime_source_count()).map { index in
            // Holds: names and bytes are constants of the program.
            let source = unsafe runtime_source_at(index)
            return unsafe (
                String(cString: source.name), Array(UnsafeBufferPointer(start: source.bytes, count: source.size))
            )
        }
    }

    private static func header(_ artifact: ArtifactReader) -> String {
        let device = artifact.device
        let length = device.maximumLength
        let labels = device.labels.enumerated().map { index, label in
            " *   \(index)  \(commented(label))\n"
        }.joined()
        return """
            /* Written by embq. The model's outputs:
            \(labels) */
            #ifndef EMBQ_MODEL_DATA_H
            #define EMBQ_MODEL_DATA_H

            #include "embq.h"

            #define EMBQ_MODEL_SIZE \(artifact.bytes.count)u
            #define EMBQ_MODEL_OUTPUTS \(device.outputs)u
            #define EMBQ_MODEL_MAX_LENGTH \(length)u
            /* Bytes of arena for the longest sentence; embq_arena_size() tells it for shorter ones. */
            #define EMBQ_MODEL_ARENA_SIZE \(device.arenaSize(tokens: length))u

            /* The .embq artifact, aligned for use in place. */
            extern const uint8_t embq_model_data[EMBQ_MODEL_SIZE];

            /* Opens it with the operations that this model uses: a linker that drops what nobody refers to
             * (-ffunction-sections -fdata-sections -Wl,--gc-sections) leaves out all others. */
            embq_status embq_model_open(embq_model *model);

            #endif

            """
    }

    /// A label inside a C comment.
    private static func commented(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 }).split(separator: "*/", omittingEmptySubsequences: false)
            .joined(separator: "* /")
    }

    private static func source(_ artifact: ArtifactReader) -> String {
        let bytes = artifact.bytes
        var text: [UInt8] = Array(
            "\(opening(artifact))_Alignas(16) const uint8_t embq_model_data[EMBQ_MODEL_SIZE] = {\n".utf8)
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

    /// The table of the model's operations and the function that uses it.
    private static func opening(_ artifact: ArtifactReader) -> String {
        let kinds = artifact.operationKinds
        let entries = kinds.map { "    [\($0)] = &embq_operation_\(ArtifactFormat.operations[$0 - 1]),\n" }.joined()
        let count = (kinds.last ?? 0) + 1
        return """
            /* Written by embq. */
            #include "model.h"

            static const embq_operation *const operations[\(count)] = {
            \(entries)};

            embq_status embq_model_open(embq_model *model)
            {
                return embq_open_with(model, embq_model_data, EMBQ_MODEL_SIZE, operations, \(count));
            }


            """
    }

    private static let example = """
        /* Classifies each line of its input. Compile: cc -std=c11 -O2 *.c -o classify
         *
         * Firmware with a watchdog takes embq_run_text apart:
         *     embq_run run;
         *     status = embq_begin_text(&model, text, length, arena, sizeof arena, logits, &run);
         *     while (embq_step(&run)) feed_the_watchdog(); */
        #include <stdio.h>
        #include <string.h>

        #include "embq.h"
        #include "model.h"

        static _Alignas(EMBQ_ALIGNMENT) uint8_t arena[EMBQ_MODEL_ARENA_SIZE];

        int main(void)
        {
            embq_model model;
            int32_t logits[EMBQ_MODEL_OUTPUTS];
            char line[4096];
            embq_status status = embq_model_open(&model);
            while (status == EMBQ_OK && fgets(line, sizeof line, stdin) != NULL) {
                status = embq_run_text(&model, line, strcspn(line, "\\n"), arena, sizeof arena, logits);
                if (status == EMBQ_OK) printf("%s\\n", embq_label(&model, embq_best(logits, EMBQ_MODEL_OUTPUTS)));
            }
            if (status != EMBQ_OK) fprintf(stderr, "%s\\n", embq_status_text(status));
            return status == EMBQ_OK ? 0 : 1;
        }

        """
}
