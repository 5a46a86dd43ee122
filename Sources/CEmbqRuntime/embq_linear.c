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

const int32_t *embq_vector(const uint8_t *section, uint32_t offset, uint32_t form, uint32_t first, uint32_t count,
                           int32_t *room)
{
    const void *at = section + offset;
    if (form == 0) return (const int32_t *)at + first;
    const int16_t *numbers = (const int16_t *)at + first;
    for (uint32_t i = 0; i < count; i++) room[i] = numbers[i] * (1 << (form - 1));
    return room;
}

static const int32_t *biases(const embq_run *run, uint32_t offset, uint32_t shift, uint32_t first, uint32_t count,
                             int32_t *room)
{
    return embq_vector(run->model->weights, offset, embq_vector_form(shift, EMBQ_BIAS_VECTOR), first, count, room);
}

static const int32_t *multipliers(const embq_run *run, uint32_t offset, uint32_t shift, uint32_t first, uint32_t count,
                                  int32_t *room)
{
    return embq_vector(run->model->tables, offset, embq_vector_form(shift, EMBQ_FIRST_VECTOR), first, count, room);
}

static int sums_fit(embq_checker *c, uint32_t bias, uint32_t multiplier, uint32_t shift, uint32_t width)
{
    return embq_bias_fits(c, bias, shift, width) && embq_within(embq_shift(shift), 31, 62) &&
           embq_vector_form(shift, EMBQ_SECOND_VECTOR) == 0 &&
           embq_multiplier_fits(c, multiplier, shift, EMBQ_FIRST_VECTOR, width, 0);
}

/* ---- REQUANTIZE ---------------------------------------------------------------------------------------------- */

static int check_requantize(embq_checker *c, const void *record)
{
    const embq_requantize_record *q = record;
    const uint32_t width = embq_takes(c, q->in, 1u << EMBQ_I32);
    return width != 0 && sums_fit(c, q->bias, q->multiplier, q->shift, width) && embq_gives(c, q->out, EMBQ_I8, width);
}

static void run_requantize(const embq_run *run, const void *record)
{
    const embq_requantize_record *q = record;
    const uint32_t width = embq_width(run, q->in);
    const uint32_t shift = embq_shift(q->shift), part = embq_vector_part(q->shift, width);
    for (uint32_t i = 0; i < width; i += part) {
        int32_t room[2][EMBQ_VECTOR_PART];
        const uint32_t count = width - i < part ? width - i : part;
        const int32_t *bias = biases(run, q->bias, q->shift, i, count, room[0]);
        const int32_t *multiplier = multipliers(run, q->multiplier, q->shift, i, count, room[1]);
        for (uint32_t r = 0; r < run->count; r++) {
            const size_t at = (size_t)r * width + i;
            embq_requantize_row(embq_i32(run, q->in) + at, bias, multiplier, shift, count, embq_i8(run, q->out) + at);
        }
    }
}

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
    const uint32_t width = embq_width(run, a->in);
    const uint32_t shift = embq_shift(a->shift), part = embq_vector_part(a->shift, width);
    const int8_t *table = (const int8_t *)(run->model->tables + a->table);
    for (uint32_t i = 0; i < width; i += part) {
        int32_t room[2][EMBQ_VECTOR_PART];
        const uint32_t count = width - i < part ? width - i : part;
        const int32_t *bias = biases(run, a->bias, a->shift, i, count, room[0]);
        const int32_t *multiplier = multipliers(run, a->multiplier, a->shift, i, count, room[1]);
        for (uint32_t r = 0; r < run->count; r++) {
            const size_t at = (size_t)r * width + i;
            embq_activate_row(embq_i32(run, a->in) + at, bias, multiplier, shift, table, a->bits, a->zero, count,
                              embq_i8(run, a->out) + at);
        }
    }
}

const embq_operation embq_operation_activate = {sizeof(embq_activate) / 4, check_activate, run_activate};
