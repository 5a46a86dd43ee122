/* SPDX-License-Identifier: Apache-2.0 */
/* A row of one table for each position: the terms of embedders that are not one sum of token, position and segment. */
#include "embq_program.h"

enum { POSITION = 1, TOKEN = 2, TOKEN_BEFORE = 3, TOKEN_BEHIND = 4, TOKEN_TYPE = 5, COUNTED = 6 };

static int check(embq_checker *c, const void *record)
{
    const embq_look_up *l = record;
    const uint32_t width = l->out < c->record->registers ? c->registers[l->out].width : 0;
    const uint32_t rows = l->rule == POSITION     ? c->record->max_length
                          : l->rule == COUNTED    ? c->record->max_length + 1
                          : l->rule == TOKEN_TYPE ? 2
                                                  : c->record->vocabulary;
    return embq_within(l->rule, POSITION, COUNTED) && embq_within(width, 1, EMBQ_MAX_WIDTH) &&
           embq_within(l->shift, 1, 62) && c->positions != EMBQ_ONCE &&
           embq_rows_fit(c, l->table, (uint64_t)rows * width) &&
           embq_weights_within(c, l->multiplier, rows, 0, INT32_MAX) && embq_gives(c, l->out, EMBQ_I32, width);
}

/* 0 for [PAD], else the place among the tokens that are none, from 1 on. */
static uint32_t counted(const embq_run *run, uint32_t position)
{
    uint32_t place = 0;
    if (run->ids[position] == run->model->record->pad) return 0;
    for (uint32_t p = 0; p <= position; p++) place += run->ids[p] != run->model->record->pad;
    return place;
}

/* The row of a position; EMBQ_NONE where there is none. */
static uint32_t row_of(const embq_run *run, uint32_t rule, uint32_t position)
{
    switch (rule) {
    case POSITION: return position;
    case TOKEN: return run->ids[position];
    case TOKEN_BEFORE: return position == 0 ? EMBQ_NONE : run->ids[position - 1];
    case TOKEN_BEHIND: return position + 1 == run->tokens ? EMBQ_NONE : run->ids[position + 1];
    case COUNTED: return counted(run, position);
    default: return embq_token_type(&run->model->tokenizer, &run->texts, position);
    }
}

static void look_up(const embq_run *run, const void *record)
{
    const embq_look_up *l = record;
    const uint32_t width = embq_width(run, l->out);
    const int64_t half = (int64_t)1 << (l->shift - 1);
    int32_t *x = embq_i32(run, l->out);
    for (uint32_t r = 0; r < run->count; r++, x += width) {
        const uint32_t row = row_of(run, l->rule, run->first + r);
        const int8_t *table = embq_weights8(run, l->table) + (size_t)(row == EMBQ_NONE ? 0 : row) * width;
        const int64_t multiplier = row == EMBQ_NONE ? 0 : embq_weights32(run, l->multiplier)[row];
        for (uint32_t d = 0; d < width; d++)
            x[d] = embq_clip((table[d] * multiplier + half) >> l->shift, -EMBQ_ROW_LIMIT, EMBQ_ROW_LIMIT);
    }
}

const embq_operation embq_operation_look_up = {sizeof(embq_look_up) / 4, check, look_up};
