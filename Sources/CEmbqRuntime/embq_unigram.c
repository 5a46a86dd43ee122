/* SPDX-License-Identifier: Apache-2.0 */
/* Unigram: of all ways to cut a word into pieces, the one that costs least (Viterbi).
 *
 * Symbols are bytes of UTF-8. A piece costs the negative of its score; costs are added as IEEE 754 doubles are, rounded
 * to even, with integers: the same ways win and tie as in a library that adds doubles. */
#include "embq_extension.h"
#include "embq_pipeline.h"
#include "embq_splitter.h"
#include "embq_trie.h"

enum {
    HEADER_SIZE = 56,
    FLAG_DOUBLES = 1,   /* scores have two words */
    FLAG_CORRECTED = 2, /* scores have one word, and a byte that is added in the last place of a double */
    LONGEST = 4095,
    BYTES = 256,

    /* While a word is cut, `attributes` of a symbol: bytes of the piece that ends there on the best way to this place.
     * `id` is then the piece's, but the byte itself if the piece is the unknown one. */
    LENGTH = 0x0FFF,
    UNKNOWN = 0x4000,
    CHOSEN = 0x8000 /* it is on the best way to the word's end */
};

/* The best way to a place that is still ahead. */
typedef struct place {
    uint32_t cost[2]; /* low word first */
    uint16_t id;
    uint16_t length; /* of its last piece; 0: no way is known */
} place;

_Static_assert(sizeof(place) == EMBQ_UNIGRAM_PLACE_SIZE, "the size that the pipeline sets aside");

static int measure(const embq_tokenizer *t, const uint8_t *header, uint32_t size, embq_model_tables *tables)
{
    if ((t->flags &
         ~(uint32_t)(FLAG_DOUBLES | FLAG_CORRECTED | EMBQ_FLAG_EXTENDED | EMBQ_FLAG_PIPELINE | EMBQ_FLAG_STEPS)) != 0 ||
        (t->flags & EMBQ_FLAG_PIPELINE) == 0 || size < HEADER_SIZE || !embq_trie_measure(header, tables) ||
        (t->flags & (FLAG_DOUBLES | FLAG_CORRECTED)) == (FLAG_DOUBLES | FLAG_CORRECTED))
        return 0;
    tables->byte_count += BYTES;
    if ((t->flags & FLAG_CORRECTED) != 0) tables->byte_count += embq_read16(header + 22);
    tables->wide_count += embq_read16(header + 22) * ((t->flags & FLAG_DOUBLES) != 0 ? 2u : 1u);
    tables->symbols = 1;
    return 1;
}

static int open_tables(embq_tokenizer *t, const uint8_t *header, const embq_model_tables *tables)
{
    embq_unigram *u = &t->model.unigram;
    const uint32_t words = embq_read16(header + 22) * ((t->flags & FLAG_DOUBLES) != 0 ? 2u : 1u);
    uint32_t i;
    u->unknown = (uint16_t)embq_read16(header + 24);
    u->longest = (uint16_t)embq_read16(header + 42);
    u->unknown_score[0] = embq_read32(header + 44);
    u->unknown_score[1] = embq_read32(header + 48);
    u->scores = tables->wide + (tables->wide_count - words);
    u->symbols = embq_trie_open(&u->trie, header, tables, t->vocabulary);
    if (u->symbols == NULL || u->unknown >= t->vocabulary || u->longest == 0 || u->longest > LONGEST ||
        embq_read16(header + 20) != 1 || embq_read32(header + 52) != 0 || u->unknown_score[1] >= 0x7E000000u)
        return 0;
    /* Finite, and so small that no sum overflows. */
    for (i = 0; i < words; i++) {
        if ((t->flags & FLAG_DOUBLES) == 0 ? u->scores[i] >= 0x7F800000u : (i & 1) == 1 && u->scores[i] >= 0x7E000000u)
            return 0;
    }
    return 1;
}

/* The bits of a double, from those of a positive number of 32 or 64 bits. */
static uint64_t score_of(const embq_tokenizer *t, uint32_t piece)
{
    const uint32_t *scores = t->model.unigram.scores;
    uint64_t corrected;
    uint32_t bits;
    if ((t->flags & FLAG_DOUBLES) != 0) return scores[2 * piece] | (uint64_t)scores[2 * piece + 1] << 32;
    bits = scores[piece];
    if (bits < 0x00800000u) return 0; /* a zero; smaller numbers are not written */
    corrected = ((uint64_t)bits << 29) + ((uint64_t)(1023 - 127) << 52);
    /* 128 stands for nothing. */
    return (t->flags & FLAG_CORRECTED) == 0 ? corrected : corrected + t->model.unigram.symbols[BYTES + piece] - 128;
}

/* The sum of two doubles that are not negative, by their bits. */
static uint64_t add(uint64_t a, uint64_t b)
{
    const uint64_t hidden = (uint64_t)1 << 52;
    uint64_t big = a > b ? a : b, small = a > b ? b : a, sum, lost = 0;
    uint32_t exponent = (uint32_t)(big >> 52), shift = exponent - (uint32_t)(small >> 52);
    if (small < hidden) return big; /* a zero */
    big = (big & (hidden - 1)) | hidden;
    small = (small & (hidden - 1)) | hidden;
    /* Two bits more, of which the last one stands for all that is lost. */
    big <<= 2;
    small <<= 2;
    if (shift > 60) shift = 60;
    if (shift > 0) lost = (small & (((uint64_t)1 << shift) - 1)) != 0;
    sum = big + (small >> shift);
    if (sum >= hidden << 3) {
        lost |= sum & 1;
        sum >>= 1;
        exponent++;
    }
    sum |= lost;
    /* To even. */
    sum += (sum & 3) == 3 || (sum & 7) == 6 ? 2 : 0;
    sum >>= 2;
    return ((uint64_t)exponent << 52) + (sum - hidden);
}

