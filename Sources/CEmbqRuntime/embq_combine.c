/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of rows: residuals, branches, the weights of a norm that nobody has taken over. */
#include "embq_program.h"

static int check(embq_checker *c, const void *record)
{
    const embq_combine *s = record;
    const uint32_t types = 1u << EMBQ_I16 | 1u << EMBQ_I32;
    const uint32_t width = embq_takes(c, s->a, types);
    if (width == 0 || !embq_multiplier_fits(c, s->a_multiplier, s->shift >> EMBQ_FIRST_VECTOR, width, -INT32_MAX) ||
        !embq_within(embq_shift(s->shift), 1, 62) || !embq_bias_fits(c, s->bias, s->shift >> EMBQ_BIAS_VECTOR, width))
        return 0;
    if (s->b == EMBQ_NONE) {
        if (s->shift >> EMBQ_SECOND_VECTOR != 0) return 0;
    } else if (embq_takes(c, s->b, types) != width || s->out == s->b ||
               !embq_multiplier_fits(c, s->b_multiplier, s->shift >> EMBQ_SECOND_VECTOR, width, -INT32_MAX)) {
        return 0;
    }
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

static int32_t number(row from, uint32_t i)
{
    return from.wide != 0 ? ((const int32_t *)from.numbers)[i] : ((const int16_t *)from.numbers)[i];
}

/* What all rows are combined with. */
typedef struct factors {
    const int32_t *a, *b, *bias;
    uint32_t shift;
} factors;

static void combine(row a, row b, const factors *f, uint32_t width, int32_t *out)
{
    const int64_t half = (int64_t)1 << (f->shift - 1);
    for (uint32_t i = 0; i < width; i++) {
        int64_t sum = half + (int64_t)number(a, i) * f->a[i];
        if (b.numbers != NULL) sum += (int64_t)number(b, i) * f->b[i];
        out[i] = embq_clip((sum >> f->shift) + f->bias[i], -EMBQ_ROW_LIMIT, EMBQ_ROW_LIMIT);
    }
}

static void run_combine(const embq_run *run, const void *record)
{
    const embq_combine *s = record;
    const uint32_t width = embq_width(run, s->a), part = embq_vector_part(s->shift, width);
    const int is_sum = s->b != EMBQ_NONE;
    for (uint32_t i = 0; i < width; i += part) {
        int32_t room[3][EMBQ_VECTOR_PART];
        const uint32_t count = width - i < part ? width - i : part;
        const uint8_t *tables = run->model->tables;
        factors f = {.shift = embq_shift(s->shift)};
        f.a = embq_vector(tables + s->a_multiplier, s->shift >> EMBQ_FIRST_VECTOR, i, count, room[0]);
        f.bias = embq_vector(run->model->weights + s->bias, s->shift >> EMBQ_BIAS_VECTOR, i, count, room[1]);
        if (is_sum) f.b = embq_vector(tables + s->b_multiplier, s->shift >> EMBQ_SECOND_VECTOR, i, count, room[2]);
        for (uint32_t r = 0; r < run->count; r++) {
            const size_t at = (size_t)r * width + i;
            const row a = row_at(run, s->a, at), b = is_sum ? row_at(run, s->b, at) : (row){NULL, 0};
            int32_t *out = embq_i32(run, s->out) + at;
            if (is_sum && a.wide != 0 && b.wide != 0)
                embq_combine_rows(a.numbers, f.a, b.numbers, f.b, f.shift, f.bias, count, out);
            else combine(a, b, &f, count, out);
        }
    }
}

const embq_operation embq_operation_combine = {sizeof(embq_combine) / 4, check, run_combine};
