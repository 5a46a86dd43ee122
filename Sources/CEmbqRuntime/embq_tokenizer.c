/* Text to token ids: normalization and words, read from tables in place; a word's ids are the model's work.
 *
 * The tables fold normalizer, pre-tokenizer and vocabulary into one map: code point -> symbols, each with the class of
 * the word it belongs to. What is left to do here is to collect the symbols of one word.
 * The layout is described in Schemas/tokenizer-section.md; offsets below are its. */
#include "embq_bpe.h"
#include "embq_wordpiece.h"

_Static_assert((-1 & 3) == 3, "two's complement");

enum {
    SECTION_VERSION = 1,
    KIND_BPE = 1,
    KIND_WORDPIECE = 2,
    HEADER_SIZE = 40,
    WORDPIECE_HEADER_SIZE = 44,

    PLANES = 17,

    /* range_kinds: bits 0-2 what to do, and for SAME and RUN the attributes CLASS and EMBQ_UNKNOWN. */
    OPERATION = 7,
    DROP = 0,     /* nothing; with STARTER, marks are not ordered across it */
    SAME = 1,     /* the symbol `value` */
    RUN = 2,      /* the symbol `value` + offset in the range */
    SEQUENCE = 3, /* symbols of sequences[value] up to the item marked LAST */
    HANGUL = 4,   /* a syllable: what its two or three jamo become */

    CLASS = 3 << 3,
    CLASS_SPACE = 0 << 3, /* no symbol; ends a word */
    CLASS_WORD = 1 << 3,  /* words are runs of symbols of one class */
    CLASS_PUNCT = 2 << 3,
    CLASS_ISOLATED = 3 << 3, /* a word of its own */
    STARTER = 1 << 6,
    LAST = 1 << 7,
    /* attributes of a sequence's item: the above in the low byte, the order among marks in the high byte */
    ORDER_SHIFT = 8,
    SEQUENCE_LIMIT = 4,

    HANGUL_FIRST = 0xAC00,
    HANGUL_LAST = 0xD7A3
};

