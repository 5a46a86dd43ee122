/* SPDX-License-Identifier: Apache-2.0 */
/* Text to token ids: normalization and words, read from tables in place; a word's ids are the model's work.
 *
 * The tables fold normalizer, pre-tokenizer and vocabulary into one map: code point -> symbols, each with the class of
 * the word it belongs to. What is left to do here is to collect the symbols of one word.
 * The layout is described in Schemas/tokenizer-section.md; offsets below are its. */
#include "embq_added.h"
#include "embq_extension.h"
#include "embq_internal.h"
#include "embq_pipeline.h"
#include "embq_reading.h"
#include "embq_splitter.h"

enum {
    /* attributes: CLASS and EMBQ_UNKNOWN */
    CLASS = 3 << 3,
    CLASS_SPACE = 0 << 3, /* no symbol; ends a word */
    CLASS_WORD = 1 << 3,  /* words are runs of symbols of one class */
    CLASS_PUNCT = 2 << 3,
    CLASS_ISOLATED = 3 << 3, /* a word of its own */
    /* attributes of a sequence's item: the above in the low byte, the order among marks in the high byte */
    ORDER_SHIFT = 8,

    HANGUL_FIRST = 0xAC00
};

/* ---- Words ---- */

/* Adds an id that comes from a symbol of the word. */
static void put(run *r, uint16_t id, size_t symbol)
{
    if ((r->t->options & EMBQ_LEAVES_OUT) != 0) {
        /* The limit of ids counts those that are left out. */
        if (r->passed == r->t->content_limit) return;
        r->passed++;
        if (id == r->t->left_out) return;
    }
    if (r->seen < r->room) r->ids[r->seen] = id;
    else if (r->keeps_last && r->room > 0) r->ids[r->seen % r->room] = id;
    note_id(r, symbol);
    r->seen++;
}

/* As the pipeline calls it. */
#if EMBQ_SPANS
int embq_put_id_at(void *reading, uint16_t id, const embq_span *span)
#else
int embq_put_id(void *reading, uint16_t id)
#endif
{
    run *r = reading;
#if EMBQ_SPANS
    r->spans[0] = *span; /* the one that a pipeline leaves here */
#endif
    put(r, id, 0);
    return r->counts || r->seen < r->room;
}

/* The ids of a text by the pipeline, which has all of the scratch. */
static embq_status pipe_text(run *r, const uint8_t *start, const uint8_t *end)
{
#if EMBQ_SPANS
    const size_t size = (r->capacity - 1) * EMBQ_TOKENIZER_SPAN_SIZE;
    r->spans = (embq_span *)(void *)((uint8_t *)r->word + size);
    return r->t->pipeline->text_spans(r->t, start, end, r->word, size, r);
#else
    return r->t->pipeline->text(r->t, start, end, r->word, r->capacity * sizeof(embq_symbol), r);
#endif
}

/* Ends the word that is being collected. */
static void end_word(run *r)
{
    const embq_tokenizer *t = r->t;
    if (r->status == EMBQ_OK) {
        if (r->too_long) {
            put(r, t->model.wordpiece.unknown, 0);
        } else if (r->length > 0) {
            size_t i, count = split_word(r);
            for (i = 0; i < count; i++) put(r, r->word[i].id, i);
        }
    }
    r->length = 0;
    r->too_long = 0;
    r->marks = 0;
    r->word_class = CLASS_SPACE;
}

/* Adds one symbol, in canonical order among the marks before it. */
static void add(run *r, uint16_t id, uint32_t attributes)
{
    uint32_t word_class = attributes & CLASS, order = attributes >> ORDER_SHIFT;
    size_t at;
    if (word_class != r->word_class || word_class == CLASS_ISOLATED) end_word(r);
    r->word_class = word_class;
    if (word_class == CLASS_SPACE) return;
    if (id == EMBQ_NO_ID) { /* ends or continues a word, but is not seen */
        if (order == 0) r->marks = r->length;
        return;
    }
    if (r->length == r->longest) {
        /* One unknown id for the whole word. */
        note(r, 0, r->length > 0 || r->too_long);
        r->too_long = 1;
        return;
    }
    if (r->length == r->capacity) {
        r->status = EMBQ_ERROR_WORD;
        return;
    }
    at = r->length++;
    note(r, at, 0);
    if (order == 0) {
        r->marks = r->length;
    } else {
        for (; at > r->marks && (uint32_t)(r->word[at - 1].attributes >> ORDER_SHIFT) > order; at--)
            r->word[at] = r->word[at - 1];
    }
    r->word[at].id = id;
    r->word[at].attributes = (uint16_t)(order << ORDER_SHIFT | (attributes & EMBQ_UNKNOWN));
}

