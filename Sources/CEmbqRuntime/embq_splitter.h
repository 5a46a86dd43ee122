/* SPDX-License-Identifier: Apache-2.0 */
/* What makes ids of a word. Each kind of tokenizer has such functions. */
#ifndef EMBQ_SPLITTER_H
#define EMBQ_SPLITTER_H

#include "embq_symbols.h"

/* Code that is compiled twice, with and without what follows where ids come from. */
#if defined(__GNUC__)
#define EMBQ_ALWAYS_INLINE static inline __attribute__((always_inline))
#else
#define EMBQ_ALWAYS_INLINE static inline
#endif

struct embq_tokenizer_kind {
    /* The counts of its tables, from a header of `size` bytes in all; false when it has none. */
    int (*measure)(const embq_tokenizer *t, const uint8_t *header, uint32_t size, embq_model_tables *tables);
    /* Points t->model into the tables and checks them; false when they do not fit together. */
    int (*open)(embq_tokenizer *t, const uint8_t *header, const embq_model_tables *tables);
    /* Turns a word into ids, in place; returns how many, at most `length` and at least 1. */
    size_t (*split)(const embq_tokenizer *t, embq_symbol *word, size_t length);
    uint32_t header_size;
};

/* The same functions for those who ask where ids come from: `spans` has where each symbol does, and gets where each id
 * does. Whoever does not ask has no code for it. */
size_t embq_split_bpe_spans(const embq_tokenizer *t, embq_symbol *word, size_t length, embq_span *spans);
size_t embq_split_merges_spans(const embq_tokenizer *t, embq_symbol *word, size_t length, embq_span *spans);
size_t embq_split_wordpiece_spans(const embq_tokenizer *t, embq_symbol *word, size_t length, embq_span *spans);
size_t embq_split_unigram_spans(const embq_tokenizer *t, embq_symbol *word, size_t length, embq_span *spans);

#endif
