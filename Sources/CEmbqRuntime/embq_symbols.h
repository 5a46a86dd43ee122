/* SPDX-License-Identifier: Apache-2.0 */
/* Base of the tokenizer: symbols, tables and look-ups that its other files share. embq_tokenizer.c turns text into
 * words of symbols, embq_bpe.c, embq_wordpiece.c and embq_unigram.c turn a word into ids. */
#ifndef EMBQ_SYMBOLS_H
#define EMBQ_SYMBOLS_H

#include "embq_platform.h"

#define EMBQ_NO_ID 0xFFFFu /* as a symbol: nothing; as a rank: this pair does not merge */

/* Attribute of a symbol that stands for a character that the vocabulary lacks. */
#define EMBQ_UNKNOWN 0x20u

/* Kinds of tokenizers, as the section has them. */
enum {
    EMBQ_TOKENIZER_BPE = 1,
    EMBQ_TOKENIZER_WORDPIECE = 2,
    EMBQ_TOKENIZER_UNIGRAM = 3,
    EMBQ_TOKENIZER_KINDS = EMBQ_TOKENIZER_UNIGRAM,
    EMBQ_TOKENIZER_MERGES = 4 /* among parts for any tokenizer: kind 1 with a pipeline */
};

/* One symbol of a word. */
typedef struct embq_symbol {
    uint16_t id;
    uint16_t attributes; /* the above and the order among marks; embq_bpe.c puts ranks here */
} embq_symbol;

/* Where in the text a symbol or an id comes from, in bytes. */
typedef struct embq_span {
    uint32_t start, end;
} embq_span;

_Static_assert(sizeof(embq_symbol) == EMBQ_TOKENIZER_SYMBOL_SIZE &&
                   sizeof(embq_symbol) + sizeof(embq_span) == EMBQ_TOKENIZER_SPAN_SIZE,
               "the sizes that the header promises");

/* A model's own tables, in the places that the layout has for them: before, between and behind the common ones. */
typedef struct embq_model_tables {
    const uint32_t *wide;
    const uint16_t *narrow;
    const uint8_t *bytes;
    uint32_t wide_count, narrow_count, byte_count;
    uint32_t symbols; /* those of the character map are below this */
} embq_model_tables;

static inline uint32_t embq_read16(const uint8_t *at) { return (uint32_t)at[0] | (uint32_t)at[1] << 8; }

static inline uint32_t embq_read32(const uint8_t *at) { return embq_read16(at) | embq_read16(at + 2) << 16; }

/* All of ids[count] are below the vocabulary. */
int embq_ids_fit(const uint16_t *ids, uint32_t count, uint32_t vocabulary);

/* The last index of values[first..<last] with values[i] <= wanted; first when there is none. */
uint32_t embq_find(const uint16_t *values, uint32_t first, uint32_t last, uint32_t wanted);

#endif
