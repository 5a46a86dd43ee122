/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that normalize text: what they give for a code point, and tables of ranges. */
#include "embq_added.h"
#include "embq_pipeline.h"

/* ---- Tables of ranges ---- */

int embq_ranges_fit(const uint16_t *table, uint32_t words, uint32_t per_range)
{
    const uint16_t *planes = table + EMBQ_RANGES_PLANES, *starts = table + EMBQ_RANGES_STARTS;
    uint32_t plane, i;
    if (words < EMBQ_RANGES_STARTS || words - EMBQ_RANGES_STARTS < (1 + per_range) * (uint32_t)table[0]) return 0;
    if (planes[0] != 0 || planes[17] != table[0]) return 0;
    for (plane = 0; plane < 17; plane++) {
        if (planes[plane] >= planes[plane + 1] || planes[plane + 1] > table[0] || starts[planes[plane]] != 0) return 0;
        for (i = planes[plane] + 1u; i < planes[plane + 1]; i++) {
            if (starts[i] <= starts[i - 1]) return 0;
        }
    }
    return 1;
}

uint32_t embq_ranges_find(const uint16_t *table, uint32_t code)
{
    const uint16_t *plane = table + EMBQ_RANGES_PLANES + (code >> 16);
    return embq_find(table + EMBQ_RANGES_STARTS, plane[0], plane[1], code & 0xFFFF);
}

/* 128 masks for ASCII, then a table of ranges with a mask each. */
uint32_t embq_classes_of(const uint16_t *classes, uint32_t code)
{
    const uint16_t *table = classes + 128;
    if (code < 128) return classes[code];
    return table[EMBQ_RANGES_STARTS + table[0] + embq_ranges_find(table, code)];
}

/* ---- Texts ---- */

uint32_t embq_text_words(const uint16_t *at, uint32_t left)
{
    uint32_t length;
    const uint8_t *text, *end, *next;
    if (left == 0) return 0;
    next = embq_text_of(at, &length);
    if (length / 2 + 1 > left) return 0;
    for (end = next + length; next != end;) {
        text = next;
        if (embq_decode(&next, end) == 0xFFFD && (next - text != 3 || *text != 0xEF)) return 0;
    }
    return length / 2 + 1;
}

/* ---- What a step gives ---- */

void embq_give(embq_stage *stage, uint32_t code)
{
    uint8_t *to = stage->own;
    if (code < 0x80) {
        *to++ = (uint8_t)code;
    } else {
        if (code < 0x800) {
            *to++ = (uint8_t)(0xC0 | code >> 6);
        } else {
            if (code < 0x10000) {
                *to++ = (uint8_t)(0xE0 | code >> 12);
            } else {
                *to++ = (uint8_t)(0xF0 | code >> 18);
                *to++ = (uint8_t)(0x80 | (code >> 12 & 0x3F));
            }
            *to++ = (uint8_t)(0x80 | (code >> 6 & 0x3F));
        }
        *to++ = (uint8_t)(0x80 | (code & 0x3F));
    }
    stage->at = stage->own;
    stage->end = to;
    embq_give_from(stage, &stage->source, 1);
}

void embq_give_text(embq_stage *stage, const uint8_t *text, uint32_t length)
{
    stage->at = text;
    stage->end = text + length;
    embq_give_from(stage, &stage->source, 1);
}

/* ---- Replacing a text ---- */

/* The pattern, its code points' ends in bytes, what replaces it. State: code points that match so far. Sources: of how
 * many that were given back, of those that match. */
enum { LONGEST_PATTERN = 32, REPLACE_SOURCES = 1 + LONGEST_PATTERN };

static int replace_check(const uint16_t *data, uint32_t words, int has_classes)
{
    uint32_t pattern = embq_text_words(data, words), result, length;
    const uint8_t *text, *end;
    uint32_t count = 0;
    (void)has_classes;
    if (pattern == 0) return 0;
    result = embq_text_words(data + pattern, words - pattern);
    if (result == 0 || pattern + result != words) return 0;
    text = embq_text_of(data, &length);
    for (end = text + length; text != end; count++) (void)embq_decode(&text, end);
    return count > 0 && count <= LONGEST_PATTERN;
}

