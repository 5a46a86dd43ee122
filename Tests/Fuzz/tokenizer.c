/* Fuzzes the device's tokenizer: Tests/Fuzz/run.sh tokenizer SECONDS
 *
 * Input: one byte of options, then
 *   bit 0 clear   a section as its length (uint32, little-endian) and its bytes, then the text
 *   bit 0 set     the text alone, for the recorded section Fixtures/tokenizer/marks.section, or with bit 4
 *                 cased.section (WordPiece), with bit 5 bytes.section (byte-level), with both pieces.section (Unigram)
 *   bits 1 to 3   the capacity's and the scratch's sizes
 * Buffers are exactly as large as the call is told, so that AddressSanitizer sees the first byte too far. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embq.h"

static const char *const files[4] = {"Fixtures/tokenizer/marks.section", "Fixtures/tokenizer/cased.section",
                                     "Fixtures/tokenizer/bytes.section", "Fixtures/tokenizer/pieces.section"};
static uint8_t *recorded[4];
static uint32_t recorded_size[4];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition, const char *what)
{
    if (condition) return;
    fprintf(stderr, "tokenizer: %s\n", what);
    abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    int i;
    (void)argc;
    (void)argv;
    for (i = 0; i < 4; i++) {
        FILE *file = fopen(files[i], "rb");
        require(file != NULL, "run it in the project's root folder");
        recorded[i] = malloc(1 << 20);
        require(recorded[i] != NULL, "out of memory");
        recorded_size[i] = (uint32_t)fread(recorded[i], 1, 1 << 20, file);
        fclose(file);
    }
    return 0;
}

/* With the places of its tokens a text has the same ids, and each token bytes of the text. */
static void check_spans(const embq_tokenizer *t, const char *text, size_t size, const uint16_t *ids, uint32_t expected,
                        uint32_t capacity, int is_small)
{
    size_t room = is_small ? 96 + 12 * (size / 2) : embq_tokenizer_span_scratch(t, size + 1);
    uint32_t count = 0, i;
    embq_status status;
    if (room > 1u << 24) room = 1u << 24;
    void *scratch = malloc(room);
    uint16_t *others = malloc(2 * (size_t)capacity);
    embq_token *tokens = malloc(sizeof(embq_token) * (size_t)capacity);
    status = embq_tokenize_spans(t, text, size, others, tokens, capacity, &count, scratch, room);
    require(status == EMBQ_OK || (is_small && status == EMBQ_ERROR_WORD), "an unexpected status with spans");
    require(count <= capacity, "more tokens than there is room for");
    if (status == EMBQ_OK) {
        require(count == expected && memcmp(ids, others, 2 * (size_t)count) == 0, "other ids with spans");
        for (i = 0; i < count; i++) {
            require(tokens[i].start <= tokens[i].end && tokens[i].end <= size, "a token beyond the text");
            require(tokens[i].label == 0, "a label of a tokenizer");
        }
        for (i = t->prefix_count; i + t->suffix_count < count; i++)
            require(i == t->prefix_count || tokens[i - 1].start <= tokens[i].start, "tokens out of order");
    }
    free(tokens);
    free(others);
    free(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    embq_tokenizer t;
    uint8_t options, *tables = NULL;
    uint32_t tables_size, count = 0, fewer = 0, same, i;
    embq_status status;

    if (size < 5) return 0;
    options = data[0];
    data++, size--;
    tables_size = recorded_size[options >> 4 & 3];
    if ((options & 1) == 0) {
        memcpy(&tables_size, data, 4);
        data += 4, size -= 4;
        if (tables_size > size) tables_size = (uint32_t)size;
        tables = malloc(tables_size > 0 ? tables_size : 1);
        memcpy(tables, data, tables_size);
        data += tables_size, size -= tables_size;
    }
    status = embq_tokenizer_open(&t, tables != NULL ? tables : recorded[options >> 4 & 3], tables_size);
    require(tables != NULL || status == EMBQ_OK, "the recorded section is refused");
    if (status == EMBQ_OK) {
        uint32_t capacity = (options & 2) != 0 ? (uint32_t)(2 * size + 8) : 4;
        const int is_small = (options & 4) != 0;
        size_t room = is_small ? 32 + 16 * (size_t)(options >> 6) * size : embq_tokenizer_scratch(&t, size + 1);
        /* Tables that are made up may ask for more than there is. */
        if (room > 1u << 24) room = 1u << 24;
        char *text = malloc(size > 0 ? size : 1);
        uint16_t *ids = malloc(2 * (size_t)capacity), *first = malloc(2 * (size_t)capacity);
        void *scratch = malloc(room);
        memcpy(text, data, size);
        status = embq_tokenize(&t, text, size, ids, capacity, &count, scratch, room);
        require(status == EMBQ_OK || status == EMBQ_ERROR_WORD, "an unexpected status");
        require(tables != NULL || status == EMBQ_OK || is_small, "a word longer than its text");
        require(count <= capacity, "more ids than there is room for");
        for (i = 0; i < count; i++) require(ids[i] < t.vocabulary, "an id outside the vocabulary");
        if (status == EMBQ_OK) {
            check_spans(&t, text, size, ids, count, capacity, is_small);
            status = embq_tokenize(&t, text, size, first, count / 2, &fewer, scratch, room);
            require(status == EMBQ_OK, "fewer ids take more scratch");
            require(fewer == count / 2, "fewer ids than there is room for");
            /* The suffix stays when the text is cut. */
            same = fewer > t.suffix_count ? fewer - t.suffix_count : 0;
            if (same < t.prefix_count) same = fewer < t.prefix_count ? fewer : t.prefix_count;
            require(memcmp(ids, first, 2 * (size_t)same) == 0, "fewer ids are other ids");
        }
        free(scratch);
        free(first);
        free(ids);
        free(text);
    }
    free(tables);
    return 0;
}
