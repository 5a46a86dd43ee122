/* SPDX-License-Identifier: Apache-2.0 */
/* Tables whose rows have fewer bits the rarer they are read. */
#include "embq_program.h"

enum { WORDS_OF_CLASS = 3, WHOLE_BITS = 8 };

/* Bits of a column in a class. */
static uint32_t bits_of(int32_t width, int8_t shift)
{
    return width == WHOLE_BITS ? WHOLE_BITS : (uint32_t)embq_clip(width + shift, 1, WHOLE_BITS);
}

/* Bytes of a row. */
static uint32_t row_bytes(int32_t width, const int8_t *shifts, uint32_t columns)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < columns; i++) bits += bits_of(width, shifts[i]);
    return (bits + 7) / 8;
}

int embq_table_arrays_fit(embq_checker *c, const embq_packed_table *t, uint32_t columns)
{
    return embq_within(t->count, 1, EMBQ_MAX_CLASSES) &&
           embq_tables_within(c, t->classes, WORDS_OF_CLASS * (uint64_t)t->count, 0, INT32_MAX) &&
           embq_lookups_fit(c, t->shifts, columns) && embq_lookups_fit(c, t->levels, EMBQ_LEVELS);
}

int embq_table_rows_fit(embq_checker *c, uint32_t rows, const embq_packed_table *t, uint32_t count, uint32_t columns)
{
    const int32_t *class = (const int32_t *)(const void *)(c->tables + t->classes);
    const int8_t *shifts = (const int8_t *)(c->tables + t->shifts);
    uint32_t first = 0;
    for (uint32_t k = 0; k < t->count; k++, class += WORDS_OF_CLASS) {
        const uint32_t end = (uint32_t) class[0];
        if (end <= first || end > count || !embq_within((uint32_t) class[1], 1, WHOLE_BITS)) return 0;
        const uint64_t bytes = (uint64_t)(end - first) * row_bytes(class[1], shifts, columns);
        if (!embq_bytes_fit(c, rows, (uint32_t) class[2] + bytes)) return 0;
        first = end;
    }
    return first == count;
}

void embq_unpack_row(const embq_run *run, uint32_t rows, const embq_packed_table *t, uint32_t row, uint32_t columns,
                     int8_t *out)
{
    const int32_t *class = embq_tables32(run, t->classes);
    const int8_t *shifts = (const int8_t *)(run->model->tables + t->shifts);
    const int8_t *levels = (const int8_t *)(run->model->tables + t->levels);
    uint32_t first = 0;
    for (; row >= (uint32_t) class[0]; class += WORDS_OF_CLASS) first = (uint32_t) class[0];
    const size_t before = (uint32_t) class[2] + (size_t)(row - first) * row_bytes(class[1], shifts, columns);
    const uint8_t *byte = embq_packed(run, rows) + before;
    uint32_t held = 0, count = 0; /* bits that are read and not used, and how many */
    for (uint32_t i = 0; i < columns; i++) {
        const uint32_t bits = bits_of(class[1], shifts[i]);
        if (count < bits) {
            held |= (uint32_t)*byte++ << count;
            count += 8;
        }
        const uint32_t code = held & ((1u << bits) - 1);
        held >>= bits;
        count -= bits;
        if (bits == WHOLE_BITS) out[i] = (int8_t)((int32_t)(code == 255 ? 254 : code) - 127);
        else out[i] = levels[(1u << bits) - 2 + code];
    }
}