/* The end of a text's first `count` code points. */
static const uint8_t *after(const uint8_t *text, const uint8_t *end, uint32_t count)
{
    for (; count > 0; count--) (void)embq_decode(&text, end);
    return text;
}

static int replace_feed(embq_stage *stage, uint32_t code)
{
    uint32_t length, size, count = stage->state[0], kept, *sources = stage->sources;
    const uint8_t *text = embq_text_of(stage->data, &length), *end = text + length, *next = after(text, end, count);
    if (sources != NULL && sources[0] > 0) {
        for (kept = 0; kept < count; kept++) sources[1 + kept] = sources[1 + kept + sources[0]];
        sources[0] = 0;
    }
    if (code != EMBQ_TEXT_END && embq_decode(&next, end) == code) {
        stage->state[0] = count + 1;
        if (sources != NULL) sources[1 + count] = stage->source;
        if (next == end) {
            const uint8_t *result = embq_text_of(stage->data + length / 2 + 1, &size);
            embq_give_text(stage, result, size);
            stage->state[0] = 0;
        }
        return 1;
    }
    if (count == 0) {
        if (code != EMBQ_TEXT_END) embq_give(stage, code);
        return 1;
    }
    /* The longest end of what has matched that begins the pattern again. */
    for (kept = count - 1; kept > 0; kept--) {
        const uint8_t *first = text, *later = after(text, end, count - kept);
        uint32_t i = 0;
        while (i < kept && embq_decode(&first, end) == embq_decode(&later, end)) i++;
        if (i == kept) break;
    }
    embq_give_text(stage, text, (uint32_t)(after(text, end, count - kept) - text));
    if (sources != NULL) {
        embq_give_from(stage, sources + 1, count - kept);
        sources[0] = count - kept;
    }
    stage->state[0] = kept;
    return 0;
}

/* ---- Replacing runs of a class ---- */

/* Classes, least and most characters (0: any number), what replaces them. State: characters so far, those that may have
 * to be given back. Sources: of these, of the last one, of what is given; what replaces a run comes from its last
 * character, so that it is given behind it. */
enum { MOST_HELD = 4, LAST_SOURCE = MOST_HELD, GIVEN_SOURCE = MOST_HELD + 1, SQUEEZE_SOURCES = MOST_HELD + 2 };

static int squeeze_check(const uint16_t *data, uint32_t words, int has_classes)
{
    return has_classes && words > 3 && data[1] >= 1 && data[1] <= MOST_HELD && (data[2] == 0 || data[2] >= data[1]) &&
           embq_text_words(data + 3, words - 3) == words - 3;
}

static int squeeze_feed(embq_stage *stage, uint32_t code)
{
    const uint16_t *data = stage->data;
    uint32_t *count = stage->state, *held = stage->state + 1, *sources = stage->sources, length, i;
    const uint8_t *text = embq_text_of(data + 3, &length);
    if (code != EMBQ_TEXT_END && (embq_classes_of(stage->classes, code) & data[0]) != 0) {
        if (sources != NULL) {
            if (*count < data[1]) sources[*count] = stage->source;
            sources[LAST_SOURCE] = stage->source;
        }
        if (*count < data[1]) held[*count] = code;
        (*count)++;
        if (*count == (sources != NULL ? data[2] : data[1])) embq_give_text(stage, text, length);
        if (*count == data[2]) *count = 0;
        else if (data[2] == 0 && *count > data[1]) *count = data[1] + 1u;
        return 1;
    }
    if (*count > 0 && *count < data[1]) {
        embq_give(stage, held[0]);
        if (sources != NULL) {
            sources[GIVEN_SOURCE] = sources[0];
            embq_give_from(stage, sources + GIVEN_SOURCE, 1);
            for (i = 1; i < *count; i++) sources[i - 1] = sources[i];
        }
        for (i = 1; i < *count; i++) held[i - 1] = held[i];
        (*count)--;
        return 0;
    }
    if (sources != NULL && *count > 0) {
        *count = 0;
        embq_give_text(stage, text, length);
        embq_give_from(stage, sources + LAST_SOURCE, 1);
        return 0;
    }
    *count = 0;
    if (code != EMBQ_TEXT_END) embq_give(stage, code);
    return 1;
}

