/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts text into pieces at what a pattern matches.
 *
 * A pattern is a list of alternatives, of which the first that matches counts, each a list of items: how many
 * characters of a class, as many as possible. */
#include "embq_added.h"
#include "embq_pipeline.h"

enum {
    /* A record: its words, what becomes of matches and its flags, the number of alternatives, the alternatives. */
    RECORD_HEADER = 3,
    BEHAVIOUR = 7,
    REMOVED = 0,
    ISOLATED = 1,
    CONTIGUOUS = 2,
    WITH_PREVIOUS = 3,
    WITH_NEXT = 4,
    INVERTED = 8,
    FLAGS = 0x7F, /* the rest is read by embq_pipeline.c */

    /* An item: its kind, least and most characters, what they are. */
    ITEM_WORDS = 6,
    KIND = 3,
    OF_CLASS = 0,
    NOT_OF_CLASS = 1,
    ONE_OF = 2, /* of three code points below U+10000 */
    AHEAD = 4,  /* must not follow; takes no character */
    POSSESSIVE = 8
};

uint32_t embq_splitter_words(const uint16_t *record, uint32_t left, int has_classes)
{
    uint32_t words, at = RECORD_HEADER, i, k;
    if (left < RECORD_HEADER) return 0;
    words = record[0];
    if (words > left || words < RECORD_HEADER || (record[1] & ~(uint32_t)FLAGS) != 0 ||
        (record[1] & BEHAVIOUR) > WITH_NEXT)
        return 0;
    for (i = 0; i < record[2]; i++) {
        int takes = 0;
        uint32_t items;
        if (at >= words) return 0;
        items = record[at++];
        if (items > EMBQ_MAX_ITEMS || items * ITEM_WORDS > words - at) return 0;
        for (k = 0; k < items; k++, at += ITEM_WORDS) {
            const uint16_t *item = record + at;
            if (item[0] > (KIND | AHEAD | POSSESSIVE) || (item[0] & KIND) > ONE_OF || item[1] > item[2] ||
                item[2] == 0 || ((item[0] & KIND) != ONE_OF && !has_classes))
                return 0;
            if (item[1] > 0 && (item[0] & AHEAD) == 0) takes = 1;
        }
        if (!takes) return 0; /* an empty match */
    }
    return at == words ? words : 0;
}

/* Reads the code point at *at; the end of what is there is noted. */
static int read(embq_view *view, uint32_t *at, uint32_t *code)
{
    const uint8_t *next = view->bytes + *at;
    if (*at >= view->end) {
        if (view->goes_on) view->is_short = 1;
        return 0;
    }
    if (*next < 0x80) {
        *code = *next;
        (*at)++;
        return 1;
    }
    *code = embq_decode(&next, view->bytes + view->end);
    *at = (uint32_t)(next - view->bytes);
    return 1;
}

static int is_in(const embq_view *view, const uint16_t *item, uint32_t code)
{
    switch (item[0] & KIND) {
    case OF_CLASS: return (embq_classes_of(view->classes, code) & item[3]) != 0;
    case NOT_OF_CLASS: return (embq_classes_of(view->classes, code) & item[3]) == 0;
    default: return code == item[3] || code == item[4] || code == item[5];
    }
}

/* Takes as many characters as an item can. Returns how many; *at goes behind them. */
static uint32_t take(embq_view *view, const uint16_t *item, uint32_t *at)
{
    uint32_t count = 0, code, next = *at;
    while ((count < item[2] || item[2] == 0xFFFF) && read(view, &next, &code) && is_in(view, item, code)) {
        *at = next;
        count++;
    }
    return count;
}

/* The end of an alternative's match at `start`; `start`: there is none. */
static uint32_t match_items(embq_view *view, const uint16_t *items, uint32_t count, uint32_t start)
{
    uint32_t *starts = view->places, *counts = view->places + EMBQ_MAX_ITEMS, at = start, i = 0;
    while (i < count) {
        const uint16_t *item = items + i * ITEM_WORDS;
        int fits;
        starts[i] = at;
        counts[i] = 0;
        if ((item[0] & AHEAD) != 0) {
            uint32_t code, next = at;
            fits = !read(view, &next, &code) || !is_in(view, item, code);
        } else {
            counts[i] = take(view, item, &at);
            fits = counts[i] >= item[1];
        }
        while (!fits) { /* an earlier item gives its last character back */
            if (i == 0) return start;
            at = starts[i--];
            item = items + i * ITEM_WORDS;
            if ((item[0] & (AHEAD | POSSESSIVE)) == 0 && counts[i] > item[1]) {
                do at--;
                while ((view->bytes[at] & 0xC0) == 0x80);
                counts[i]--;
                fits = 1;
            }
        }
        i++;
    }
    return at;
}

static uint32_t match(const uint16_t *record, embq_view *view, uint32_t at)
{
    const uint16_t *next = record + RECORD_HEADER;
    uint32_t i;
    for (i = 0; i < record[2]; i++) {
        const uint32_t end = match_items(view, next + 1, next[0], at);
        if (end != at) return end;
        next += 1 + (uint32_t)next[0] * ITEM_WORDS;
    }
    return at;
}

/* The end of the match at `at`, or of the text up to the next match. */
static uint32_t unit(const uint16_t *record, embq_view *view, uint32_t at, int *is_match)
{
    uint32_t end = match(record, view, at), code;
    *is_match = end != at;
    if (!*is_match) {
        do (void)read(view, &end, &code);
        while (end < view->end && match(record, view, end) == end);
        if (end == view->end && view->goes_on) view->is_short = 1;
    }
    if ((record[1] & INVERTED) != 0) *is_match = !*is_match;
    return end;
}

uint32_t embq_next_piece(const uint16_t *record, embq_view *view, uint32_t at, int *is_removed)
{
    int is_match, next_is_match;
    uint32_t end, next;
    const uint32_t behaviour = record[1] & BEHAVIOUR;
    *is_removed = 0;
    if (record[2] == 0) { /* cuts nothing */
        if (view->goes_on) view->is_short = 1;
        return view->end;
    }
    end = unit(record, view, at, &is_match);
    switch (behaviour) {
    case REMOVED: *is_removed = is_match; break;
    case CONTIGUOUS:
        while (end < view->end) {
            next = unit(record, view, end, &next_is_match);
            if (next_is_match != is_match) break;
            end = next;
        }
        if (end == view->end && view->goes_on) view->is_short = 1;
        break;
    case WITH_PREVIOUS:
    case WITH_NEXT:
        if (end < view->end && is_match == (behaviour == WITH_NEXT)) {
            next = unit(record, view, end, &next_is_match);
            if (next_is_match != is_match) end = next;
        } else if (end == view->end && view->goes_on) {
            view->is_short = 1;
        }
        break;
    default: break;
    }
    return end;
}
