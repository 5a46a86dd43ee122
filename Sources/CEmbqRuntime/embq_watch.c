/* SPDX-License-Identifier: Apache-2.0 */
/* A run that is looked at: the model is copied with another table of operations, each of which runs the model's own and
 * then copies registers. The code that firmware runs knows nothing of it. */
#ifdef EMBQ_HOST_WATCH

#include "embq_program.h"
#include "embq_watch.h"
#if defined(EMBQ_HOST_SIMD) && defined(__x86_64__)
#include "embq_kernels_x86.h"
#endif

typedef struct watched_model {
    embq_model model;                        /* first, so that a run's model leads here */
    const embq_operation *const *operations; /* the model's own */
    embq_watch *watches;
    uint32_t watch_count;
} watched_model;

static const uint32_t *first_words(const embq_model *model)
{
    return (const uint32_t *)(const void *)(embq_passes(model->record) + model->record->passes);
}

/* The record of an operation, or null. */
static const uint32_t *find(const embq_model *model, uint32_t pass, uint32_t operation)
{
    if (pass >= model->record->passes) return NULL;
    const embq_pass *passes = embq_passes(model->record);
    const uint32_t *words = first_words(model);
    for (uint32_t i = 0; i < pass; i++) words += passes[i].words;
    uint32_t at = 0;
    for (; at < passes[pass].words && operation > 0; operation--) at += words[at] >> 16;
    return at < passes[pass].words ? words + at + 1 : NULL;
}

static void copy_rows(const embq_run *run, embq_watch *watch)
{
    const embq_register *shape = &run->registers[watch->index];
    if (watch->count == 0) watch->first = run->first;
    for (uint32_t row = 0; row < run->count && watch->count < watch->capacity; row++, watch->count++) {
        int32_t *out = watch->rows + (size_t)watch->count * shape->width;
        const size_t start = (size_t)row * shape->width;
        for (uint32_t i = 0; i < shape->width; i++)
            out[i] = shape->type == EMBQ_I8    ? embq_i8(run, watch->index)[start + i]
                     : shape->type == EMBQ_I16 ? embq_i16(run, watch->index)[start + i]
                                               : embq_i32(run, watch->index)[start + i];
    }
}

static void run_watched(const embq_run *run, const void *record)
{
    const watched_model *watched = (const watched_model *)(const void *)run->model;
    const uint32_t kind = ((const uint32_t *)record)[-1] & 0xFFFFu;
    watched->operations[kind]->run(run, record);
    for (uint32_t i = 0; i < watched->watch_count; i++) {
        embq_watch *watch = &watched->watches[i];
        if (watch->record == record) copy_rows(run, watch);
    }
}

static const embq_operation watching = {.run = run_watched};

uint32_t embq_register_width(const embq_model *model, uint32_t index)
{
    return index < model->record->registers ? embq_registers(model->record)[index].width : 0;
}

embq_status embq_run_watched(const embq_model *model, const uint16_t *ids, uint32_t count, const embq_texts *texts,
                             void *arena, size_t arena_size, int32_t *logits, embq_watch *watches, uint32_t watch_count)
{
    if (model == NULL || (watches == NULL && watch_count > 0)) return EMBQ_ERROR_ARGUMENT;
    for (uint32_t i = 0; i < watch_count; i++) {
        watches[i].record = find(model, watches[i].pass, watches[i].operation);
        if (watches[i].record == NULL || watches[i].rows == NULL || watches[i].index >= model->record->registers)
            return EMBQ_ERROR_ARGUMENT;
        watches[i].first = watches[i].count = 0;
    }
    const embq_operation *table[EMBQ_OPERATION_LIMIT];
    for (uint32_t kind = 0; kind < EMBQ_OPERATION_LIMIT; kind++) table[kind] = &watching;
    watched_model watched = {
        .model = *model, .operations = model->operations, .watches = watches, .watch_count = watch_count};
    watched.model.operations = table;
    return texts == NULL ? embq_run_tokens(&watched.model, ids, count, arena, arena_size, logits)
                         : embq_run_pair_tokens(&watched.model, ids, count, *texts, arena, arena_size, logits);
}

int embq_host_level(void)
{
#if defined(EMBQ_HOST_SIMD) && defined(__x86_64__)
    if (!has_avx2()) return 0;
    if (has_avx512_vnni()) return 3;
    return has_avx_vnni() ? 2 : 1;
#else
    return 0;
#endif
}

#else
typedef int embq_watch_unused; /* C wants at least one declaration */
#endif
