/* SPDX-License-Identifier: Apache-2.0 */
/* One row of all positions, a row of length 1, two rows in one, and rows as logits. */
#include "embq_program.h"

enum {
    MEAN = 1,
    ROOT_MEAN_SQUARE = 2,
    MAXIMUM = 3,
    ROOT_MEAN = 4, /* the sum over the root of the number of rows */
    WEIGHTED_MEAN = 5,
    MEAN_BEHIND = 6,
    ROW_AT = 7,
    LAST_ROW = 8
};

_Static_assert((uint64_t)EMBQ_POOLED_WHOLE *EMBQ_ROW_LIMIT < (uint64_t)1 << 38 &&
                   (uint64_t)EMBQ_MAX_LENGTH * EMBQ_ROW_LIMIT < (uint64_t)1 << 40,
               "sums times their factors stay below 2^62");
_Static_assert(EMBQ_POOLED_WHOLE <= UINT64_MAX / ((uint64_t)EMBQ_ROW_LIMIT * EMBQ_ROW_LIMIT) &&
                   EMBQ_MAX_LENGTH <= UINT64_MAX / ((uint64_t)EMBQ_ROW_LIMIT * EMBQ_ROW_LIMIT >> 2),
               "squares fit 64 bits");

/* ---- POOL ---------------------------------------------------------------------------------------------------- */

/* Means and root mean squares have one sum for each column. The other kinds leave out positions at the start, and have
 * one sum more: what the sums are divided by. */
static uint32_t kind_of(const embq_pool *p) { return p->kind & 0xFFu; }
static uint32_t sums_of(uint32_t kind, uint32_t width) { return kind <= ROOT_MEAN_SQUARE ? width : width + 1; }

static int check_pool(embq_checker *c, const void *record)
{
    const embq_pool *p = record;
    const uint32_t width = embq_takes(c, p->row, 1u << EMBQ_I32), kind = kind_of(p), skipped = p->kind >> 8;
    if (width == 0 || !embq_within(kind, MEAN, LAST_ROW) || c->positions != EMBQ_ALL ||
        (kind <= ROOT_MEAN_SQUARE ? skipped != 0 : skipped >= EMBQ_MAX_LENGTH) ||
        !embq_keeps(c, p->sums, EMBQ_I64, sums_of(kind, width)) || c->state[p->sums] != 0)
        return 0; /* each sum has room for one row per token */
    c->state[p->sums] = (uint8_t)(EMBQ_STORE_WRITTEN | kind * EMBQ_STORE_KIND);
    return 1;
}

/* Bits that a long sentence's squares go without, and its factor of the mean. */
static uint32_t spared(const embq_run *run) { return run->tokens > EMBQ_POOLED_WHOLE ? 2 : 0; }

/* Adds the row of a position to the sums of a kind that leaves out positions. */
static void pool_row(const embq_run *run, uint32_t kind, uint32_t skipped, uint32_t position, const int32_t *x,
                     uint32_t width, int64_t *sums)
{
    const uint32_t row = kind == LAST_ROW ? run->tokens - 1 : skipped < run->tokens ? skipped : 0;
    if (kind == ROW_AT || kind == LAST_ROW) {
        if (position == row)
            for (uint32_t i = 0; i < width; i++) sums[i] = x[i];
        return;
    }
    if (kind == MAXIMUM) {
        for (uint32_t i = 0; i < width; i++)
            if (position == row || (position > row && x[i] > sums[i])) sums[i] = x[i];
        return;
    }
    if (position < skipped) return;
    const uint32_t weight = kind == WEIGHTED_MEAN ? position + 1 : 1;
    for (uint32_t i = 0; i < width; i++) sums[i] += (int64_t)x[i] * weight;
    sums[width] += weight;
}