static uint64_t cost_of(const place *p) { return p->cost[0] | (uint64_t)p->cost[1] << 32; }

static void offer(place *to, uint64_t cost, uint16_t id, uint32_t length)
{
    if (to->length != 0 && cost >= cost_of(to)) return;
    to->cost[0] = (uint32_t)cost;
    to->cost[1] = (uint32_t)(cost >> 32);
    to->id = id;
    to->length = (uint16_t)length;
}

/* Bytes of the character that begins with this one. */
static uint32_t character_size(uint32_t first) { return first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4; }

static void find_way(const embq_tokenizer *t, embq_symbol *word, size_t length, place *places)
{
    const embq_unigram *u = &t->model.unigram;
    const uint32_t ring = embq_unigram_places(u);
    size_t at = 0;
    uint32_t here = 0, k;
    for (k = 0; k < ring; k++) places[k].length = 0;
    places[0].cost[0] = 0;
    places[0].cost[1] = 0;
    while (at < length) {
        const uint64_t cost = cost_of(&places[here]);
        uint32_t size = character_size(word[at].id), node = 0, next = here;
        int has_character = 0;
        if (size > length - at) size = (uint32_t)(length - at);
        for (k = 0; k < u->longest && at + k < length;) {
            node = embq_trie_next(&u->trie, node, u->symbols[word[at + k].id & 0xFF]);
            if (node == 0) break;
            k++;
            next = next + 1 == ring ? 0 : next + 1;
            if (embq_trie_ends(&u->trie, node)) {
                const uint32_t piece = embq_trie_piece(&u->trie, node);
                offer(&places[next], add(cost, score_of(t, piece)), u->trie.pieces[piece], k);
                if (k == size) has_character = 1;
            }
        }
        if (!has_character) {
            const uint64_t unknown = u->unknown_score[0] | (uint64_t)u->unknown_score[1] << 32;
            next = here + size < ring ? here + size : here + size - ring;
            offer(&places[next], add(cost, unknown), u->unknown, size);
        }
        /* What leads to the next character is settled. No piece ends inside of one. */
        for (k = 0; k < size; k++) {
            places[here].length = 0;
            here = here + 1 == ring ? 0 : here + 1;
        }
        at += size;
        word[at - 1].attributes = places[here].length;
        if (places[here].id == u->unknown) word[at - 1].attributes |= UNKNOWN;
        else word[at - 1].id = places[here].id;
    }
}

/* Unknown characters that follow one another are one token, or its bytes. The first symbol behind those at `at`. */
static size_t unknown_end(const embq_symbol *word, size_t length, size_t at)
{
    size_t end = at + 1, next;
    for (next = end; next < length; next++) {
        if ((word[next].attributes & CHOSEN) == 0) continue;
        if ((word[next].attributes & UNKNOWN) == 0) break;
        end = next + 1;
    }
    return end;
}

EMBQ_ALWAYS_INLINE size_t find_pieces(const embq_tokenizer *t, embq_symbol *word, size_t length, embq_span *spans)
{
    const uint16_t *bytes = embq_byte_ids(t);
    size_t at = length, count = 0, first = 0;
    embq_span span = {0, 0};
    int fuses = 0;
    find_way(t, word, length, (place *)(void *)(word + length));
    /* Back along the best way. */
    while (at > 0) {
        embq_symbol *last = word + at - 1;
        at -= last->attributes & LENGTH;
        last->attributes |= CHOSEN;
    }
    for (; at < length; at++) {
        const embq_symbol s = word[at];
        const int is_unknown = (s.attributes & UNKNOWN) != 0;
        if ((s.attributes & CHOSEN) == 0) continue;
        if (spans != NULL && !(is_unknown && fuses))
            span = (embq_span){spans[first].start, spans[is_unknown ? unknown_end(word, length, at) - 1 : at].end};
        if (!is_unknown) {
            if (spans != NULL) spans[count] = span;
            word[count++].id = s.id; /* its bytes are read: count <= at */
        } else if (bytes != NULL) {
            for (; first <= at; first++) {
                if (spans != NULL) spans[count] = span;
                word[count++].id = bytes[word[first].id & 0xFF];
            }
        } else if (!fuses) {
            if (spans != NULL) spans[count] = span;
            word[count++].id = t->model.unigram.unknown;
        }
        fuses = is_unknown;
        first = at + 1;
    }
    return count;
}

static size_t split(const embq_tokenizer *t, embq_symbol *word, size_t length)
{
    return find_pieces(t, word, length, NULL);
}

size_t embq_split_unigram_spans(const embq_tokenizer *t, embq_symbol *word, size_t length, embq_span *spans)
{
    return find_pieces(t, word, length, spans);
}

const embq_tokenizer_kind embq_tokenizer_unigram = {measure, open_tables, split, HEADER_SIZE};
