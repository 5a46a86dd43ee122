/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime as a report's page calls it: one model, one text or two at a time. `make wasm` compiles this file and the
 * runtime's sources to a WebAssembly module that imports nothing; live.js is its only caller. Addresses are places in
 * the module's memory. */
#include "embq_program.h"

#define EXPORT(name) __attribute__((export_name(#name)))

/* Bytes of a text, at most. */
enum { TEXT_SIZE = 1 << 16, PAGE_SIZE = 1 << 16 };

extern uint8_t __heap_base; /* the linker's: where the memory behind the module's own data begins */

static embq_model opened, counted; /* the second one has another table of operations */
static const embq_operation *counting_table[EMBQ_OPERATION_LIMIT];
static embq_run run;
static uint64_t products;
static uint32_t size_of_artifact;
static uint8_t *artifact, *arena, *after; /* the memory from `after` on is that of a run */
static size_t arena_size;
static int32_t *logits;
static uint8_t texts[2][TEXT_SIZE];
static embq_token *places;
static uint32_t ids_in_all;

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

/* What compilers call; the loops must not become calls of themselves. */
__attribute__((no_builtin)) void *memset(void *to, int value, size_t count)
{
    uint8_t *out = to;
    for (size_t i = 0; i < count; i++) out[i] = (uint8_t)value;
    return to;
}

__attribute__((no_builtin)) void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    for (size_t i = 0; i < count; i++) out[i] = in[i];
    return to;
}

/* Takes `size` bytes from *at on; null: the browser, or the module's limit, gives no more. */
static void *take(uint8_t **at, size_t size)
{
    const size_t from = ((uintptr_t)*at + EMBQ_ALIGNMENT - 1) & ~(size_t)(EMBQ_ALIGNMENT - 1);
    if (size > SIZE_MAX - PAGE_SIZE - from) return NULL;
    const size_t there = __builtin_wasm_memory_size(0), needed = (from + size + PAGE_SIZE - 1) / PAGE_SIZE;
    if (needed > there && __builtin_wasm_memory_grow(0, needed - there) == SIZE_MAX) return NULL;
    *at = (uint8_t *)from + size;
    return (void *)from;
}

/* ---- Counting ---------------------------------------------------------------------------------------------------- */

/* Multiply-accumulates of matrices, attention, convolutions and scans; those of a number for each column alone, such as
 * a factor or a norm's square, are not counted. */
static uint64_t products_of(const embq_run *r, uint32_t kind, const void *record)
{
    switch (kind) {
    case EMBQ_EMBED:
    case EMBQ_PACKED_EMBED: {
        const embq_embed *embed = record;
        return (uint64_t)r->count * 2 * embed->reduced * embq_width(r, embed->out);
    }
    case EMBQ_LINEAR:
    case EMBQ_PACKED_LINEAR: {
        const embq_linear_record *linear = record; /* that of a packed one begins likewise */
        return (uint64_t)r->count * embq_width(r, linear->in) * embq_width(r, linear->out);
    }
    case EMBQ_WIDE_LINEAR: {
        const embq_wide_linear *linear = record;
        return (uint64_t)r->count * embq_width(r, linear->in) * linear->outputs;
    }
    case EMBQ_ATTEND:
    case EMBQ_WIDE_ATTEND:
    case EMBQ_PACKED_ATTEND: {
        const embq_attend *attend = record;
        uint64_t rows = 0;
        for (uint32_t i = 0; i < r->count; i++)
            rows += attend->ignores_pad == 0 || r->ids[r->first + i] != r->model->record->pad;
        return rows * 2 * embq_width(r, attend->query) * r->tokens;
    }
    case EMBQ_CONVOLVE:
    case EMBQ_PACKED_CONVOLVE: {
        const embq_convolve_record *convolve = record;
        uint64_t taps = 0; /* none lie before the sentence */
        for (uint32_t at = r->first; at < r->first + r->count; at++)
            taps += at + 1 < convolve->kernel ? at + 1 : convolve->kernel;
        return taps * embq_width(r, convolve->out);
    }
    case EMBQ_SCAN: {
        const embq_scan *scan = record;
        /* What stays of a state, what is added to it, what is read of it. */
        return (uint64_t)r->count * 3 * embq_width(r, scan->in) * embq_width(r, scan->write);
    }
    default: return 0;
    }
}

