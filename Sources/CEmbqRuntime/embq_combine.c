/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of rows: residuals, branches, the weights of a norm that nobody has taken over. */
#include "embq_program.h"

static int check(embq_checker *c, const void *record)
{
    const embq_combine *s = record;
    const uint32_t types = 1u << EMBQ_I16 | 1u << EMBQ_I32;
    const uint32_t width = embq_takes(c, s->a, types);
    if (width == 0 || !embq_tables_within(c, s->a_multiplier, width, -INT32_MAX, INT32_MAX) ||
        !embq_within(s->shift, 1, 62) || !embq_biases_fit(c, s->bias, width))
        return 0;
    if (s->b != EMBQ_NONE && (embq_takes(c, s->b, types) != width || s->out == s->b ||
                              !embq_tables_within(c, s->b_multiplier, width, -INT32_MAX, INT32_MAX)))
        return 0;
    return embq_gives(c, s->out, EMBQ_I32, width);
}

/* A row of 32 or of 16 bits. */
typedef struct row {
    const void *numbers;
    int wide;
} row;

static row row_at(const embq_run *run, uint32_t index, size_t start)
{
    if (run->registers[index].type == EMBQ_I32) return (row){embq_i32(run, index) + start, 1};
    return (row){embq_i16(run, index) + start, 0};
}

static inline int64_t number(row from, uint32_t i)
{
    return from.wide != 0 ? ((const int32_t *)from.numbers)[i] : ((const int16_t *)from.numbers)[i];
}

static void combine(const embq_run *run, const embq_combine *s, size_t start, uint32_t width)
{
    const int32_t *am = embq_tables32(run, s->a_multiplier), *bias = embq_weights32(run, s->bias);
    const int64_t half = (int64_t)1 << (s->shift - 1);
    const row a = row_at(run, s->a, start);
    int32_t *out = embq_i32(run, s->out) + start;
    if (s->b == EMBQ_NONE) {
        for (uint32_t i = 0; i < width; i++)
            out[i] = embq_clip(((number(a, i) * am[i] + half) >> s->shift) + bias[i], -EMBQ_ROW_LIMIT, EMBQ_ROW_LIMIT);
        return;
    }
    const row b = row_at(run, s->b, start);
    const int32_t *bm = embq_tables32(run, s->b_multiplier);
    for (uint32_t i = 0; i < width; i++) {
        const int64_t sum = number(a, i) * am[i] + number(b, i) * bm[i];
        out[i] = embq_clip(((sum + half) >> s->shift) + bias[i], -EMBQ_ROW_LIMIT, EMBQ_ROW_LIMIT);
    }
}

static void run_combine(const embq_run *run, const void *record)
{
    const embq_combine *s = record;
    const uint32_t width = embq_width(run, s->a);
    const int wide =
        s->b != EMBQ_NONE && run->registers[s->a].type == EMBQ_I32 && run->registers[s->b].type == EMBQ_I32;
    for (uint32_t r = 0; r < run->count; r++) {
        const size_t start = (size_t)r * width;
        if (wide)
            embq_combine_rows(embq_i32(run, s->a) + start, embq_tables32(run, s->a_multiplier),
                              embq_i32(run, s->b) + start, embq_tables32(run, s->b_multiplier), s->shift,
                              embq_weights32(run, s->bias), width, embq_i32(run, s->out) + start);
        else combine(run, s, start, width);
    }
}

const embq_operation embq_operation_combine = {sizeof(embq_combine) / 4, check, run_combine};
