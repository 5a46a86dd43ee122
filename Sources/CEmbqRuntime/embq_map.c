/* SPDX-License-Identifier: Apache-2.0 */
/* The step that gives something for each code point by itself. */
#include "embq_added.h"
#include "embq_pipeline.h"

/* Words of the list and of the texts, a table of ranges with a value each, the ranges' kinds (a byte each), the list,
 * the texts. What a code point c becomes: */
enum {
    SAME = 0,
    NOTHING = 1,
    JAMO = 2,        /* of a Hangul syllable */
    SUM = 3,         /* c + value, in its plane */
    SUM_EVEN = 4,    /* so if c is even, else c */
    SUM_ODD = 5,     /* so if c is odd */
    TEXT = 6,        /* the text at `value` */
    LISTED = 7,      /* the code point list[value + c - first code point of the range] */
    LISTED_TEXT = 8, /* the text there */
    SPACED = 9       /* c between two spaces */
};

enum { HANGUL_FIRST = 0xAC00, HANGUL_LAST = 0xD7A3, HEADER = 2 };

int embq_map_fits(const uint16_t *map, uint32_t words)
{
    uint32_t count, used, i, plane = 0;
    const uint16_t *table, *values, *list, *texts;
    const uint8_t *kinds;
    if (words < HEADER || !embq_ranges_fit(map + HEADER, words - HEADER, 1)) return 0;
    table = map + HEADER;
    count = table[0];
    used = HEADER + EMBQ_RANGES_STARTS + 2 * count + (count + 1) / 2;
    if (used > words || (uint32_t)map[0] + map[1] != words - used) return 0;
    values = table + EMBQ_RANGES_STARTS + count;
    kinds = (const uint8_t *)(const void *)(values + count);
    list = map + used;
    texts = list + map[0];
    for (i = 0; i < count; i++) {
        uint32_t first = table[EMBQ_RANGES_STARTS + i], end, k;
        if (table[EMBQ_RANGES_PLANES + plane + 1] == i) plane++;
        end = i + 1 == table[EMBQ_RANGES_PLANES + plane + 1] ? 0x10000u : table[EMBQ_RANGES_STARTS + i + 1];
        switch (kinds[i]) {
        case SAME:
        case SPACED:
        case NOTHING: break;
        case JAMO:
            if (plane != 0 || first < HANGUL_FIRST || end > HANGUL_LAST + 1) return 0;
            break;
        case SUM:
        case SUM_EVEN:
        case SUM_ODD:
            /* No surrogate: the results are on one side of them. */
            if (plane == 0) {
                const uint32_t low = (first + values[i]) & 0xFFFF, high = (end - 1 + values[i]) & 0xFFFF;
                if (low > high || (low < 0xE000 && high > 0xD7FF)) return 0;
            }
            break;
        case TEXT:
            if (values[i] >= map[1] || embq_text_words(texts + values[i], map[1] - (uint32_t)values[i]) == 0) return 0;
            break;
        case LISTED:
        case LISTED_TEXT:
            if (values[i] + (end - first) > map[0]) return 0;
            for (k = values[i]; k < values[i] + (end - first); k++) {
                if (kinds[i] == LISTED
                        ? list[k] >= 0xD800 && list[k] < 0xE000
                        : list[k] >= map[1] || embq_text_words(texts + list[k], map[1] - (uint32_t)list[k]) == 0)
                    return 0;
            }
            break;
        default: return 0;
        }
    }
    return 1;
}

static void give_jamo(embq_stage *stage, uint32_t code)
{
    /* Unicode chapter 3.12: 21 vowels, 27 final consonants or none. Each jamo has three bytes. */
    const uint32_t index = code - HANGUL_FIRST;
    uint32_t i;
    for (i = index % 28 == 0 ? 2u : 3u; i-- > 0;) {
        embq_give(stage, i == 0 ? 0x1100 + index / (21 * 28) : i == 1 ? 0x1161 + index / 28 % 21 : 0x11A7 + index % 28);
        stage->own[3 * i] = stage->own[0];
        stage->own[3 * i + 1] = stage->own[1];
        stage->own[3 * i + 2] = stage->own[2];
    }
    stage->end = stage->own + (index % 28 == 0 ? 6 : 9);
}

static void give_spaced(embq_stage *stage, uint32_t code)
{
    uint32_t i = 0;
    embq_give(stage, code);
    for (; stage->own + i != stage->end; i++) {}
    stage->own[i + 1] = ' ';
    for (; i > 0; i--) stage->own[i] = stage->own[i - 1];
    stage->own[0] = ' ';
    stage->end += 2;
}

int embq_map_give(embq_stage *stage, const uint16_t *map, uint32_t code)
{
    const uint16_t *table = map + HEADER, *values = table + EMBQ_RANGES_STARTS + table[0];
    const uint32_t range = embq_ranges_find(table, code), value = values[range];
    const uint32_t kind = ((const uint8_t *)(const void *)(values + table[0]))[range];
    const uint16_t *list = values + table[0] + (table[0] + 1u) / 2, *texts = list + map[0];
    const uint8_t *text;
    uint32_t length, at = value;
    switch (kind) {
    case NOTHING: return 1;
    case JAMO: give_jamo(stage, code); return 1;
    case SPACED: give_spaced(stage, code); return 1;
    case SUM_EVEN:
    case SUM_ODD:
        if ((code & 1) != (kind == SUM_ODD ? 1u : 0u)) break;
        embq_give(stage, (code & 0x1F0000) | ((code + value) & 0xFFFF));
        return 1;
    case SUM: embq_give(stage, (code & 0x1F0000) | ((code + value) & 0xFFFF)); return 1;
    case LISTED: embq_give(stage, list[value + (code & 0xFFFF) - table[EMBQ_RANGES_STARTS + range]]); return 1;
    case LISTED_TEXT:
    case TEXT:
        if (kind == LISTED_TEXT) at = list[value + (code & 0xFFFF) - table[EMBQ_RANGES_STARTS + range]];
        text = embq_text_of(texts + at, &length);
        embq_give_text(stage, text, length);
        return 1;
    default: break;
    }
    embq_give(stage, code);
    return 0;
}

static int check(const uint16_t *data, uint32_t words, int has_classes)
{
    (void)has_classes;
    return embq_map_fits(data, words);
}

static int feed(embq_stage *stage, uint32_t code)
{
    if (code != EMBQ_TEXT_END) (void)embq_map_give(stage, stage->data, code);
    return 1;
}

const embq_text_step embq_text_map = {check, feed, 0, 0};
