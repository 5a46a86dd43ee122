/* SPDX-License-Identifier: Apache-2.0 */
/* What only some tokenizers have: see embq_extension.h. */
#include "embq_extension.h"
#include "embq_added.h"
#include "embq_pipeline.h"

enum { EXTENSION_HEADER = 8, ODD = 0xFFFE /* a symbol that no token has: of a Hangul syllable */ };

/* ---- Tables ---- */

static uint32_t size_of(const embq_tokenizer *t, const uint16_t *extension, uint32_t left)
{
    uint32_t pair, size;
    if (left < EXTENSION_HEADER) return 0;
    pair = (uint32_t)extension[1] + extension[2] + extension[3];
    size = EXTENSION_HEADER + 2 * pair + t->prefix_count + t->suffix_count + t->special_count +
           3 * (uint32_t)extension[5] + extension[6] + ((extension[0] & EMBQ_LEAVES_OUT) != 0) +
           2 * (uint32_t)((extension[0] & EMBQ_SHORTENS) != 0);
    return size <= left ? size : 0;
}

static int all_within(const uint16_t *values, uint32_t count, uint32_t most)
{
    uint32_t i;
    for (i = 0; i < count; i++) {
        if (values[i] > most) return 0;
    }
    return 1;
}

/* 1: not as a part of a word. In a pipeline also 2 and 4: with the space before it, and behind it. */
static int flags_fit(const embq_tokenizer *t, const uint16_t *flags, uint32_t count)
{
    const uint32_t known =
        ((t->options & EMBQ_SHOWS_WORDS) != 0 ? 1u : 0u) | ((t->flags & EMBQ_FLAG_PIPELINE) != 0 ? 6u : 0u);
    uint32_t i;
    for (i = 0; i < count; i++) {
        if ((flags[i] & ~known) != 0) return 0;
    }
    return 1;
}

/* Symbols of each token: at least one, the first and the last no space, longest tokens first. */
static int folded_fit(const embq_tokenizer *t, uint32_t count, uint32_t symbols)
{
    const uint16_t *symbol = t->folded;
    uint32_t i, k, left = count;
    if ((t->flags & EMBQ_FLAG_PIPELINE) != 0) symbols = 0x100; /* there they are bytes */
    for (i = 0; i < t->folded_count; i++) {
        uint32_t length = t->folded_lengths[i];
        if (length == 0 || length > left || (i > 0 && length > t->folded_lengths[i - 1])) return 0;
        if (symbol[0] == EMBQ_NO_ID || symbol[length - 1] == EMBQ_NO_ID) return 0;
        for (k = 0; k < length; k++) {
            if (symbol[k] >= symbols && symbol[k] != EMBQ_NO_ID) return 0;
        }
        symbol += length;
        left -= length;
    }
    return left == 0;
}

static int open_tables(embq_tokenizer *t, const uint16_t *extension, uint32_t symbols)
{
    uint32_t pair, single = (uint32_t)t->prefix_count + t->suffix_count;
    const uint16_t *more;
    int leaves_out;
    t->options = extension[0];
    t->pair_prefix_count = extension[1];
    t->pair_middle_count = extension[2];
    t->pair_suffix_count = extension[3];
    t->text_types = extension[4];
    t->folded_count = extension[5];
    pair = (uint32_t)t->pair_prefix_count + t->pair_middle_count + t->pair_suffix_count;
    t->pair = extension + EXTENSION_HEADER;
    t->types = t->pair + pair;
    t->special_flags = t->types + single + pair;
    t->folded_ids = t->special_flags + t->special_count;
    t->folded_flags = t->folded_ids + t->folded_count;
    t->folded_lengths = t->folded_flags + t->folded_count;
    t->folded = t->folded_lengths + t->folded_count;
    more = t->folded + extension[6];
    leaves_out = (t->options & EMBQ_LEAVES_OUT) != 0;
    if (leaves_out) t->left_out = *more++;
    if ((t->options & EMBQ_SHORTENS) != 0) t->characters = more[0] | (uint32_t)more[1] << 16;
    return (t->options & ~(EMBQ_CUTS_LEFT | EMBQ_SHOWS_WORDS | EMBQ_HAS_PAIR | EMBQ_LEAVES_OUT | EMBQ_SHORTENS)) == 0 &&
           t->text_types <= 7 && ((t->options & EMBQ_HAS_PAIR) != 0 || (pair == 0 && t->text_types <= 1)) &&
           (!leaves_out || (t->left_out < t->vocabulary && (t->options & EMBQ_CUTS_LEFT) == 0)) && extension[7] == 0 &&
           embq_ids_fit(t->pair, pair, t->vocabulary) && all_within(t->types, single + pair, 1) &&
           flags_fit(t, t->special_flags, t->special_count) && flags_fit(t, t->folded_flags, t->folded_count) &&
           embq_ids_fit(t->folded_ids, t->folded_count, t->vocabulary) && folded_fit(t, extension[6], symbols);
}

static uint32_t type_of(const embq_tokenizer *t, const embq_texts *texts, uint32_t position)
{
    const int is_pair = texts->second != EMBQ_ONE_TEXT;
    const uint16_t *types = t->types;
    const uint32_t suffix = is_pair ? t->pair_suffix_count : t->suffix_count;
    uint32_t prefix = t->prefix_count;
    if (is_pair) {
        types += prefix + t->suffix_count;
        prefix = t->pair_prefix_count;
    }
    if (position < prefix) return types[position];
    position -= prefix;
    types += prefix;
    if (position < texts->first) return (uint32_t)t->text_types >> is_pair & 1u;
    position -= texts->first;
    if (is_pair) {
        if (position < t->pair_middle_count) return types[position];
        position -= t->pair_middle_count;
        types += t->pair_middle_count;
        if (position < texts->second) return (uint32_t)t->text_types >> 2 & 1u;
        position -= texts->second;
    }
    return position < suffix ? types[position] : 0;
}