/* Adds what the code points of one range become, unless they are Hangul syllables. */
static void add_range(run *r, uint32_t range, uint32_t code)
{
    const embq_tokenizer *t = r->t;
    uint32_t kind = t->range_kinds[range], value = t->range_values[range];
    switch (kind & EMBQ_OPERATION) {
    case EMBQ_DROP:
        if ((kind & EMBQ_STARTER) != 0) r->marks = r->length;
        break;
    case EMBQ_RUN:
        value += (code & 0xFFFF) - t->range_starts[range];
        add(r, (uint16_t)value, kind & (CLASS | EMBQ_UNKNOWN));
        break;
    case EMBQ_SAME: add(r, (uint16_t)value, kind & (CLASS | EMBQ_UNKNOWN)); break;
    case EMBQ_SEQUENCE: {
        const uint16_t *item = t->sequences + 2 * value;
        uint32_t attributes;
        do {
            attributes = item[1];
            add(r, item[0], attributes & ~(uint32_t)EMBQ_LAST);
            item += 2;
        } while ((attributes & EMBQ_LAST) == 0);
        break;
    }
    default: break;
    }
}

static void add_character(run *r, uint32_t code)
{
    uint32_t range = embq_range_of(r->t, code);
    if ((r->t->range_kinds[range] & EMBQ_OPERATION) == EMBQ_HANGUL) {
        /* Unicode chapter 3.12: 21 vowels, 27 final consonants or none. */
        uint32_t index = code - HANGUL_FIRST;
        uint32_t jamo[3], i;
        jamo[0] = 0x1100 + index / (21 * 28);
        jamo[1] = 0x1161 + index / 28 % 21;
        jamo[2] = 0x11A7 + index % 28;
        for (i = 0; i < (index % 28 == 0 ? 2u : 3u); i++) add_range(r, embq_range_of(r->t, jamo[i]), jamo[i]);
    } else {
        add_range(r, range, code);
    }
}

/* ---- Texts ---- */

/* Turns `count` numbers so that the one at `first` becomes the first. */
static void rotate(uint16_t *ids, size_t count, size_t first)
{
    size_t part;
    for (part = 0; part < 3; part++) { /* both parts reversed, then the whole */
        size_t low = part == 1 ? first : 0, high = part == 0 ? first : count;
        for (; low + 1 < high; low++) {
            uint16_t id = ids[low];
            ids[low] = ids[--high];
            ids[high] = id;
        }
    }
}

/* The end of the text's first `count` characters. */
static const uint8_t *prefix_end(const uint8_t *at, const uint8_t *end, uint32_t count)
{
    while (at != end && count > 0) {
        embq_decode(&at, end);
        count--;
    }
    return at;
}

