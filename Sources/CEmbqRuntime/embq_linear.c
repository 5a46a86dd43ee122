/* SPDX-License-Identifier: Apache-2.0 */
/* int8 products, and what becomes of their sums. */
#include "embq_program.h"

/* ---- LINEAR -------------------------------------------------------------------------------------------------- */

static int check_linear(embq_checker *c, const void *record)
{
    const embq_linear_record *l = record;
    const uint32_t inputs = embq_takes(c, l->in, 1u << EMBQ_I8);
    if (inputs == 0 || l->out >= c->record->registers) return 0;
    const uint32_t outputs = c->registers[l->out].width;
    return embq_bytes_fit(c, l->weight, (uint64_t)outputs * inputs) && embq_gives(c, l->out, EMBQ_I32, outputs);
}

static void run_linear(const embq_run *run, const void *record)
{
    const embq_linear_record *l = record;
    embq_linear(embq_weights8(run, l->weight), embq_width(run, l->out), embq_width(run, l->in), embq_i8(run, l->in),
                run->count, embq_i32(run, l->out));
}

const embq_operation embq_operation_linear = {sizeof(embq_linear_record) / 4, check_linear, run_linear};

/* ---- PACKED_LINEAR ------------------------------------------------------------------------------------------- */

static int check_packed_linear(embq_checker *c, const void *record)
{
    const embq_packed_linear *l = record;
    const uint32_t inputs = embq_takes(c, l->in, 1u << EMBQ_I8);
    if (inputs == 0 || l->out >= c->record->registers || !embq_within(l->bits, 1, EMBQ_MAX_PACKED)) return 0;
    const uint32_t outputs = c->registers[l->out].width;
    return embq_bytes_fit(c, l->weight, (uint64_t)outputs * embq_row_words(inputs, l->bits) * 4) &&
           embq_gives(c, l->out, EMBQ_I32, outputs);
}

static void run_packed_linear(const embq_run *run, const void *record)
{
    const embq_packed_linear *l = record;
    const uint32_t *words = (const uint32_t *)(const void *)embq_packed(run, l->weight);
    embq_packed_product(words, l->bits, embq_width(run, l->out), embq_width(run, l->in), embq_i8(run, l->in),
                        run->count, embq_i32(run, l->out));
}

const embq_operation embq_operation_packed_linear = {sizeof(embq_packed_linear) / 4, check_packed_linear,
                                                     run_packed_linear};

/* ---- What REQUANTIZE and ACTIVATE share ----------------------------------------------------------------------- */

static int sums_fit(embq_checker *c, uint32_t bias, uint32_t multiplier, uint32_t shift, uint32_t width)
{
    return embq_bias_fits(c, bias, shift >> EMBQ_BIAS_VECTOR, width) && embq_within(embq_shift(shift), 31, 62) &&
           shift >> EMBQ_SECOND_VECTOR == 0 &&
           embq_multiplier_fits(c, multiplier, shift >> EMBQ_FIRST_VECTOR, width, 0);
}

/* Rows of sums as int8: scaled, or with `a` looked up. */
static void scale_sums(const embq_run *run, const embq_requantize_record *q, const embq_activate *a)
{
    const uint32_t width = embq_width(run, q->in), shift = embq_shift(q->shift),
                   part = embq_vector_part(q->shift, width);
    for (uint32_t i = 0; i < width; i += part) {
        int32_t room[2][EMBQ_VECTOR_PART];
        const uint32_t count = width - i < part ? width - i : part;
        const int32_t *bias =
            embq_vector(run->model->weights + q->bias, q->shift >> EMBQ_BIAS_VECTOR, i, count, room[0]);
        const int32_t *multiplier =
            embq_vector(run->model->tables + q->multiplier, q->shift >> EMBQ_FIRST_VECTOR, i, count, room[1]);
        for (uint32_t r = 0; r < run->count; r++) {
            const size_t at = (size_t)r * width + i;
            const int32_t *in = embq_i32(run, q->in) + at;
            int8_t *out = embq_i8(run, q->out) + at;
            if (a == NULL) embq_requantize_row(in, bias, multiplier, shift, count, out);
            else
                embq_activate_row(in, bias, multiplier, shift, (const int8_t *)(run->model->tables + a->table), a->bits,
                                  a->zero, count, out);
        }
    }
}

/* ---- REQUANTIZE ---------------------------------------------------------------------------------------------- */

static int check_requantize(embq_checker *c, const void *record)
{
    const embq_requantize_record *q = record;
    const uint32_t width = embq_takes(c, q->in, 1u << EMBQ_I32);
    return width != 0 && sums_fit(c, q->bias, q->multiplier, q->shift, width) && embq_gives(c, q->out, EMBQ_I8, width);
}

static void run_requantize(const embq_run *run, const void *record) { scale_sums(run, record, NULL); }

const embq_operation embq_operation_requantize = {sizeof(embq_requantize_record) / 4, check_requantize, run_requantize};

/* ---- ACTIVATE ------------------------------------------------------------------------------------------------ */

static int check_activate(embq_checker *c, const void *record)
{
    const embq_activate *a = record;
    const uint32_t width = embq_takes(c, a->in, 1u << EMBQ_I32);
    if (width == 0 || !sums_fit(c, a->bias, a->multiplier, a->shift, width) || !embq_within(a->bits, 1, 12) ||
        a->zero >= 1u << a->bits || !embq_lookups_fit(c, a->table, (uint64_t)1 << a->bits) ||
        !embq_gives(c, a->out, EMBQ_I8, width))
        return 0;
    /* A function that is 0 at 0 tells where its results have their zero. */
    if (c->tables[a->table + a->zero] != 0) embq_skews(c, a->out);
    return 1;
}

static void run_activate(const embq_run *run, const void *record)
{
    const embq_activate *a = record;
    const embq_requantize_record q = {a->in, a->out, a->bias, a->multiplier, a->shift};
    scale_sums(run, &q, a);
}

const embq_operation embq_operation_activate = {sizeof(embq_activate) / 4, check_activate, run_activate};
