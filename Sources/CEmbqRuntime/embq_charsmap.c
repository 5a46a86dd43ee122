/* SPDX-License-Identifier: Apache-2.0 */
/* The step that normalizes by a map of sentencepiece, as Hugging Face's library does it: a grapheme cluster of at most
 * five bytes becomes what the shortest key that begins it gives; otherwise each of its code points is looked up. */
#include "embq_pipeline.h"

/* Words of the map of single code points (two words), which follows; a table of ranges with a grapheme class each; the
 * number of longer keys, where each lies in the texts, the texts: a key and what it gives. Keys rise. */
enum { HEADER = 2, MOST_BYTES = 5 };

/* Classes of Unicode annex 29. */
enum {
    OTHER = 0,
    CR = 1,
    LF = 2,
    CONTROL = 3,
    EXTEND = 4,
    ZWJ = 5,
    REGIONAL = 6,
    PREPEND = 7,
    SPACING = 8,
    L = 9,
    V = 10,
    T = 11,
    LV = 12,
    LVT = 13,
    PICTURE = 14,
    CLASSES = 15
};

/* State. */
enum {
    COUNT = 0,
    BYTES = 1,
    IS_LONG = 2,
    FLUSHES = 3,
    BEFORE = 4,
    ODD_REGIONAL = 5,
    PICTURE_BEFORE = 6,
    FIRST_CODE = 7,
    STATE_WORDS = 12
};

/* Sources: of what is given, of the code points that wait. */
enum { GIVEN_SOURCE = 0, FIRST_SOURCE = 1, SOURCE_WORDS = FIRST_SOURCE + STATE_WORDS - FIRST_CODE };

/* Where the table of grapheme classes begins. */
static const uint16_t *graphemes_of(const uint16_t *data) { return data + HEADER + embq_pair(data); }

static int check(const uint16_t *data, uint32_t words, int has_classes)
{
    uint32_t map, left, table, keys, i;
    const uint16_t *graphemes, *places, *texts;
    (void)has_classes;
    if (words < HEADER) return 0;
    map = embq_pair(data);
    if (map > words - HEADER || !embq_map_fits(data + HEADER, map)) return 0;
    left = words - HEADER - map;
    graphemes = graphemes_of(data);
    if (left == 0 || !embq_ranges_fit(graphemes, left, 1)) return 0;
    table = EMBQ_RANGES_STARTS + 2 * (uint32_t)graphemes[0];
    for (i = 0; i < graphemes[0]; i++) {
        if (graphemes[EMBQ_RANGES_STARTS + graphemes[0] + i] >= CLASSES) return 0;
    }
    if (left <= table || left - table - 1 < graphemes[table]) return 0;
    keys = graphemes[table];
    places = graphemes + table + 1;
    texts = places + keys;
    left -= table + 1 + keys;
    for (i = 0; i < keys; i++) {
        uint32_t key;
        if (places[i] >= left) return 0;
        key = embq_text_words(texts + places[i], left - places[i]);
        if (key == 0 || key == left - places[i] ||
            embq_text_words(texts + places[i] + key, left - places[i] - key) == 0)
            return 0;
    }
    return 1;
}

/* Orders two texts. */
static int compare(const uint8_t *a, uint32_t a_length, const uint8_t *b, uint32_t b_length)
{
    uint32_t i;
    for (i = 0; i < a_length && i < b_length; i++) {
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    }
    return a_length == b_length ? 0 : a_length < b_length ? -1 : 1;
}

/* Gives what a key of several code points gives; 0: there is no such key. */
static int give_key(embq_stage *stage, const uint8_t *key, uint32_t length)
{
    const uint16_t *graphemes = graphemes_of(stage->data);
    const uint16_t *keys = graphemes + EMBQ_RANGES_STARTS + 2 * (uint32_t)graphemes[0], *texts = keys + 1 + keys[0];
    uint32_t low = 0, high = keys[0];
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        uint32_t other_length, size;
        const uint16_t *at = texts + keys[1 + middle];
        const uint8_t *other = embq_text_of(at, &other_length);
        const int order = compare(other, other_length, key, length);
        if (order == 0) {
            const uint8_t *text = embq_text_of(at + other_length / 2 + 1, &size);
            embq_give_text(stage, text, size);
            return 1;
        }
        if (order < 0) low = middle + 1;
        else high = middle;
    }
    return 0;
}

static uint32_t size_of(uint32_t code) { return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4; }

