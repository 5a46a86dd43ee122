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

/* Of packed weights as many taps are unpacked at a time as both rows of a step read of a part. */
_Static_assert(EMBQ_ROWS == 2, "a register holds EMBQ_WINDOW_ROWS + EMBQ_ROWS taps");
enum { NOT_PACKED = 8 };

static int has_bits(uint32_t bits) { return bits == NOT_PACKED || embq_within(bits, 1, EMBQ_MAX_PACKED); }

/* The width of the rows, in which the store holds them; 0: refused. */
static uint32_t checked_width(embq_checker *c, const embq_packed_convolve *p)
{
    const embq_convolve_record *v = &p->convolve;
    if (p->bits == NOT_PACKED) {
        const embq_store *rows = embq_store_of(c, v->rows, EMBQ_I8);
        if (rows == NULL || rows->span != 0 || p->window != EMBQ_NONE || (c->state[v->rows] & EMBQ_STORE_SKEWED) != 0)
            return 0;
        return embq_holds(c, v->rows, EMBQ_I8, rows->width, 1) ? rows->width : 0;
    }
    if (v->rows >= c->record->stores || p->window >= c->record->registers) return 0;
    const uint32_t width = c->registers[p->window].width / (EMBQ_WINDOW_ROWS / 2);
    return embq_within(width, 1, EMBQ_MAX_WIDTH) && embq_holds_packed(c, v->rows, p->bits, width, 1) ? width : 0;
}

static int check_packed(embq_checker *c, const void *record)
{
    const embq_packed_convolve *p = record;
    const embq_convolve_record *v = &p->convolve;
    if (v->out >= c->record->registers || !embq_within(v->kernel, 1, EMBQ_MAX_KERNEL) || !has_bits(p->bits) ||
        !has_bits(p->tap_bits) || c->positions == EMBQ_ONCE)
        return 0;
    const uint32_t channels = c->registers[v->out].width, width = checked_width(c, p);
    /* Rows of an earlier pass, which nobody overwrites before they are read. */
    if (width == 0 || channels % width != 0 || (c->state[v->rows] & EMBQ_STORE_WRITTEN) != 0) return 0;
    c->state[v->rows] |= c->positions == EMBQ_BACKWARDS ? EMBQ_STORE_LOADED : EMBQ_STORE_SPREAD;
    const uint64_t tap_bytes =
        p->tap_bits == NOT_PACKED ? channels : 4 * (uint64_t)embq_row_words(channels, p->tap_bits);
    const int unpacks =
        p->tap_bits == NOT_PACKED
            ? p->taps == EMBQ_NONE
            : p->taps != p->window && embq_scratches(c, p->taps, EMBQ_I8, (EMBQ_WINDOW_ROWS / 2 + 1) * channels);
    return unpacks && embq_bytes_fit(c, v->weight, v->kernel * tap_bytes) &&
           embq_scratches(c, p->acc, EMBQ_I32, channels) &&
           (p->bits == NOT_PACKED || embq_scratches(c, p->window, EMBQ_I8, width * (EMBQ_WINDOW_ROWS / 2))) &&
           p->acc != v->out && embq_gives(c, v->out, EMBQ_I32, channels);
}

/* Rows that lie side by side as int8, and the weights of taps. */
typedef struct part {
    const int8_t *rows, *weight;
    uint32_t width;
    uint32_t first, count; /* positions of the rows */
    uint32_t tap;          /* the first one of `weight` */
} part;

/* The part's rows that a position reads: from `from` to before `end`. */
static int is_read(const embq_convolve_record *v, const part *p, uint32_t position, uint32_t *from, uint32_t *end)
{
    const uint32_t low = position + 1 < v->kernel ? 0 : position + 1 - v->kernel; /* the first row that it reads */
    *from = p->first < low ? low : p->first;
    *end = position + 1 < p->first + p->count ? position + 1 : p->first + p->count;
    return *from < *end;
}

