/* SPDX-License-Identifier: Apache-2.0 */
/* What embq_open asks of a program, so that running it needs no further check. */
#include "embq_program.h"

/* ---- Registers and stores ------------------------------------------------------------------------------------ */

uint32_t embq_takes(const embq_checker *c, uint32_t index, uint32_t types)
{
    if (index >= c->record->registers || (c->defined >> index & 1) == 0) return 0;
    return (types >> c->registers[index].type & 1) != 0 ? c->registers[index].width : 0;
}

static int is_register(const embq_checker *c, uint32_t index, uint32_t type, uint32_t width)
{
    return index < c->record->registers && c->registers[index].type == type && c->registers[index].width == width;
}

int embq_gives(embq_checker *c, uint32_t index, uint32_t type, uint32_t width)
{
    if (!is_register(c, index, type, width)) return 0;
    c->defined |= (uint64_t)1 << index;
    c->skewed &= ~((uint64_t)1 << index);
    return 1;
}

void embq_skews(embq_checker *c, uint32_t index) { c->skewed |= (uint64_t)1 << index; }

int embq_is_symmetric(const embq_checker *c, uint32_t index) { return (c->skewed >> index & 1) == 0; }

int embq_scratches(embq_checker *c, uint32_t index, uint32_t type, uint32_t width)
{
    if (!is_register(c, index, type, width)) return 0;
    c->defined &= ~((uint64_t)1 << index);
    return 1;
}

const embq_store *embq_store_of(const embq_checker *c, uint32_t index, uint32_t type)
{
    return index < c->record->stores && c->stores[index].type == type ? &c->stores[index] : NULL;
}

/* Where a store stands among those with rows of another shape; their number if it does not. */
static uint32_t find_other(const embq_checker *c, uint32_t index)
{
    uint32_t at = 0;
    while (at < c->other_count && c->others[at].store != index) at++;
    return at;
}

uint16_t embq_held(const embq_checker *c, uint32_t index)
{
    const uint32_t at = find_other(c, index);
    return at < c->other_count ? c->others[at].shape : embq_shape(c->stores[index].type, c->stores[index].width);
}

int embq_reshapes(embq_checker *c, uint32_t index, uint16_t shape)
{
    const uint32_t at = find_other(c, index);
    if (at == c->other_count) {
        if (shape == embq_held(c, index)) return 1;
        if (c->other_count == EMBQ_MAX_RESHAPED) return 0;
        c->others[at].store = (uint16_t)index;
        c->other_count++;
    }
    c->others[at].shape = shape;
    return 1;
}

static int holds_shape(const embq_checker *c, uint32_t index, uint16_t shape, uint32_t groups)
{
    return index < c->record->stores && c->stores[index].span == 0 && c->stores[index].groups == groups &&
           (c->state[index] & EMBQ_STORE_FULL) != 0 && embq_held(c, index) == shape;
}

int embq_holds(const embq_checker *c, uint32_t index, uint32_t type, uint32_t width, uint32_t groups)
{
    return holds_shape(c, index, embq_shape(type, width), groups);
}

int embq_holds_packed(const embq_checker *c, uint32_t index, uint32_t bits, uint32_t width, uint32_t groups)
{
    return holds_shape(c, index, embq_packed_shape(bits, width), groups);
}

int embq_writes(embq_checker *c, uint32_t index, uint16_t shape, uint32_t bytes)
{
    const embq_store *store = &c->stores[index];
    const uint8_t state = c->state[index];
    /* A window has rows of its own shape; other rows may be smaller than the store's. Rows of 4 bytes are scores. */
    if (store->type == EMBQ_I64 || (store->type == EMBQ_I32 && store->width == 1)) return 0;
    const uint32_t size = store->width * (store->type == EMBQ_I32 ? 4u : store->type);
    if (store->span != 0 ? shape != embq_shape(store->type, store->width) : bytes > size) return 0;
    if ((store->span != 0 && store->span < EMBQ_ROWS) ||
        (store->span == 0 ? !embq_is_whole(c->positions) : !embq_within(c->positions, EMBQ_ALL, EMBQ_FIRST)))
        return 0;
    /* Rows of another shape lie elsewhere: they would overwrite those of later positions. */
    if ((state & EMBQ_STORE_WRITTEN) != 0 ||
        (store->span == 0 && (state & EMBQ_STORE_LOADED) != 0 && shape != embq_held(c, index)))
        return 0;
    if (!embq_reshapes(c, index, shape)) return 0;
    c->state[index] = (uint8_t)((state & (EMBQ_STORE_FULL | EMBQ_STORE_SPREAD)) | EMBQ_STORE_WRITTEN);
    return 1;
}

int embq_keeps(const embq_checker *c, uint32_t index, uint32_t type, uint32_t width)
{
    const embq_store *store = embq_store_of(c, index, type);
    return store != NULL && store->width == width && store->span == 1 && store->groups == 1;
}

