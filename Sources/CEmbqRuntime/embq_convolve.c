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

static int check_packed(embq_checker *c, const void *record)
{
    const embq_packed_convolve *p = record;
    const embq_convolve_record *v = &p->convolve;
    if (v->rows >= c->record->stores || v->out >= c->record->registers || p->window >= c->record->registers ||
        !embq_within(v->kernel, 1, EMBQ_MAX_KERNEL) || !embq_within(p->bits, 1, EMBQ_MAX_PACKED) ||
        c->positions == EMBQ_ONCE)
        return 0;
    const uint32_t channels = c->registers[v->out].width,
                   width = c->registers[p->window].width / (EMBQ_WINDOW_ROWS / 2);
    /* Rows of an earlier pass, which nobody overwrites before they are read. */
    if (!embq_within(width, 1, EMBQ_MAX_WIDTH) || !embq_holds_packed(c, v->rows, p->bits, width, 1) ||
        (c->state[v->rows] & EMBQ_STORE_WRITTEN) != 0)
        return 0;
    c->state[v->rows] |= c->positions == EMBQ_BACKWARDS ? EMBQ_STORE_LOADED : EMBQ_STORE_SPREAD;
    return channels % width == 0 && embq_bytes_fit(c, v->weight, (uint64_t)v->kernel * channels) &&
           embq_scratches(c, p->acc, EMBQ_I32, channels) &&
           embq_scratches(c, p->window, EMBQ_I8, width * (EMBQ_WINDOW_ROWS / 2)) && p->acc != v->out &&
           embq_gives(c, v->out, EMBQ_I32, channels);
}

/* Adds what rows first ... first + count - 1, unpacked at `window`, give to the sums of `position`. */
static void add_rows(const embq_run *run, const embq_packed_convolve *p, uint32_t width, const int8_t *window,
                     uint32_t first, uint32_t count, uint32_t position, int32_t *sums)
{
    const embq_convolve_record *v = &p->convolve;
    const uint32_t channels = embq_width(run, v->out);
    const uint32_t low = position + 1 < v->kernel ? 0 : position + 1 - v->kernel; /* the first row that it reads */
    const uint32_t from = first < low ? low : first, end = position + 1 < first + count ? position + 1 : first + count;
    if (from >= end) return;
    int32_t *acc = embq_i32(run, p->acc);
    embq_convolve(embq_weights8(run, v->weight) + (size_t)(v->kernel - 1 - position + from) * channels,
                  window + (size_t)(from - first) * width, end - from, channels, width, acc);
    for (uint32_t i = 0; i < channels; i++) sums[i] += acc[i];
}

/* The rows are unpacked in parts, each of them once for all positions. */
static void run_packed_convolve(const embq_run *run, const void *record)
{
    const embq_packed_convolve *p = record;
    const embq_convolve_record *v = &p->convolve;
    const uint32_t channels = embq_width(run, v->out), width = embq_width(run, p->window) / (EMBQ_WINDOW_ROWS / 2);
    const uint32_t stride = embq_row_words(width, p->bits), end = run->first + run->count;
    const uint32_t *words = embq_store_at(run, v->rows);
    int32_t *out = embq_i32(run, v->out);
    int8_t *window = embq_i8(run, p->window);
    memset(out, 0, (size_t)run->count * channels * sizeof *out);
    for (uint32_t at = run->first + 1 < v->kernel ? 0 : run->first + 1 - v->kernel; at < end; at += EMBQ_WINDOW_ROWS) {
        const uint32_t count = end - at < EMBQ_WINDOW_ROWS ? end - at : EMBQ_WINDOW_ROWS;
        for (uint32_t i = 0; i < count; i++)
            embq_unpack_codes(words + (size_t)(at + i) * stride, p->bits, width, window + (size_t)i * width);
        for (uint32_t r = 0; r < run->count; r++)
            add_rows(run, p, width, window, at, count, run->first + r, out + (size_t)r * channels);
    }
}

const embq_operation embq_operation_packed_convolve = {sizeof(embq_packed_convolve) / 4, check_packed,
                                                       run_packed_convolve};
const embq_operation embq_operation_convolve = {sizeof(embq_convolve_record) / 4, check, run_convolve};
