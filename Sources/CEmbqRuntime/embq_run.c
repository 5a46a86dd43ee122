/* SPDX-License-Identifier: Apache-2.0 */
/* The public calls on an opened model. */
#include "embq_program.h"

uint32_t embq_max_length(const embq_model *model) { return model->record->max_length; }

embq_task embq_task_of(const embq_model *model) { return (embq_task)model->record->task; }

uint32_t embq_output_count(const embq_model *model) { return model->record->outputs; }

const char *embq_label(const embq_model *model, uint32_t index)
{
    if (index >= model->record->outputs) return NULL;
    return (const char *)(model->labels + embq_u32(model->labels, index * 4));
}

/* A sentence without a token has an answer if the program keeps no row for each token and reads no row of its own. */
static int runs_empty(const embq_model_record *record)
{
    uint32_t i;
    for (i = 0; i < record->stores; i++)
        if (embq_stores(record)[i].span == 0) return 0;
    for (i = 0; i < record->passes; i++) {
        const uint32_t positions = embq_passes(record)[i].positions;
        if (positions != EMBQ_ALL && positions != EMBQ_ONCE) return 0;
    }
    return 1;
}

size_t embq_arena_size(const embq_model *model, uint32_t tokens)
{
    if (tokens > model->record->max_length || (tokens == 0 && !runs_empty(model->record))) return 0;
    return embq_program_arena_size(model->record, tokens);
}

/* ---- Running ------------------------------------------------------------------------------------------------- */

/* Begins with the ids that already lie at the arena's start; of one text, `texts` may be null. */
static embq_status begin_in_place(const embq_model *model, uint32_t count, const embq_texts *texts, uint8_t *arena,
                                  size_t arena_size, int32_t *logits, embq_run *run)
{
    const uint16_t *ids = (const uint16_t *)(const void *)arena;
    while (count > 0 && ids[count - 1] == model->record->pad) count--;
    const size_t needed = embq_arena_size(model, count);
    if (needed == 0) return EMBQ_ERROR_LENGTH;
    if (needed > arena_size) return EMBQ_ERROR_ARENA;
    embq_program_begin(model, count, arena, logits, run);
    if (texts != NULL) {
        run->texts = *texts;
    } else {
        const uint32_t added = (uint32_t)model->tokenizer.prefix_count + model->tokenizer.suffix_count;
        run->texts = (embq_texts){count > added ? count - added : 0, EMBQ_ONE_TEXT};
    }
    return EMBQ_OK;
}

/* All steps of a run that has begun. */
static embq_status finish(embq_status begun, embq_run *run)
{
    while (begun == EMBQ_OK && embq_step(run)) {}
    return begun;
}

static embq_status begin_ids(const embq_model *model, const uint16_t *ids, uint32_t count, const embq_texts *texts,
                             void *arena, size_t arena_size, int32_t *logits, embq_run *run)
{
    if (run == NULL) return EMBQ_ERROR_ARGUMENT;
    run->passes_left = 0;
    if (model == NULL || ids == NULL || arena == NULL || logits == NULL) return EMBQ_ERROR_ARGUMENT;
    if (!embq_is_aligned(arena)) return EMBQ_ERROR_ALIGNMENT;
    const size_t needed = embq_arena_size(model, count);
    if (needed == 0) return EMBQ_ERROR_LENGTH;
    if (arena_size < needed) return EMBQ_ERROR_ARENA;
    uint16_t *own = (uint16_t *)arena;
    for (uint32_t i = 0; i < count; i++) {
        if (ids[i] >= model->record->vocabulary) return EMBQ_ERROR_TOKEN;
        own[i] = ids[i];
    }
    return begin_in_place(model, count, texts, arena, arena_size, logits, run);
}

embq_status embq_begin(const embq_model *model, const uint16_t *ids, uint32_t count, void *arena, size_t arena_size,
                       int32_t *logits, embq_run *run)
{
    return begin_ids(model, ids, count, NULL, arena, arena_size, logits, run);
}

embq_status embq_begin_pair_tokens(const embq_model *model, const uint16_t *ids, uint32_t count, embq_texts texts,
                                   void *arena, size_t arena_size, int32_t *logits, embq_run *run)
{
    return begin_ids(model, ids, count, &texts, arena, arena_size, logits, run);
}

embq_status embq_run_pair_tokens(const embq_model *model, const uint16_t *ids, uint32_t count, embq_texts texts,
                                 void *arena, size_t arena_size, int32_t *logits)
{
    embq_run run;
    return finish(embq_begin_pair_tokens(model, ids, count, texts, arena, arena_size, logits, &run), &run);
}

embq_status embq_run_tokens(const embq_model *model, const uint16_t *ids, uint32_t count, void *arena,
                            size_t arena_size, int32_t *logits)
{
    embq_run run;
    return finish(embq_begin(model, ids, count, arena, arena_size, logits, &run), &run);
}

/* The longest sentence that an arena of this size can run. */
static uint32_t tokens_that_fit(const embq_model *model, size_t arena_size)
{
    uint32_t low = 0, high = model->record->max_length;
    while (low < high) {
        const uint32_t middle = low + (high - low + 1) / 2;
        if (embq_program_arena_size(model->record, middle) <= arena_size) low = middle;
        else high = middle - 1;
    }
    return low;
}

