/* SPDX-License-Identifier: Apache-2.0 */
/* The step that puts marks into canonical order, and composes characters (Unicode chapter 3.11). What it gets is
 * decomposed. */
#include "embq_pipeline.h"

/* 1: composes; pairs of three words, pairs of six words; a table of ranges with a combining class each; the pairs,
 * rising: two code points and what they compose to, of one word each, then those of two words each. */
enum { COMPOSES = 1, HEADER = 3, NARROW = 3, WIDE = 6 };

/* State: marks, 1: a starter waits, the starter, 1: marks are composed; then marks, their class in the upper byte. */
enum { MARKS = 0, HAS_STARTER = 1, STARTER = 2, IS_COMPOSED = 3, FIRST_MARK = 4, MOST_MARKS = 32 };

/* Sources: of the starter, of a mark that is given, of the code point before plus 1, 1: the starter is not the first
 * one from there, of the marks. What is composed comes from where the starter does; if that is not the first one from
 * there, from where the mark does, as the library has it. */
enum { STARTER_SOURCE = 0, GIVEN_SOURCE = 1, BEFORE_SOURCE = 2, FOLLOWS = 3, MARK_SOURCES = 4 };

/* Hangul, Unicode chapter 3.12. */
enum { SYLLABLE = 0xAC00, LEAD = 0x1100, VOWEL = 0x1161, TAIL = 0x11A7, LEADS = 19, VOWELS = 21, TAILS = 28 };

static int check(const uint16_t *data, uint32_t words, int has_classes)
{
    uint32_t left, pairs, i;
    const uint16_t *pair;
    (void)has_classes;
    if (words < HEADER || data[0] > COMPOSES) return 0;
    pairs = NARROW * (uint32_t)data[1] + WIDE * (uint32_t)data[2];
    if (pairs > words - HEADER) return 0;
    left = words - HEADER - pairs;
    if (!embq_ranges_fit(data + HEADER, left, 1) || left != EMBQ_RANGES_STARTS + 2 * (uint32_t)data[HEADER]) return 0;
    for (i = 0; i < data[HEADER]; i++) {
        if (data[HEADER + EMBQ_RANGES_STARTS + data[HEADER] + i] > 0xFF) return 0;
    }
    pair = data + HEADER + left;
    for (i = 0; i < data[1]; i++, pair += NARROW) {
        if (pair[2] >= 0xD800 && pair[2] < 0xE000) return 0;
        if (i > 0 && (pair[0] < pair[-NARROW] || (pair[0] == pair[-NARROW] && pair[1] <= pair[1 - NARROW]))) return 0;
    }
    for (i = 0; i < data[2]; i++, pair += WIDE) {
        if (embq_pair(pair + 4) > 0x10FFFF || (embq_pair(pair + 4) >= 0xD800 && embq_pair(pair + 4) < 0xE000)) return 0;
    }
    return 1;
}

/* What two code points compose to; 0: nothing. */
static uint32_t composed(const uint16_t *data, uint32_t first, uint32_t second)
{
    const uint16_t *pair = data + HEADER + EMBQ_RANGES_STARTS + 2 * (uint32_t)data[HEADER];
    uint32_t low = 0, high = data[1], i;
    if (first - LEAD < LEADS && second - VOWEL < VOWELS)
        return SYLLABLE + ((first - LEAD) * VOWELS + second - VOWEL) * TAILS;
    if (first - SYLLABLE < LEADS * VOWELS * TAILS && (first - SYLLABLE) % TAILS == 0 && second - TAIL - 1 < TAILS - 1)
        return first + second - TAIL;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const uint16_t *at = pair + NARROW * middle;
        if (at[0] < first || (at[0] == first && at[1] < second)) low = middle + 1;
        else high = middle;
    }
    if (low < data[1] && pair[NARROW * low] == first && pair[NARROW * low + 1] == second) return pair[NARROW * low + 2];
    pair += NARROW * (uint32_t)data[1];
    for (i = 0; i < data[2]; i++, pair += WIDE) {
        if (embq_pair(pair) == first && embq_pair(pair + 2) == second) return embq_pair(pair + 4);
    }
    return 0;
}

