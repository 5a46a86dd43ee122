/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a checked program, one operation after the other. */
#include "embq_program.h"

static size_t align(size_t offset) { return (offset + 15u) & ~(size_t)15u; }

static size_t size_of(uint32_t type)
{
    return type == EMBQ_I8 ? 1u : type == EMBQ_I16 ? 2u : type == EMBQ_I32 ? 4u : 8u;
}

static size_t store_size(const embq_store *store, uint32_t tokens)
{
    const size_t rows = store->span == 0 ? tokens : store->span;
    return rows * store->width * size_of(store->type);
}

/* The arena: ids, with a tagger's tokens behind them, places, registers and stores. The latter two are parts, counted
 * in this order. */
static size_t places_begin(const embq_model_record *record, uint32_t tokens)
{
    return align((size_t)tokens << (record->task == EMBQ_TASK_TAGS ? EMBQ_TAGGED_SHIFT : 1));
}

static size_t parts_begin(const embq_model_record *record, uint32_t tokens)
{
    return places_begin(record, tokens) + (record->registers + record->stores) * sizeof(uint32_t);
}

static size_t part_size(const embq_model_record *record, uint32_t part, uint32_t tokens)
{
    if (part >= record->registers) return store_size(&embq_stores(record)[part - record->registers], tokens);
    const embq_register *r = &embq_registers(record)[part];
    return (size_t)r->width * EMBQ_ROWS * size_of(r->type);
}

size_t embq_program_arena_size(const embq_model_record *record, uint32_t tokens)
{
    size_t at = parts_begin(record, tokens);
    for (uint32_t part = 0; part < record->registers + record->stores; part++)
        at = align(at) + part_size(record, part, tokens);
    return at;
}

static void set_places(const embq_model_record *record, uint32_t tokens, uint32_t *places)
{
    size_t at = parts_begin(record, tokens);
    for (uint32_t part = 0; part < record->registers + record->stores; part++) {
        at = align(at);
        places[part] = (uint32_t)at;
        at += part_size(record, part, tokens);
    }
}

static uint32_t first_of(const embq_run *run, uint32_t id)
{
    uint32_t at = 0;
    while (at < run->tokens && run->ids[at] != id) at++;
    return at;
}

/* The positions of the pass from run->first on. */
static void take_rows(embq_run *run)
{
    const uint32_t left = run->end - run->first;
    run->count = left < EMBQ_ROWS ? left : EMBQ_ROWS;
    run->at = 0;
}

/* The next positions of the pass; 0 if there are none. */
static int take_next_rows(embq_run *run)
{
    if (run->pass->positions != EMBQ_BACKWARDS) {
        run->first += run->count;
    } else {
        run->end = run->first;
        if (run->first > 0) run->first -= EMBQ_ROWS;
    }
    take_rows(run);
    return run->count > 0;
}

/* Goes to the first positions of the pass, or of the first behind it that has work. */
static void enter_pass(embq_run *run)
{
    for (; run->passes_left > 0; run->words += run->pass->words, run->pass++, run->passes_left--) {
        const uint32_t positions = run->pass->positions;
        run->first = positions == EMBQ_AT_MASK ? run->mask_at : 0;
        run->end = embq_is_whole(positions) ? run->tokens : 1;
        if (positions == EMBQ_BACKWARDS && run->tokens > 0) run->first = (run->tokens - 1) / EMBQ_ROWS * EMBQ_ROWS;
        if (positions == EMBQ_AT_MASK) run->end = run->mask_at < run->tokens ? run->mask_at + 1 : run->mask_at;
        take_rows(run);
        if (run->count > 0 && run->pass->words > 0) return;
    }
}

void embq_program_begin(const embq_model *model, uint32_t tokens, uint8_t *arena, int32_t *logits, embq_run *run)
{
    const embq_model_record *record = model->record;
    const embq_store *stores = embq_stores(record);
    const embq_pass *passes = embq_passes(record);
    uint32_t *places = (uint32_t *)(void *)(arena + places_begin(record, tokens));
    set_places(record, tokens, places);
    *run = (embq_run){.model = model,
                      .registers = embq_registers(record),
                      .arena = arena,
                      .places = places,
                      .ids = (const uint16_t *)(const void *)arena,
                      .logits = logits,
                      .tokens = tokens,
                      .pass = passes,
                      .words = (const uint32_t *)(const void *)(passes + record->passes),
                      .passes_left = record->passes};
    run->separator_at = first_of(run, record->separator);
    run->mask_at = first_of(run, record->mask);

    for (uint32_t i = 0; i < record->stores; i++)
        if (stores[i].span != 0) memset(embq_store_at(run, i), 0, store_size(&stores[i], tokens));
    memset(logits, 0, record->outputs * sizeof(int32_t));
    enter_pass(run);
}

int embq_step(embq_run *run)
{
    if (run == NULL || run->passes_left == 0) return 0;
    const uint32_t *word = run->words + run->at;
    run->model->operations[*word & 0xFFFFu]->run(run, word + 1);
    run->at += *word >> 16;
    if (run->at < run->pass->words) return 1;
    if (take_next_rows(run)) return 1;
    run->words += run->pass->words;
    run->pass++;
    run->passes_left--;
    enter_pass(run);
    return run->passes_left > 0;
}
