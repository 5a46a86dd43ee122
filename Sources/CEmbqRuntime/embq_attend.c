/* SPDX-License-Identifier: Apache-2.0 */
/* Attention: softmax(q . k) v over the stored rows of all positions, one head after the other. */
#include "embq_program.h"
#include "embq_splitter.h"

/* Whether a store holds rows of a type, or packed ones. */
EMBQ_ALWAYS_INLINE int holds(const embq_checker *c, uint32_t store, uint32_t type, uint32_t bits, uint32_t width,
                             uint32_t heads)
{
    return bits == 0 ? embq_holds(c, store, type, width, heads) : embq_holds_packed(c, store, bits, width, heads);
}

/* The registers, and stores of rows of one type, or of `bits` bits if they are not 0. */
EMBQ_ALWAYS_INLINE int rows_fit(embq_checker *c, const embq_attend *a, uint32_t type, uint32_t bits, uint32_t width)
{
    const embq_store *scores = embq_store_of(c, a->scores, EMBQ_I32);
    if (!embq_within(width, 1, EMBQ_MAX_WIDTH) || scores == NULL || a->heads == 0 || c->positions == EMBQ_ONCE ||
        !holds(c, a->keys, type, bits, width, a->heads) || !holds(c, a->values, type, bits, width, a->heads) ||
        scores->width != 1 || scores->span != 0 || a->out == a->query)
        return 0;
    if (!embq_is_symmetric(c, a->query) || ((c->state[a->keys] | c->state[a->values]) & EMBQ_STORE_SKEWED) != 0)
        return 0;
    c->state[a->keys] |= EMBQ_STORE_SPREAD;
    c->state[a->values] |= EMBQ_STORE_SPREAD;
    return a->ignores_pad <= 1 && a->softmax_multiplier <= INT32_MAX && embq_within(a->softmax_shift, 1, 62) &&
           a->context_multiplier <= INT32_MAX && embq_within(a->context_shift, 1, 31);
}

static int check(embq_checker *c, const void *record)
{
    const embq_attend *a = record;
    const uint32_t width = embq_takes(c, a->query, 1u << EMBQ_I8);
    return rows_fit(c, a, EMBQ_I8, 0, width) && embq_scratches(c, a->acc, EMBQ_I32, width / a->heads) &&
           embq_gives(c, a->out, EMBQ_I8, width);
}

static int check_packed(embq_checker *c, const void *record)
{
    const embq_packed_attend *p = record;
    const embq_attend *a = &p->attend;
    const uint32_t width = embq_takes(c, a->query, 1u << EMBQ_I8);
    return embq_within(p->bits, 1, EMBQ_MAX_PACKED) && rows_fit(c, a, EMBQ_I8, p->bits, width) &&
           embq_scratches(c, a->acc, EMBQ_I32, width / a->heads) && embq_gives(c, a->out, EMBQ_I8, width);
}

static int check_wide(embq_checker *c, const void *record)
{
    const embq_wide_attend *a = record;
    const uint32_t width = embq_takes(c, a->attend.query, 1u << EMBQ_I16);
    return rows_fit(c, &a->attend, EMBQ_I16, 0, width) && a->attend.acc == EMBQ_NONE && a->score_shift <= 31 &&
           ((uint64_t)(width / a->attend.heads) << 30) >> a->score_shift <= 1u << 29 &&
           embq_gives(c, a->attend.out, EMBQ_I16, width);
}

EMBQ_ALWAYS_INLINE int is_left_out(const embq_run *run, const embq_attend *a, uint32_t position)
{
    return a->ignores_pad != 0 && run->ids[position] == run->model->record->pad;
}

/* Scores become the softmax's weights, in place, int32 [tokens] in 0...32767; what is left out gets 0. Gives their sum,
 * which is at most 2^24. */
EMBQ_ALWAYS_INLINE uint32_t soften(const embq_run *run, const embq_attend *a, int32_t *scores)
{
    const uint32_t tokens = run->tokens, left_out = a->ignores_pad != 0 ? run->model->record->pad : UINT32_MAX;
    const uint16_t *ids = run->ids;
    int32_t top = INT32_MIN;
    for (uint32_t j = 0; j < tokens; j++) {
        const int32_t score = ids[j] == left_out ? INT32_MIN : scores[j];
        top = score > top ? score : top;
    }
    embq_exponentials(scores, tokens, top, (int32_t)a->softmax_multiplier, a->softmax_shift);
    uint32_t sum = 0;
    for (uint32_t j = 0; j < tokens; j++) {
        scores[j] = ids[j] == left_out ? 0 : scores[j];
        sum += (uint32_t)scores[j];
    }
    uint32_t excess = 0;
    while ((sum >> excess) > (1u << 24) - tokens) excess++;
    if (excess == 0) return sum;
    sum = 0;
    for (uint32_t j = 0; j < tokens; j++) {
        const uint32_t weight = ((uint32_t)scores[j] + (1u << (excess - 1))) >> excess;
        scores[j] = (int32_t)weight;
        sum += weight;
    }
    return sum;
}