static void drop_mark(const embq_stage *stage, uint32_t index)
{
    uint32_t *state = stage->state, *sources = stage->sources;
    for (state[MARKS]--; index < state[MARKS]; index++) {
        state[FIRST_MARK + index] = state[FIRST_MARK + index + 1];
        if (sources != NULL) sources[MARK_SOURCES + index] = sources[MARK_SOURCES + index + 1];
    }
}

/* Composes the starter with the marks that wait. */
/* The starter is composed with something. */
static void join_source(uint32_t *sources, uint32_t source)
{
    if (sources == NULL || sources[FOLLOWS] == 0 || source == sources[STARTER_SOURCE]) return;
    sources[STARTER_SOURCE] = source;
    sources[FOLLOWS] = 0;
}

static void compose_marks(const embq_stage *stage)
{
    const uint16_t *data = stage->data;
    uint32_t *state = stage->state, i = 0, last = 0;
    uint32_t *sources = stage->sources;
    while (state[HAS_STARTER] != 0 && i < state[MARKS]) {
        const uint32_t mark = state[FIRST_MARK + i];
        const uint32_t result = mark >> 24 == last ? 0 : composed(data, state[STARTER], mark & 0xFFFFFF);
        if (result != 0) {
            state[STARTER] = result;
            if (sources != NULL) join_source(sources, sources[MARK_SOURCES + i]);
            drop_mark(stage, i);
        } else {
            last = mark >> 24;
            i++;
        }
    }
}

static int feed(embq_stage *stage, uint32_t code)
{
    const uint16_t *data = stage->data;
    uint32_t *state = stage->state, *sources = stage->sources, order = 0;
    if (code >= 0x300 && code != EMBQ_TEXT_END)
        order = data[HEADER + EMBQ_RANGES_STARTS + data[HEADER] + embq_ranges_find(data + HEADER, code)];
    if (order != 0) {
        uint32_t at = state[MARKS];
        if (at == MOST_MARKS) {
            stage->failed = 1;
            return 1;
        }
        for (; at > 0 && state[FIRST_MARK + at - 1] >> 24 > order; at--) {
            state[FIRST_MARK + at] = state[FIRST_MARK + at - 1];
            if (sources != NULL) sources[MARK_SOURCES + at] = sources[MARK_SOURCES + at - 1];
        }
        if (sources != NULL) {
            sources[MARK_SOURCES + at] = stage->source;
            sources[BEFORE_SOURCE] = stage->source + 1;
        }
        state[FIRST_MARK + at] = code | order << 24;
        state[MARKS]++;
        return 1;
    }
    if ((data[0] & COMPOSES) != 0) {
        if (state[IS_COMPOSED] == 0) compose_marks(stage);
        if (state[HAS_STARTER] != 0 && state[MARKS] == 0 && code != EMBQ_TEXT_END) {
            const uint32_t result = code < 0x300 ? 0 : composed(data, state[STARTER], code);
            if (result != 0) {
                state[STARTER] = result;
                join_source(sources, stage->source);
                if (sources != NULL) sources[BEFORE_SOURCE] = stage->source + 1;
                return 1;
            }
        }
        state[IS_COMPOSED] = 1;
        if (state[HAS_STARTER] != 0) {
            state[HAS_STARTER] = 0;
            embq_give(stage, state[STARTER]);
            if (sources != NULL) embq_give_from(stage, sources + STARTER_SOURCE, 1);
            return 0;
        }
    }
    if (state[MARKS] > 0) {
        embq_give(stage, state[FIRST_MARK] & 0xFFFFFF);
        if (sources != NULL) {
            sources[GIVEN_SOURCE] = sources[MARK_SOURCES];
            embq_give_from(stage, sources + GIVEN_SOURCE, 1);
        }
        drop_mark(stage, 0);
        return 0;
    }
    state[IS_COMPOSED] = 0;
    if (code == EMBQ_TEXT_END) return 1;
    if ((data[0] & COMPOSES) != 0) {
        state[HAS_STARTER] = 1;
        state[STARTER] = code;
        if (sources != NULL) {
            sources[STARTER_SOURCE] = stage->source;
            sources[FOLLOWS] = sources[BEFORE_SOURCE] == stage->source + 1;
            sources[BEFORE_SOURCE] = stage->source + 1;
        }
    } else {
        embq_give(stage, code);
    }
    return 1;
}

const embq_text_step embq_text_canonical = {check, feed, FIRST_MARK + MOST_MARKS, MARK_SOURCES + MOST_MARKS};
