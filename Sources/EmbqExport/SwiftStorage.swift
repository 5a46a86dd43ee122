/// What the Swift module needs of C beside model.h: static memory, and how embeddings are compared.
struct SwiftStorage {
    private let names: ModelNames
    private let similarity: ExampleSimilarity?

    init(_ library: ExportedLibrary) {
        names = library.names
        similarity = if case .similarity(let function) = library.answer { function } else { nil }
    }

    var header: String {
        let comparing =
            similarity.map {
                "\n/* Of two embeddings \($0.title), as logits have it. The vectors may change. */\n"
                    + "int64_t \(names.function("similarity"))(int32_t *a, int32_t *b);\n"
            } ?? ""
        return """
            /* Written by embq. What the Swift module needs beside \(names.header). */
            #ifndef \(names.macro("STORAGE_H"))
            #define \(names.macro("STORAGE_H"))

            #include "\(names.header)"

            /* Bytes: the arena, then the logits. */
            #define \(names.macro("STORAGE_SIZE")) \
            (\(names.macro("ARENA_SIZE")) + 4u * \(names.macro("OUTPUTS")))

            /* Static memory of that size; null while it is taken. Not for several threads at once. */
            void *\(names.function("take_storage"))(void);
            void \(names.function("release_storage"))(void);
            \(comparing)
            #endif

            """
    }

    var source: String {
        let comparing =
            similarity.map {
                "\n" + $0.definitions(names)
                    + """
                    int64_t \(names.function("similarity"))(int32_t *a, int32_t *b)
                    {
                    \($0.scales ? "    scale(b);\n" : "")    return similarity(a, b);
                    }

                    """
            } ?? ""
        return """
            /* Written by embq. */
            #include "\(names.stem)_storage.h"

            static _Alignas(EMBQ_ALIGNMENT) uint8_t storage[\(names.macro("STORAGE_SIZE"))];
            static int is_taken;

            void *\(names.function("take_storage"))(void)
            {
                if (is_taken) return NULL;
                is_taken = 1;
                return storage;
            }

            void \(names.function("release_storage"))(void)
            {
                is_taken = 0;
            }
            \(comparing)
            """
    }
}