static void attend(const embq_run *run, const embq_attend *a, const int8_t *query, int8_t *out)
{
    const uint32_t width = embq_width(run, a->acc); /* of a head */
    const int8_t *keys = embq_store_at(run, a->keys), *values = embq_store_at(run, a->values);
    int32_t *scores = embq_store_at(run, a->scores), *acc = embq_i32(run, a->acc);
    const size_t head = (size_t)run->tokens * width;
    for (uint32_t h = 0; h < a->heads; h++, keys += head, values += head, query += width, out += width) {
        embq_linear(keys, run->tokens, width, query, 1, scores);
        const uint32_t sum = soften(run, a, scores);
        embq_mix(scores, values, run->tokens, width, acc);
        embq_scale_row(acc, embq_divide(a->context_multiplier, a->context_shift, sum), width, out);
    }
}

static void run_attend(const embq_run *run, const void *record)
{
    const embq_attend *a = record;
    const uint32_t width = embq_width(run, a->query);
    for (uint32_t r = 0; r < run->count; r++) {
        int8_t *out = embq_i8(run, a->out) + (size_t)r * width;
        if (is_left_out(run, a, run->first + r)) {
            for (uint32_t i = 0; i < width; i++) out[i] = 0;
        } else {
            attend(run, a, embq_i8(run, a->query) + (size_t)r * width, out);
        }
    }
}

/* acc[i] = sum over j of weights[j] * values[j][i], of packed rows; `sum` is that of the weights. */
static void mix_packed(const int32_t *weights, uint32_t sum, const uint32_t *values, uint32_t bits, uint32_t count,
                       uint32_t width, int32_t *acc)
{
    const uint32_t stride = embq_row_words(width, bits);
    const int32_t first = -(int32_t)(sum * embq_code_offset(bits));
    for (uint32_t i = 0; i < width; i++) acc[i] = first;
    if (bits < EMBQ_MAX_PACKED) {
        embq_mix_codes(weights, values, stride, bits, bits <= 3 ? 1 : 0, count, width, acc);
        return;
    }
    embq_mix_codes(weights, values, stride, EMBQ_UPPER_BITS, EMBQ_LOWER_BITS, count, width, acc);
    embq_mix_codes(weights, values + embq_part_words(width, EMBQ_UPPER_BITS), stride, EMBQ_LOWER_BITS, 0, count, width,
                   acc);
}

static void attend_packed(const embq_run *run, const embq_packed_attend *p, const int8_t *query, int8_t *out)
{
    const embq_attend *a = &p->attend;
    const uint32_t width = embq_width(run, a->acc); /* of a head */
    const uint32_t *keys = embq_store_at(run, a->keys), *values = embq_store_at(run, a->values);
    int32_t *scores = embq_store_at(run, a->scores), *acc = embq_i32(run, a->acc);
    const size_t head = (size_t)run->tokens * embq_row_words(width, p->bits);
    for (uint32_t h = 0; h < a->heads; h++, keys += head, values += head, query += width, out += width) {
        embq_packed_product(keys, p->bits, run->tokens, width, query, 1, scores);
        const uint32_t sum = soften(run, a, scores);
        mix_packed(scores, sum, values, p->bits, run->tokens, width, acc);
        embq_scale_row(acc, embq_divide(a->context_multiplier, a->context_shift, sum), width, out);
    }
}

static void run_packed_attend(const embq_run *run, const void *record)
{
    const embq_packed_attend *p = record;
    const embq_attend *a = &p->attend;
    const uint32_t width = embq_width(run, a->query);
    for (uint32_t r = 0; r < run->count; r++) {
        int8_t *out = embq_i8(run, a->out) + (size_t)r * width;
        if (is_left_out(run, a, run->first + r)) memset(out, 0, width);
        else attend_packed(run, p, embq_i8(run, a->query) + (size_t)r * width, out);
    }
}

static void attend_wide(const embq_run *run, const embq_wide_attend *w, const int16_t *query, int16_t *out)
{
    const embq_attend *a = &w->attend;
    const uint32_t width = embq_width(run, a->query) / a->heads;
    const int16_t *keys = embq_store_at(run, a->keys), *values = embq_store_at(run, a->values);
    int32_t *scores = embq_store_at(run, a->scores);
    const size_t head = (size_t)run->tokens * width;
    for (uint32_t h = 0; h < a->heads; h++, keys += head, values += head, query += width, out += width) {
        embq_scores16(keys, run->tokens, width, query, w->score_shift, scores);
        const uint32_t sum = soften(run, a, scores);
        embq_mix16(scores, values, run->tokens, width, embq_divide(a->context_multiplier, a->context_shift, sum), out);
    }
}

static void run_wide_attend(const embq_run *run, const void *record)
{
    const embq_wide_attend *a = record;
    const uint32_t width = embq_width(run, a->attend.query);
    for (uint32_t r = 0; r < run->count; r++) {
        int16_t *out = embq_i16(run, a->attend.out) + (size_t)r * width;
        if (is_left_out(run, &a->attend, run->first + r)) {
            for (uint32_t i = 0; i < width; i++) out[i] = 0;
        } else {
            attend_wide(run, a, embq_i16(run, a->attend.query) + (size_t)r * width, out);
        }
    }
}

const embq_operation embq_operation_attend = {sizeof(embq_attend) / 4, check, run_attend};
const embq_operation embq_operation_packed_attend = {sizeof(embq_packed_attend) / 4, check_packed, run_packed_attend};
const embq_operation embq_operation_wide_attend = {sizeof(embq_wide_attend) / 4, check_wide, run_wide_attend};
