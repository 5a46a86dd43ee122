/* SPDX-License-Identifier: Apache-2.0 */
/* Byte-pair encoding of words of any length: what embq_bpe.c gives, in time that is nearly linear in the word.
 *
 * A merge leaves the symbol of its result where the left one was. After it, up to the next symbol, are holes: the first
 * and the last of them say how far it is to the next symbol and to this one. The lowest rank of each 32 symbols, that
 * of each 32 of these, and so on, follow the word: so the next merge is found without a look at all pairs.
 *
 * Passes are faster in shorter words. Only the parts of a tokenizer with a pipeline have this file. */
#include "embq_merges.h"

enum {
    SHORT = 512, /* symbols */
    SIDE = 32,   /* symbols or ranks that have one lowest rank */
    LEVELS = 6,  /* of ranks: enough for 2^30 symbols */
    FAR = 0xFFFF /* holes, and more: they are counted */
};

_Static_assert(EMBQ_NO_ID == 0xFFFF, "as an id it marks a hole: no token has it");

typedef struct queue {
    const embq_bpe *bpe;
    embq_symbol *word;
    size_t length;
    uint16_t *levels[LEVELS]; /* lowest ranks; the last level has one */
    size_t counts[LEVELS];
    uint32_t depth;
} queue;

/* ---- Holes ---- */

static int is_hole(const embq_symbol *symbol) { return symbol->id == EMBQ_NO_ID; }

/* Where the symbol that begins at `at` ends. */
static size_t end_of(const queue *q, size_t at)
{
    size_t end = at + 1;
    if (end == q->length || !is_hole(q->word + end)) return end;
    if (q->word[end].attributes != FAR) return end + q->word[end].attributes;
    while (end < q->length && is_hole(q->word + end)) end++;
    return end;
}

/* Where the symbol before `at`, which is not 0, begins. */
static size_t before(const queue *q, size_t at)
{
    at--;
    if (!is_hole(q->word + at)) return at;
    if (q->word[at].attributes != FAR) return at - q->word[at].attributes;
    while (is_hole(q->word + at)) at--;
    return at;
}

static uint16_t distance(size_t from, size_t to) { return to - from < FAR ? (uint16_t)(to - from) : (uint16_t)FAR; }

/* ---- Ranks ---- */

/* The lowest rank of 32 symbols. */
static uint16_t least_of_symbols(const queue *q, size_t block)
{
    const embq_symbol *at = q->word + block * SIDE, *end = q->word + q->length;
    uint16_t least = EMBQ_NO_ID;
    if (end - at > SIDE) end = at + SIDE;
    for (; at != end; at++) {
        if (!is_hole(at) && at->attributes < least) least = at->attributes;
    }
    return least;
}

/* The lowest of 32 ranks of a level. */
static uint16_t least_of_ranks(const queue *q, uint32_t level, size_t block)
{
    const uint16_t *at = q->levels[level] + block * SIDE, *end = q->levels[level] + q->counts[level];
    uint16_t least = EMBQ_NO_ID;
    if (end - at > SIDE) end = at + SIDE;
    for (; at != end; at++) {
        if (*at < least) least = *at;
    }
    return least;
}

/* A rank near `at` has changed. */
static void refresh(queue *q, size_t at)
{
    size_t block = at / SIDE;
    uint16_t least = least_of_symbols(q, block);
    uint32_t level;
    for (level = 0; level < q->depth && q->levels[level][block] != least; level++) {
        q->levels[level][block] = least;
        block /= SIDE;
        least = least_of_ranks(q, level, block);
    }
}

/* Fills the levels, which begin behind the word. */
static void begin(queue *q)
{
    uint16_t *next = (uint16_t *)(void *)(q->word + q->length);
    size_t count = q->length, i;
    q->depth = 0;
    do {
        count = (count + SIDE - 1) / SIDE;
        q->levels[q->depth] = next;
        q->counts[q->depth] = count;
        for (i = 0; i < count; i++)
            *next++ = q->depth == 0 ? least_of_symbols(q, i) : least_of_ranks(q, q->depth - 1, i);
        q->depth++;
    } while (count > 1);
}

/* The leftmost pair of this rank, which is the lowest one. */
static size_t find(const queue *q, uint32_t rank)
{
    size_t at = 0;
    uint32_t level;
    for (level = q->depth - 1; level > 0; level--) {
        at *= SIDE;
        while (q->levels[level - 1][at] != rank) at++;
    }
    at *= SIDE;
    while (is_hole(q->word + at) || q->word[at].attributes != rank) at++;
    return at;
}

/* ---- Merging ---- */

static void merge(queue *q, size_t at, uint32_t rank)
{
    embq_symbol *word = q->word;
    const size_t next = end_of(q, at), end = end_of(q, next);
    const uint16_t result = embq_merge_result(q->bpe, rank);
    word[at].id = result;
    word[at].attributes = end < q->length ? embq_merge_rank(q->bpe, result, word[end].id) : (uint16_t)EMBQ_NO_ID;
    word[next].id = EMBQ_NO_ID;
    word[end - 1].attributes = distance(at, end - 1);
    word[at + 1].attributes = distance(at + 1, end);
    refresh(q, at);
    if (next / SIDE != at / SIDE) refresh(q, next);
    if (at > 0) {
        const size_t previous = before(q, at);
        word[previous].attributes = embq_merge_rank(q->bpe, word[previous].id, result);
        refresh(q, previous);
    }
}

EMBQ_ALWAYS_INLINE size_t merge_all(const embq_tokenizer *t, embq_symbol *word, size_t length, embq_span *spans)
{
    queue q = {.bpe = &t->model.bpe, .word = word};
    size_t at, end, count = 0;
    if ((t->flags & EMBQ_FUSES_UNKNOWN) != 0) length = embq_fuse_unknown(word, length, spans);
    q.length = length;
    for (at = 0; at < length; at++)
        word[at].attributes =
            at + 1 < length ? embq_merge_rank(q.bpe, word[at].id, word[at + 1].id) : (uint16_t)EMBQ_NO_ID;
    begin(&q);
    while (q.levels[q.depth - 1][0] != EMBQ_NO_ID) {
        const uint16_t rank = q.levels[q.depth - 1][0];
        merge(&q, find(&q, rank), rank);
    }
    for (at = 0; at < length; at = end) {
        end = end_of(&q, at);
        if (spans != NULL) spans[count] = (embq_span){spans[at].start, spans[end - 1].end};
        word[count++].id = word[at].id;
    }
    return count;
}

static size_t split(const embq_tokenizer *t, embq_symbol *word, size_t length)
{
    return length <= SHORT ? embq_split_bpe(t, word, length) : merge_all(t, word, length, NULL);
}

size_t embq_split_merges_spans(const embq_tokenizer *t, embq_symbol *word, size_t length, embq_span *spans)
{
    return length <= SHORT ? embq_split_bpe_spans(t, word, length, spans) : merge_all(t, word, length, spans);
}

const embq_tokenizer_kind embq_tokenizer_merges = {embq_merges_measure, embq_merges_open, split, EMBQ_MERGES_HEADER};
