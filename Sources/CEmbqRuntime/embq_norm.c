/* SPDX-License-Identifier: Apache-2.0 */
/* RMSNorm and LayerNorm without their weights, which the readers of a norm have taken over. */
#include "embq_program.h"

static int check(embq_checker *c, const void *record)
{
    const embq_norm *n = record;
    const uint32_t width = embq_takes(c, n->in, 1u << EMBQ_I32);
    if (!embq_within(width, 1, EMBQ_MAX_WIDTH) || n->out >= c->record->registers) return 0;
    if (n->centred != EMBQ_NONE &&
        (n->centred == n->in || n->mean_multiplier > 1u << 25 || !embq_within(n->mean_shift, 1, 62) ||
         !embq_scratches(c, n->centred, EMBQ_I32, width)))
        return 0;
    const uint32_t type = c->registers[n->out].type;
    const int zero = n->epsilon_low == 0 && n->epsilon_high == 0;
    return !zero && n->epsilon_high < 0x40000000u && n->multiplier <= INT32_MAX && embq_within(n->shift, 1, 31) &&
           type != EMBQ_I32 && embq_gives(c, n->out, type, width);
}

/* c = x less its mean. */
static void centre(const embq_norm *n, const int32_t *x, uint32_t width, int32_t *c)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < width; i++) sum += x[i];
    const int64_t mean = embq_requantize(sum, (int32_t)n->mean_multiplier, n->mean_shift);
    for (uint32_t i = 0; i < width; i++) c[i] = embq_clip(x[i] - mean, -EMBQ_ROW_LIMIT, EMBQ_ROW_LIMIT);
}

static void run_norm(const embq_run *run, const void *record)
{
    const embq_norm *n = record;
    const uint32_t width = embq_width(run, n->in);
    const uint64_t epsilon = (uint64_t)n->epsilon_high << 32 | n->epsilon_low;
    for (uint32_t r = 0; r < run->count; r++) {
        const int32_t *x = embq_i32(run, n->in) + (size_t)r * width;
        if (n->centred != EMBQ_NONE) {
            int32_t *c = embq_i32(run, n->centred);
            centre(n, x, width, c);
            x = c;
        }
        const uint64_t square = embq_sum_of_squares(x, width) + epsilon;
        const embq_factor factor = embq_divide_by_root(n->multiplier, n->shift, square);
        if (run->registers[n->out].type == EMBQ_I8)
            embq_scale_row(x, factor, width, embq_i8(run, n->out) + (size_t)r * width);
        else embq_scale_row16(x, factor, width, embq_i16(run, n->out) + (size_t)r * width);
    }
}

const embq_operation embq_operation_norm = {sizeof(embq_norm) / 4, check, run_norm};
