/* Numbers and arrays: often at their limits. */
#include "generator.h"

#include <assert.h>

/* ---- Choices ------------------------------------------------------------------------------------------------- */

uint64_t any_next(generator *g)
{
    uint64_t z = (g->state += 0x9E3779B97F4A7C15u);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

uint32_t choose(generator *g, uint32_t count)
{
    if (g->size == 0 || count > 256) return (uint32_t)(any_next(g) % count);
    g->size--;
    return *g->data++ % count;
}

/* A number within limits: often one of them, or next to it. */
int64_t any_number(generator *g, int64_t low, int64_t high)
{
    const uint64_t range = (uint64_t)(high - low) + 1;
    switch (any_next(g) % 8) {
    case 0: return low;
    case 1: return high;
    case 2: return high > low ? high - 1 : high;
    case 3: return low <= 0 && high >= 0 ? 0 : low;
    default: return low + (int64_t)(any_next(g) % range);
    }
}

uint32_t any_shift(generator *g, uint32_t low, uint32_t high)
{
    switch (choose(g, 4)) {
    case 0: return low;
    case 1: return high;
    default: return low + choose(g, high - low + 1);
    }
}

/* ---- Arrays -------------------------------------------------------------------------------------------------- */

/* An array all of one kind: of its lower or upper limit, of both in turn, small, or any. */
static int64_t element(generator *g, uint32_t kind, uint32_t index, int64_t low, int64_t high)
{
    switch (kind) {
    case 0: return low;
    case 1: return high;
    case 2: return index % 2 ? low : high;
    case 3: return any_number(g, low / 256, high / 256);
    case 4: return index % 17 == 3 ? high : 0 >= low ? 0 : low;
    default: return any_number(g, low, high);
    }
}

uint32_t byte_array(generator *g, uint8_t *section, uint32_t *size, uint32_t count, int low, int high)
{
    const uint32_t offset = (*size + 15u) & ~15u, kind = choose(g, 8);
    assert(offset + count <= ROOM_ARRAYS);
    memset(section + *size, 0, offset - *size);
    for (uint32_t i = 0; i < count; i++) section[offset + i] = (uint8_t)element(g, kind, i, low, high);
    *size = offset + count;
    return offset;
}

static uint32_t numbers(generator *g, uint8_t *section, uint32_t *size, uint32_t count, int64_t low, int64_t high)
{
    const uint32_t offset = (*size + 3u) & ~3u, kind = choose(g, 8);
    assert(offset + count * 4 <= ROOM_ARRAYS);
    memset(section + *size, 0, offset - *size);
    for (uint32_t i = 0; i < count; i++) {
        const int32_t value = (int32_t)element(g, kind, i, low, high);
        memcpy(section + offset + i * 4, &value, 4);
    }
    *size = offset + count * 4;
    return offset;
}

/* Weights of a product may be -128; rows of tables may not. */
uint32_t weight_array(generator *g, uint32_t count)
{
    return byte_array(g, g->weights, &g->weights_size, count, -128, 127);
}
uint32_t row_array(generator *g, uint32_t count)
{
    return byte_array(g, g->weights, &g->weights_size, count, -127, 127);
}

uint32_t bias_array(generator *g, uint32_t count)
{
    return numbers(g, g->weights, &g->weights_size, count, -EMBQ_MAX_BIAS, EMBQ_MAX_BIAS);
}

uint32_t weight_numbers(generator *g, uint32_t count, int64_t low)
{
    return numbers(g, g->weights, &g->weights_size, count, low, INT32_MAX);
}

uint32_t table_array(generator *g, uint32_t count, int64_t low, int64_t high)
{
    return numbers(g, g->tables, &g->tables_size, count, low, high);
}

uint32_t vector_array(generator *g, uint32_t vector, uint32_t count, int64_t low, int64_t high, uint32_t *shift)
{
    const int is_bias = vector == EMBQ_BIAS_VECTOR;
    uint8_t *section = is_bias ? g->weights : g->tables;
    uint32_t *size = is_bias ? &g->weights_size : &g->tables_size;
    const uint32_t form = choose(g, 2) * (1 + choose(g, EMBQ_MAX_VECTOR));
    if (form == 0) return numbers(g, section, size, count, low, high);
    const int64_t factor = (int64_t)1 << (form - 1);
    const int64_t least = low / factor, most = high / factor;
    const uint32_t offset = numbers(g, section, size, (count + 1) / 2, 0, 0), kind = choose(g, 8);
    for (uint32_t i = 0; i < count; i++) {
        const int16_t value =
            (int16_t)element(g, kind, i, least < INT16_MIN ? INT16_MIN : least, most > INT16_MAX ? INT16_MAX : most);
        memcpy(section + offset + i * 2, &value, 2);
    }
    *shift |= form << vector;
    return offset;
}

uint32_t level_array(generator *g, uint32_t count)
{
    return byte_array(g, g->tables, &g->tables_size, count, -127, 127);
}

uint32_t given_words(generator *g, const int32_t *values, uint32_t count)
{
    const uint32_t offset = table_array(g, count, 0, 0);
    memcpy(g->tables + offset, values, count * 4);
    return offset;
}

uint32_t given_bytes(generator *g, const int32_t *values, uint32_t count)
{
    const uint32_t offset = level_array(g, count);
    for (uint32_t i = 0; i < count; i++) g->tables[offset + i] = (uint8_t)values[i];
    return offset;
}

uint32_t any_multiplier(generator *g, uint32_t largest) { return (uint32_t)any_number(g, 0, largest); }
