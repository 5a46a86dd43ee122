/* SPDX-License-Identifier: Apache-2.0 */
/* What both ways to merge the symbols of a word share: embq_bpe.c goes over the word again and again, embq_merges.c
 * keeps the ranks of its pairs in order. */
#ifndef EMBQ_MERGES_H
#define EMBQ_MERGES_H

#include "embq_splitter.h"

/* Flags of the section. */
enum {
    EMBQ_FUSES_UNKNOWN = 1, /* neighbouring unknown characters of a word are one symbol */
    EMBQ_HAS_RESULTS = 2    /* the table of results is there */
};

enum { EMBQ_MERGES_HEADER = 40 /* bytes of the section's header */ };

/* The tables of merges, and a word: see embq_tokenizer_kind. */
int embq_merges_measure(const embq_tokenizer *t, const uint8_t *header, uint32_t size, embq_model_tables *tables);
int embq_merges_open(embq_tokenizer *t, const uint8_t *header, const embq_model_tables *tables);
size_t embq_split_bpe(const embq_tokenizer *t, embq_symbol *word, size_t length);

/* The rank of the merge of two symbols, EMBQ_NO_ID when they do not merge. */
uint16_t embq_merge_rank(const embq_bpe *bpe, uint32_t left, uint32_t right);

/* What the merge of this rank makes. */
static inline uint16_t embq_merge_result(const embq_bpe *bpe, uint32_t rank)
{
    return bpe->results != NULL ? bpe->results[rank] : (uint16_t)(bpe->first_result + rank);
}

/* Makes one symbol of neighbouring unknown ones. Returns how many symbols are left. */
EMBQ_ALWAYS_INLINE size_t embq_fuse_unknown(embq_symbol *word, size_t length, embq_span *spans)
{
    size_t from, to;
    for (from = 1, to = 1; from < length; from++) {
        if ((word[from].attributes & word[from - 1].attributes & EMBQ_UNKNOWN) != 0) {
            if (spans != NULL) spans[to - 1].end = spans[from].end;
        } else {
            if (spans != NULL) spans[to] = spans[from];
            word[to++].id = word[from].id;
        }
    }
    return to;
}

/* Symbols' sizes that embq_merges.c needs behind a word. */
static inline size_t embq_merge_places(size_t length) { return length / 32 + 8; }

#endif
