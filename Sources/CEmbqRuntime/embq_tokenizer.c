/* Text to token ids: normalization, words and byte-pair merges, all read from tables in place.
 *
 * The tables fold normalizer, pre-tokenizer and vocabulary into one map: code point -> symbols, each with the class of
 * the word it belongs to. What is left to do here is to collect the symbols of one word and to merge them.
 * The layout is described in Schemas/tokenizer-section.md; offsets below are its. */
#include "embq.h"

_Static_assert((-1 & 3) == 3, "two's complement");

enum {
    SECTION_VERSION = 1,
    KIND_BPE = 1,
    HEADER_SIZE = 40,

    PLANES = 17,
    NO_ID = 0xFFFF, /* as a symbol: nothing; as a rank: this pair does not merge */

    FLAG_FUSE_UNKNOWN = 1, /* neighbouring unknown characters of a word are one symbol */
    FLAG_RESULTS = 2,      /* the table of results is there */

    /* range_kinds: bits 0-2 what to do, and for SAME and RUN the attributes CLASS and UNKNOWN. */
    OPERATION = 7,
    DROP = 0,     /* nothing; with STARTER, marks are not ordered across it */
    SAME = 1,     /* the symbol `value` */
    RUN = 2,      /* the symbol `value` + offset in the range */
    SEQUENCE = 3, /* symbols of sequences[value] up to the item marked LAST */
    HANGUL = 4,   /* a syllable: what its two or three jamo become */

    CLASS = 3 << 3,
    CLASS_SPACE = 0 << 3,    /* no symbol; ends a word */
    CLASS_WORD = 1 << 3,     /* words are runs of symbols of one class */
    CLASS_PUNCT = 2 << 3,
    CLASS_ISOLATED = 3 << 3, /* a word of its own */
    UNKNOWN = 1 << 5,        /* stands for a character that the vocabulary lacks */
    STARTER = 1 << 6,
    LAST = 1 << 7,
    /* attributes of a sequence's item: the above in the low byte, the order among marks in the high byte */
    ORDER_SHIFT = 8,
    SEQUENCE_LIMIT = 4,

    HANGUL_FIRST = 0xAC00,
    HANGUL_LAST = 0xD7A3
};

/* While a word is collected, `rank` holds the attributes UNKNOWN and order; while it is merged, the rank of the pair
 * that this symbol forms with the next one. */
typedef struct symbol {
    uint16_t id;
    uint16_t rank;
} symbol;

_Static_assert(sizeof(symbol) == EMBQ_TOKENIZER_SYMBOL_SIZE, "the size that the header promises");

typedef struct run {
    const embq_tokenizer *t;
    uint16_t *ids;
    uint32_t count;
    uint32_t end; /* of the ids that the text may fill */
    symbol *word;
    size_t length; /* symbols collected */
    size_t room;
    size_t marks;  /* first symbol that a mark may be sorted in front of */
    uint32_t word_class;
    embq_status status;
} run;

/* ---- Tables ---- */

static uint32_t read16(const uint8_t *at) { return (uint32_t)at[0] | (uint32_t)at[1] << 8; }

static uint32_t read32(const uint8_t *at) { return read16(at) | read16(at + 2) << 16; }

/* All of ids[count] are below the vocabulary. */
static int ids_fit(const uint16_t *ids, uint32_t count, uint32_t vocabulary)
{
    uint32_t i;
    for (i = 0; i < count; i++) {
        if (ids[i] >= vocabulary) return 0;
    }
    return 1;
}

static int ranges_fit(const embq_tokenizer *t, uint32_t ranges, uint32_t items)
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
                if ((kind & (STARTER | LAST)) != 0 || (value >= t->vocabulary && value != NO_ID)) return 0;
                break;
            case RUN:
                if ((kind & (STARTER | LAST)) != 0 || value + (end - start) > t->vocabulary) return 0;
                break;
            case SEQUENCE:
                if (kind != SEQUENCE || value >= items) return 0;
                break;
            case HANGUL:
                if (kind != HANGUL || value != 0 || plane != 0 || start < HANGUL_FIRST || end > HANGUL_LAST + 1) return 0;
                break;
            default:
                return 0;
            }
        }
    }
    return 1;
}

static int sequences_fit(const embq_tokenizer *t, uint32_t items)
{
    uint32_t i, length = 0;
    for (i = 0; i < items; i++) {
        uint32_t id = t->sequences[2 * i], attributes = t->sequences[2 * i + 1];
        if ((id >= t->vocabulary && id != NO_ID) || (attributes & (OPERATION | STARTER)) != 0) return 0;
        if (++length > SEQUENCE_LIMIT) return 0;
        if ((attributes & LAST) != 0) length = 0;
    }
    return length == 0;
}

