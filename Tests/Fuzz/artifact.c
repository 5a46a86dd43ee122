/* A hostile artifact: a valid one with operations put in and taken out, with words and bytes changed as the input says,
 * and with the checksums made right again, so that the deep checks of embq_open are reached. It is refused, or every
 * text and every sequence of ids runs within an arena of exactly the size that embq_arena_size tells.
 *
 * The runtime is there twice, the second time with the portable kernels and one row at a time: same bits or a trap.
 *
 * Input: a byte, whose upper half says which artifact and whose lower half how many changes; the changes of 8 bytes
 * each (what, where: 24 bits, value: 32 bits), then the text. */
#include <assert.h>

#include "bases.h"
#include "embq_internal.h"

/* The other runtime, compiled under other names by run.sh. */
embq_status portable_embq_open(embq_model *model, const void *blob, size_t size);
size_t portable_embq_arena_size(const embq_model *model, uint32_t tokens);
embq_status portable_embq_run_tokens(const embq_model *model, const uint16_t *ids, uint32_t count, void *arena,
                                     size_t arena_size, int32_t *logits);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 8192 };

/* The artifact that is made of one of them, with ROOM bytes for a longer program. */
static uint8_t *blob;
static size_t blob_size;

static uint32_t u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static embq_header *header(void) { return (embq_header *)(void *)blob; }
static embq_section *sections(void) { return (embq_section *)(void *)(blob + sizeof(embq_header)); }
static uint32_t *words(void) { return (uint32_t *)(void *)(blob + sections()[0].offset); }

/* ---- Changes to the program: MODL is the first section ------------------------------------------------------- */

/* Changes MODL's size; the sections behind it move along. */
static void resize_program(uint32_t size)
{
    embq_section *model = &sections()[0];
    const uint32_t old_end = (model->offset + model->size + 15u) & ~15u, new_end = (model->offset + size + 15u) & ~15u;
    memmove(blob + new_end, blob + old_end, blob_size - old_end);
    memset(blob + model->offset + size, 0, new_end - model->offset - size);
    model->size = size;
    for (uint32_t i = 1; i < header()->section_count; i++) sections()[i].offset += new_end - old_end;
    blob_size = blob_size - old_end + new_end;
    header()->file_size = (uint32_t)blob_size;
}

/* The place of an operation, counted over all passes; false when the words are too strange for that. */
static int find(uint32_t number, uint32_t *pass, uint32_t *at)
{
    const embq_model_record *record = (const embq_model_record *)(const void *)words();
    if (record->registers > EMBQ_MAX_REGISTERS || record->stores > EMBQ_MAX_STORES || record->passes > EMBQ_MAX_PASSES)
        return 0;
    const uint32_t passes = 10 + record->registers * 2 + record->stores * 4, limit = sections()[0].size / 4;
    *at = passes + record->passes * 2;
    for (uint32_t p = 0; p < record->passes && passes + 2 * p + 1 < limit; p++) {
        const uint32_t count = words()[passes + 2 * p + 1];
        if (*at > limit || count > limit - *at) return 0;
        for (const uint32_t end = *at + count; *at < end; *at += words()[*at] >> 16) {
            if (words()[*at] >> 16 == 0 || words()[*at] >> 16 > end - *at) return 0;
            *pass = passes + 2 * p;
            if (number-- == 0) return 1;
        }
    }
    return 0;
}

static uint32_t operation_count(void)
{
    uint32_t count = 0, pass, at;
    while (find(count, &pass, &at)) count++;
    return count;
}

/* Takes an operation away, or puts a copy of one before another. */
static void change_operations(int insert, uint32_t first, uint32_t second, size_t room)
{
    const uint32_t count = operation_count();
    uint32_t pass, at, from;
    if (count == 0 || !find(first % count, &pass, &from)) return;
    uint32_t copy[64];
    const uint32_t size = words()[from] >> 16, total = sections()[0].size / 4;
    if (size > 64 || (insert && blob_size + size * 4 + 16 > room)) return;
    if (insert) {
        memcpy(copy, words() + from, size * 4);
        if (!find(second % count, &pass, &at)) return;
        resize_program((total + size) * 4);
        memmove(words() + at + size, words() + at, (total - at) * 4);
        memcpy(words() + at, copy, size * 4);
        words()[pass + 1] += size;
    } else {
        memmove(words() + from, words() + from + size, (total - from - size) * 4);
        words()[pass + 1] -= size;
        resize_program((total - size) * 4);
    }
}

/* A word of MODL becomes another one's neighbour, or that one itself. */
static void change_word(uint32_t how, uint32_t at, uint32_t value)
{
    const uint32_t count = sections()[0].size / 4;
    uint32_t *word = words() + at % count;
    if (how == 0) *word += (uint32_t)(int32_t)(int8_t)value;
    else if (how == 1) *word = words()[value % count];
    else if (how == 2) *word ^= 1u << value % 32;
    else *word = value % 64;
}

