/* SPDX-License-Identifier: Apache-2.0 */
/* RMSNorm of an expanded embedding in the few numbers that it is made of: rows of its tables, and the segment. */
#include "embq_program.h"

static uint32_t inputs_of(const embq_table_norm *n) { return 2 * n->reduced + embq_segments(n->rule); }

static int check(embq_checker *c, const embq_table_norm *n, int token_fits)
{
    const uint32_t width = embq_takes(c, n->in, 1u << EMBQ_I32);
    if (!embq_within(width, 1, EMBQ_MAX_WIDTH) || !embq_within(n->reduced, 1, EMBQ_MAX_WIDTH) ||
        embq_segments(n->rule) == 0 || n->out >= c->record->registers || c->positions == EMBQ_ONCE)
        return 0;
    const uint32_t inputs = inputs_of(n), type = c->registers[n->out].type;
    const int zero = n->epsilon_low == 0 && n->epsilon_high == 0;
    return !zero && n->epsilon_high < 0x40000000u && n->multiplier <= INT32_MAX && embq_within(n->shift, 1, 31) &&
           embq_within(n->column_shift, 1, 62) && token_fits &&
           embq_rows_fit(c, n->position, (uint64_t)c->record->max_length * n->reduced) &&
           embq_tables_within(c, n->column_multiplier, inputs, 0, INT32_MAX) && n->acc != n->in &&
           embq_scratches(c, n->acc, EMBQ_I32, inputs) && type != EMBQ_I32 && embq_gives(c, n->out, type, inputs);
}

static int check_table_norm(embq_checker *c, const void *record)
{
    const embq_table_norm *n = record;
    return check(c, n, embq_rows_fit(c, n->token, (uint64_t)c->record->vocabulary * n->reduced));
}

static int check_packed_table_norm(embq_checker *c, const void *record)
{
    const embq_packed_table_norm *p = record;
    const uint32_t columns = p->norm.reduced;
    return embq_within(columns, 1, EMBQ_MAX_WIDTH) && embq_table_arrays_fit(c, &p->table, columns) &&
           check(c, &p->norm, embq_table_rows_fit(c, p->norm.token, &p->table, c->record->vocabulary, columns));
}

static int32_t scaled(int32_t value, int32_t multiplier, uint32_t shift)
{
    return embq_clip(embq_requantize(value, multiplier, shift), -EMBQ_ROW_LIMIT, EMBQ_ROW_LIMIT);
}

/* Row `row` of those that are worked on. `token` may lie in the first quarter of acc: it is read from its end. */
static void norm_row(const embq_run *run, const embq_table_norm *n, uint32_t row, const int8_t *token)
{
    const uint32_t position = run->first + row, reduced = n->reduced, inputs = inputs_of(n);
    const uint32_t width = embq_width(run, n->in), segment = embq_segment(run, n->rule, position);
    const int8_t *place = embq_weights8(run, n->position) + (size_t)position * reduced;
    const int32_t *multiplier = embq_tables32(run, n->column_multiplier);
    int32_t *acc = embq_i32(run, n->acc);
    for (uint32_t i = inputs; i-- > reduced;) {
        const int32_t one = i - 2 * reduced == segment;
        acc[i] = scaled(i < 2 * reduced ? place[i - reduced] : one, multiplier[i], n->column_shift);
    }
    for (uint32_t i = reduced; i-- > 0;) acc[i] = scaled(token[i], multiplier[i], n->column_shift);
    const uint64_t epsilon = (uint64_t)n->epsilon_high << 32 | n->epsilon_low;
    const uint64_t square = embq_sum_of_squares(embq_i32(run, n->in) + (size_t)row * width, width) + epsilon;
    const embq_factor factor = embq_divide_by_root(n->multiplier, n->shift, square);
    if (run->registers[n->out].type == EMBQ_I8)
        embq_scale_row(acc, factor, inputs, embq_i8(run, n->out) + (size_t)row * inputs);
    else embq_scale_row16(acc, factor, inputs, embq_i16(run, n->out) + (size_t)row * inputs);
}

static void run_table_norm(const embq_run *run, const void *record)
{
    const embq_table_norm *n = record;
    for (uint32_t r = 0; r < run->count; r++)
        norm_row(run, n, r, embq_weights8(run, n->token) + (size_t)run->ids[run->first + r] * n->reduced);
}

static void run_packed_table_norm(const embq_run *run, const void *record)
{
    const embq_packed_table_norm *p = record;
    const embq_table_norm *n = &p->norm;
    int8_t *token = (int8_t *)embq_i32(run, n->acc);
    for (uint32_t r = 0; r < run->count; r++) {
        embq_unpack_row(run, n->token, &p->table, run->ids[run->first + r], n->reduced, token);
        norm_row(run, n, r, token);
    }
}

const embq_operation embq_operation_table_norm = {sizeof(embq_table_norm) / 4, check_table_norm, run_table_norm};
const embq_operation embq_operation_packed_table_norm = {sizeof(embq_packed_table_norm) / 4, check_packed_table_norm,
                                                         run_packed_table_norm};
