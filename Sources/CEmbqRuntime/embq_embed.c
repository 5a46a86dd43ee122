/* SPDX-License-Identifier: Apache-2.0 */
/* Embedding tables: token + position + segment, of which the last two may be left out. */
#include "embq_program.h"

enum { FROM_SEPARATOR = 1, BEHIND_SEPARATOR = 2, BY_TEMPLATE = 3 };

uint32_t embq_segments(uint32_t rule)
{
    return rule == FROM_SEPARATOR ? 3 : embq_within(rule, BEHIND_SEPARATOR, BY_TEMPLATE) ? 2 : 0;
}

uint32_t embq_segment(const embq_run *run, uint32_t rule, uint32_t position)
{
    if (rule == BY_TEMPLATE) return embq_token_type(&run->model->tokenizer, &run->texts, position);
    if (rule == BEHIND_SEPARATOR) return position > run->separator_at ? 1 : 0;
    if (run->ids[position] == run->model->record->pad) return 0;
    return position >= run->separator_at ? 2 : 1;
}

static int segments_fit(embq_checker *c, const embq_embed *e, uint32_t width)
{
    const uint32_t segments = embq_segments(e->rule);
    if (e->segment == EMBQ_NONE) return e->reduced == 0 && e->segments == 0 && e->rule == 0;
    return segments != 0 && e->segments == segments && embq_bias_fits(c, e->segment, 0, (uint64_t)segments * width);
}

static int positions_fit(embq_checker *c, const embq_embed *e, uint32_t columns)
{
    if (e->position == EMBQ_NONE) return e->reduced == 0 && e->position_multiplier == EMBQ_NONE;
    return embq_rows_fit(c, e->position, (uint64_t)c->record->max_length * columns) &&
           (e->reduced != 0 || embq_weights_within(c, e->position_multiplier, c->record->max_length, 0, INT32_MAX));
}

static uint32_t width_of(const embq_checker *c, const embq_embed *e)
{
    return e->out < c->record->registers ? c->registers[e->out].width : 0;
}

static uint32_t columns_of(const embq_embed *e, uint32_t width) { return e->reduced == 0 ? width : e->reduced; }

/* The token table fits; it is looked at by the operation that knows how it is stored. */
static int check(embq_checker *c, const embq_embed *e, int token_fits)
{
    const uint32_t width = width_of(c, e), columns = columns_of(e, width);
    if (!embq_within(width, 1, EMBQ_MAX_WIDTH) || columns > EMBQ_MAX_WIDTH || !embq_within(e->shift, 1, 62) ||
        !token_fits || !segments_fit(c, e, width) || !positions_fit(c, e, columns) || c->positions == EMBQ_ONCE)
        return 0;
    if (e->reduced == 0) {
        if (!embq_weights_within(c, e->token_multiplier, c->record->vocabulary, 0, INT32_MAX)) return 0;
    } else if (e->acc == e->out || !embq_scratches(c, e->acc, EMBQ_I32, width) ||
               !embq_bytes_fit(c, e->token_expander, (uint64_t)width * columns) ||
               !embq_bytes_fit(c, e->position_expander, (uint64_t)width * columns) ||
               !embq_tables_within(c, e->token_multiplier, width, 0, INT32_MAX) ||
               !embq_tables_within(c, e->position_multiplier, width, 0, INT32_MAX)) {
        return 0;
    }
    return embq_gives(c, e->out, EMBQ_I32, width);
}

static int check_embed(embq_checker *c, const void *record)
{
    const embq_embed *e = record;
    const uint32_t columns = columns_of(e, width_of(c, e));
    return check(c, e, embq_rows_fit(c, e->token, (uint64_t)c->record->vocabulary * columns));
}

static int check_packed_embed(embq_checker *c, const void *record)
{
    const embq_packed_embed *p = record;
    const uint32_t width = width_of(c, &p->embed), columns = columns_of(&p->embed, width);
    /* A row is unpacked into the memory of `acc`, or of `out`. */
    return columns <= 4 * width && columns <= EMBQ_MAX_WIDTH && embq_table_arrays_fit(c, &p->table, columns) &&
           embq_table_rows_fit(c, p->embed.token, &p->table, c->record->vocabulary, columns) && check(c, &p->embed, 1);
}