/* The ids of one text without the template's: `room` of them are kept. `counts`: the text is read to its end. */
static embq_status tokenize_text(run *r, const char *text, size_t length, uint16_t *ids, size_t room, int counts)
{
    const embq_tokenizer *t = r->t;
    const uint8_t *start = (const uint8_t *)text, *at = start, *end = length > 0 ? at + length : at;
    const uint8_t *piece = at;                   /* one past the last raw token */
    const uint8_t *free = at, *folded_free = at; /* raw and normalized tokens are looked for from here on */
    if ((t->options & EMBQ_SHORTENS) != 0) end = prefix_end(start, end, t->characters);
    begin_text(r, start);
    r->ids = ids;
    r->seen = 0;
    r->passed = 0;
    r->room = room;
    r->keeps_last = (t->options & EMBQ_CUTS_LEFT) != 0;
    r->length = 0;
    r->too_long = 0;
    r->marks = 0;
    r->word_class = CLASS_SPACE;
    r->status = EMBQ_OK;
    r->counts = counts || (r->keeps_last && room > 0);
    if (t->pipeline != NULL) {
        r->status = pipe_text(r, start, end);
        at = end;
    }
    while (at != end && (r->counts || r->seen < room) && r->status == EMBQ_OK) {
        const uint8_t *next = at;
        uint32_t found = t->special_count;
        if (at >= free) {
            found = embq_find_special(t, start, at, end, &next);
            if (next != at) free = next;
        }
        if (found < t->special_count) {
            end_word(r);
            note_token(r, at, next);
            put(r, t->special_ids[found], 0);
            at = piece = next;
            continue;
        }
        found = t->folded_count;
        next = at;
        if (found > 0 && at >= folded_free) {
            found = t->extension->find_folded(t, start, piece, at, end, free, &next);
            if (next != at) folded_free = next;
        }
        if (found < t->folded_count) {
            end_word(r);
            note_token(r, at, next);
            put(r, t->folded_ids[found], 0);
            at = next;
        } else {
            const uint8_t *from = at;
            const uint32_t code = embq_decode(&at, end);
            follow(r, from, at);
            add_character(r, code);
        }
    }
    end_word(r);
    if (r->keeps_last && r->seen > room && room > 0) rotate(ids, room, r->seen % room);
    rotate_tokens(r);
    return r->status;
}

