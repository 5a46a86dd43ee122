/* A hostile artifact: a valid one with fields and bytes changed as the input says, and with the checksums made right
 * again, so that the deep checks of embq_open are reached. It is refused, or every text and every sequence of ids runs
 * within an arena of exactly the size that embq_arena_size tells.
 *
 * With the host's faster kernels (EMBQ_HOST_SIMD) each model runs with the portable ones too: same bits or a trap.
 *
 * Input: a count of changes, the changes of 8 bytes each (what, where: 24 bits, value: 32 bits), then the text. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embq_internal.h"

/* The same runtime with the portable kernels, compiled under other names by run.sh. */
embq_status portable_embq_open(embq_model *model, const void *blob, size_t size);
embq_status portable_embq_run_tokens(const embq_model *model, const uint16_t *ids, uint32_t count, void *arena,
                                     size_t arena_size, int32_t *logits);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *base;
static size_t base_size;

static void read_base(void)
{
    const char *path = getenv("EMBQ_FUZZ_ARTIFACT");
    FILE *file = path == NULL ? NULL : fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "EMBQ_FUZZ_ARTIFACT must name a valid artifact\n");
        exit(1);
    }
    base = malloc(1 << 20);
    base_size = fread(base, 1, 1 << 20, file);
    fclose(file);
}

static uint32_t u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static embq_section *sections(uint8_t *blob) { return (embq_section *)(void *)(blob + sizeof(embq_header)); }

/* What a change applies to: the header with its table, one of the eight sections, or anything. */
static void change(uint8_t *blob, const uint8_t *step)
{
    const uint32_t what = step[0], at = u32(step + 1) & 0xFFFFFFu, value = u32(step + 4);
    const uint32_t count = ((const embq_header *)(const void *)base)->section_count;
    uint32_t offset = 0, size = (uint32_t)base_size;
    if (what % 11 == 9) {
        size = (uint32_t)(sizeof(embq_header) + count * sizeof(embq_section));
    } else if (what % 11 < count) {
        const embq_section *section = &((const embq_section *)(const void *)(base + sizeof(embq_header)))[what % 11];
        offset = section->offset;
        size = section->size;
    }
    /* One byte, a half or a word, aligned as the fields are. */
    const uint32_t bytes = 1u << (what / 11 % 3), places = size / bytes;
    if (places > 0) memcpy(blob + offset + at % places * bytes, &value, bytes);
}

static void restore_checksums(uint8_t *blob, size_t size)
{
    embq_header *header = (embq_header *)(void *)blob;
    if (header->section_count > EMBQ_MAX_SECTIONS) return;
    for (uint32_t i = 0; i < header->section_count; i++) {
        embq_section *section = &sections(blob)[i];
        if (section->offset <= size && section->size <= size - section->offset)
            section->checksum = embq_crc32(0, blob + section->offset, section->size);
    }
    header->checksum = 0;
    header->checksum = embq_crc32(0, blob, sizeof(embq_header) + header->section_count * sizeof(embq_section));
}

static void run(const embq_model *model, const embq_model *portable, const uint8_t *text, size_t length)
{
    const uint32_t outputs = embq_output_count(model), longest = embq_max_length(model);
    int32_t *logits = malloc(outputs * sizeof(int32_t)), *expected = malloc(outputs * sizeof(int32_t));
    for (uint32_t i = 0; i < outputs; i++) assert(strlen(embq_label(model, i)) < base_size);
    assert(embq_label(model, outputs) == NULL);

    /* Text, in an arena for as many tokens as it has bytes. */
    uint32_t tokens = length < longest ? (uint32_t)length : longest;
    if (tokens == 0) tokens = 1;
    size_t size = embq_arena_size(model, tokens);
    assert(size > 0);
    void *arena = malloc(size);
    embq_status status = embq_run_text(model, (const char *)text, length, arena, size, logits);
    assert(status == EMBQ_OK || status == EMBQ_ERROR_LENGTH || status == EMBQ_ERROR_WORD);
    if (status == EMBQ_OK) assert(embq_best(logits, outputs) < outputs);

    /* The text's bytes as ids. */
    if (length > 0) {
        uint16_t *ids = malloc(tokens * sizeof(uint16_t));
        for (uint32_t i = 0; i < tokens; i++) ids[i] = (uint16_t)(text[i] % model->record->vocabulary);
        memset(logits, 0, outputs * sizeof(int32_t));
        memset(expected, 0, outputs * sizeof(int32_t));
        status = embq_run_tokens(model, ids, tokens, arena, size, logits);
        assert(status == EMBQ_OK || status == EMBQ_ERROR_LENGTH);
        assert(portable_embq_run_tokens(portable, ids, tokens, arena, size, expected) == status);
        assert(memcmp(logits, expected, outputs * sizeof(int32_t)) == 0);
        free(ids);
    }
    free(arena);

    const uint32_t checks = embq_check_count(model);
    if (checks > 0) {
        const size_t whole = embq_arena_size(model, longest);
        arena = malloc(whole);
        (void)embq_check(model, (uint32_t)length % checks, arena, whole, logits);
        free(arena);
    }
    free(expected);
    free(logits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (base == NULL) read_base();
    if (size == 0) return 0;
    uint32_t changes = data[0] % 17u;
    data++, size--;
    uint8_t *blob = malloc(base_size);
    memcpy(blob, base, base_size);
    for (; changes > 0 && size >= 8; changes--, data += 8, size -= 8) change(blob, data);
    restore_checksums(blob, base_size);

    embq_model model, portable;
    const embq_status status = embq_open(&model, blob, base_size);
    assert(portable_embq_open(&portable, blob, base_size) == status);
    if (status == EMBQ_OK) run(&model, &portable, data, size);
    free(blob);
    return 0;
}
