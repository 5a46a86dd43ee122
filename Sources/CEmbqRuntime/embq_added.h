/* Added tokens: those that are found in a text before it falls into words, and the tables that only some tokenizers
 * have (the extension of Schemas/tokenizer-section.md). */
#ifndef EMBQ_ADDED_H
#define EMBQ_ADDED_H

#include "embq_symbols.h"

enum {
    EMBQ_FLAG_EXTENDED = 4, /* of the section: the extension is there */

    EMBQ_CUTS_LEFT = 1,   /* a long text loses its beginning */
    EMBQ_SHOWS_WORDS = 2, /* bits 6 and 7 of range_kinds: the range's code points are \w */
    EMBQ_HAS_PAIR = 4     /* the template of a pair is there */
};

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

/* Where the extension lies and how many numbers it has; counted from the header of special tokens. 0: it does not fit
 * in `left` numbers. */
uint32_t embq_extension_size(const embq_tokenizer *t, const uint16_t *extension, uint32_t left);

/* Points *t into the extension and checks it; `symbols` are those of the character map. */
int embq_extension_open(embq_tokenizer *t, const uint16_t *extension, uint32_t symbols);

/* Reads one code point at *at, which is before `end`. */
uint32_t embq_decode(const uint8_t **at, const uint8_t *end);

/* The range of a code point. */
uint32_t embq_range_of(const embq_tokenizer *t, uint32_t code);

/* The token that begins at `at` in a text that begins at `start`; special_count: none. Its end goes to *next, also if
 * it is refused because it is part of a word. */
uint32_t embq_find_special(const embq_tokenizer *t, const uint8_t *start, const uint8_t *at, const uint8_t *end,
                           const uint8_t **next);

/* The token of normalized text that begins at `at`; folded_count: none. Its end goes to *next, also if it is refused
 * because it is part of a word.
 * start  of the text
 * piece  one past the raw token before `at`, or the text's start
 * free   raw tokens begin from here on, and are not part of it */
uint32_t embq_find_folded(const embq_tokenizer *t, const uint8_t *start, const uint8_t *piece, const uint8_t *at,
                          const uint8_t *end, const uint8_t *free, const uint8_t **next);

#endif
