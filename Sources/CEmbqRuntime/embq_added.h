/* SPDX-License-Identifier: Apache-2.0 */
/* Added tokens, those that are found in a text before it falls into words, and the text's characters. */
#ifndef EMBQ_ADDED_H
#define EMBQ_ADDED_H

#include "embq_symbols.h"

/* What a code point becomes: the parts of range_kinds, and of attributes of a sequence's item. */
enum {
    EMBQ_OPERATION = 7,
    EMBQ_DROP = 0,     /* nothing; with EMBQ_STARTER, marks are not ordered across it */
    EMBQ_SAME = 1,     /* the symbol `value` */
    EMBQ_RUN = 2,      /* the symbol `value` + offset in the range */
    EMBQ_SEQUENCE = 3, /* symbols of sequences[value] up to the item marked EMBQ_LAST */
    EMBQ_HANGUL = 4,   /* a syllable: what its two or three jamo become */

    EMBQ_STARTER = 1 << 6,
    EMBQ_WORD = 1 << 7,        /* of range_kinds, see EMBQ_SHOWS_WORDS: in raw text */
    EMBQ_FOLDED_WORD = 1 << 6, /* in normalized text; not of EMBQ_DROP */
    EMBQ_LAST = 1 << 7         /* of an item */
};

/* Reads one code point at *at, which is before `end`. */
uint32_t embq_decode(const uint8_t **at, const uint8_t *end);

/* The range of a code point. */
uint32_t embq_range_of(const embq_tokenizer *t, uint32_t code);

/* The token that begins at `at` in a text that begins at `start`; special_count: none. Its end goes to *next, also if
 * it is refused because it is part of a word. */
uint32_t embq_find_special(const embq_tokenizer *t, const uint8_t *start, const uint8_t *at, const uint8_t *end,
                           const uint8_t **next);

#endif