static int merges_fit(const embq_tokenizer *t, uint32_t merges)
{
    uint32_t i, j;
    if (t->left_starts[0] != 0 || t->left_starts[t->left_count] != merges) return 0;
    for (i = 0; i < t->left_count; i++) {
        uint32_t first = t->left_starts[i], last = t->left_starts[i + 1];
        if (first >= last || last > merges || t->lefts[i] >= t->vocabulary) return 0;
        if (i > 0 && t->lefts[i] <= t->lefts[i - 1]) return 0;
        for (j = first; j < last; j++) {
            if (t->rights[j] >= t->vocabulary || t->ranks[j] >= merges) return 0;
            if (j > first && t->rights[j] <= t->rights[j - 1]) return 0;
        }
    }
    return t->results != NULL ? ids_fit(t->results, merges, t->vocabulary)
                              : (uint32_t)t->first_result + merges <= t->vocabulary;
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
    uint32_t ranges, items, merges, halves, used, text;

    if (t == NULL || tables == NULL) return EMBQ_ERROR_ARGUMENT;
    if (((uintptr_t)tables & 3u) != 0) return EMBQ_ERROR_ALIGNMENT;
    if (*(const uint8_t *)&one != 1) return EMBQ_ERROR_ENDIAN;
    if (size < HEADER_SIZE || (size & 3u) != 0) return EMBQ_ERROR_TOKENIZER;
    if (read16(bytes) != SECTION_VERSION) return EMBQ_ERROR_VERSION;
    if (read16(bytes + 2) != KIND_BPE || read32(bytes + 4) != size) return EMBQ_ERROR_TOKENIZER;

    t->content_limit = read32(bytes + 8);
    t->vocabulary = (uint16_t)read16(bytes + 12);
    t->flags = (uint16_t)read16(bytes + 14);
    ranges = read16(bytes + 16);
    items = read16(bytes + 18);
    t->left_count = (uint16_t)read16(bytes + 20);
    merges = read16(bytes + 22);
    t->first_result = (uint16_t)read16(bytes + 24);
    t->prefix_count = (uint16_t)read16(bytes + 26);
    t->suffix_count = (uint16_t)read16(bytes + 28);
    t->special_count = (uint16_t)read16(bytes + 30);
    text = read32(bytes + 32);
    if ((t->flags & ~(uint32_t)(FLAG_FUSE_UNKNOWN | FLAG_RESULTS)) != 0 || read32(bytes + 36) != 0)
        return EMBQ_ERROR_TOKENIZER;

    halves = PLANES + 1 + 2 * ranges + 2 * items + 2 * (uint32_t)t->left_count + 1 + 2 * merges + t->prefix_count +
             t->suffix_count + 2 * (uint32_t)t->special_count;
    if ((t->flags & FLAG_RESULTS) != 0) halves += merges;
    used = HEADER_SIZE + 2 * halves + ranges; /* no overflow: every count is below 2^16 */
    if (used > size || text > size - used || size - used - text > 3) return EMBQ_ERROR_TOKENIZER;

    /* Aligned, and this machine is little-endian: the tables are read as they lie. */
    next = (const uint16_t *)(const void *)(bytes + HEADER_SIZE);
    t->planes = next;
    t->range_starts = t->planes + PLANES + 1;
    t->range_values = t->range_starts + ranges;
    t->sequences = t->range_values + ranges;
    t->lefts = t->sequences + 2 * items;
    t->left_starts = t->lefts + t->left_count;
    t->rights = t->left_starts + t->left_count + 1;
    t->ranks = t->rights + merges;
    next = t->ranks + merges;
    t->results = NULL;
    if ((t->flags & FLAG_RESULTS) != 0) {
        t->results = next;
        next += merges;
    }
    t->prefix = next;
    t->suffix = t->prefix + t->prefix_count;
    t->special_ids = t->suffix + t->suffix_count;
    t->special_lengths = t->special_ids + t->special_count;
    t->range_kinds = (const uint8_t *)(t->special_lengths + t->special_count);
    t->special_text = t->range_kinds + ranges;

    for (used += text; used < size; used++) {
        if (bytes[used] != 0) return EMBQ_ERROR_TOKENIZER;
    }
    if (!ranges_fit(t, ranges, items) || !sequences_fit(t, items) || !merges_fit(t, merges) ||
        !ids_fit(t->prefix, t->prefix_count, t->vocabulary) || !ids_fit(t->suffix, t->suffix_count, t->vocabulary) ||
        !ids_fit(t->special_ids, t->special_count, t->vocabulary) || special_size(t, text) != text)
        return EMBQ_ERROR_TOKENIZER;
    return EMBQ_OK;
}