static void run_counted(const embq_run *r, const void *record)
{
    const uint32_t kind = ((const uint32_t *)record)[-1] & 0xFFFFu;
    products += products_of(r, kind, record);
    opened.operations[kind]->run(r, record);
}

static const embq_operation counting = {.run = run_counted};

/* ---- A model ----------------------------------------------------------------------------------------------------- */

/* Where the artifact's `size` bytes are to be written; 0: there is no memory for them. */
EXPORT(artifact) uint8_t *live_artifact(uint32_t size)
{
    after = &__heap_base;
    size_of_artifact = size;
    artifact = take(&after, size);
    return artifact;
}

/* Opens the artifact that was written. EMBQ_ERROR_ARENA: there is no memory for its longest sentence. */
EXPORT(open) embq_status live_open(void)
{
    const embq_status status = embq_open(&opened, artifact, size_of_artifact);
    if (status != EMBQ_OK) return status;
    for (uint32_t kind = 0; kind < EMBQ_OPERATION_LIMIT; kind++) counting_table[kind] = &counting;
    counted = opened;
    counted.operations = counting_table;
    const uint32_t longest = embq_max_length(&opened);
    const size_t rows = embq_task_of(&opened) == EMBQ_TASK_TAGS ? longest : 1;
    arena_size = embq_arena_size(&opened, longest);
    arena = take(&after, arena_size);
    logits = take(&after, rows * embq_output_count(&opened) * sizeof *logits);
    places = take(&after, (size_t)longest * sizeof *places);
    return arena == NULL || logits == NULL || places == NULL ? EMBQ_ERROR_ARENA : EMBQ_OK;
}

EXPORT(task) uint32_t live_task(void) { return (uint32_t)embq_task_of(&opened); }
EXPORT(outputs) uint32_t live_outputs(void) { return embq_output_count(&opened); }
EXPORT(longest) uint32_t live_longest(void) { return embq_max_length(&opened); }
EXPORT(takesPairs) uint32_t live_takes_pairs(void) { return (uint32_t)embq_has_pairs(&opened.tokenizer); }
EXPORT(label) const char *live_label(uint32_t index) { return embq_label(&opened, index); }
EXPORT(statusText) const char *live_status_text(uint32_t status) { return embq_status_text((embq_status)status); }

/* A text of the recorded check vectors, and its size; 0: there is none. */
static const embq_check_record *check_at(uint32_t index)
{
    if (index >= embq_check_count(&opened)) return NULL;
    return (const embq_check_record *)(const void *)(opened.checks + 4) + index;
}

EXPORT(example) const uint8_t *live_example(uint32_t index)
{
    const embq_check_record *record = check_at(index);
    return record == NULL ? NULL : opened.checks + record->text;
}

EXPORT(exampleSize) uint32_t live_example_size(uint32_t index)
{
    const embq_check_record *record = check_at(index);
    return record == NULL ? 0 : record->text_size;
}

/* ---- A run ------------------------------------------------------------------------------------------------------- */

/* Where the first text or the second one is to be written, textSize bytes at most. */
EXPORT(text) uint8_t *live_text(uint32_t index) { return texts[index & 1]; }
EXPORT(textSize) uint32_t live_text_size(void) { return TEXT_SIZE; }

static const char *text_at(uint32_t index) { return (const char *)texts[index]; }

/* Counts the ids that the texts have if nothing is cut. */
static embq_status count_ids(const uint32_t *sizes, int is_pair)
{
    embq_tokenizer whole = opened.tokenizer;
    whole.content_limit = UINT32_MAX;
    const size_t most = embq_tokenizer_most_ids(&whole, (size_t)sizes[0] + (is_pair ? sizes[1] : 0)) + 16;
    const size_t scratch_size = embq_tokenizer_scratch(&whole, (size_t)TEXT_SIZE + 1);
    uint8_t *at = after;
    uint16_t *ids = take(&at, most * sizeof *ids);
    void *scratch = take(&at, scratch_size);
    if (ids == NULL || scratch == NULL) return EMBQ_ERROR_ARENA;
    embq_texts lengths;
    return is_pair
               ? embq_tokenize_pair(&whole, text_at(0), sizes[0], text_at(1), sizes[1], ids, (uint32_t)most,
                                    &ids_in_all, &lengths, scratch, scratch_size)
               : embq_tokenize(&whole, text_at(0), sizes[0], ids, (uint32_t)most, &ids_in_all, scratch, scratch_size);
}

