/* One row of all positions: mean, root mean square; and a row of length 1. */
#include "embq_program.h"

enum { MEAN = 1, ROOT_MEAN_SQUARE = 2 };

/* ---- POOL ---------------------------------------------------------------------------------------------------- */

static int check_pool(embq_checker *c, const void *record)
{
    const embq_pool *p = record;
    const uint32_t width = embq_takes(c, p->row, 1u << EMBQ_I32);
    if (width == 0 || !embq_within(p->kind, MEAN, ROOT_MEAN_SQUARE) || c->positions != EMBQ_ALL ||
        c->record->max_length > EMBQ_MAX_POOLED || !embq_keeps(c, p->sums, EMBQ_I64, width) || c->state[p->sums] != 0)
        return 0; /* each sum has room for one row a token */
    c->state[p->sums] = p->kind == MEAN ? EMBQ_STORE_WRITTEN : EMBQ_STORE_WRITTEN | EMBQ_STORE_SQUARED;
    return 1;
}

static void run_pool(const embq_run *run, const void *record)
{
    const embq_pool *p = record;
    const uint32_t width = embq_width(run, p->row);
    const int32_t *x = embq_i32(run, p->row);
    int64_t *sums = embq_store_at(run, p->sums);
    for (uint32_t r = 0; r < run->count; r++)
        for (uint32_t i = 0; i < width; i++, x++) sums[i] += p->kind == MEAN ? *x : (int64_t)*x * *x;
}

const embq_operation embq_operation_pool = {sizeof(embq_pool) / 4, check_pool, run_pool};

/* ---- POOLED -------------------------------------------------------------------------------------------------- */

static int check_pooled(embq_checker *c, const void *record)
{
    const embq_pool *p = record;
    const uint32_t width = p->row < c->record->registers ? c->registers[p->row].width : 0;
    return width != 0 && embq_within(p->kind, MEAN, ROOT_MEAN_SQUARE) && c->positions == EMBQ_ONCE &&
           embq_keeps(c, p->sums, EMBQ_I64, width) &&
           c->state[p->sums] == (p->kind == MEAN ? EMBQ_STORE_FULL : EMBQ_STORE_FULL | EMBQ_STORE_SQUARED) &&
           embq_gives(c, p->row, EMBQ_I32, width);
}

static void run_pooled(const embq_run *run, const void *record)
{
    const embq_pool *p = record;
    const uint32_t width = embq_width(run, p->row);
    const int64_t *sums = embq_store_at(run, p->sums);
    int32_t *out = embq_i32(run, p->row);
    /* Sums have up to 38 bits, roots of sums 32. */
    const embq_factor factor = p->kind == MEAN ? embq_divide((uint32_t)1 << 24, 24, run->tokens)
                                               : embq_divide_by_root((uint32_t)1 << 30, 30, run->tokens);
    for (uint32_t i = 0; i < width; i++) {
        const int64_t value = p->kind == MEAN ? sums[i] : (int64_t)embq_square_root((uint64_t)sums[i]);
        out[i] = embq_clip(embq_requantize(value, factor.multiplier, factor.shift), -EMBQ_ROW_LIMIT, EMBQ_ROW_LIMIT);
    }
}

const embq_operation embq_operation_pooled = {sizeof(embq_pool) / 4, check_pooled, run_pooled};

/* ---- UNIT ---------------------------------------------------------------------------------------------------- */

static int check_unit(embq_checker *c, const void *record)
{
    const embq_unit *u = record;
    const uint32_t width = embq_takes(c, u->in, 1u << EMBQ_I32);
    return width != 0 && width <= EMBQ_MAX_WIDTH && width == c->record->outputs && c->positions != EMBQ_ALL;
}

/* x / sqrt(sum x^2) with EMBQ_LOGIT_FRACTION_BITS behind the point; a row of zeros stays one. */
static void run_unit(const embq_run *run, const void *record)
{
    const embq_unit *u = record;
    const uint32_t width = embq_width(run, u->in);
    const int32_t *x = embq_i32(run, u->in);
    const embq_factor factor = embq_divide_by_root((uint32_t)1 << 30, 14, embq_sum_of_squares(x, width) | 1u);
    for (uint32_t i = 0; i < width; i++)
        run->logits[i] = embq_clip(embq_requantize(x[i], factor.multiplier, factor.shift), -65536, 65536);
}

const embq_operation embq_operation_unit = {sizeof(embq_unit) / 4, check_unit, run_unit};