/* ---- Words ---- */

static int is_word(const embq_tokenizer *t, uint32_t code)
{
    return (t->range_kinds[embq_range_of(t, code)] & EMBQ_WORD) != 0;
}

/* Reads the code point that ends at *at, which is after `start`; an ill-formed part is one byte here. */
static uint32_t decode_before(const uint8_t *start, const uint8_t **at)
{
    const uint8_t *first = *at, *next;
    uint32_t code;
    do first--;
    while (first > start && *at - first < 4 && (*first & 0xC0) == 0x80);
    next = first;
    code = embq_decode(&next, *at);
    if (next != *at) {
        first = *at - 1;
        code = 0xFFFD;
    }
    *at = first;
    return code;
}

/* The code point before `at` is of a word. */
static int ends_with_word(const embq_tokenizer *t, const uint8_t *start, const uint8_t *at)
{
    return at > start && is_word(t, decode_before(start, &at));
}

static int begins_with_word(const embq_tokenizer *t, const uint8_t *at, const uint8_t *end)
{
    return at < end && is_word(t, embq_decode(&at, end));
}

static int is_part_of_word(const embq_tokenizer *t, const uint8_t *start, const uint8_t *at, const uint8_t *next,
                           const uint8_t *end)
{
    return ends_with_word(t, start, at) || begins_with_word(t, next, end);
}

/* ---- Tokens of normalized text ---- */

/* Normalized text, symbol by symbol. */
typedef struct reader {
    const embq_tokenizer *t;
    const uint8_t *at, *end;
    const uint16_t *items; /* the rest of a sequence, or null */
} reader;

/* The first symbol of a sequence; the rest of it follows. */
static int take(reader *r, const uint16_t *items, uint32_t *symbol)
{
    *symbol = items[0];
    r->items = (items[1] & EMBQ_LAST) != 0 ? NULL : items + 2;
    return 1;
}

/* The next symbol: EMBQ_NO_ID for a space. `drops`: code points that become nothing are passed over. Returns 0 if there
 * is none. */
static int next_symbol(reader *r, int drops, uint32_t *symbol)
{
    if (r->items != NULL) return take(r, r->items, symbol);
    for (;;) {
        uint32_t code, range, kind, value;
        if (r->at == r->end) return 0;
        code = embq_decode(&r->at, r->end);
        range = embq_range_of(r->t, code);
        kind = r->t->range_kinds[range];
        value = r->t->range_values[range];
        switch (kind & EMBQ_OPERATION) {
        case EMBQ_DROP:
            if (!drops) return 0;
            break;
        case EMBQ_SEQUENCE: return take(r, r->t->sequences + 2 * value, symbol);
        case EMBQ_SAME: *symbol = value; return 1;
        case EMBQ_RUN: *symbol = value + (code & 0xFFFF) - r->t->range_starts[range]; return 1;
        default: *symbol = ODD; return 1;
        }
    }
}

/* What a code point is in normalized text: -1 nothing, 1 of a word, 0 another one. */
static int folded_word(const embq_tokenizer *t, uint32_t code)
{
    const uint32_t kind = t->range_kinds[embq_range_of(t, code)];
    return (kind & EMBQ_OPERATION) == EMBQ_DROP ? -1 : (kind & EMBQ_FOLDED_WORD) != 0;
}

/* A raw token begins at `at`. One that is refused there leaves its bytes to others: *free is then its end. */
static int begins_special(const embq_tokenizer *t, const uint8_t *start, const uint8_t *at, const uint8_t *end,
                          const uint8_t **free)
{
    const uint8_t *next = at;
    if (at < *free) return 0;
    if (embq_find_special(t, start, at, end, &next) < t->special_count) return 1;
    if (next != at) *free = next;
    return 0;
}

/* A word ends at `at`, or goes on over it. */
static int goes_on_before(const embq_tokenizer *t, const uint8_t *piece, const uint8_t *at)
{
    int word = -1;
    while (word < 0 && at > piece) word = folded_word(t, decode_before(piece, &at));
    return word > 0;
}

static int goes_on_behind(const embq_tokenizer *t, const uint8_t *start, const uint8_t *at, const uint8_t *end,
                          const uint8_t *free)
{
    int word = -1;
    while (word < 0 && at < end && !begins_special(t, start, at, end, &free))
        word = folded_word(t, embq_decode(&at, end));
    return word > 0;
}

static uint32_t find_folded(const embq_tokenizer *t, const uint8_t *start, const uint8_t *piece, const uint8_t *at,
                            const uint8_t *end, const uint8_t *free, const uint8_t **next)
{
    const uint16_t *wanted = t->folded;
    uint32_t i;
    for (i = 0; i < t->folded_count; i++) {
        const uint8_t *raw = free;
        uint32_t length = t->folded_lengths[i], k, symbol;
        reader r;
        r.t = t;
        r.at = at;
        r.end = end;
        r.items = NULL;
        for (k = 0; k < length; k++) {
            if (k > 0 && r.items == NULL && r.at < end && begins_special(t, start, r.at, end, &raw)) break;
            if (!next_symbol(&r, k > 0, &symbol) || symbol != wanted[k]) break;
        }
        if (k == length && r.items == NULL) {
            *next = r.at;
            if (t->folded_flags[i] != 0 && (goes_on_before(t, piece, at) || goes_on_behind(t, start, r.at, end, raw)))
                return t->folded_count;
            return i;
        }
        wanted += length;
    }
    return i;
}

const embq_tokenizer_extension embq_tokenizer_conditions = {size_of, open_tables, type_of, is_part_of_word,
                                                            find_folded};