static void run_pool(const embq_run *run, const void *record)
{
    const embq_pool *p = record;
    const uint32_t width = embq_width(run, p->row), spare = spared(run), kind = kind_of(p);
    const int32_t *x = embq_i32(run, p->row);
    int64_t *sums = embq_store_at(run, p->sums);
    uint64_t *squares = embq_store_at(run, p->sums);
    for (uint32_t r = 0; r < run->count; r++) {
        if (kind > ROOT_MEAN_SQUARE) {
            pool_row(run, kind, p->kind >> 8, run->first + r, x, width, sums);
            x += width;
            continue;
        }
        for (uint32_t i = 0; i < width; i++, x++) {
            if (kind == MEAN) sums[i] += *x;
            else squares[i] += (uint64_t)((int64_t)*x * *x) >> spare;
        }
    }
}

const embq_operation embq_operation_pool = {sizeof(embq_pool) / 4, check_pool, run_pool};

/* ---- POOLED -------------------------------------------------------------------------------------------------- */

static int check_pooled(embq_checker *c, const void *record)
{
    const embq_pool *p = record;
    const uint32_t width = p->row < c->record->registers ? c->registers[p->row].width : 0;
    return width != 0 && embq_within(p->kind, MEAN, LAST_ROW) && c->positions == EMBQ_ONCE &&
           embq_keeps(c, p->sums, EMBQ_I64, sums_of(p->kind, width)) &&
           c->state[p->sums] == EMBQ_STORE_FULL + p->kind * EMBQ_STORE_KIND && embq_gives(c, p->row, EMBQ_I32, width);
}

/* The sums over their weights, or over the root of their number. */
static void divide_sums(const int64_t *sums, uint32_t width, uint32_t kind, int32_t *out)
{
    const uint32_t total = sums[width] == 0 ? 1 : (uint32_t)sums[width];
    uint32_t shift = 0;
    while (total >> shift > EMBQ_POOLED_WHOLE) shift++;
    /* A sum is below total * 2^26, so that without these bits it is below 2^38, or 2^39 where total is not a power of
     * two; its factor is at most 2^22. A root of 2^14 rows at most has a factor of 2^22 on sums below 2^40. */
    const embq_factor factor =
        kind == ROOT_MEAN ? embq_divide_by_root(1u << 22, 22, total) : embq_divide(1u << 22, 22, total);
    /* A root makes the sum larger than a row by 2^7 at most. */
    const uint32_t less = kind == ROOT_MEAN ? 0 : shift,
                   down = kind == ROOT_MEAN ? factor.shift + 7 : factor.shift - shift;
    for (uint32_t i = 0; i < width; i++)
        out[i] = embq_clip(embq_requantize(sums[i] >> less, factor.multiplier, down), -EMBQ_ROW_LIMIT, EMBQ_ROW_LIMIT);
}

