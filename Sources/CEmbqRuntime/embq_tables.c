/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the tables of a tokenizer in place, and checks all of them: later no text can lead out of them.
 *
 * The layout is described in Schemas/tokenizer-section.md; offsets below are its. */
#include "embq_added.h"
#include "embq_extension.h"
#include "embq_internal.h"
#include "embq_pipeline.h"
#include "embq_splitter.h"

enum {
    SECTION_VERSION = 2,
    HEADER_SIZE = 40, /* at least */

    PLANES = 17,
    SEQUENCE_LIMIT = 4,

    HANGUL_FIRST = 0xAC00,
    HANGUL_LAST = 0xD7A3
};

_Static_assert((-1 & 3) == 3, "two's complement");

static int ranges_fit(const embq_tokenizer *t, uint32_t ranges, uint32_t items, uint32_t symbols)
{
    uint32_t plane, i;
    if (t->planes[0] != 0 || t->planes[PLANES] != ranges) return 0;
    for (plane = 0; plane < PLANES; plane++) {
        uint32_t first = t->planes[plane], last = t->planes[plane + 1];
        if (first >= last || last > ranges || t->range_starts[first] != 0) return 0;
        for (i = first; i < last; i++) {
            uint32_t start = t->range_starts[i], value = t->range_values[i], kind = t->range_kinds[i];
            uint32_t end = i + 1 < last ? t->range_starts[i + 1] : 0x10000u;
            if (end <= start) return 0;
            if ((t->options & EMBQ_SHOWS_WORDS) != 0) {
                kind &= ~(uint32_t)EMBQ_WORD;
                if ((kind & EMBQ_OPERATION) != EMBQ_DROP) kind &= ~(uint32_t)EMBQ_FOLDED_WORD;
            }
            switch (kind & EMBQ_OPERATION) {
            case EMBQ_DROP:
                if (value != 0 || (kind & ~(uint32_t)EMBQ_STARTER) != 0) return 0;
                break;
            case EMBQ_SAME:
                if ((kind & (EMBQ_STARTER | EMBQ_LAST)) != 0 || (value >= symbols && value != EMBQ_NO_ID)) return 0;
                break;
            case EMBQ_RUN:
                if ((kind & (EMBQ_STARTER | EMBQ_LAST)) != 0 || value + (end - start) > symbols) return 0;
                break;
            case EMBQ_SEQUENCE:
                if (kind != EMBQ_SEQUENCE || value >= items) return 0;
                break;
            case EMBQ_HANGUL:
                if (kind != EMBQ_HANGUL || value != 0 || plane != 0 || start < HANGUL_FIRST || end > HANGUL_LAST + 1)
                    return 0;
                break;
            default: return 0;
            }
        }
    }
    return 1;
}

static int sequences_fit(const embq_tokenizer *t, uint32_t items, uint32_t symbols)
{
    uint32_t i, length = 0;
    for (i = 0; i < items; i++) {
        uint32_t id = t->sequences[2 * i], attributes = t->sequences[2 * i + 1];
        if ((id >= symbols && id != EMBQ_NO_ID) || (attributes & (EMBQ_OPERATION | EMBQ_STARTER)) != 0) return 0;
        if (++length > SEQUENCE_LIMIT) return 0;
        if ((attributes & EMBQ_LAST) != 0) length = 0;
    }
    return length == 0;
}

/* The special tokens' texts are there, longest first; answers their bytes, or UINT32_MAX. */
static uint32_t special_size(const embq_tokenizer *t, uint32_t limit)
{
    uint32_t i, bytes = 0;
    for (i = 0; i < t->special_count; i++) {
        uint32_t length = t->special_lengths[i];
        if (length == 0 || length > limit - bytes) return UINT32_MAX;
        if (i > 0 && length > t->special_lengths[i - 1]) return UINT32_MAX;
        bytes += length;
    }
    return bytes;
}