/* The taps that the run's positions read of a part, as int8 at `taps`. */
static void unpack_taps(const embq_run *run, const embq_packed_convolve *p, part *part)
{
    const embq_convolve_record *v = &p->convolve;
    const uint32_t channels = embq_width(run, v->out), stride = embq_row_words(channels, p->tap_bits);
    const uint32_t *words = (const uint32_t *)(const void *)embq_packed(run, v->weight);
    uint32_t first = v->kernel, end = 0;
    for (uint32_t r = 0; r < run->count; r++) {
        uint32_t from, to;
        const uint32_t position = run->first + r;
        if (!is_read(v, part, position, &from, &to)) continue;
        const uint32_t tap = v->kernel - 1 - position;
        if (tap + from < first) first = tap + from;
        if (tap + to > end) end = tap + to;
    }
    int8_t *taps = embq_i8(run, p->taps);
    for (uint32_t t = first; t < end; t++)
        embq_unpack_codes(words + (size_t)t * stride, p->tap_bits, channels, taps + (size_t)(t - first) * channels);
    part->weight = taps, part->tap = first;
}

/* Adds what a part's rows give to the sums of `position`. */
static void add_rows(const embq_run *run, const embq_packed_convolve *p, const part *part, uint32_t position,
                     int32_t *sums)
{
    const embq_convolve_record *v = &p->convolve;
    const uint32_t channels = embq_width(run, v->out);
    uint32_t from, end;
    if (!is_read(v, part, position, &from, &end)) return;
    int32_t *acc = embq_i32(run, p->acc);
    embq_convolve(part->weight + (size_t)(v->kernel - 1 - position + from - part->tap) * channels,
                  part->rows + (size_t)(from - part->first) * part->width, end - from, channels, part->width, acc);
    for (uint32_t i = 0; i < channels; i++) sums[i] += acc[i];
}

/* Rows and taps are unpacked in parts, each of them once for all positions. */
static void run_packed_convolve(const embq_run *run, const void *record)
{
    const embq_packed_convolve *p = record;
    const embq_convolve_record *v = &p->convolve;
    const uint32_t channels = embq_width(run, v->out), end = run->first + run->count;
    part part = {.weight = embq_weights8(run, v->weight)};
    part.width = p->bits == NOT_PACKED ? embq_stores(run->model->record)[v->rows].width
                                       : embq_width(run, p->window) / (EMBQ_WINDOW_ROWS / 2);
    int32_t *out = embq_i32(run, v->out);
    memset(out, 0, (size_t)run->count * channels * sizeof *out);
    for (uint32_t at = run->first + 1 < v->kernel ? 0 : run->first + 1 - v->kernel; at < end; at += EMBQ_WINDOW_ROWS) {
        part.first = at, part.count = end - at < EMBQ_WINDOW_ROWS ? end - at : EMBQ_WINDOW_ROWS;
        if (p->bits == NOT_PACKED) {
            part.rows = (const int8_t *)embq_store_at(run, v->rows) + (size_t)at * part.width;
        } else {
            const uint32_t *words = embq_store_at(run, v->rows);
            const uint32_t stride = embq_row_words(part.width, p->bits);
            int8_t *window = embq_i8(run, p->window);
            for (uint32_t i = 0; i < part.count; i++)
                embq_unpack_codes(words + (size_t)(at + i) * stride, p->bits, part.width,
                                  window + (size_t)i * part.width);
            part.rows = window;
        }
        if (p->tap_bits != NOT_PACKED) unpack_taps(run, p, &part);
        for (uint32_t r = 0; r < run->count; r++) add_rows(run, p, &part, run->first + r, out + (size_t)r * channels);
    }
}

const embq_operation embq_operation_packed_convolve = {sizeof(embq_packed_convolve) / 4, check_packed,
                                                       run_packed_convolve};
const embq_operation embq_operation_convolve = {sizeof(embq_convolve_record) / 4, check, run_convolve};
