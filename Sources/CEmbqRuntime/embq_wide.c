/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of more than 8 bits: heads, the inner rows of a scan, tables with interpolation. */
#include "embq_program.h"

/* ---- WIDE_LINEAR --------------------------------------------------------------------------------------------- */

static int check_wide_linear(embq_checker *c, const void *record)
{
    const embq_wide_linear *l = record;
    const uint32_t inputs = embq_takes(c, l->in, 1u << EMBQ_I8 | 1u << EMBQ_I16 | 1u << EMBQ_I32);
    if (inputs == 0 || (c->registers[l->in].type == EMBQ_I32 && inputs > EMBQ_MAX_WIDTH)) return 0;
    if (!embq_bytes_fit(c, l->weight, (uint64_t)l->outputs * inputs) || !embq_bias_fits(c, l->bias, 0, l->outputs) ||
        !embq_tables_within(c, l->multiplier, l->outputs, 0, (1 << 18) - 1) || !embq_within(l->shift, 1, 62))
        return 0;
    if (l->out != EMBQ_NONE) return l->out != l->in && embq_gives(c, l->out, EMBQ_I32, l->outputs);
    return !embq_is_whole(c->positions) && l->first <= c->record->outputs &&
           embq_within(l->outputs, 1, c->record->outputs - l->first);
}

/* Of 8 or 32 bits. */
static int64_t dot(const embq_run *run, uint32_t in, uint32_t row, uint32_t inputs, const int8_t *weight)
{
    int64_t sum = 0;
    if (run->registers[in].type == EMBQ_I32) {
        const int32_t *x = embq_i32(run, in) + (size_t)row * inputs;
        for (uint32_t i = 0; i < inputs; i++) sum += (int64_t)x[i] * weight[i];
    } else {
        const int8_t *x = embq_i8(run, in) + (size_t)row * inputs;
        for (uint32_t i = 0; i < inputs; i++) sum += x[i] * weight[i];
    }
    return sum;
}

static void run_wide_linear(const embq_run *run, const void *record)
{
    const embq_wide_linear *l = record;
    const uint32_t inputs = embq_width(run, l->in);
    const int32_t limit = l->out == EMBQ_NONE ? INT32_MAX : EMBQ_ROW_LIMIT;
    const int32_t *multiplier = embq_tables32(run, l->multiplier), *bias = embq_weights32(run, l->bias);
    for (uint32_t r = 0; r < run->count; r++) {
        int32_t *out = l->out == EMBQ_NONE ? run->logits + l->first : embq_i32(run, l->out) + (size_t)r * l->outputs;
        const int8_t *weight = embq_weights8(run, l->weight);
        if (run->registers[l->in].type == EMBQ_I16) {
            embq_linear16(weight, l->outputs, inputs, embq_i16(run, l->in) + (size_t)r * inputs, multiplier, l->shift,
                          bias, limit, out);
            continue;
        }
        for (uint32_t o = 0; o < l->outputs; o++, weight += inputs) {
            const int64_t y = embq_requantize(dot(run, l->in, r, inputs, weight), multiplier[o], l->shift);
            out[o] = embq_clip(y + bias[o], -limit, limit);
        }
    }
}

const embq_operation embq_operation_wide_linear = {sizeof(embq_wide_linear) / 4, check_wide_linear, run_wide_linear};

/* ---- CURVE --------------------------------------------------------------------------------------------------- */

static int check_curve(embq_checker *c, const void *record)
{
    const embq_curve *v = record;
    const uint32_t width = embq_takes(c, v->in, 1u << EMBQ_I32);
    if (width == 0 || v->out >= c->record->registers || !embq_within(v->bits, 1, 12) ||
        !embq_within(v->fraction, 1, 12) || v->zero >> (v->bits + v->fraction) != 0)
        return 0;
    const uint32_t type = c->registers[v->out].type;
    const int32_t limit = type == EMBQ_I16 ? 32767 : EMBQ_ROW_LIMIT;
    return type != EMBQ_I8 && v->out != v->in && embq_bias_fits(c, v->bias, 0, width) &&
           embq_tables_within(c, v->multiplier, width, 0, INT32_MAX) && embq_within(v->shift, 1, 62) &&
           embq_tables_within(c, v->table, ((uint64_t)1 << v->bits) + 1, -limit, limit) &&
           embq_gives(c, v->out, type, width);
}

static void run_curve(const embq_run *run, const void *record)
{
    const embq_curve *v = record;
    const uint32_t width = embq_width(run, v->in);
    const int32_t *x = embq_i32(run, v->in), *table = embq_tables32(run, v->table);
    const int32_t *multiplier = embq_tables32(run, v->multiplier), *bias = embq_weights32(run, v->bias);
    const int32_t last = (int32_t)((1u << (v->bits + v->fraction)) - 1), half = 1 << (v->fraction - 1);
    const int narrow = run->registers[v->out].type == EMBQ_I16;
    int16_t *short_out = embq_i16(run, v->out);
    int32_t *wide_out = embq_i32(run, v->out);
    for (uint32_t r = 0; r < run->count; r++) {
        for (uint32_t i = 0; i < width; i++) {
            const size_t at = (size_t)r * width + i;
            const int64_t index = embq_requantize(x[at] + bias[i], multiplier[i], v->shift) + (int64_t)v->zero;
            const int32_t z = embq_clip(index, 0, last);
            const int32_t *low = table + (z >> v->fraction), part = z & ((1 << v->fraction) - 1);
            const int32_t y = low[0] + (int32_t)(((int64_t)(low[1] - low[0]) * part + half) >> v->fraction);
            if (narrow) short_out[at] = (int16_t)y;
            else wide_out[at] = y;
        }
    }
}

const embq_operation embq_operation_curve = {sizeof(embq_curve) / 4, check_curve, run_curve};

/* ---- GATE ---------------------------------------------------------------------------------------------------- */

static int check_gate(embq_checker *c, const void *record)
{
    const embq_gate *g = record;
    const uint32_t width = embq_takes(c, g->a, 1u << EMBQ_I32);
    return width != 0 && embq_takes(c, g->b, 1u << EMBQ_I16) == width && g->multiplier < 1u << 20 &&
           embq_within(g->shift, 1, 62) && g->out < c->record->registers && c->registers[g->out].type != EMBQ_I32 &&
           embq_gives(c, g->out, c->registers[g->out].type, width);
}

static void run_gate(const embq_run *run, const void *record)
{
    const embq_gate *g = record;
    const uint32_t count = run->count * embq_width(run, g->a);
    const int32_t *a = embq_i32(run, g->a);
    const int16_t *b = embq_i16(run, g->b);
    const int narrow = run->registers[g->out].type == EMBQ_I8;
    int8_t *narrow_out = embq_i8(run, g->out);
    int16_t *short_out = embq_i16(run, g->out);
    for (uint32_t i = 0; i < count; i++) {
        const int64_t product = embq_requantize((int64_t)a[i] * b[i], (int32_t)g->multiplier, g->shift);
        if (narrow) narrow_out[i] = (int8_t)embq_clip(product, -127, 127);
        else short_out[i] = (int16_t)embq_clip(product, -32767, 32767);
    }
}

const embq_operation embq_operation_gate = {sizeof(embq_gate) / 4, check_gate, run_gate};
