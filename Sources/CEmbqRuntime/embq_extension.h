/* SPDX-License-Identifier: Apache-2.0 */
/* What only some tokenizers have (the extension of Schemas/tokenizer-section.md): pairs and token types, a cut on the
 * left, a limit in characters, an id that is left out, tokens that are found under conditions. */
#ifndef EMBQ_EXTENSION_H
#define EMBQ_EXTENSION_H

#include "embq_symbols.h"

enum {
    EMBQ_FLAG_EXTENDED = 4, /* of the section: the extension is there */

    EMBQ_CUTS_LEFT = 1,   /* a long text loses its beginning */
    EMBQ_SHOWS_WORDS = 2, /* bits 6 and 7 of range_kinds: the range's code points are \w */
    EMBQ_HAS_PAIR = 4,    /* the template of a pair is there */
    EMBQ_LEAVES_OUT = 8,  /* one id, that of unknown words, is left out */
    EMBQ_SHORTENS = 16    /* a text has a limit in characters */
};

struct embq_tokenizer_extension {
    /* How many numbers it has; counted from the header of special tokens. 0: it does not fit in `left` numbers. */
    uint32_t (*size)(const embq_tokenizer *t, const uint16_t *extension, uint32_t left);
    /* Points *t into the extension and checks it; `symbols` are those of the character map. */
    int (*open)(embq_tokenizer *t, const uint16_t *extension, uint32_t symbols);
    /* The token type of an id of a sentence. */
    uint32_t (*type)(const embq_tokenizer *t, const embq_texts *texts, uint32_t position);
    /* The bytes from `at` to `next` have a code point of a word before or after them. */
    int (*is_part_of_word)(const embq_tokenizer *t, const uint8_t *start, const uint8_t *at, const uint8_t *next,
                           const uint8_t *end);
    /* The token of normalized text that begins at `at`; folded_count: none. Its end goes to *next, also if it is
     * refused because it is part of a word.
     * start  of the text
     * piece  one past the raw token before `at`, or the text's start
     * free   raw tokens begin from here on, and are not part of it */
    uint32_t (*find_folded)(const embq_tokenizer *t, const uint8_t *start, const uint8_t *piece, const uint8_t *at,
                            const uint8_t *end, const uint8_t *free, const uint8_t **next);
};

#endif
