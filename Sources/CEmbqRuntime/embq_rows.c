/* SPDX-License-Identifier: Apache-2.0 */
/* Rows between registers and stores, and from one type to another. */
#include "embq_program.h"

/* ---- RESCALE ------------------------------------------------------------------------------------------------- */

static int check_rescale(embq_checker *c, const void *record)
{
    const embq_rescale *s = record;
    const uint32_t width = embq_takes(c, s->in, 1u << EMBQ_I16 | 1u << EMBQ_I32);
    if (width == 0 || s->out >= c->record->registers || s->multiplier > INT32_MAX || !embq_within(s->shift, 1, 62))
        return 0;
    const uint32_t type = c->registers[s->out].type;
    return type < c->registers[s->in].type && embq_gives(c, s->out, type, width);
}

static void run_rescale(const embq_run *run, const void *record)
{
    const embq_rescale *s = record;
    const uint32_t count = run->count * embq_width(run, s->in);
    const embq_factor factor = {(int32_t)s->multiplier, s->shift};
    if (run->registers[s->in].type == EMBQ_I16)
        embq_narrow_row(embq_i16(run, s->in), factor, count, embq_i8(run, s->out));
    else if (run->registers[s->out].type == EMBQ_I8)
        embq_scale_row(embq_i32(run, s->in), factor, count, embq_i8(run, s->out));
    else embq_scale_row16(embq_i32(run, s->in), factor, count, embq_i16(run, s->out));
}

const embq_operation embq_operation_rescale = {sizeof(embq_rescale) / 4, check_rescale, run_rescale};

/* ---- LOAD, STORE --------------------------------------------------------------------------------------------- */

/* I8 and I16 alone: a wide row never outlives its position. */
static int check_transfer(const embq_checker *c, const embq_transfer *t)
{
    return t->row < c->record->registers && t->store < c->record->stores && c->positions != EMBQ_ONCE &&
           embq_within(c->registers[t->row].type, EMBQ_I8, EMBQ_I16);
}

static int check_load(embq_checker *c, const void *record)
{
    const embq_transfer *t = record;
    if (!check_transfer(c, t)) return 0;
    const uint8_t state = c->state[t->store];
    if (!embq_holds(c, t->store, c->registers[t->row].type, c->registers[t->row].width, 1) ||
        (state & EMBQ_STORE_WRITTEN) != 0 ||
        !embq_gives(c, t->row, c->registers[t->row].type, c->registers[t->row].width))
        return 0;
    if ((state & EMBQ_STORE_SKEWED) != 0) embq_skews(c, t->row);
    c->state[t->store] |= EMBQ_STORE_LOADED;
    return 1;
}

static int check_store(embq_checker *c, const void *record)
{
    const embq_transfer *t = record;
    if (!check_transfer(c, t) || embq_takes(c, t->row, 1u << EMBQ_I8 | 1u << EMBQ_I16) == 0) return 0;
    const embq_register *row = &c->registers[t->row];
    if (row->width % c->stores[t->store].groups != 0 ||
        !embq_writes(c, t->store, embq_shape(row->type, row->width), row->width * row->type))
        return 0;
    if (!embq_is_symmetric(c, t->row)) c->state[t->store] |= EMBQ_STORE_SKEWED;
    return 1;
}

static void run_load(const embq_run *run, const void *record)
{
    const embq_transfer *t = record;
    const size_t bytes = embq_width(run, t->row) * (run->registers[t->row].type == EMBQ_I8 ? 1u : 2u);
    const uint8_t *store = embq_store_at(run, t->store);
    memcpy(embq_place(run, t->row), store + run->first * bytes, run->count * bytes);
}

/* A row's columns go to the store's groups. */
static void store_groups(const embq_run *run, const embq_store *store, const uint8_t *row, size_t bytes, uint8_t *to)
{
    const size_t part = bytes / store->groups;
    for (uint32_t r = 0; r < run->count; r++)
        for (uint32_t g = 0; g < store->groups; g++, row += part)
            memcpy(to + ((size_t)g * run->tokens + run->first + r) * part, row, part);
}

static void run_store(const embq_run *run, const void *record)
{
    const embq_transfer *t = record;
    const embq_store *store = embq_stores(run->model->record) + t->store;
    const uint8_t *row = embq_place(run, t->row);
    uint8_t *to = embq_store_at(run, t->store);
    const size_t bytes = embq_width(run, t->row) * (run->registers[t->row].type == EMBQ_I8 ? 1u : 2u);
    if (store->groups > 1) {
        store_groups(run, store, row, bytes, to);
        return;
    }
    /* Row by row, so that no copy overlaps itself. */
    for (uint32_t r = run->count; r < store->span; r++) memcpy(to + (r - run->count) * bytes, to + r * bytes, bytes);
    memcpy(to + embq_oldest(run, store->span) * bytes, row, run->count * bytes);
}

const embq_operation embq_operation_load = {sizeof(embq_transfer) / 4, check_load, run_load};
const embq_operation embq_operation_store = {sizeof(embq_transfer) / 4, check_store, run_store};