/* Room for ids at the arena's start; the rest of the arena is the tokenizer's scratch. */
static embq_status make_room(const embq_model *model, const uint8_t *arena, size_t arena_size, uint32_t *capacity,
                             size_t *used)
{
    if (!embq_is_aligned(arena)) return EMBQ_ERROR_ALIGNMENT;
    *capacity = tokens_that_fit(model, arena_size);
    *used = ((size_t)*capacity * sizeof(uint16_t) + 15u) & ~(size_t)15u;
    return *capacity == 0 ? EMBQ_ERROR_ARENA : EMBQ_OK;
}

static embq_status tokenize_in_place(const embq_model *model, const char *text, size_t length, uint8_t *arena,
                                     size_t arena_size, uint32_t *count)
{
    uint32_t capacity = 0;
    size_t used = 0;
    const embq_status status = make_room(model, arena, arena_size, &capacity, &used);
    if (status != EMBQ_OK) return status;
    return embq_tokenize(&model->tokenizer, text, length, (uint16_t *)(void *)arena, capacity, count, arena + used,
                         arena_size - used);
}

embq_status embq_begin_pair(const embq_model *model, const char *first, size_t first_length, const char *second,
                            size_t second_length, void *arena, size_t arena_size, int32_t *logits, embq_run *run)
{
    if (run == NULL) return EMBQ_ERROR_ARGUMENT;
    run->passes_left = 0;
    if (model == NULL || arena == NULL || logits == NULL) return EMBQ_ERROR_ARGUMENT;
    uint32_t capacity = 0, count = 0;
    size_t used = 0;
    embq_texts texts;
    embq_status status = make_room(model, arena, arena_size, &capacity, &used);
    if (status == EMBQ_OK)
        status = embq_tokenize_pair(&model->tokenizer, first, first_length, second, second_length, arena, capacity,
                                    &count, &texts, (uint8_t *)arena + used, arena_size - used);
    return status == EMBQ_OK ? begin_in_place(model, count, &texts, arena, arena_size, logits, run) : status;
}

embq_status embq_run_pair(const embq_model *model, const char *first, size_t first_length, const char *second,
                          size_t second_length, void *arena, size_t arena_size, int32_t *logits)
{
    embq_run run;
    return finish(embq_begin_pair(model, first, first_length, second, second_length, arena, arena_size, logits, &run),
                  &run);
}

embq_status embq_begin_text(const embq_model *model, const char *text, size_t length, void *arena, size_t arena_size,
                            int32_t *logits, embq_run *run)
{
    if (run == NULL) return EMBQ_ERROR_ARGUMENT;
    run->passes_left = 0;
    if (model == NULL || (text == NULL && length > 0) || arena == NULL || logits == NULL) return EMBQ_ERROR_ARGUMENT;
    uint32_t count = 0;
    const embq_status status = tokenize_in_place(model, text, length, arena, arena_size, &count);
    return status == EMBQ_OK ? begin_in_place(model, count, NULL, arena, arena_size, logits, run) : status;
}

embq_status embq_run_text(const embq_model *model, const char *text, size_t length, void *arena, size_t arena_size,
                          int32_t *logits)
{
    embq_run run;
    return finish(embq_begin_text(model, text, length, arena, arena_size, logits, &run), &run);
}

/* ---- Answers and check vectors --------------------------------------------------------------------------------- */

uint32_t embq_best(const int32_t *logits, uint32_t count)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < count; i++)
        if (logits[i] > logits[best]) best = i;
    return best;
}

uint32_t embq_check_count(const embq_model *model) { return model->checks == NULL ? 0 : embq_u32(model->checks, 0); }

embq_status embq_check(const embq_model *model, uint32_t index, void *arena, size_t arena_size, int32_t *logits)
{
    if (model == NULL || arena == NULL || logits == NULL || index >= embq_check_count(model))
        return EMBQ_ERROR_ARGUMENT;
    const embq_check_record *record = (const embq_check_record *)(const void *)(model->checks + 4) + index;
    const uint16_t *recorded = (const uint16_t *)(const void *)(model->checks + record->ids);
    const int32_t *expected = (const int32_t *)(const void *)(model->checks + record->logits);
    if (arena_size < embq_program_arena_size(model->record, model->record->max_length)) return EMBQ_ERROR_ARENA;

    uint32_t count = 0;
    embq_status status = tokenize_in_place(model, (const char *)model->checks + record->text, record->text_size, arena,
                                           arena_size, &count);
    if (status != EMBQ_OK) return status;
    if (count != record->id_count) return EMBQ_ERROR_CHECKSUM;
    const uint16_t *ids = arena;
    for (uint32_t i = 0; i < count; i++)
        if (ids[i] != recorded[i]) return EMBQ_ERROR_CHECKSUM;
    embq_run run;
    status = finish(begin_in_place(model, count, NULL, arena, arena_size, logits, &run), &run);
    if (status != EMBQ_OK) return status;
    for (uint32_t i = 0; i < model->record->outputs; i++)
        if (logits[i] != expected[i]) return EMBQ_ERROR_CHECKSUM;
    return EMBQ_OK;
}