/* ---- Arrays -------------------------------------------------------------------------------------------------- */

/* `count` elements of `size` bytes at `offset` lie inside a section of `limit` bytes, aligned. */
static int inside(uint32_t offset, uint64_t count, uint32_t size, uint32_t limit)
{
    const uint32_t alignment = size == 1 ? 16u : size;
    return offset % alignment == 0 && offset <= limit && count <= (uint64_t)(limit - offset) / size;
}

/* Takes the bytes of an array that lies inside its section from those that may still be looked at. */
static int spends(uint64_t *left, uint64_t bytes)
{
    if (bytes > *left) return 0;
    *left -= bytes;
    return 1;
}

static int are_symmetric(const uint8_t *bytes, uint64_t count)
{
    /* They lie inside a section. */
    for (uint32_t i = 0; i < (uint32_t)count; i++)
        if ((int8_t)bytes[i] < -127) return 0;
    return 1;
}

const int32_t *embq_vector(const void *at, uint32_t form, uint32_t first, uint32_t count, int32_t *room)
{
    form &= 255u;
    if (form == 0) return (const int32_t *)at + first;
    const int16_t *numbers = (const int16_t *)at + first;
    for (uint32_t i = 0; i < count; i++) room[i] = numbers[i] * (1 << (form - 1));
    return room;
}

/* A vector of int32, or with a form of int16 that it is times a power of two, has numbers within low ... high. */
static int are_within(const uint8_t *section, uint32_t size, uint64_t *left, uint32_t offset, uint32_t form,
                      uint64_t count, int32_t low, int32_t high)
{
    form &= 255u;
    if (form > EMBQ_MAX_VECTOR || offset % 4 != 0 || !inside(offset, count, form == 0 ? 4 : 2, size) ||
        !spends(left, count * (form == 0 ? 4 : 2)))
        return 0;
    const void *at = section + offset;
    for (uint32_t i = 0; i < (uint32_t)count; i++) {
        const int32_t value = form == 0 ? ((const int32_t *)at)[i] : ((const int16_t *)at)[i] * (1 << (form - 1));
        if (value < low || value > high) return 0;
    }
    return 1;
}

int embq_bytes_fit(const embq_checker *c, uint32_t offset, uint64_t count)
{
    return inside(offset, count, 1, c->weights_size);
}

int embq_rows_fit(embq_checker *c, uint32_t offset, uint64_t count)
{
    return embq_bytes_fit(c, offset, count) && spends(&c->weights_left, count) &&
           are_symmetric(c->weights + offset, count);
}

int embq_lookups_fit(embq_checker *c, uint32_t offset, uint64_t count)
{
    return inside(offset, count, 1, c->tables_size) && spends(&c->tables_left, count) &&
           are_symmetric(c->tables + offset, count);
}

int embq_weights_within(embq_checker *c, uint32_t offset, uint64_t count, int32_t low, int32_t high)
{
    return are_within(c->weights, c->weights_size, &c->weights_left, offset, 0, count, low, high);
}

int embq_tables_within(embq_checker *c, uint32_t offset, uint64_t count, int32_t low, int32_t high)
{
    return are_within(c->tables, c->tables_size, &c->tables_left, offset, 0, count, low, high);
}

int embq_bias_fits(embq_checker *c, uint32_t offset, uint32_t form, uint64_t count)
{
    return are_within(c->weights, c->weights_size, &c->weights_left, offset, form, count, -EMBQ_MAX_BIAS,
                      EMBQ_MAX_BIAS);
}

int embq_multiplier_fits(embq_checker *c, uint32_t offset, uint32_t form, uint64_t count, int32_t low)
{
    return are_within(c->tables, c->tables_size, &c->tables_left, offset, form, count, low, INT32_MAX);
}

/* ---- The program --------------------------------------------------------------------------------------------- */

static int head_fits(const embq_model_record *r)
{
    return embq_within(r->task, 1, EMBQ_TASK_TAGS) && embq_within(r->vocabulary, 1, EMBQ_MAX_VOCABULARY) &&
           embq_within(r->max_length, 1, EMBQ_MAX_LENGTH) && embq_within(r->outputs, 1, EMBQ_MAX_OUTPUTS) &&
           embq_within(r->registers, 1, EMBQ_MAX_REGISTERS) && r->stores <= EMBQ_MAX_STORES &&
           embq_within(r->passes, 1, EMBQ_MAX_PASSES);
}

/* Row memory and stores of the longest sentence stay far below 2^32 bytes, however they are added up. */
static int arena_fits(const embq_checker *c)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < c->record->stores; i++) {
        const embq_store *s = &c->stores[i];
        bytes += (uint64_t)(s->span == 0 ? c->record->max_length : s->span) * s->width * 8 + 16;
    }
    return bytes < 0x70000000u;
}

