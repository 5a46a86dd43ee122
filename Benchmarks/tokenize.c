/* Times the runtime's tokenizer on one thread, without what starting and loading take.
 *
 *   tokenize ARTIFACT ROUNDS <texts
 *
 * Prints the nanoseconds of processor time of each round over all texts in one line, then the ids of each text in a
 * line of its own. Texts are not cut. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "embq.h"

typedef struct text {
    const char *start;
    size_t length;
} text;

static void *allocate(size_t size)
{
    void *bytes = aligned_alloc(EMBQ_ALIGNMENT, (size + EMBQ_ALIGNMENT) / EMBQ_ALIGNMENT * EMBQ_ALIGNMENT);
    if (bytes == NULL) exit(1);
    return bytes;
}

/* All of a stream; ends the program if it cannot be read. */
static char *contents(FILE *file, size_t *size)
{
    size_t capacity = 1 << 20, length = 0, part;
    char *bytes = NULL;
    if (file == NULL) exit(1);
    do {
        char *more = allocate(capacity *= 2);
        if (bytes != NULL) memcpy(more, bytes, length);
        free(bytes);
        bytes = more;
        while (length < capacity && (part = fread(bytes + length, 1, capacity - length, file)) > 0) length += part;
    } while (length == capacity);
    if (ferror(file)) exit(1);
    *size = length;
    return bytes;
}

/* Of the processor, which a busy machine does not change. */
static double nanoseconds(void) { return 1e9 / CLOCKS_PER_SEC * (double)clock(); }

int main(int count, char **arguments)
{
    size_t size, bytes, lines = 0, longest = 0, scratch_size, most;
    if (count != 3) return 64;
    char *blob = contents(fopen(arguments[1], "rb"), &size), *input = contents(stdin, &bytes);
    embq_model model;
    embq_status status = embq_open(&model, blob, size);
    for (size_t i = 0; i < bytes; i++) lines += input[i] == '\n';
    text *texts = allocate((lines + 1) * sizeof *texts);
    lines = 0;
    for (char *at = input, *end; (end = memchr(at, '\n', (size_t)(input + bytes - at))) != NULL; at = end + 1) {
        texts[lines++] = (text){at, (size_t)(end - at)};
        if (texts[lines - 1].length > longest) longest = texts[lines - 1].length;
    }
    if (status == EMBQ_OK) {
        model.tokenizer.content_limit = UINT32_MAX;
        scratch_size = embq_tokenizer_scratch(&model.tokenizer, longest);
        most = embq_tokenizer_most_ids(&model.tokenizer, longest);
        void *scratch = allocate(scratch_size);
        uint16_t *ids = allocate(most * sizeof *ids);
        uint32_t found;
        for (long round = strtol(arguments[2], NULL, 10); round > 0 && status == EMBQ_OK; round--) {
            const double began = nanoseconds();
            for (size_t i = 0; i < lines && status == EMBQ_OK; i++)
                status = embq_tokenize(&model.tokenizer, texts[i].start, texts[i].length, ids, (uint32_t)most, &found,
                                       scratch, scratch_size);
            printf("%.0f%s", nanoseconds() - began, round > 1 ? " " : "\n");
        }
        for (size_t i = 0; i < lines && status == EMBQ_OK; i++) {
            status = embq_tokenize(&model.tokenizer, texts[i].start, texts[i].length, ids, (uint32_t)most, &found,
                                   scratch, scratch_size);
            for (uint32_t k = 0; k < found; k++) printf("%s%u", k == 0 ? "" : " ", ids[k]);
            putchar('\n');
        }
        free(scratch);
        free(ids);
    }
    if (status != EMBQ_OK) fprintf(stderr, "%s\n", embq_status_text(status));
    free(texts);
    free(input);
    free(blob);
    return status == EMBQ_OK ? 0 : 1;
}
