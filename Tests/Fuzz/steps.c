/* Runs that take turns, in arenas of any size and place: several runs of valid artifacts, each begun, stepped, left
 * alone, begun anew before it is done, or begun with what must be refused. Each buffer is exactly as large as the
 * runtime is told. An answer must be the one that the arguments ask for, and the logits of a run that is done those of
 * the portable kernels, one row at a time, in a run of its own.
 *
 * Input: commands. A byte says what (lower 3 bits), which of the runs (next 2 bits) and which artifact (upper 3 bits);
 * what follows is the command's. */
#include <assert.h>

#include "bases.h"
#include "embq_internal.h"

/* The other runtime, compiled under other names by run.sh. */
embq_status portable_embq_open(embq_model *model, const void *blob, size_t size);
size_t portable_embq_arena_size(const embq_model *model, uint32_t tokens);
embq_status portable_embq_run_tokens(const embq_model *model, const uint16_t *ids, uint32_t count, void *arena,
                                     size_t arena_size, int32_t *logits);
embq_status portable_embq_run_text(const embq_model *model, const char *text, size_t length, void *arena,
                                   size_t arena_size, int32_t *logits);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RUNS = 4, PATIENCE = 1 << 20 };

typedef struct input {
    const uint8_t *data;
    size_t size;
} input;

typedef struct slot {
    embq_run run;
    uint8_t *memory; /* the arena's block */
    int32_t *logits, *expected;
    uint32_t outputs;
    int begun;
} slot;

static embq_model models[BASES], portables[BASES];

static uint32_t take(input *in, uint32_t bytes)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < bytes && in->size > 0; i++, in->data++, in->size--) value |= (uint32_t)*in->data << 8 * i;
    return value;
}

static void empty(slot *s)
{
    free(s->memory);
    free(s->logits);
    free(s->expected);
    *s = (slot){.begun = 0};
}

/* An arena of `size` bytes, `offset` bytes behind an aligned address, filled with what the input says. */
static uint8_t *arena(slot *s, size_t size, uint32_t offset, int fill)
{
    s->memory = malloc(size + offset + (size + offset == 0));
    memset(s->memory, fill, size + offset);
    return s->memory + offset;
}

static void answers(slot *s, uint32_t outputs)
{
    s->outputs = outputs;
    s->logits = malloc(outputs * sizeof(int32_t));
    s->expected = malloc(outputs * sizeof(int32_t));
}

/* About what a sentence needs, a byte less, or any size. */
static size_t room(input *in, size_t needed)
{
    switch (take(in, 1) % 6) {
    case 0: return needed > 0 ? needed - 1 : 0;
    case 1: return take(in, 2);
    case 2: return needed + take(in, 1);
    case 3: return needed > 16 ? needed - 16 : 0;
    default: return needed;
    }
}

/* A refused run has nothing to do. */
static void refused(slot *s)
{
    assert(embq_step(&s->run) == 0);
    empty(s);
}

static void begin_ids(slot *s, uint32_t which, input *in)
{
    const embq_model *model = &models[which];
    const uint32_t longest = embq_max_length(model), vocabulary = model->record->vocabulary;
    const uint32_t options = take(in, 1), count = take(in, 1) % (longest + 3), range = vocabulary + (options & 1);
    uint16_t *ids = malloc(count * sizeof(uint16_t) + 1);
    uint32_t real = 0; /* behind the last token that is not [PAD] */
    embq_status expected = EMBQ_OK;
    for (uint32_t i = 0; i < count; i++) {
        ids[i] = (uint16_t)(take(in, 2) % range);
        if (ids[i] != model->record->pad) real = i + 1;
        if (ids[i] >= vocabulary) expected = EMBQ_ERROR_TOKEN;
    }
    /* Some programs have an answer for nothing. */
    if (expected == EMBQ_OK && real == 0 && embq_arena_size(model, 0) == 0) expected = EMBQ_ERROR_LENGTH;
    const size_t needed = embq_arena_size(model, count), size = room(in, needed);
    const uint32_t offset = (options & 6) == 6 ? options >> 3 & 15 : 0;
    if (size < needed) expected = EMBQ_ERROR_ARENA;
    if (needed == 0) expected = EMBQ_ERROR_LENGTH;
    if (offset != 0) expected = EMBQ_ERROR_ALIGNMENT;

    answers(s, embq_output_count(model));
    uint8_t *at = arena(s, size, offset, (int)options);
    assert(embq_begin(model, ids, count, at, size, s->logits, &s->run) == expected);
    if (expected == EMBQ_OK) {
        const size_t other_size = portable_embq_arena_size(&portables[which], count);
        void *other = malloc(other_size);
        assert(portable_embq_run_tokens(&portables[which], ids, count, other, other_size, s->expected) == EMBQ_OK);
        free(other);
        s->begun = 1;
    } else {
        refused(s);
    }
    free(ids);
}

static void begin_text(slot *s, uint32_t which, input *in)
{
    const embq_model *model = &models[which];
    const uint32_t options = take(in, 1), tokens = 1 + take(in, 1) % embq_max_length(model);
    size_t length = take(in, 1);
    if (length > in->size) length = in->size;
    char *text = malloc(length + (length == 0));
    memcpy(text, in->data, length);
    in->data += length, in->size -= length;
    const size_t size = room(in, embq_arena_size(model, tokens));
    const uint32_t offset = (options & 6) == 6 ? options >> 3 & 15 : 0;

    answers(s, embq_output_count(model));
    uint8_t *at = arena(s, size, offset, (int)options);
    const embq_status status = embq_begin_text(model, text, length, at, size, s->logits, &s->run);
    if (offset != 0) assert(status == EMBQ_ERROR_ALIGNMENT);
    else if (size < embq_arena_size(model, 1)) assert(status == EMBQ_ERROR_ARENA);
    else assert(status == EMBQ_OK || status == EMBQ_ERROR_WORD || status == EMBQ_ERROR_LENGTH);
    if (status == EMBQ_OK) {
        /* The same ids, as one row at a time has arenas of another size and might cut the text elsewhere. */
        void *other = malloc(size);
        assert(portable_embq_run_tokens(&portables[which], s->run.ids, s->run.tokens, other, size, s->expected) ==
               EMBQ_OK);
        free(other);
        s->begun = 1;
    } else {
        refused(s);
    }
    free(text);
}