/* ---- All changes --------------------------------------------------------------------------------------------- */

static void change_program(const uint8_t *step, size_t room)
{
    const uint32_t how = step[0] % 6, at = u32(step + 1) & 0xFFFFFFu, value = u32(step + 4);
    if (how < 4) change_word(how, at, value);
    else change_operations(how == 4, at, value, room);
}

/* What a change applies to: header and table, a section (where the table said before all changes), or anything. */
static void change_bytes(const uint8_t *step, const embq_section *table, uint32_t count)
{
    const uint32_t what = step[0], at = u32(step + 1) & 0xFFFFFFu, value = u32(step + 4);
    uint32_t offset = 0, size = (uint32_t)blob_size;
    if (what % 11 == 9) {
        size = (uint32_t)(sizeof(embq_header) + count * sizeof(embq_section));
    } else if (what % 11 < count) {
        offset = table[what % 11].offset;
        size = table[what % 11].size;
    }
    /* One byte, a half or a word, aligned as the fields are. */
    const uint32_t bytes = 1u << (what / 11 % 3), places = size / bytes;
    if (places > 0) memcpy(blob + offset + at % places * bytes, &value, bytes);
}

static void restore_checksums(void)
{
    if (header()->section_count > EMBQ_MAX_SECTIONS) return;
    for (uint32_t i = 0; i < header()->section_count; i++) {
        embq_section *section = &sections()[i];
        if (section->offset <= blob_size && section->size <= blob_size - section->offset)
            section->checksum = embq_crc32(0, blob + section->offset, section->size);
    }
    header()->checksum = 0;
    header()->checksum = embq_crc32(0, blob, sizeof(embq_header) + header()->section_count * sizeof(embq_section));
}

static void run(const embq_model *model, const embq_model *portable, const uint8_t *text, size_t length)
{
    const uint32_t outputs = embq_output_count(model), longest = embq_max_length(model);
    int32_t *logits = malloc(outputs * sizeof(int32_t)), *expected = malloc(outputs * sizeof(int32_t));
    for (uint32_t i = 0; i < outputs; i++) assert(strlen(embq_label(model, i)) < blob_size);
    assert(embq_label(model, outputs) == NULL);

    /* Text, in an arena for as many tokens as it has bytes. */
    uint32_t tokens = length < longest ? (uint32_t)length : longest;
    if (tokens == 0) tokens = 1;
    size_t size = embq_arena_size(model, tokens);
    assert(size > 0);
    if (embq_arena_size(model, longest) > (size_t)1 << 26) goto done;
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
        const size_t other_size = portable_embq_arena_size(portable, tokens);
        void *other = malloc(other_size);
        assert(portable_embq_run_tokens(portable, ids, tokens, other, other_size, expected) == status);
        assert(memcmp(logits, expected, outputs * sizeof(int32_t)) == 0);
        free(other);
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
done:
    free(expected);
    free(logits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (base_count == 0) read_bases();
    if (size == 0) return 0;
    const struct base *base = &bases[data[0] / 16 % base_count];
    uint32_t changes = data[0] % 16u;
    data++, size--;
    const size_t room = base->size + ROOM;
    uint8_t *scratch = malloc(room);
    memcpy(scratch, base->bytes, base->size);
    blob = scratch, blob_size = base->size;

    /* The program first, while the file's own structure stands. */
    const uint8_t *steps = data;
    uint32_t count = 0;
    for (; count < changes && size >= 8; count++, data += 8, size -= 8) {}
    for (uint32_t i = 0; i < count; i++)
        if (steps[i * 8] >= 160) change_program(steps + i * 8, room);
    embq_section table[EMBQ_MAX_SECTIONS];
    const uint32_t table_count = header()->section_count;
    memcpy(table, sections(), table_count * sizeof *table);
    for (uint32_t i = 0; i < count; i++)
        if (steps[i * 8] < 160) change_bytes(steps + i * 8, table, table_count);
    restore_checksums();

    /* A block of its own size, so that reading beyond it is seen. */
    blob = malloc(blob_size);
    memcpy(blob, scratch, blob_size);
    free(scratch);
    embq_model model, portable;
    const embq_status status = embq_open(&model, blob, blob_size);
    const embq_status other = portable_embq_open(&portable, blob, blob_size);
    /* One row at a time asks for less of a window. */
    assert(other == status || status == EMBQ_ERROR_MODEL);
    if (status == EMBQ_OK) run(&model, &portable, data, size);
    free(blob);
    return 0;
}