/* Gives what the cluster that waits becomes as a whole; 0: it does not. */
static int give_cluster(embq_stage *stage)
{
    const uint32_t *codes = stage->state + FIRST_CODE, count = stage->state[COUNT];
    uint8_t key[MOST_BYTES + 3];
    uint32_t i, k, length = 0;
    if (embq_map_give(stage, stage->data + HEADER, codes[0])) return 1;
    for (i = 0; i < count; i++) {
        embq_give(stage, codes[i]);
        for (k = 0; k < size_of(codes[i]); k++) key[length++] = stage->own[k];
        if (i > 0 && give_key(stage, key, length)) return 1;
    }
    stage->at = stage->end;
    return 0;
}

static int is_border(const uint32_t *state, uint32_t before, uint32_t next)
{
    if (before == CR && next == LF) return 0;
    if (before == CONTROL || before == CR || before == LF || next == CONTROL || next == CR || next == LF) return 1;
    if (next == EXTEND || next == ZWJ || next == SPACING || before == PREPEND) return 0;
    if (before == L && (next == L || next == V || next == LV || next == LVT)) return 0;
    if ((before == LV || before == V) && (next == V || next == T)) return 0;
    if ((before == LVT || before == T) && next == T) return 0;
    if (before == ZWJ && next == PICTURE) return state[PICTURE_BEFORE] == 0;
    if (before == REGIONAL && next == REGIONAL) return state[ODD_REGIONAL] == 0;
    return 1;
}

static void note(uint32_t *state, uint32_t class)
{
    state[ODD_REGIONAL] = class == REGIONAL && (state[BEFORE] != REGIONAL || state[ODD_REGIONAL] == 0);
    if (class == PICTURE) state[PICTURE_BEFORE] = 1;
    else if (class != EXTEND && class != ZWJ) state[PICTURE_BEFORE] = 0;
    state[BEFORE] = class;
}

static int feed(embq_stage *stage, uint32_t code)
{
    uint32_t *state = stage->state, *codes = stage->state + FIRST_CODE, *sources = stage->sources, class = OTHER, i;
    const uint16_t *table = graphemes_of(stage->data);
    int border;
    if (state[FLUSHES] != 0) {
        (void)embq_map_give(stage, stage->data + HEADER, codes[0]);
        if (sources != NULL) {
            sources[GIVEN_SOURCE] = sources[FIRST_SOURCE];
            embq_give_from(stage, sources + GIVEN_SOURCE, 1);
            for (i = 1; i < state[COUNT]; i++) sources[FIRST_SOURCE + i - 1] = sources[FIRST_SOURCE + i];
        }
        for (i = 1; i < state[COUNT]; i++) codes[i - 1] = codes[i];
        if (--state[COUNT] == 0) state[FLUSHES] = 0;
        return 0;
    }
    if (code != EMBQ_TEXT_END) class = table[EMBQ_RANGES_STARTS + table[0] + embq_ranges_find(table, code)];
    border =
        code == EMBQ_TEXT_END || (state[COUNT] == 0 && state[IS_LONG] == 0) || is_border(state, state[BEFORE], class);
    if (!border) {
        if (state[IS_LONG] == 0 && state[BYTES] + size_of(code) > MOST_BYTES) {
            state[IS_LONG] = 1;
            state[FLUSHES] = 1;
            return 0;
        }
        note(state, class);
        if (state[IS_LONG] != 0) {
            (void)embq_map_give(stage, stage->data + HEADER, code);
        } else {
            state[BYTES] += size_of(code);
            if (sources != NULL) sources[FIRST_SOURCE + state[COUNT]] = stage->source;
            codes[state[COUNT]++] = code;
        }
        return 1;
    }
    if (state[COUNT] > 0) {
        if (give_cluster(stage)) {
            /* Character by character; what is more comes from the last one. */
            if (sources != NULL) embq_give_from(stage, sources + FIRST_SOURCE, state[COUNT]);
            state[COUNT] = 0;
        } else {
            state[FLUSHES] = 1;
        }
        return 0;
    }
    state[IS_LONG] = 0;
    if (code == EMBQ_TEXT_END) return 1;
    note(state, class);
    state[BYTES] = size_of(code);
    codes[0] = code;
    if (sources != NULL) sources[FIRST_SOURCE] = stage->source;
    state[COUNT] = 1;
    return 1;
}

const embq_text_step embq_text_charsmap = {check, feed, STATE_WORDS, SOURCE_WORDS};