embq_status embq_tokenizer_open_with(embq_tokenizer *t, const void *tables, uint32_t size, const embq_parts *parts)
{
    static const uint16_t one = 1;
    const uint8_t *bytes = tables;
    const uint16_t *next;
    embq_model_tables model;
    uint32_t ranges, items, header, used, text, extension = 0;

    if (t == NULL || tables == NULL || parts == NULL) return EMBQ_ERROR_ARGUMENT;
    if (((uintptr_t)tables & 3u) != 0) return EMBQ_ERROR_ALIGNMENT;
    if (*(const uint8_t *)&one != 1) return EMBQ_ERROR_ENDIAN;
    if (size < HEADER_SIZE || (size & 3u) != 0) return EMBQ_ERROR_TOKENIZER;
    if (embq_read16(bytes) != SECTION_VERSION) return EMBQ_ERROR_VERSION;
    if (embq_read32(bytes + 4) != size) return EMBQ_ERROR_TOKENIZER;

    *t = (embq_tokenizer){.kind = (uint16_t)embq_read16(bytes + 2)};
    t->content_limit = embq_read32(bytes + 8);
    t->vocabulary = (uint16_t)embq_read16(bytes + 12);
    t->flags = (uint16_t)embq_read16(bytes + 14);
    ranges = embq_read16(bytes + 16);
    items = embq_read16(bytes + 18);
    t->prefix_count = (uint16_t)embq_read16(bytes + 26);
    t->suffix_count = (uint16_t)embq_read16(bytes + 28);
    t->special_count = (uint16_t)embq_read16(bytes + 30);
    text = embq_read32(bytes + 32);
    if (t->kind == 0 || t->kind > EMBQ_TOKENIZER_KINDS) return EMBQ_ERROR_TOKENIZER;
    if (t->kind >= parts->tokenizer_count || parts->tokenizers[t->kind] == NULL) return EMBQ_ERROR_OPERATION;
    t->splitter = parts->tokenizers[t->kind];
    if (!t->splitter->measure(t, bytes, size, &model)) return EMBQ_ERROR_TOKENIZER;
    header = t->splitter->header_size;

    /* No overflow: counts are below 2^16, those of a model below 2^25. */
    used = header + 4 * model.wide_count + model.byte_count + ranges +
           2 * (PLANES + 1 + 2 * ranges + 2 * items + model.narrow_count + t->prefix_count + t->suffix_count +
                2 * (uint32_t)t->special_count);
    if (used > size || text > size - used) return EMBQ_ERROR_TOKENIZER;

    /* Aligned, and this machine is little-endian: the tables are read as they lie. */
    model.wide = (const uint32_t *)(const void *)(bytes + header);
    next = (const uint16_t *)(const void *)(model.wide + model.wide_count);
    t->planes = next;
    t->range_starts = t->planes + PLANES + 1;
    t->range_values = t->range_starts + ranges;
    t->sequences = t->range_values + ranges;
    model.narrow = t->sequences + 2 * items;
    t->prefix = model.narrow + model.narrow_count;
    t->suffix = t->prefix + t->prefix_count;
    t->special_ids = t->suffix + t->suffix_count;
    t->special_lengths = t->special_ids + t->special_count;
    next = t->special_lengths + t->special_count;
    if ((t->flags & EMBQ_FLAG_EXTENDED) != 0) {
        if (parts->extension == NULL) return EMBQ_ERROR_OPERATION;
        t->extension = parts->extension;
        extension = t->extension->size(t, next, (size - used - text) / 2);
        if (extension == 0 || !t->extension->open(t, next, model.symbols)) return EMBQ_ERROR_TOKENIZER;
        next += extension;
        used += 2 * extension;
    }
    if ((t->flags & EMBQ_FLAG_PIPELINE) != 0) {
        embq_status status;
        if (parts->pipeline == NULL) return EMBQ_ERROR_OPERATION;
        t->pipeline = parts->pipeline;
        extension = t->pipeline->open(t, next, (size - used - text) / 2, parts, &status);
        if (extension == 0) return status;
        next += extension;
        used += 2 * extension;
    } else if ((t->flags & EMBQ_FLAG_STEPS) != 0) {
        return EMBQ_ERROR_TOKENIZER;
    }
    if (size - used - text > 3) return EMBQ_ERROR_TOKENIZER;
    t->range_kinds = (const uint8_t *)next;
    model.bytes = t->range_kinds + ranges;
    t->special_text = model.bytes + model.byte_count;

    for (used += text; used < size; used++) {
        if (bytes[used] != 0) return EMBQ_ERROR_TOKENIZER;
    }
    if (!t->splitter->open(t, bytes, &model) || !ranges_fit(t, ranges, items, model.symbols) ||
        !sequences_fit(t, items, model.symbols) || !embq_ids_fit(t->prefix, t->prefix_count, t->vocabulary) ||
        !embq_ids_fit(t->suffix, t->suffix_count, t->vocabulary) ||
        !embq_ids_fit(t->special_ids, t->special_count, t->vocabulary) || special_size(t, text) != text)
        return EMBQ_ERROR_TOKENIZER;
    return EMBQ_OK;
}
