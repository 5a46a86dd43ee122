/* Look-ups in the tokenizer's tables. */
#include "embq_symbols.h"

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
    while (last - first > 1) {
        uint32_t middle = first + (last - first) / 2;
        if (values[middle] <= wanted) {
            first = middle;
        } else {
            last = middle;
        }
    }
    return first;
}