static int memory_fits(const embq_checker *c)
{
    for (uint32_t i = 0; i < c->record->registers; i++)
        if (!embq_within(c->registers[i].type, EMBQ_I8, EMBQ_I32) ||
            !embq_within(c->registers[i].width, 1, EMBQ_MAX_INNER))
            return 0;
    for (uint32_t i = 0; i < c->record->stores; i++) {
        const embq_store *s = &c->stores[i];
        const uint32_t widest = s->type == EMBQ_I32 && s->span == 1 ? EMBQ_MAX_INNER * EMBQ_MAX_STATES : EMBQ_MAX_INNER;
        if (!embq_within(s->type, EMBQ_I8, EMBQ_I64) || !embq_within(s->width, 1, widest) ||
            !embq_within(s->groups, 1, s->width) || s->width % s->groups != 0 ||
            s->span > EMBQ_MAX_KERNEL - 1 + EMBQ_ROWS || (s->type == EMBQ_I64 && s->span != 1) ||
            (s->span != 0 && s->groups != 1))
            return 0;
    }
    return arena_fits(c);
}

/* The rows of a store become whole when a pass over all positions has written them. No position reads what a pass
 * has half written. */
static int end_pass(embq_checker *c)
{
    for (uint32_t i = 0; i < c->record->stores; i++) {
        const int written = (c->state[i] & EMBQ_STORE_WRITTEN) != 0;
        if (written && (c->state[i] & EMBQ_STORE_SPREAD) != 0) return 0;
        if (written && embq_is_whole(c->positions)) c->state[i] |= EMBQ_STORE_FULL;
        c->state[i] &= (uint8_t) ~(EMBQ_STORE_WRITTEN | EMBQ_STORE_SPREAD);
        if (c->stores[i].span == 0) c->state[i] &= (uint8_t)~EMBQ_STORE_LOADED;
    }
    return 1;
}

static embq_status check_pass(embq_checker *c, const embq_pass *pass, const uint32_t *words,
                              const embq_operation *const *operations, uint32_t count)
{
    if (!embq_within(pass->positions, EMBQ_ALL, EMBQ_BACKWARDS)) return EMBQ_ERROR_MODEL;
    c->positions = pass->positions;
    c->defined = 0;
    for (uint32_t at = 0; at < pass->words;) {
        const uint32_t kind = words[at] & 0xFFFFu, size = words[at] >> 16;
        if (!embq_within(kind, 1, EMBQ_OPERATION_LIMIT - 1)) return EMBQ_ERROR_MODEL;
        if (kind >= count || operations[kind] == NULL) return EMBQ_ERROR_OPERATION;
        const embq_operation *operation = operations[kind];
        if (size != operation->words + 1 || size > pass->words - at) return EMBQ_ERROR_MODEL;
        if (!operation->check(c, words + at + 1)) return EMBQ_ERROR_MODEL;
        at += size;
    }
    return end_pass(c) ? EMBQ_OK : EMBQ_ERROR_MODEL;
}

embq_status embq_program_check(const embq_model_record *record, uint32_t record_size, const uint8_t *weights,
                               uint32_t weights_size, const uint8_t *tables, uint32_t tables_size,
                               const embq_operation *const *operations, uint32_t operation_count)
{
    if (record_size < sizeof *record || record_size % 4 != 0 || !head_fits(record)) return EMBQ_ERROR_MODEL;
    uint64_t used = sizeof *record + record->registers * sizeof(embq_register) + record->stores * sizeof(embq_store) +
                    record->passes * sizeof(embq_pass);
    if (used > record_size) return EMBQ_ERROR_MODEL;
    const embq_pass *passes = embq_passes(record);
    const uint32_t *words = (const uint32_t *)(const void *)(passes + record->passes);
    for (uint32_t i = 0; i < record->passes; i++) used += (uint64_t)passes[i].words * 4;
    if (used != record_size) return EMBQ_ERROR_MODEL;

    embq_checker checker = {.record = record,
                            .registers = embq_registers(record),
                            .stores = embq_stores(record),
                            .weights = weights,
                            .tables = tables,
                            .weights_size = weights_size,
                            .tables_size = tables_size,
                            .weights_left = (uint64_t)weights_size * EMBQ_MAX_SHARING,
                            .tables_left = (uint64_t)tables_size * EMBQ_MAX_SHARING};
    if (!memory_fits(&checker)) return EMBQ_ERROR_MODEL;
    for (uint32_t i = 0; i < record->passes; i++) {
        const embq_status status = check_pass(&checker, &passes[i], words, operations, operation_count);
        if (status != EMBQ_OK) return status;
        words += passes[i].words;
    }
    return EMBQ_OK;
}