/* Where the ids of a text come from: its first `count` ones, or last ones, as it is cut; they are the sentence's from
 * position `at` on. What cannot be told stays 0. */
static void find_places(uint32_t index, uint32_t size, uint32_t count, uint32_t at)
{
    const embq_tokenizer *t = &opened.tokenizer;
    const uint32_t capacity = count + t->prefix_count + t->suffix_count;
    const size_t scratch_size = embq_tokenizer_span_scratch(t, (size_t)size + 1);
    uint8_t *free_memory = after;
    uint16_t *ids = take(&free_memory, capacity * sizeof *ids);
    embq_token *tokens = take(&free_memory, capacity * sizeof *tokens);
    void *scratch = take(&free_memory, scratch_size);
    uint32_t found = 0;
    if (ids == NULL || tokens == NULL || scratch == NULL) return;
    if (embq_tokenize_spans(t, text_at(index), size, ids, tokens, capacity, &found, scratch, scratch_size) != EMBQ_OK)
        return;
    for (uint32_t i = 0; i < count && t->prefix_count + i < found && at + i < run.tokens; i++)
        if (ids[t->prefix_count + i] == run.ids[at + i])
            places[at + i] = (embq_token){tokens[t->prefix_count + i].start, tokens[t->prefix_count + i].end, index};
}

/* Begins a run of the first text, or of both as a pair. */
EXPORT(begin) embq_status live_begin(uint32_t first, uint32_t second, uint32_t is_pair)
{
    const uint32_t sizes[2] = {first, second};
    products = 0;
    ids_in_all = 0;
    run.passes_left = 0;
    if (first > TEXT_SIZE || second > TEXT_SIZE) return EMBQ_ERROR_ARGUMENT;
    embq_status status = count_ids(sizes, is_pair != 0);
    if (status != EMBQ_OK) return status;
    if (is_pair != 0)
        status = embq_begin_pair(&counted, text_at(0), first, text_at(1), second, arena, arena_size, logits, &run);
    else if (embq_task_of(&opened) == EMBQ_TASK_TAGS)
        status =
            embq_begin_tags(&counted, text_at(0), first, arena, arena_size, logits, embq_max_length(&opened), &run);
    else status = embq_begin_text(&counted, text_at(0), first, arena, arena_size, logits, &run);
    if (status != EMBQ_OK) return status;
    for (uint32_t i = 0; i < run.tokens; i++) places[i] = (embq_token){0, 0, 0};
    const embq_tokenizer *t = &opened.tokenizer;
    if (run.texts.second == EMBQ_ONE_TEXT) {
        find_places(0, first, run.texts.first, t->prefix_count);
    } else {
        find_places(0, first, run.texts.first, t->pair_prefix_count);
        find_places(1, second, run.texts.second,
                    (uint32_t)t->pair_prefix_count + run.texts.first + t->pair_middle_count);
    }
    return EMBQ_OK;
}

/* Goes on with at most `count` steps: 1 when more are left. */
EXPORT(step) int live_step(uint32_t count)
{
    while (count > 0 && embq_step(&run)) count--;
    return run.passes_left > 0;
}

/* The sentence: its ids, where in which text each comes from, how many there are, and would be without a limit. */
EXPORT(ids) const uint16_t *live_ids(void) { return run.ids; }
EXPORT(places) const embq_token *live_places(void) { return places; }
EXPORT(tokens) uint32_t live_tokens(void) { return run.tokens; }
EXPORT(tokensInAll) uint32_t live_tokens_in_all(void) { return ids_in_all; }
EXPORT(arenaSize) size_t live_arena_size(void) { return embq_arena_size(&opened, run.tokens); }

/* What a run has given that is done. */
EXPORT(logits) const int32_t *live_logits(void) { return logits; }
EXPORT(products) uint64_t live_products(void) { return products; }

/* Of a tagger: its text's own tokens with their labels, how many there are, and the position of the first. */
EXPORT(tags) const embq_token *live_tags(void)
{
    uint32_t first, count;
    return embq_tags(&run, &first, &count);
}

EXPORT(tagCount) uint32_t live_tag_count(void)
{
    uint32_t first, count = 0;
    (void)embq_tags(&run, &first, &count);
    return count;
}

EXPORT(firstTag) uint32_t live_first_tag(void)
{
    uint32_t first = 0, count;
    (void)embq_tags(&run, &first, &count);
    return first;
}