static void run_pooled(const embq_run *run, const void *record)
{
    const embq_pool *p = record;
    const uint32_t width = embq_width(run, p->row);
    const int64_t *sums = embq_store_at(run, p->sums);
    const uint64_t *squares = embq_store_at(run, p->sums);
    int32_t *out = embq_i32(run, p->row);
    if (p->kind > ROOT_MEAN_SQUARE) {
        const int is_row = p->kind == MAXIMUM || p->kind == ROW_AT || p->kind == LAST_ROW;
        for (uint32_t i = 0; is_row && i < width; i++) out[i] = (int32_t)sums[i];
        if (!is_row) divide_sums(sums, width, p->kind, out);
        return;
    }
    const uint32_t spare = spared(run), bits = 24 - spare, tokens = run->tokens > 0 ? run->tokens : 1;
    /* With T tokens a sum is below T * 2^26, its factor at most 2^bits: 2^62 with 2^12 and 24, with 2^14 and 22. A root
     * has 32 bits and its factor, which puts back what was spared, 30: that is 2^62 too. */
    const embq_factor factor = p->kind == MEAN ? embq_divide((uint32_t)1 << bits, bits, tokens)
                                               : embq_divide_by_root((uint32_t)1 << 30, 30 - spare / 2, tokens);
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
    return width != 0 && width <= EMBQ_MAX_WIDTH && width == c->record->outputs && !embq_is_whole(c->positions);
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

/* ---- UNIT_ROW ------------------------------------------------------------------------------------------------ */

static int check_unit_row(embq_checker *c, const void *record)
{
    const embq_unit_row *u = record;
    const uint32_t width = embq_takes(c, u->in, 1u << EMBQ_I32);
    return width != 0 && width <= EMBQ_MAX_WIDTH && embq_gives(c, u->out, EMBQ_I32, width);
}

static void run_unit_row(const embq_run *run, const void *record)
{
    const embq_unit_row *u = record;
    const uint32_t width = embq_width(run, u->in);
    const int32_t *x = embq_i32(run, u->in);
    int32_t *out = embq_i32(run, u->out);
    for (uint32_t r = 0; r < run->count; r++, x += width, out += width) {
        const embq_factor factor = embq_divide_by_root((uint32_t)1 << 30, 10, embq_sum_of_squares(x, width) | 1u);
        for (uint32_t i = 0; i < width; i++)
            out[i] = embq_clip(embq_requantize(x[i], factor.multiplier, factor.shift), -(1 << 20), 1 << 20);
    }
}

const embq_operation embq_operation_unit_row = {sizeof(embq_unit_row) / 4, check_unit_row, run_unit_row};

/* ---- JOIN ---------------------------------------------------------------------------------------------------- */

static int check_join(embq_checker *c, const void *record)
{
    const embq_join *j = record;
    const uint32_t a = embq_takes(c, j->a, 1u << EMBQ_I32), b = embq_takes(c, j->b, 1u << EMBQ_I32);
    return a != 0 && b != 0 && j->out != j->a && j->out != j->b && j->a_multiplier <= INT32_MAX &&
           j->b_multiplier <= INT32_MAX && embq_within(j->a_shift, 1, 62) && embq_within(j->b_shift, 1, 62) &&
           embq_gives(c, j->out, EMBQ_I32, a + b);
}

static void scale(const int32_t *x, uint32_t count, uint32_t multiplier, uint32_t shift, int32_t *out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = embq_clip(embq_requantize(x[i], (int32_t)multiplier, shift), -EMBQ_ROW_LIMIT, EMBQ_ROW_LIMIT);
}

static void run_join(const embq_run *run, const void *record)
{
    const embq_join *j = record;
    const uint32_t a = embq_width(run, j->a), b = embq_width(run, j->b);
    for (uint32_t r = 0; r < run->count; r++) {
        int32_t *out = embq_i32(run, j->out) + (size_t)r * (a + b);
        scale(embq_i32(run, j->a) + (size_t)r * a, a, j->a_multiplier, j->a_shift, out);
        scale(embq_i32(run, j->b) + (size_t)r * b, b, j->b_multiplier, j->b_shift, out + a);
    }
}

const embq_operation embq_operation_join = {sizeof(embq_join) / 4, check_join, run_join};

/* ---- OUTPUT -------------------------------------------------------------------------------------------------- */

static int check_output(embq_checker *c, const void *record)
{
    const embq_output *o = record;
    const uint32_t width = embq_takes(c, o->in, 1u << EMBQ_I8 | 1u << EMBQ_I16 | 1u << EMBQ_I32);
    return embq_within(o->outputs, 1, width) && o->multiplier <= INT32_MAX && embq_within(o->shift, 1, 62) &&
           !embq_is_whole(c->positions) && o->first <= c->record->outputs &&
           o->outputs <= c->record->outputs - o->first;
}

static void run_output(const embq_run *run, const void *record)
{
    const embq_output *o = record;
    const uint32_t type = run->registers[o->in].type;
    for (uint32_t i = 0; i < o->outputs; i++) {
        const int32_t x = type == EMBQ_I8    ? embq_i8(run, o->in)[i]
                          : type == EMBQ_I16 ? embq_i16(run, o->in)[i]
                                             : embq_i32(run, o->in)[i];
        run->logits[o->first + i] =
            embq_clip(embq_requantize(x, (int32_t)o->multiplier, o->shift), -INT32_MAX, INT32_MAX);
    }
}

const embq_operation embq_operation_output = {sizeof(embq_output) / 4, check_output, run_output};
