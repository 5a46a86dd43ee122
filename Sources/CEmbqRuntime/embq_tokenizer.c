/* Text to token ids: normalization and words, read from tables in place; a word's ids are the model's work.
 *
 * The tables fold normalizer, pre-tokenizer and vocabulary into one map: code point -> symbols, each with the class of
 * the word it belongs to. What is left to do here is to collect the symbols of one word.
 * The layout is described in Schemas/tokenizer-section.md; offsets below are its. */
#include "embq_added.h"
#include "embq_extension.h"
#include "embq_internal.h"
#include "embq_pipeline.h"
#include "embq_splitter.h"

/* embq_spans.c compiles this file again, with 1: then it follows where each id comes from. */
#ifndef EMBQ_SPANS
#define EMBQ_SPANS 0
#endif

_Static_assert((-1 & 3) == 3, "two's complement");

enum {
    SECTION_VERSION = 2,
    HEADER_SIZE = 40, /* at least */

    PLANES = 17,

    /* attributes: CLASS and EMBQ_UNKNOWN */
    CLASS = 3 << 3,
    CLASS_SPACE = 0 << 3, /* no symbol; ends a word */
    CLASS_WORD = 1 << 3,  /* words are runs of symbols of one class */
    CLASS_PUNCT = 2 << 3,
    CLASS_ISOLATED = 3 << 3, /* a word of its own */
    /* attributes of a sequence's item: the above in the low byte, the order among marks in the high byte */
    ORDER_SHIFT = 8,
    SEQUENCE_LIMIT = 4,

    HANGUL_FIRST = 0xAC00,
    HANGUL_LAST = 0xD7A3
};

typedef struct run {
    const embq_tokenizer *t;
    uint16_t *ids;
    size_t seen;     /* ids of the text so far */
    uint32_t passed; /* with those that are left out; counted only where some are */
    size_t room;     /* ids that are kept: the first of them, or the last */
    int keeps_last;
    int counts; /* the text is read to its end */
    embq_symbol *word;
    size_t length;   /* symbols collected */
    size_t capacity; /* of `word` */
    size_t longest;  /* a longer word is unknown as a whole */
    int too_long;
    size_t marks; /* first symbol that a mark may be sorted in front of */
    uint32_t word_class;
    embq_status status;
#if EMBQ_SPANS
    embq_span *spans;    /* of the word's symbols */
    embq_token *tokens;  /* of the ids */
    const uint8_t *text; /* its first byte */
    const uint8_t *from; /* the character, or the token, that is read */
    const uint8_t *to;   /* its end */
#endif
} run;

#if !EMBQ_SPANS
/* ---- Tables ---- */

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

#endif
/* ---- Spans ---- */

#if EMBQ_SPANS
/* What is read goes from here to there. */
static void follow(run *r, const uint8_t *from, const uint8_t *to)
{
    r->from = from;
    r->to = to;
}

/* It is where a symbol comes from, or goes on there. */
static void note(run *r, size_t at, int goes_on)
{
    if (!goes_on) r->spans[at].start = (uint32_t)(r->from - r->text);
    r->spans[at].end = (uint32_t)(r->to - r->text);
}

/* A token that is found as it is. */
static void note_token(run *r, const uint8_t *from, const uint8_t *to)
{
    follow(r, from, to);
    note(r, 0, 0);
}

/* The id that is put comes from where a symbol does. */
static void note_id(const run *r, size_t symbol)
{
    size_t place = r->seen;
    if (place >= r->room) {
        if (!r->keeps_last || r->room == 0) return;
        place %= r->room;
    }
    r->tokens[place] = (embq_token){r->spans[symbol].start, r->spans[symbol].end, 0};
}

static size_t split_word(run *r)
{
    return r->t->kind == EMBQ_TOKENIZER_WORDPIECE ? embq_split_wordpiece_spans(r->t, r->word, r->length, r->spans)
                                                  : embq_split_bpe_spans(r->t, r->word, r->length, r->spans);
}

static void begin_text(run *r, const uint8_t *start) { r->text = start; }

/* Scratch for spans too: one at least, for tokens that are found as they are. Offsets have 32 bits. */
static int begin_spans(run *r, embq_token *tokens, uint32_t capacity, size_t *length)
{
    uint32_t i;
#if SIZE_MAX > UINT32_MAX
    if (*length > UINT32_MAX) *length = UINT32_MAX;
#else
    (void)length;
#endif
    r->capacity = r->capacity * sizeof(embq_symbol) / EMBQ_TOKENIZER_SPAN_SIZE;
    r->spans = (embq_span *)(void *)(r->word + r->capacity);
    for (i = 0; i < capacity; i++) tokens[i] = (embq_token){0, 0, 0};
    r->tokens = tokens + (r->t->prefix_count < capacity ? r->t->prefix_count : capacity);
    return r->capacity > 0;
}

/* As the ids are turned, when the last ones are kept. */
static void rotate_tokens(run *r)
{
    const size_t room = r->room, first = room > 0 ? r->seen % room : 0;
    size_t part;
    if (!r->keeps_last || r->seen <= room || room == 0) return;
    for (part = 0; part < 3; part++) { /* both parts reversed, then the whole */
        size_t low = part == 1 ? first : 0, high = part == 0 ? first : room;
        for (; low + 1 < high; low++) {
            embq_token token = r->tokens[low];
            r->tokens[low] = r->tokens[--high];
            r->tokens[high] = token;
        }
    }
}
#else
/* Nobody asks. */
static void follow(run *r, const uint8_t *from, const uint8_t *to)
{
    (void)r;
    (void)from;
    (void)to;
}

static void note(run *r, size_t at, int goes_on)
{
    (void)r;
    (void)at;
    (void)goes_on;
}

static void note_token(run *r, const uint8_t *from, const uint8_t *to) { follow(r, from, to); }

static void note_id(const run *r, size_t symbol)
{
    (void)r;
    (void)symbol;
}

static size_t split_word(run *r) { return r->t->splitter->split(r->t, r->word, r->length); }

static void begin_text(run *r, const uint8_t *start) { follow(r, start, start); }

static void rotate_tokens(run *r) { (void)r; }
#endif

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
