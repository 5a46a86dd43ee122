/* SPDX-License-Identifier: Apache-2.0 */
/* Causal depthwise convolution over stored rows. */
#include "embq_program.h"

static int check(embq_checker *c, const void *record)
{
    const embq_convolve_record *v = record;
    const embq_store *rows = embq_store_of(c, v->rows, EMBQ_I8);
    if (rows == NULL || v->out >= c->record->registers || !embq_within(v->kernel, 1, EMBQ_MAX_KERNEL) ||
        rows->groups != 1 || c->positions == EMBQ_ONCE)
        return 0;
    const uint32_t channels = c->registers[v->out].width;
    const uint8_t state = c->state[v->rows];
    if ((state & EMBQ_STORE_SKEWED) != 0) return 0;
    if (rows->span == 0) {
        /* Rows of an earlier pass, which nobody overwrites before they are read. */
        if (!embq_holds(c, v->rows, EMBQ_I8, rows->width, 1) || (state & EMBQ_STORE_WRITTEN) != 0) return 0;
        c->state[v->rows] |= c->positions == EMBQ_BACKWARDS ? EMBQ_STORE_LOADED : EMBQ_STORE_SPREAD;
    } else if (rows->span < v->kernel - 1 + EMBQ_ROWS || (state & EMBQ_STORE_WRITTEN) == 0) {
        return 0; /* a window holds what this pass has just put in, and the kernel - 1 rows before */
    }
    return channels % rows->width == 0 && embq_bytes_fit(c, v->weight, (uint64_t)v->kernel * channels) &&
           embq_gives(c, v->out, EMBQ_I32, channels);
}

static void run_convolve(const embq_run *run, const void *record)
{
    const embq_convolve_record *v = record;
    const embq_store *store = embq_stores(run->model->record) + v->rows;
    const uint32_t channels = embq_width(run, v->out);
    const int8_t *rows =
        (const int8_t *)embq_store_at(run, v->rows) + (size_t)embq_oldest(run, store->span) * store->width;
    for (uint32_t r = 0; r < run->count; r++, rows += store->width) {
        const uint32_t position = run->first + r;
        const uint32_t taps = position + 1 < v->kernel ? position + 1 : v->kernel;
        embq_convolve(embq_weights8(run, v->weight) + (size_t)(v->kernel - taps) * channels,
                      rows - (size_t)(taps - 1) * store->width, taps, channels, store->width,
                      embq_i32(run, v->out) + (size_t)r * channels);
    }
}

const embq_operation embq_operation_convolve = {sizeof(embq_convolve_record) / 4, check, run_convolve};