static void step(slot *s, uint32_t steps)
{
    for (uint32_t i = 0; i < steps; i++) {
        const int more = embq_step(&s->run);
        assert(s->begun || more == 0);
        if (more != 0) continue;
        if (s->begun) assert(memcmp(s->logits, s->expected, s->outputs * sizeof(int32_t)) == 0);
        return;
    }
    assert(steps < PATIENCE);
}

/* Arguments that are missing. */
static void begin_nothing(slot *s, uint32_t which, uint32_t what)
{
    const uint16_t ids[2] = {2, 5};
    const embq_model *model = (what & 1) != 0 ? NULL : &models[which];
    const int no_source = (what & 2) != 0, no_logits = (what & 8) != 0;
    const size_t size = embq_arena_size(&models[which], 2);
    answers(s, embq_output_count(&models[which]));
    uint8_t *memory = arena(s, size, 0, 0), *at = (what & 4) != 0 ? NULL : memory;
    int32_t *logits = no_logits ? NULL : s->logits;
    assert(embq_begin(&models[which], ids, 2, memory, size, s->logits, NULL) == EMBQ_ERROR_ARGUMENT);
    assert(embq_begin_text(&models[which], "", 0, memory, size, s->logits, NULL) == EMBQ_ERROR_ARGUMENT);
    assert(embq_step(NULL) == 0);
    if ((what & 15) != 0) {
        const embq_status status = (what & 16) != 0
                                       ? embq_begin_text(model, no_source ? NULL : "rain", 4, at, size, logits, &s->run)
                                       : embq_begin(model, no_source ? NULL : ids, 2, at, size, logits, &s->run);
        assert(status == EMBQ_ERROR_ARGUMENT);
        assert(embq_step(&s->run) == 0);
    }
    empty(s);
}

/* A blob that is cut, or lies in a wrong place. */
static void open_elsewhere(uint32_t which, input *in)
{
    const struct base *base = &bases[which];
    const uint32_t offset = take(in, 1) % 16, cut = take(in, 1) < 128 ? 0 : 1 + take(in, 3) % (uint32_t)base->size;
    uint8_t *memory = malloc(base->size - cut + offset + 1), *at = memory + offset;
    memcpy(at, base->bytes, base->size - cut);
    embq_model model;
    const embq_status status = embq_open(&model, at, base->size - cut);
    assert(status == (offset != 0 ? EMBQ_ERROR_ALIGNMENT : cut != 0 ? EMBQ_ERROR_TRUNCATED : EMBQ_OK));
    free(memory);
}

static void check_vector(uint32_t which, input *in)
{
    const embq_model *model = &models[which];
    const size_t needed = embq_arena_size(model, embq_max_length(model)), size = room(in, needed);
    const uint32_t index = take(in, 1) % (embq_check_count(model) + 1);
    slot s = {.begun = 0};
    answers(&s, embq_output_count(model));
    const embq_status status = embq_check(model, index, arena(&s, size, 0, 255), size, s.logits);
    if (index == embq_check_count(model)) assert(status == EMBQ_ERROR_ARGUMENT);
    else assert(status == (size < needed ? EMBQ_ERROR_ARENA : EMBQ_OK));
    empty(&s);
}

static void open_bases(void)
{
    read_bases();
    for (uint32_t i = 0; i < base_count; i++) {
        /* A block of its own size, so that reading beyond it is seen. */
        uint8_t *bytes = malloc(bases[i].size);
        memcpy(bytes, bases[i].bytes, bases[i].size);
        free(bases[i].bytes);
        bases[i].bytes = bytes;
        const embq_status status = embq_open(&models[i], bytes, bases[i].size);
        assert(status == EMBQ_OK);
        assert(portable_embq_open(&portables[i], bytes, bases[i].size) == EMBQ_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (base_count == 0) open_bases();
    input in = {data, size};
    slot slots[RUNS];
    for (uint32_t i = 0; i < RUNS; i++) slots[i] = (slot){.begun = 0};
    while (in.size > 0) {
        const uint32_t command = take(&in, 1), which = (command >> 5) + take(&in, 1) % 2 * 8;
        slot *s = &slots[command >> 3 & 3];
        const uint32_t base = which % base_count;
        if ((command & 7) < 2 || (command & 7) == 4) empty(s);
        switch (command & 7) {
        case 0: begin_ids(s, base, &in); break;
        case 1: begin_text(s, base, &in); break;
        case 2: step(s, take(&in, 1)); break;
        case 3: step(s, PATIENCE); break;
        case 4: begin_nothing(s, base, take(&in, 1)); break;
        case 5: open_elsewhere(base, &in); break;
        case 6: check_vector(base, &in); break;
        default:
            for (uint32_t i = 0; i < RUNS; i++) step(&slots[i], 1);
        }
    }
    for (uint32_t i = 0; i < RUNS; i++) {
        step(&slots[i], PATIENCE);
        step(&slots[i], 1); /* nothing more */
        empty(&slots[i]);
    }
    return 0;
}