static void begin(run *r, const embq_tokenizer *t, void *scratch, size_t scratch_size)
{
    r->t = t;
    r->word = scratch;
    r->capacity = scratch_size / sizeof(embq_symbol);
    r->longest = t->kind == EMBQ_TOKENIZER_WORDPIECE ? t->model.wordpiece.longest : SIZE_MAX;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Copies a part of the template behind the first *count ids. */
static void put_template(const uint16_t *part, uint32_t length, uint16_t *ids, uint32_t capacity, uint32_t *count)
{
    uint32_t i;
    for (i = 0; i < length && *count < capacity; i++) ids[(*count)++] = part[i];
}

#if EMBQ_SPANS
embq_status embq_tokenize_spans(const embq_tokenizer *t, const char *text, size_t length, uint16_t *ids,
                                embq_token *tokens, uint32_t capacity, uint32_t *count, void *scratch,
                                size_t scratch_size)
#else
embq_status embq_tokenize(const embq_tokenizer *t, const char *text, size_t length, uint16_t *ids, uint32_t capacity,
                          uint32_t *count, void *scratch, size_t scratch_size)
#endif
{
    run r;
    uint32_t room;

    if (t == NULL || count == NULL || (text == NULL && length > 0) || (ids == NULL && capacity > 0) ||
        (scratch == NULL && scratch_size > 0))
        return EMBQ_ERROR_ARGUMENT;
    *count = 0;
    if (((uintptr_t)scratch & 3u) != 0) return EMBQ_ERROR_ALIGNMENT;
    begin(&r, t, scratch, scratch_size);
#if EMBQ_SPANS
    if (tokens == NULL && capacity > 0) return EMBQ_ERROR_ARGUMENT;
    if (t->pipeline != NULL && t->pipeline->text_spans == NULL) return EMBQ_ERROR_OPERATION;
    if (!begin_spans(&r, tokens, capacity, &length)) return EMBQ_ERROR_WORD;
#endif
    put_template(t->prefix, t->prefix_count, ids, capacity, count);
    /* The text is cut, not the suffix. */
    room = capacity - *count;
    room = room > t->suffix_count ? room - t->suffix_count : 0;
    if (t->content_limit < room) room = t->content_limit;
    if (room > 0) {
        tokenize_text(&r, text, length, ids + *count, room, 0);
        *count += (uint32_t)least(r.seen, room);
        if (r.status != EMBQ_OK) return r.status;
    }
    put_template(t->suffix, t->suffix_count, ids, capacity, count);
    return EMBQ_OK;
}

#if EMBQ_SPANS
size_t embq_tokenizer_span_scratch(const embq_tokenizer *t, size_t length)
{
    /* One span more, and what is lost to whole ones. */
    return t->pipeline != NULL && t->pipeline->scratch_spans != NULL
               ? t->pipeline->scratch_spans(t, length) + 2 * EMBQ_TOKENIZER_SPAN_SIZE
               : EMBQ_TOKENIZER_SPAN_SIZE * length;
}
#else
size_t embq_tokenizer_scratch(const embq_tokenizer *t, size_t length)
{
    return t->pipeline != NULL ? t->pipeline->scratch(t, length) : EMBQ_TOKENIZER_SYMBOL_SIZE * length;
}

size_t embq_tokenizer_most_ids(const embq_tokenizer *t, size_t length)
{
    return (t->pipeline != NULL ? t->steps[3] : 1) * length + t->prefix_count + t->suffix_count;
}

int embq_has_pairs(const embq_tokenizer *t) { return (t->options & EMBQ_HAS_PAIR) != 0; }

uint32_t embq_token_type(const embq_tokenizer *t, const embq_texts *texts, uint32_t position)
{
    return t->extension == NULL ? 0 : t->extension->type(t, texts, position);
}

/* How many of `first` and `second` ids stay when `room` have room: the longer text loses ids until both are equally
 * long; of two that are too long the second keeps the odd one, unless the first is longer. */
static void share(size_t room, size_t *first, size_t *second)
{
    const int swapped = *first > *second;
    size_t few = swapped ? *second : *first, many = swapped ? *first : *second;
    if (few <= room && many <= room - few) return;
    many = few > room || few > room - few ? few : room - few;
    if (few > room || many > room - few) {
        few = room / 2;
        many = few + room % 2;
    }
    *first = swapped ? many : few;
    *second = swapped ? few : many;
}

embq_status embq_tokenize_pair(const embq_tokenizer *t, const char *first, size_t first_length, const char *second,
                               size_t second_length, uint16_t *ids, uint32_t capacity, uint32_t *count,
                               embq_texts *texts, void *scratch, size_t scratch_size)
{
    run r;
    size_t room, kept, counts[2];
    uint32_t limit, added;

    if (t == NULL || count == NULL || texts == NULL || (first == NULL && first_length > 0) ||
        (second == NULL && second_length > 0) || (ids == NULL && capacity > 0) ||
        (scratch == NULL && scratch_size > 0) || (t->options & EMBQ_HAS_PAIR) == 0)
        return EMBQ_ERROR_ARGUMENT;
    *count = 0;
    *texts = (embq_texts){0, EMBQ_ONE_TEXT};
    if (((uintptr_t)scratch & 3u) != 0) return EMBQ_ERROR_ALIGNMENT;
    if (second_length == 0) {
        const uint32_t single = (uint32_t)t->prefix_count + t->suffix_count;
        const embq_status status = embq_tokenize(t, first, first_length, ids, capacity, count, scratch, scratch_size);
        texts->first = *count > single ? *count - single : 0;
        return status;
    }
    begin(&r, t, scratch, scratch_size);
    added = (uint32_t)t->pair_prefix_count + t->pair_middle_count + t->pair_suffix_count;
    limit = capacity;
    if (t->content_limit != UINT32_MAX && t->content_limit < limit) {
        const uint32_t single = t->content_limit + t->prefix_count + t->suffix_count;
        if (single < limit) limit = single;
    }
    room = limit > added ? limit - added : 0;

    put_template(t->pair, t->pair_prefix_count, ids, capacity, count);
    if (tokenize_text(&r, second, second_length, NULL, 0, 1) != EMBQ_OK) return r.status;
    counts[1] = r.seen;
    if (tokenize_text(&r, first, first_length, ids + *count, room, 1) != EMBQ_OK) return r.status;
    counts[0] = r.seen;
    kept = least(counts[0], room);
    share(room, &counts[0], &counts[1]);
    if ((t->options & EMBQ_CUTS_LEFT) != 0) rotate(ids + *count, kept, kept - counts[0]);
    *count += (uint32_t)counts[0];
    put_template(t->pair + t->pair_prefix_count, t->pair_middle_count, ids, capacity, count);
    if (counts[1] > 0 && tokenize_text(&r, second, second_length, ids + *count, counts[1], 0) != EMBQ_OK)
        return r.status;
    *count += (uint32_t)counts[1];
    put_template(t->pair + t->pair_prefix_count + t->pair_middle_count, t->pair_suffix_count, ids, capacity, count);
    *texts = (embq_texts){(uint32_t)counts[0], (uint32_t)counts[1]};
    return EMBQ_OK;
}
#endif
