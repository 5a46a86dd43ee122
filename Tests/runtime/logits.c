/* Prints the raw logits of each line of its input, separated by spaces: what builds of the runtime must agree on. A
 * line that cannot be run prints the status instead.
 *
 *   logits ARTIFACT <texts
 *
 * With LOGITS_FROM_IDS the text is tokenized in memory of its own, and each sentence finds an arena without a history:
 * the type sanitizer takes it for a fault when memory is used anew for numbers of another type. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embq.h"

static void *aligned(size_t size)
{
    return aligned_alloc(EMBQ_ALIGNMENT, (size + EMBQ_ALIGNMENT) / EMBQ_ALIGNMENT * EMBQ_ALIGNMENT);
}

/* The file's bytes; ends the program when it cannot be read. */
static void *contents(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) exit(1);
    *size = (size_t)ftell(file);
    rewind(file);
    void *bytes = aligned(*size);
    if (bytes == NULL || fread(bytes, 1, *size, file) != *size) exit(1);
    fclose(file);
    return bytes;
}

static embq_status run(const embq_model *model, const char *text, size_t length, void *arena, size_t arena_size,
                       int32_t *logits)
{
#ifdef LOGITS_FROM_IDS
    static uint16_t ids[1 << 14];
    static uint32_t scratch[1 << 16];
    uint32_t count = 0;
    const embq_status status =
        embq_tokenize(&model->tokenizer, text, length, ids, embq_max_length(model), &count, scratch, sizeof scratch);
    memset(arena, 0, arena_size);
    memset(logits, 0, embq_output_count(model) * sizeof *logits);
    return status == EMBQ_OK ? embq_run_tokens(model, ids, count, arena, arena_size, logits) : status;
#else
    return embq_run_text(model, text, length, arena, arena_size, logits);
#endif
}

int main(int count, char **arguments)
{
    static char line[1 << 20];
    if (count != 2) return 64;
    size_t size;
    void *blob = contents(arguments[1], &size);
    embq_model model;
    embq_status status = embq_open(&model, blob, size);
    if (status != EMBQ_OK) {
        fprintf(stderr, "%s\n", embq_status_text(status));
        return 1;
    }
    const size_t arena_size = embq_arena_size(&model, embq_max_length(&model));
    const uint32_t outputs = embq_output_count(&model);
    void *arena = aligned(arena_size);
    int32_t *logits = aligned(outputs * sizeof *logits);
    if (arena == NULL || logits == NULL) return 1;
    while (fgets(line, sizeof line, stdin) != NULL) {
        size_t length = strlen(line);
        if (length > 0 && line[length - 1] == '\n') length--;
        status = run(&model, line, length, arena, arena_size, logits);
        if (status != EMBQ_OK) printf("status %d", (int)status);
        for (uint32_t i = 0; status == EMBQ_OK && i < outputs; i++) printf("%s%ld", i == 0 ? "" : " ", (long)logits[i]);
        putchar('\n');
    }
    free(logits);
    free(arena);
    free(blob);
    return 0;
}
