/* Runs a checked program. */
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

/* Lays out ids, places, registers and stores; `places` may be null when only the size is wanted. */
static size_t lay_out(const embq_model_record *record, uint32_t tokens, uint32_t *places)
{
    const embq_register *registers = embq_registers(record);
    const embq_store *stores = embq_stores(record);
    size_t at = align(tokens * sizeof(uint16_t)) + (record->registers + record->stores) * sizeof(uint32_t);
    for (uint32_t i = 0; i < record->registers; i++) {
        at = align(at);
        if (places != NULL) places[i] = (uint32_t)at;
        at += (size_t)registers[i].width * EMBQ_ROWS * size_of(registers[i].type);
    }
    for (uint32_t i = 0; i < record->stores; i++) {
        at = align(at);
        if (places != NULL) places[record->registers + i] = (uint32_t)at;
        at += store_size(&stores[i], tokens);
    }
    return at;
}

size_t embq_program_arena_size(const embq_model_record *record, uint32_t tokens)
{
    return lay_out(record, tokens, NULL);
}

static uint32_t first_of(const embq_run *run, uint32_t id)
{
    uint32_t at = 0;
    while (at < run->tokens && run->ids[at] != id) at++;
    return at;
}

/* The operations of a pass for the positions first ... first + count - 1. */
static void run_rows(embq_run *run, const uint32_t *words, uint32_t size, uint32_t first, uint32_t count)
{
    run->first = first;
    run->count = count;
    for (uint32_t at = 0; at < size;) {
        const embq_operation *operation = run->model->operations[words[at] & 0xFFFFu];
        operation->run(run, words + at + 1);
        at += words[at] >> 16;
    }
}

static void run_pass(embq_run *run, const embq_pass *pass, const uint32_t *words)
{
    uint32_t first = 0, end = 1;
    if (pass->positions == EMBQ_ALL) {
        end = run->tokens;
    } else if (pass->positions == EMBQ_AT_MASK) {
        first = first_of(run, run->model->record->mask);
        end = first < run->tokens ? first + 1 : first;
    }
    while (first < end) {
        const uint32_t count = end - first < EMBQ_ROWS ? end - first : EMBQ_ROWS;
        run_rows(run, words, pass->words, first, count);
        first += count;
    }
}

void embq_program_run(const embq_model *model, uint32_t tokens, uint8_t *arena, int32_t *logits)
{
    const embq_model_record *record = model->record;
    const embq_store *stores = embq_stores(record);
    const embq_pass *passes = embq_passes(record);
    uint32_t *places = (uint32_t *)(void *)(arena + align(tokens * sizeof(uint16_t)));
    (void)lay_out(record, tokens, places);
    embq_run run = {.model = model, .registers = embq_registers(record), .arena = arena, .places = places,
                    .ids = (const uint16_t *)(const void *)arena, .logits = logits, .tokens = tokens};
    run.separator_at = first_of(&run, record->separator);

    for (uint32_t i = 0; i < record->stores; i++)
        if (stores[i].span != 0) memset(embq_store_at(&run, i), 0, store_size(&stores[i], tokens));
    memset(logits, 0, record->outputs * sizeof(int32_t));
    const uint32_t *words = (const uint32_t *)(const void *)(passes + record->passes);
    for (uint32_t i = 0; i < record->passes; i++) {
        run_pass(&run, &passes[i], words);
        words += passes[i].words;
    }
}
