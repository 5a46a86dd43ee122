/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups in the tokenizer's tables. */
#include "embq_symbols.h"

/* A processor guesses this condition wrong every other time: no branch may depend on it. */
#if defined(__clang__)
#define EMBQ_UNPREDICTABLE(condition) __builtin_unpredictable(condition)
#else
#define EMBQ_UNPREDICTABLE(condition) (condition)
#endif

int embq_ids_fit(const uint16_t *ids, uint32_t count, uint32_t vocabulary)
{
    uint32_t i;
    for (i = 0; i < count; i++) {
        if (ids[i] >= vocabulary) return 0;
    }
    return 1;
}

uint32_t embq_find(const uint16_t *values, uint32_t first, uint32_t last, uint32_t wanted)
{
    uint32_t half;
    for (last -= first; (half = last >> 1) != 0; last -= half) {
        if (EMBQ_UNPREDICTABLE(wanted >= values[first + half])) first += half;
    }
    return first;
}