/* ---- Merging ---- */

/* The last index of values[first..<last] with values[i] <= wanted; first when there is none. */
static uint32_t find(const uint16_t *values, uint32_t first, uint32_t last, uint32_t wanted)
{
    while (last - first > 1) {
        uint32_t middle = first + (last - first) / 2;
        if (values[middle] <= wanted) {
            first = middle;
        } else {
            last = middle;
        }
    }
    return first;
}

/* The rank of the merge of two symbols, NO_ID when they do not merge. */
static uint16_t rank_of(const embq_tokenizer *t, uint32_t left, uint32_t right)
{
    uint32_t i;
    if (t->left_count == 0) return NO_ID;
    i = find(t->lefts, 0, t->left_count, left);
    if (t->lefts[i] != left) return NO_ID;
    i = find(t->rights, t->left_starts[i], t->left_starts[i + 1], right);
    return t->rights[i] == right ? t->ranks[i] : (uint16_t)NO_ID;
}

/* Merges a word in place as byte-pair encoding does, always the leftmost pair of the lowest rank; answers its length.
 *
 * One pass merges all pairs of the lowest rank from left to right. Should a merge bring forth a pair of a lower rank,
 * that one comes next: the pass then only copies, and another one begins. */
static size_t merge(const embq_tokenizer *t, symbol *word, size_t length)
{
    size_t from, to;
    for (from = 0; from < length; from++)
        word[from].rank = from + 1 < length ? rank_of(t, word[from].id, word[from + 1].id) : (uint16_t)NO_ID;
    for (;;) {
        uint32_t rank = NO_ID, wanted;
        uint16_t result;
        for (from = 0; from < length; from++) {
            if (word[from].rank < rank) rank = word[from].rank;
        }
        if (rank == NO_ID) return length;
        result = t->results != NULL ? t->results[rank] : (uint16_t)(t->first_result + rank);
        wanted = rank;
        for (from = 0, to = 0; from < length; from++) {
            symbol s = word[from];
            if (s.rank == wanted) { /* only a symbol with a right neighbour has a rank */
                from++;
                s.id = result;
                s.rank = from + 1 < length ? rank_of(t, result, word[from + 1].id) : (uint16_t)NO_ID;
                if (s.rank < rank) wanted = UINT32_MAX;
                if (to > 0) {
                    word[to - 1].rank = rank_of(t, word[to - 1].id, result);
                    if (word[to - 1].rank < rank) wanted = UINT32_MAX;
                }
            }
            word[to++] = s;
        }
        length = to;
    }
}

/* ---- Words ---- */

static void put(run *r, uint16_t id)
{
    if (r->count < r->end) r->ids[r->count++] = id;
}

/* Ends the word that is being collected. */
static void end_word(run *r)
{
    size_t i, length = r->length;
    if (length > 0 && r->status == EMBQ_OK) {
        if ((r->t->flags & FLAG_FUSE_UNKNOWN) != 0) {
            size_t kept = 1;
            for (i = 1; i < length; i++) {
                if ((r->word[i].rank & r->word[i - 1].rank & UNKNOWN) == 0) r->word[kept++].id = r->word[i].id;
            }
            length = kept;
        }
        length = merge(r->t, r->word, length);
        for (i = 0; i < length; i++) put(r, r->word[i].id);
    }
    r->length = 0;
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
    if (id == NO_ID) { /* ends or continues a word, but is not seen */
        if (order == 0) r->marks = r->length;
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
        for (; at > r->marks && (uint32_t)(r->word[at - 1].rank >> ORDER_SHIFT) > order; at--)
            r->word[at] = r->word[at - 1];
    }
    r->word[at].id = id;
    r->word[at].rank = (uint16_t)(order << ORDER_SHIFT | (attributes & UNKNOWN));
}

static uint32_t find_range(const embq_tokenizer *t, uint32_t code)
{
    const uint16_t *plane = t->planes + (code >> 16);
    return find(t->range_starts, plane[0], plane[1], code & 0xFFFF);
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
        /* fall through */
    case SAME:
        add(r, (uint16_t)value, kind & (CLASS | UNKNOWN));
        break;
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
    default:
        break;
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
            if (code == 0xE0) low = 0xA0; /* shorter forms exist */
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
    uint32_t i;

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
    r.room = scratch_size / sizeof(symbol);
    r.marks = 0;
    r.word_class = CLASS_SPACE;
    r.status = EMBQ_OK;

    for (i = 0; i < t->prefix_count; i++) put(&r, t->prefix[i]);
    if (t->content_limit < r.end - r.count) r.end = r.count + t->content_limit;
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