/* The segment's row; null where there are no segments. */
static const int32_t *segment_of(const embq_run *run, const embq_embed *e, uint32_t position, uint32_t width)
{
    if (e->segment == EMBQ_NONE) return NULL;
    return embq_weights32(run, e->segment) + (size_t)embq_segment(run, e->rule, position) * width;
}

/* x from rows of the tables; `acc` is free when the token's row has been read. */
static void embed_expanded(const embq_run *run, const embq_embed *e, uint32_t position, const int8_t *token,
                           uint32_t width, int32_t *x)
{
    int32_t *acc = embq_i32(run, e->acc);
    embq_linear(embq_weights8(run, e->token_expander), width, e->reduced, token, 1, x);
    embq_linear(embq_weights8(run, e->position_expander), width, e->reduced,
                embq_weights8(run, e->position) + (size_t)position * e->reduced, 1, acc);
    embq_combine_rows(x, embq_tables32(run, e->token_multiplier), acc, embq_tables32(run, e->position_multiplier),
                      e->shift, segment_of(run, e, position, width), width, x);
}

/* `token` may lie in the first quarter of x: it is read from its end. */
static void embed_directly(const embq_run *run, const embq_embed *e, uint32_t position, const int8_t *token,
                           uint32_t width, int32_t *x)
{
    const int has_place = e->position != EMBQ_NONE;
    const int8_t *place = has_place ? embq_weights8(run, e->position) + (size_t)position * width : token;
    const int64_t token_multiplier = embq_weights32(run, e->token_multiplier)[run->ids[position]];
    const int64_t position_multiplier = has_place ? embq_weights32(run, e->position_multiplier)[position] : 0;
    const int32_t *segment = segment_of(run, e, position, width);
    const int64_t half = (int64_t)1 << (e->shift - 1);
    for (uint32_t d = width; d-- > 0;) {
        const int64_t sum = token[d] * token_multiplier + place[d] * position_multiplier;
        const int64_t rounded = (sum + half) >> e->shift;
        x[d] = embq_clip(segment == NULL ? rounded : rounded + segment[d], -EMBQ_ROW_LIMIT, EMBQ_ROW_LIMIT);
    }
}

static void embed(const embq_run *run, const embq_embed *e, uint32_t position, const int8_t *token, uint32_t width,
                  int32_t *x)
{
    if (e->reduced == 0) embed_directly(run, e, position, token, width, x);
    else embed_expanded(run, e, position, token, width, x);
}

static void run_embed(const embq_run *run, const void *record)
{
    const embq_embed *e = record;
    const uint32_t width = embq_width(run, e->out), columns = e->reduced == 0 ? width : e->reduced;
    int32_t *x = embq_i32(run, e->out);
    for (uint32_t r = 0; r < run->count; r++, x += width) {
        const uint32_t position = run->first + r;
        embed(run, e, position, embq_weights8(run, e->token) + (size_t)run->ids[position] * columns, width, x);
    }
}

static void run_packed_embed(const embq_run *run, const void *record)
{
    const embq_packed_embed *p = record;
    const embq_embed *e = &p->embed;
    const uint32_t width = embq_width(run, e->out), columns = e->reduced == 0 ? width : e->reduced;
    int32_t *x = embq_i32(run, e->out);
    for (uint32_t r = 0; r < run->count; r++, x += width) {
        const uint32_t position = run->first + r;
        int8_t *token = (int8_t *)(e->reduced == 0 ? x : embq_i32(run, e->acc));
        embq_unpack_row(run, e->token, &p->table, run->ids[position], columns, token);
        embed(run, e, position, token, width, x);
    }
}

const embq_operation embq_operation_embed = {sizeof(embq_embed) / 4, check_embed, run_embed};
const embq_operation embq_operation_packed_embed = {sizeof(embq_packed_embed) / 4, check_packed_embed,
                                                    run_packed_embed};