typedef struct run {
    const embq_tokenizer *t;
    uint16_t *ids;
    uint32_t count;
    uint32_t end; /* of the ids that the text may fill */
    embq_symbol *word;
    size_t length; /* symbols collected */
    size_t room;
    size_t longest; /* a longer word is unknown as a whole */
    int too_long;
    size_t marks; /* first symbol that a mark may be sorted in front of */
    uint32_t word_class;
    embq_status status;
} run;

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
            switch (kind & OPERATION) {
            case DROP:
                if (value != 0 || (kind & ~(uint32_t)STARTER) != 0) return 0;
                break;
            case SAME:
                if ((kind & (STARTER | LAST)) != 0 || (value >= symbols && value != EMBQ_NO_ID)) return 0;
                break;
            case RUN:
                if ((kind & (STARTER | LAST)) != 0 || value + (end - start) > symbols) return 0;
                break;
            case SEQUENCE:
                if (kind != SEQUENCE || value >= items) return 0;
                break;
            case HANGUL:
                if (kind != HANGUL || value != 0 || plane != 0 || start < HANGUL_FIRST || end > HANGUL_LAST + 1)
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
        if ((id >= symbols && id != EMBQ_NO_ID) || (attributes & (OPERATION | STARTER)) != 0) return 0;
        if (++length > SEQUENCE_LIMIT) return 0;
        if ((attributes & LAST) != 0) length = 0;
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

embq_status embq_tokenizer_open(embq_tokenizer *t, const void *tables, uint32_t size)
{
    static const uint16_t one = 1;
    const uint8_t *bytes = tables;
    const uint16_t *next;
    embq_model_tables model;
    uint32_t ranges, items, header, used, text;

    if (t == NULL || tables == NULL) return EMBQ_ERROR_ARGUMENT;
    if (((uintptr_t)tables & 3u) != 0) return EMBQ_ERROR_ALIGNMENT;
    if (*(const uint8_t *)&one != 1) return EMBQ_ERROR_ENDIAN;
    if (size < HEADER_SIZE || (size & 3u) != 0) return EMBQ_ERROR_TOKENIZER;
    if (embq_read16(bytes) != SECTION_VERSION) return EMBQ_ERROR_VERSION;
    if (embq_read32(bytes + 4) != size) return EMBQ_ERROR_TOKENIZER;

    t->kind = (uint16_t)embq_read16(bytes + 2);
    t->content_limit = embq_read32(bytes + 8);
    t->vocabulary = (uint16_t)embq_read16(bytes + 12);
    t->flags = (uint16_t)embq_read16(bytes + 14);
    ranges = embq_read16(bytes + 16);
    items = embq_read16(bytes + 18);
    t->prefix_count = (uint16_t)embq_read16(bytes + 26);
    t->suffix_count = (uint16_t)embq_read16(bytes + 28);
    t->special_count = (uint16_t)embq_read16(bytes + 30);
    text = embq_read32(bytes + 32);
    switch (t->kind) {
    case KIND_BPE:
        header = HEADER_SIZE;
        if (!embq_bpe_measure(t, bytes, size, &model)) return EMBQ_ERROR_TOKENIZER;
        break;
    case KIND_WORDPIECE:
        header = WORDPIECE_HEADER_SIZE;
        if (!embq_wordpiece_measure(t, bytes, size, &model)) return EMBQ_ERROR_TOKENIZER;
        break;
    default: return EMBQ_ERROR_TOKENIZER;
    }

    /* No overflow: counts are below 2^16, those of a model below 2^25. */
    used = header + 4 * model.wide_count + model.byte_count + ranges +
           2 * (PLANES + 1 + 2 * ranges + 2 * items + model.narrow_count + t->prefix_count + t->suffix_count +
                2 * (uint32_t)t->special_count);
    if (used > size || text > size - used || size - used - text > 3) return EMBQ_ERROR_TOKENIZER;

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
    t->range_kinds = (const uint8_t *)(t->special_lengths + t->special_count);
    model.bytes = t->range_kinds + ranges;
    t->special_text = model.bytes + model.byte_count;

    for (used += text; used < size; used++) {
        if (bytes[used] != 0) return EMBQ_ERROR_TOKENIZER;
    }
    if (!(t->kind == KIND_BPE ? embq_bpe_open(t, bytes, &model) : embq_wordpiece_open(t, bytes, &model)) ||
        !ranges_fit(t, ranges, items, model.symbols) || !sequences_fit(t, items, model.symbols) ||
        !embq_ids_fit(t->prefix, t->prefix_count, t->vocabulary) ||
        !embq_ids_fit(t->suffix, t->suffix_count, t->vocabulary) ||
        !embq_ids_fit(t->special_ids, t->special_count, t->vocabulary) || special_size(t, text) != text)
        return EMBQ_ERROR_TOKENIZER;
    return EMBQ_OK;
}

/* ---- Words ---- */

static void put(run *r, uint16_t id)
{
    if (r->count < r->end) r->ids[r->count++] = id;
}

/* Ends the word that is being collected. */
static void end_word(run *r)
{
    const embq_tokenizer *t = r->t;
    if (r->status == EMBQ_OK) {
        if (r->too_long) {
            put(r, t->model.wordpiece.unknown);
        } else if (r->length > 0) {
            size_t i, count = t->kind == KIND_BPE ? embq_bpe_split(t, r->word, r->length)
                                                  : embq_wordpiece_split(t, r->word, r->length);
            for (i = 0; i < count; i++) put(r, r->word[i].id);
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
        r->too_long = 1;
        return;
    }
    if (r->length == r->room) {
        r->status = EMBQ_ERROR_WORD;
        return;
    }
    at = r->length++;
    if (order == 0) {
        r->marks = r->length;
    } else {
        for (; at > r->marks && (uint32_t)(r->word[at - 1].attributes >> ORDER_SHIFT) > order; at--)
            r->word[at] = r->word[at - 1];
    }
    r->word[at].id = id;
    r->word[at].attributes = (uint16_t)(order << ORDER_SHIFT | (attributes & EMBQ_UNKNOWN));
}

static uint32_t find_range(const embq_tokenizer *t, uint32_t code)
{
    const uint16_t *plane = t->planes + (code >> 16);
    return embq_find(t->range_starts, plane[0], plane[1], code & 0xFFFF);
}

/* Adds what the code points of one range become, unless they are Hangul syllables. */
static void add_range(run *r, uint32_t range, uint32_t code)
{
    const embq_tokenizer *t = r->t;
    uint32_t kind = t->range_kinds[range], value = t->range_values[range];
    switch (kind & OPERATION) {
    case DROP:
        if ((kind & STARTER) != 0) r->marks = r->length;
        break;
    case RUN:
        value += (code & 0xFFFF) - t->range_starts[range];
        add(r, (uint16_t)value, kind & (CLASS | EMBQ_UNKNOWN));
        break;
    case SAME: add(r, (uint16_t)value, kind & (CLASS | EMBQ_UNKNOWN)); break;
    case SEQUENCE: {
        const uint16_t *item = t->sequences + 2 * value;
        uint32_t attributes;
        do {
            attributes = item[1];
            add(r, item[0], attributes & ~(uint32_t)LAST);
            item += 2;
        } while ((attributes & LAST) == 0);
        break;
    }
    default: break;
    }
}

static void add_character(run *r, uint32_t code)
{
    uint32_t range = find_range(r->t, code);
    if ((r->t->range_kinds[range] & OPERATION) == HANGUL) {
        /* Unicode chapter 3.12: 21 vowels, 27 final consonants or none. */
        uint32_t index = code - HANGUL_FIRST;
        uint32_t jamo[3], i;
        jamo[0] = 0x1100 + index / (21 * 28);
        jamo[1] = 0x1161 + index / 28 % 21;
        jamo[2] = 0x11A7 + index % 28;
        for (i = 0; i < (index % 28 == 0 ? 2u : 3u); i++) add_range(r, find_range(r->t, jamo[i]), jamo[i]);
    } else {
        add_range(r, range, code);
    }
}

/* Reads one code point at *at, which is before `end`. */
static uint32_t decode(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *next = *at;
    uint32_t code = *next++;
    if (code >= 0x80) {
        uint32_t low = 0x80, high = 0xBF, more = 0;
        if (code >= 0xC2 && code <= 0xDF) {
            more = 1;
            code &= 0x1F;
        } else if (code >= 0xE0 && code <= 0xEF) {
            more = 2;
            if (code == 0xE0) low = 0xA0;  /* shorter forms exist */
            if (code == 0xED) high = 0x9F; /* surrogates */
            code &= 0x0F;
        } else if (code >= 0xF0 && code <= 0xF4) {
            more = 3;
            if (code == 0xF0) low = 0x90;
            if (code == 0xF4) high = 0x8F; /* above U+10FFFF */
            code &= 0x07;
        } else {
            code = 0xFFFD;
        }
        for (; more > 0; more--) {
            if (next == end || *next < low || *next > high) {
                code = 0xFFFD;
                break;
            }
            code = code << 6 | (uint32_t)(*next++ & 0x3F);
            low = 0x80;
            high = 0xBF;
        }
    }
    *at = next;
    return code;
}

/* The special token that begins at `at`, the longest one; special_count when there is none. */
static uint32_t find_special(const embq_tokenizer *t, const uint8_t *at, const uint8_t *end)
{
    const uint8_t *text = t->special_text;
    size_t left = (size_t)(end - at);
    uint32_t i;
    for (i = 0; i < t->special_count; i++) {
        uint32_t length = t->special_lengths[i], k = 0;
        if (length <= left) {
            while (k < length && text[k] == at[k]) k++;
            if (k == length) break;
        }
        text += length;
    }
    return i;
}

embq_status embq_tokenize(const embq_tokenizer *t, const char *text, size_t length, uint16_t *ids, uint32_t capacity,
                          uint32_t *count, void *scratch, size_t scratch_size)
{
    const uint8_t *at = (const uint8_t *)text, *end;
    run r;
    uint32_t i, room;

    if (t == NULL || count == NULL || (text == NULL && length > 0) || (ids == NULL && capacity > 0) ||
        (scratch == NULL && scratch_size > 0))
        return EMBQ_ERROR_ARGUMENT;
    *count = 0;
    if (((uintptr_t)scratch & 3u) != 0) return EMBQ_ERROR_ALIGNMENT;
    r.t = t;
    r.ids = ids;
    r.count = 0;
    r.end = capacity;
    r.word = scratch;
    r.length = 0;
    r.room = scratch_size / sizeof(embq_symbol);
    r.longest = t->kind == KIND_WORDPIECE ? t->model.wordpiece.longest : SIZE_MAX;
    r.too_long = 0;
    r.marks = 0;
    r.word_class = CLASS_SPACE;
    r.status = EMBQ_OK;

    for (i = 0; i < t->prefix_count; i++) put(&r, t->prefix[i]);
    /* The text is cut, not the suffix. */
    room = r.end - r.count;
    room = room > t->suffix_count ? room - t->suffix_count : 0;
    r.end = r.count + (t->content_limit < room ? t->content_limit : room);
    end = length > 0 ? at + length : at;
    while (at != end && r.count < r.end && r.status == EMBQ_OK) {
        uint32_t special = find_special(t, at, end);
        if (special < t->special_count) {
            end_word(&r);
            put(&r, t->special_ids[special]);
            at += t->special_lengths[special];
        } else {
            add_character(&r, decode(&at, end));
        }
    }
    end_word(&r);
    if (r.status == EMBQ_OK) {
        r.end = capacity;
        for (i = 0; i < t->suffix_count; i++) put(&r, t->suffix[i]);
    }
    *count = r.count;
    return r.status;
}
