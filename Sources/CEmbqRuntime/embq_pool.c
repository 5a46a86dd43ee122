/* One row of all positions: mean, root mean square; and a row of length 1. */
#include "embq_program.h"

enum { MEAN = 1, ROOT_MEAN_SQUARE = 2 };

_Static_assert((uint64_t)EMBQ_POOLED_WHOLE *EMBQ_ROW_LIMIT < (uint64_t)1 << 38 &&
                   (uint64_t)EMBQ_MAX_LENGTH * EMBQ_ROW_LIMIT < (uint64_t)1 << 40,
               "sums times their factors stay below 2^62");
_Static_assert(EMBQ_POOLED_WHOLE <= UINT64_MAX / ((uint64_t)EMBQ_ROW_LIMIT * EMBQ_ROW_LIMIT) &&
                   EMBQ_MAX_LENGTH <= UINT64_MAX / ((uint64_t)EMBQ_ROW_LIMIT * EMBQ_ROW_LIMIT >> 2),
               "squares fit 64 bits");

/* ---- POOL ---------------------------------------------------------------------------------------------------- */

static int check_pool(embq_checker *c, const void *record)
{
    const embq_pool *p = record;
    const uint32_t width = embq_takes(c, p->row, 1u << EMBQ_I32);
    if (width == 0 || !embq_within(p->kind, MEAN, ROOT_MEAN_SQUARE) || c->positions != EMBQ_ALL ||
        !embq_keeps(c, p->sums, EMBQ_I64, width) || c->state[p->sums] != 0)
        return 0; /* each sum has room for one row per token */
    c->state[p->sums] = p->kind == MEAN ? EMBQ_STORE_WRITTEN : EMBQ_STORE_WRITTEN | EMBQ_STORE_SQUARED;
    return 1;
}

/* Bits that a long sentence's squares go without, and its factor of the mean. */
static uint32_t spared(const embq_run *run) { return run->tokens > EMBQ_POOLED_WHOLE ? 2 : 0; }

static void run_pool(const embq_run *run, const void *record)
{
    const embq_pool *p = record;
    const uint32_t width = embq_width(run, p->row), spare = spared(run);
    const int32_t *x = embq_i32(run, p->row);
    int64_t *sums = embq_store_at(run, p->sums);
    uint64_t *squares = embq_store_at(run, p->sums);
    for (uint32_t r = 0; r < run->count; r++)
        for (uint32_t i = 0; i < width; i++, x++) {
            if (p->kind == MEAN) sums[i] += *x;
            else squares[i] += (uint64_t)((int64_t)*x * *x) >> spare;
        }
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
    const uint64_t *squares = embq_store_at(run, p->sums);
    int32_t *out = embq_i32(run, p->row);
    const uint32_t spare = spared(run), bits = 24 - spare;
    /* With T tokens a sum is below T * 2^26, its factor at most 2^bits: 2^62 with 2^12 and 24, with 2^14 and 22. A root
     * has 32 bits and its factor, which puts back what was spared, 30: that is 2^62 too. */
    const embq_factor factor = p->kind == MEAN ? embq_divide((uint32_t)1 << bits, bits, run->tokens)
                                               : embq_divide_by_root((uint32_t)1 << 30, 30 - spare / 2, run->tokens);
    for (uint32_t i = 0; i < width; i++) {
        const int64_t value = p->kind == MEAN ? sums[i] : (int64_t)embq_square_root(squares[i]);
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