/* ---- Stripping ---- */

/* Classes; 1: on the left, 2: on the right. State: 1 once text has come, runs that wait, then each with its length.
 * Sources: of what is given, then of each run's first character with how far one is from the next. */
enum { STRIP_LEFT = 1, STRIP_RIGHT = 2, MOST_RUNS = 8, STRIP_SOURCES = 1 + 2 * MOST_RUNS };

static int strip_check(const uint16_t *data, uint32_t words, int has_classes)
{
    return has_classes && words == 2 && data[1] <= (STRIP_LEFT | STRIP_RIGHT);
}

/* Where the characters of a run come from is known by the first two. */
static int goes_on(const embq_stage *stage, uint32_t run)
{
    uint32_t *source = stage->sources + 1 + 2 * run;
    const uint32_t count = stage->state[3 + 2 * run];
    if (count == 1) source[1] = stage->source - source[0];
    return stage->source == source[0] + count * source[1];
}

static int strip_feed(embq_stage *stage, uint32_t code)
{
    uint32_t *state = stage->state, *runs = state + 2, *sources = stage->sources, i;
    if (code == EMBQ_TEXT_END) return 1;
    if ((embq_classes_of(stage->classes, code) & stage->data[0]) != 0) {
        if (state[0] == 0 && (stage->data[1] & STRIP_LEFT) != 0) return 1;
        if ((stage->data[1] & STRIP_RIGHT) != 0) {
            if (state[1] > 0 && runs[2 * state[1] - 2] == code && (sources == NULL || goes_on(stage, state[1] - 1))) {
                runs[2 * state[1] - 1]++;
            } else if (state[1] == MOST_RUNS) {
                stage->failed = 1;
            } else {
                runs[2 * state[1]] = code;
                runs[2 * state[1] + 1] = 1;
                if (sources != NULL) sources[1 + 2 * state[1]] = stage->source;
                state[1]++;
            }
            return 1;
        }
    } else {
        state[0] = 1;
    }
    if (state[1] > 0) {
        embq_give(stage, runs[0]);
        if (sources != NULL) {
            sources[0] = sources[1];
            embq_give_from(stage, sources, 1);
            sources[1] += sources[2];
            if (runs[1] == 1) {
                for (i = 1; i + 2 < STRIP_SOURCES; i++) sources[i] = sources[i + 2];
            }
        }
        if (--runs[1] == 0) {
            state[1]--;
            for (i = 0; i < 2 * state[1]; i++) runs[i] = runs[i + 2];
        }
        return 0;
    }
    embq_give(stage, code);
    return 1;
}

/* ---- Prepending ---- */

static int prepend_check(const uint16_t *data, uint32_t words, int has_classes)
{
    (void)has_classes;
    return words > 0 && embq_text_words(data, words) == words;
}

static int prepend_feed(embq_stage *stage, uint32_t code)
{
    uint32_t length;
    const uint8_t *text = embq_text_of(stage->data, &length);
    if (code == EMBQ_TEXT_END) return 1;
    if (stage->state[0] == 0) {
        stage->state[0] = 1;
        embq_give_text(stage, text, length);
        return 0;
    }
    embq_give(stage, code);
    return 1;
}

const embq_text_step embq_text_replace = {replace_check, replace_feed, 1, REPLACE_SOURCES};
const embq_text_step embq_text_squeeze = {squeeze_check, squeeze_feed, 1 + MOST_HELD, SQUEEZE_SOURCES};
const embq_text_step embq_text_strip = {strip_check, strip_feed, 2 + 2 * MOST_RUNS, STRIP_SOURCES};
const embq_text_step embq_text_prepend = {prepend_check, prepend_feed, 1, 0};
