/* Fuzzes the device's tokenizer: Tests/Fuzz/run.sh tokenizer SECONDS
 *
 * Input: one byte of options, then
 *   bit 0 clear   a section as its length (uint32, little-endian) and its bytes, then the text
 *   bit 0 set     the text alone, for the recorded section Fixtures/tokenizer/marks.section
 *   bits 1 to 3   the capacity's and the scratch's sizes
 * Buffers are exactly as large as the call is told, so that AddressSanitizer sees the first byte too far. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embq.h"

static uint8_t *recorded;
static uint32_t recorded_size;

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
    FILE *file = fopen("Fixtures/tokenizer/marks.section", "rb");
    (void)argc;
    (void)argv;
    require(file != NULL, "run it in the project's root folder");
    recorded = malloc(1 << 20);
    require(recorded != NULL, "out of memory");
    recorded_size = (uint32_t)fread(recorded, 1, 1 << 20, file);
    fclose(file);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    embq_tokenizer t;
    uint8_t options, *tables = NULL;
    uint32_t tables_size = recorded_size, count = 0, fewer = 0, i;
    embq_status status;

    if (size < 5) return 0;
    options = data[0];
    data++, size--;
    if ((options & 1) == 0) {
        memcpy(&tables_size, data, 4);
        data += 4, size -= 4;
        if (tables_size > size) tables_size = (uint32_t)size;
        tables = malloc(tables_size > 0 ? tables_size : 1);
        memcpy(tables, data, tables_size);
        data += tables_size, size -= tables_size;
    }
    status = embq_tokenizer_open(&t, tables != NULL ? tables : recorded, tables_size);
    require(tables != NULL || status == EMBQ_OK, "the recorded section is refused");
    if (status == EMBQ_OK) {
        uint32_t capacity = (options & 2) != 0 ? (uint32_t)(2 * size + 8) : 4;
        size_t symbols = (options & 4) != 0 ? 8 : size + 1;
        char *text = malloc(size > 0 ? size : 1);
        uint16_t *ids = malloc(2 * (size_t)capacity), *first = malloc(2 * (size_t)capacity);
        void *scratch = malloc(EMBQ_TOKENIZER_SYMBOL_SIZE * symbols);
        memcpy(text, data, size);
        status = embq_tokenize(&t, text, size, ids, capacity, &count, scratch, EMBQ_TOKENIZER_SYMBOL_SIZE * symbols);
        require(status == EMBQ_OK || status == EMBQ_ERROR_WORD, "an unexpected status");
        require(tables != NULL || status == EMBQ_OK || symbols == 8, "a word longer than its text");
        require(count <= capacity, "more ids than there is room for");
        for (i = 0; i < count; i++) require(ids[i] < t.vocabulary, "an id outside the vocabulary");
        if (status == EMBQ_OK) {
            status = embq_tokenize(&t, text, size, first, count / 2, &fewer, scratch, EMBQ_TOKENIZER_SYMBOL_SIZE * symbols);
            require(status == EMBQ_OK, "fewer ids take more scratch");
            require(fewer == count / 2 && memcmp(ids, first, 2 * (size_t)fewer) == 0, "fewer ids are other ids");
        }
        free(scratch);
        free(first);
        free(ids);
        free(text);
    }
    free(tables);
    return 0;
}
