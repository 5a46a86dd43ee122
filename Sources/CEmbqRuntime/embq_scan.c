/* SPDX-License-Identifier: Apache-2.0 */
/* Mamba-1's selective scan in fixed point; its state is all that lives from one position to the next. */
#include "embq_program.h"

static int check(embq_checker *c, const void *record)
{
    const embq_scan *s = record;
    const uint32_t width = embq_takes(c, s->in, 1u << EMBQ_I16), states = embq_takes(c, s->write, 1u << EMBQ_I32);
    if (width == 0 || !embq_within(states, 1, EMBQ_MAX_STATES) || embq_takes(c, s->step, 1u << EMBQ_I32) != width ||
        embq_takes(c, s->read, 1u << EMBQ_I32) != states || !embq_keeps(c, s->state, EMBQ_I32, width * states) ||
        (c->positions != EMBQ_ALL && c->positions != EMBQ_FIRST) || s->out == s->step || s->out == s->write ||
        s->out == s->read || (c->state[s->state] & EMBQ_STORE_WRITTEN) != 0)
        return 0; /* two scans of one state would take turns by blocks of rows */
    c->state[s->state] |= EMBQ_STORE_WRITTEN;
    return embq_weights_within(c, s->rate, (uint64_t)width * states, 0, INT32_MAX) &&
           embq_within(s->rate_shift, 1, 62) && embq_within(s->input_shift, 1, 40) && s->write_multiplier < 1u << 20 &&
           embq_within(s->write_shift, 1, 62) && s->read_multiplier < 1u << 20 && embq_within(s->read_shift, 1, 62) &&
           embq_weights_within(c, s->skip, width, -INT32_MAX, INT32_MAX) && embq_within(s->skip_shift, 1, 62) &&
           embq_gives(c, s->out, EMBQ_I32, width);
}

_Static_assert(((uint64_t)EMBQ_MAX_STATES * EMBQ_STATE_LIMIT * 32767 + (1 << 11)) >> 12 <= (uint64_t)1 << 42,
               "what is read times a multiplier of 20 bits stays below 2^62");

/* Numbers that the scan reads as 16 bits. */
static int32_t narrow(int32_t value) { return embq_clip(value, -32767, 32767); }

/* One channel: its state moves on, and what is read of it comes back. `drive` is step * in. */
static int64_t advance(const embq_scan *s, const int32_t *rate, int32_t step, int32_t drive, const int32_t *write,
                       const int32_t *read, uint32_t states, int32_t *h)
{
    int64_t y = 0;
    for (uint32_t n = 0; n < states; n++) {
        const uint32_t decay = embq_exp2_fine(embq_requantize(step, rate[n], s->rate_shift));
        const int64_t kept = embq_requantize(h[n], (int32_t)decay, 30);
        const int64_t added =
            embq_requantize((int64_t)drive * narrow(write[n]), (int32_t)s->write_multiplier, s->write_shift);
        h[n] = embq_clip(kept + added, -EMBQ_STATE_LIMIT, EMBQ_STATE_LIMIT);
        y += (int64_t)h[n] * narrow(read[n]);
    }
    return (y + (1 << 11)) >> 12;
}

static void run_scan(const embq_run *run, const void *record)
{
    const embq_scan *s = record;
    const uint32_t width = embq_width(run, s->in), states = embq_width(run, s->write);
    const int32_t *skip = embq_weights32(run, s->skip);
    for (uint32_t r = 0; r < run->count; r++) {
        const int16_t *in = embq_i16(run, s->in) + (size_t)r * width;
        const int32_t *step = embq_i32(run, s->step) + (size_t)r * width;
        const int32_t *write = embq_i32(run, s->write) + (size_t)r * states;
        const int32_t *read = embq_i32(run, s->read) + (size_t)r * states;
        const int32_t *rate = embq_weights32(run, s->rate);
        int32_t *h = embq_store_at(run, s->state), *out = embq_i32(run, s->out) + (size_t)r * width;
        for (uint32_t e = 0; e < width; e++, rate += states, h += states) {
            const int32_t bounded = step[e] < 0 ? 0 : step[e];
            const int32_t drive = embq_clip(embq_requantize((int64_t)bounded * in[e], 1, s->input_shift),
                                            -EMBQ_ROW_LIMIT, EMBQ_ROW_LIMIT);
            const int64_t y = advance(s, rate, bounded, drive, write, read, states, h);
            out[e] = embq_clip(embq_requantize(y, (int32_t)s->read_multiplier, s->read_shift) +
                                   embq_requantize(in[e], skip[e], s->skip_shift),
                               -EMBQ_ROW_LIMIT, EMBQ_ROW_LIMIT);
        }
    }
}

const embq_operation embq_operation_scan = {sizeof(embq_scan) / 4, check, run_scan};
